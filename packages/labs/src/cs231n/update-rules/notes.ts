/** What the lab `update-rules` teaches. */

const en = String.raw`
# Six update rules on one network

The gradient says which way is down, not how far to go. A rule turns gradients $g_t$ into steps. All six begin here with the same first weights and see
the same batches, so that what differs in the figure is the rule (and its rate $\eta$).

## The rules

**SGD** goes straight down: $w \leftarrow w - \eta g$.

**Momentum** keeps a velocity. What gradients agree on adds up to $1/(1-\mu)$ steps, what they quarrel about cancels:

$$ v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v $$

**Nesterov** takes the gradient where the velocity is about to lead. Written for the point ahead, so that the gradient is one at $w$:

$$ v' = \mu v - \eta g, \qquad w \leftarrow w - \mu v + (1 + \mu) v' $$

**Adagrad** gives every weight a rate of its own, smaller where gradients have been large; its rates only fall:

$$ c \leftarrow c + g^2, \qquad w \leftarrow w - \eta\, g / (\sqrt{c} + \epsilon) $$

**RMSProp** forgets: $c \leftarrow \rho c + (1 - \rho) g^2$, the rest alike.

**Adam** is momentum over RMSProp. Both means begin at 0, so they are too small at first, by exactly $1 - \beta^t$:

$$ m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} $$

## What to look at

- Momentum and Nesterov lie under plain SGD from the first steps on: five epochs of SGD are worth one or two of theirs.
- The adaptive rules use rates of 1e-4 to 2e-3 as if those were the same unit; they are not. A rate of SGD is measured in weights per gradient, one of Adam in weights.
- Training loss separates the rules much more clearly than validation accuracy: 4,000 images are soon learnt by heart (${'`'}preset full${'`'} shows that).
- Without its correction Adam's first steps would be $(1-\beta_1)/\sqrt{1-\beta_2} \approx 3$ times too long.

Expected: momentum ends with a lower loss than SGD (CS231n, assignment 2). Sources: Polyak 1964; Nesterov 1983; Duchi et al. 2011; Tieleman and Hinton 2012;
Kingma and Ba 2015.
`

const zh = String.raw`
# 同一个网络上的六种更新规则

梯度只说哪边是下坡，不说该走多远。规则把梯度 $g_t$ 变成步子。这里六种规则从同样的初始权重出发，看同样的批次，所以图中的差别只来自规则（和它的学习率 $\eta$）。

## 规则

**SGD** 直接下坡：$w \leftarrow w - \eta g$。

**动量**记住速度。方向一致的梯度累积到 $1/(1-\mu)$ 步，互相矛盾的则抵消：

$$ v \leftarrow \mu v - \eta g, \qquad w \leftarrow w + v $$

**Nesterov** 取速度将要到达之处的梯度。改写成以前方那一点为 $w$ 的形式，梯度就在 $w$ 处取：

$$ v' = \mu v - \eta g, \qquad w \leftarrow w - \mu v + (1 + \mu) v' $$

**Adagrad** 给每个权重自己的学习率，梯度一向大的就小些；学习率只减不增：

$$ c \leftarrow c + g^2, \qquad w \leftarrow w - \eta\, g / (\sqrt{c} + \epsilon) $$

**RMSProp** 会忘记：$c \leftarrow \rho c + (1 - \rho) g^2$，其余相同。

**Adam** 是动量除以 RMSProp。两个均值都从 0 开始，起初偏小，恰好小 $1 - \beta^t$ 倍，除回来即可：

$$ m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
w \leftarrow w - \eta\, \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} $$

## 看什么

- 动量和 Nesterov 从最初几步起就低于普通 SGD：SGD 走五轮，它们走一两轮就到了。
- 自适应规则的学习率在 1e-4 到 2e-3 之间，但和 SGD 的不是同一个单位：SGD 的学习率以“权重每梯度”计，Adam 的以权重计。
- 规则之间的差别在训练损失上远比在验证准确率上明显：4,000 幅图像很快就能背下来（见 ${'`'}full${'`'}）。
- 没有偏差修正，Adam 最初的步子会长出约 $(1-\beta_1)/\sqrt{1-\beta_2} \approx 3$ 倍。

预期：动量最后的损失低于 SGD（CS231n 作业二）。出处：Polyak 1964；Nesterov 1983；Duchi 等 2011；Tieleman 与 Hinton 2012；Kingma 与 Ba 2015。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
