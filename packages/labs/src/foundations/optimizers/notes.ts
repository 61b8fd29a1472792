/** What the lab on optimizers teaches. */

const en = String.raw`
# Optimizers: the way down

With gradient $g_t=\nabla L(w_t)$ over all examples (**batch**), one (**stochastic**) or some (**mini-batch**): fewer examples make cheaper, noisier steps. A batch of $b$ has
$1/\sqrt b$ of the noise, and vector units make it cost far less than $b$ single steps.

| rule | remembers | step |
| --- | --- | --- |
| gradient descent | nothing | $w\leftarrow w-\eta g$ |
| momentum | $v\leftarrow\mu v+g$ | $w\leftarrow w-\eta v$ |
| Nesterov | the same | $w\leftarrow w-\eta(g+\mu v)$ |
| Adagrad | $s\leftarrow s+g^2$ | $w\leftarrow w-\eta g/(\sqrt s+\epsilon)$ |
| RMSProp | $s\leftarrow\gamma s+(1-\gamma)g^2$ | the same |
| Adadelta | also $d\leftarrow\rho d+(1-\rho)\Delta^2$ | $\Delta=\sqrt{d+\epsilon}\,/\sqrt{s+\epsilon}\;g$ |
| Adam | $m\leftarrow\beta_1m+(1-\beta_1)g$, $v\leftarrow\beta_2v+(1-\beta_2)g^2$ | $w\leftarrow w-\eta\,\hat m/(\sqrt{\hat v}+\epsilon)$ |
| AdamW | as Adam | and $w\leftarrow w-\eta\lambda w$, apart from the gradient |

**Averages start at 0.** An exponential moving average has weights $(1-\beta)\beta^i$, which add up to $1-\beta^t$ after $t$ steps: hence $\hat m=m/(1-\beta_1^t)$.
Its memory is about $1/(1-\beta)$ steps.

## Why momentum

On $f=0.1x^2+2y^2$ a rate that suits $x$ makes $y$ jump from wall to wall. The average of the gradients cancels the jumps and adds up what is steady. Adaptive rules give each
coordinate a rate of its own; Adagrad's only falls, RMSProp forgets.

## Schedules

Step: $\eta$ is halved now and then. Exponential: $\eta_t=\eta_0\gamma^t$. Cosine: $\eta_t=\frac{\eta_0}2(1+\cos\frac{\pi t}{T})$, with **warm restarts** in periods that double.
One cycle: up to the highest rate, then far down, momentum the other way.

## What to look at

- The ways into the valley; the table says how far each got, and how far the library is from the formulas above written out (rounding only).
- Loss against epochs for batch sizes: stochastic descent learns most in the first epoch and trembles at the end.
- The two averages: only the corrected one is right from the first step.

Sources: Polyak 1964; Nesterov 1983; Duchi and others 2011; Hinton 2012; Zeiler 2012; Kingma and Ba 2015; Loshchilov and Hutter 2017, 2019; Smith and Topin 2018;
"Dive into Deep Learning", chapter 11.
`

const zh = String.raw`
# 优化器：下山的路

梯度 $g_t=\nabla L(w_t)$ 可以取自全部样本（**批量**）、一个（**随机**）或一些（**小批量**）：样本越少，每步越便宜、噪声越大。大小为 $b$ 的批，噪声是 $1/\sqrt b$，而向量单元使它远比 $b$ 个单步便宜。

| 规则 | 记住 | 更新 |
| --- | --- | --- |
| 梯度下降 | 无 | $w\leftarrow w-\eta g$ |
| 动量 | $v\leftarrow\mu v+g$ | $w\leftarrow w-\eta v$ |
| Nesterov | 同上 | $w\leftarrow w-\eta(g+\mu v)$ |
| Adagrad | $s\leftarrow s+g^2$ | $w\leftarrow w-\eta g/(\sqrt s+\epsilon)$ |
| RMSProp | $s\leftarrow\gamma s+(1-\gamma)g^2$ | 同上 |
| Adadelta | 另有 $d\leftarrow\rho d+(1-\rho)\Delta^2$ | $\Delta=\sqrt{d+\epsilon}\,/\sqrt{s+\epsilon}\;g$ |
| Adam | $m\leftarrow\beta_1m+(1-\beta_1)g$，$v\leftarrow\beta_2v+(1-\beta_2)g^2$ | $w\leftarrow w-\eta\,\hat m/(\sqrt{\hat v}+\epsilon)$ |
| AdamW | 同 Adam | 另外 $w\leftarrow w-\eta\lambda w$，与梯度分开 |

**平均从 0 开始。** 指数移动平均的权重是 $(1-\beta)\beta^i$，$t$ 步后之和为 $1-\beta^t$，所以 $\hat m=m/(1-\beta_1^t)$。它大约记得 $1/(1-\beta)$ 步。

## 为什么要动量

在 $f=0.1x^2+2y^2$ 上，适合 $x$ 的学习率会让 $y$ 在两壁之间来回跳。梯度的平均抵消了跳动，累加了不变的部分。自适应规则给每个坐标自己的学习率；Adagrad 的只降不升，RMSProp 会忘记。

## 学习率计划

阶梯：隔一段减半。指数：$\eta_t=\eta_0\gamma^t$。余弦：$\eta_t=\frac{\eta_0}2(1+\cos\frac{\pi t}{T})$，可**热重启**，周期加倍。单周期：先升到最高，再降到很低，动量反向变化。

## 看什么

- 进入山谷的路径；表中有各自到达的高度，以及库与上面公式手写结果之差（只有舍入误差）。
- 不同批大小的损失随轮数的变化：随机下降在第一轮学得最多，最后抖动。
- 两条平均曲线：只有校正过的从第一步起就正确。

出处：Polyak 1964；Nesterov 1983；Duchi 等 2011；Hinton 2012；Zeiler 2012；Kingma 与 Ba 2015；Loshchilov 与 Hutter 2017、2019；Smith 与 Topin 2018；《动手学深度学习》第 11 章。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
