/** What the lab on losses teaches. */

const en = String.raw`
# Losses: what is to become small

A loss says how wrong a prediction is; its derivative says how hard it pulls. Both matter: training only ever sees the derivative.

## Numbers ($e=\hat y-y$)

| loss | value | derivative by $e$ |
| --- | --- | --- |
| squared | $e^2/2$ | $e$: pulls hard far away (one outlier can rule), gently near 0 |
| absolute | $\lvert e\rvert$ | $\mathrm{sign}(e)$: never more than 1, but it jumps at 0 |
| Huber | $e^2/2$ where $\lvert e\rvert<\delta$, else $\delta(\lvert e\rvert-\delta/2)$ | $e$ cut off at $\pm\delta$: the best of both |

## Classes (margin or logit $z$, true class 1)

- Hinge: $\max(0, 1-z)$. Nothing is asked of an example that is right by a margin of 1.
- Binary cross-entropy: $\log(1+e^{-z})$, derivative $\sigma(z)-1$. Never flat where the answer is wrong.
- Cross-entropy: $-\log\frac{e^{z_t}}{\sum_j e^{z_j}}$, derivative $p-\mathrm{onehot}(t)$. Computed from logits as $\log\sum_j e^{z_j-m}+m-z_t$ with $m=\max z$: no overflow.
- Squared error behind a sigmoid has derivative $(\sigma-1)\,\sigma(1-\sigma)$: nearly 0 where $z\ll0$, the worst mistakes teach least. That is why it is not used.

## Distributions, masks, pairs

- $\mathrm{KL}(p\,\|\,q)=\sum p\log(p/q)$: 0 only for $q=p$; cross-entropy less the entropy of $p$.
- Dice: $1-\frac{2|X\cap Y|}{|X|+|Y|}$ with sums of products. It does not mind that nearly all pixels are background.
- Contrastive: $d^2/2$ for a like pair, $\max(0,m-d)^2/2$ for an unlike one: pushed apart only as far as the margin $m$.

## What to look at

- Each figure has values above and derivatives below. The table gives numbers at a few points.
- Every derivative is computed by autograd and by the formula written out; ${'`'}largest_gradient_error${'`'} is the largest difference.
- The outlier experiment: a constant is fitted to nine numbers near 1 and one at 20. Squared error goes to the mean, absolute to the median, Huber stays near it.

Sources: Huber 1964; Hadsell, Chopra, LeCun 2006 (contrastive); Milletari, Navab, Ahmadi 2016 (dice); "Dive into Deep Learning", chapters 3 and 4.
`

const zh = String.raw`
# 损失函数：要让什么变小

损失说明预测错了多少，它的导数说明拉得多用力。两者都要看：训练其实只看得到导数。

## 数值（$e=\hat y-y$）

| 损失 | 值 | 对 $e$ 的导数 |
| --- | --- | --- |
| 平方 | $e^2/2$ | $e$：离得远时拉力很大（一个离群值就能左右全局），靠近 0 时很小 |
| 绝对值 | $\lvert e\rvert$ | $\mathrm{sign}(e)$：不超过 1，但在 0 处突变 |
| Huber | $\lvert e\rvert<\delta$ 时 $e^2/2$，否则 $\delta(\lvert e\rvert-\delta/2)$ | 在 $\pm\delta$ 处截断的 $e$：兼有两者之长 |

## 类别（间隔或 logit $z$，真实类别为 1）

- 合页：$\max(0, 1-z)$，间隔超过 1 就不再要求。
- 二元交叉熵：$\log(1+e^{-z})$，导数 $\sigma(z)-1$，只要错了就不会平。
- 交叉熵：$-\log\frac{e^{z_t}}{\sum_j e^{z_j}}$，导数 $p-\mathrm{onehot}(t)$。从 logits 按 $\log\sum_j e^{z_j-m}+m-z_t$（$m=\max z$）计算，不会溢出。
- sigmoid 之后再用平方误差，导数是 $(\sigma-1)\,\sigma(1-\sigma)$：$z\ll0$ 时几乎为 0，错得最厉害的反而学得最少，所以不用。

## 分布、掩码、成对样本

- $\mathrm{KL}(p\,\|\,q)=\sum p\log(p/q)$：只有 $q=p$ 时为 0，等于交叉熵减去 $p$ 的熵。
- Dice：$1-\frac{2|X\cap Y|}{|X|+|Y|}$，交集用乘积之和代替，不受背景像素占绝大多数的影响。
- 对比损失：同类 $d^2/2$，异类 $\max(0,m-d)^2/2$，只推到间隔 $m$ 为止。

## 看什么

- 每幅图上为值，下为导数；表中列出几个点上的数。
- 每个导数都用自动求导和手写公式各算一遍，${'`'}largest_gradient_error${'`'} 是最大的差。
- 离群值实验：用一个常数拟合九个 1 附近的数和一个 20。平方误差得到均值，绝对误差得到中位数，Huber 接近中位数。

出处：Huber 1964；Hadsell、Chopra、LeCun 2006（对比损失）；Milletari、Navab、Ahmadi 2016（Dice）；《动手学深度学习》第 3、4 章。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
