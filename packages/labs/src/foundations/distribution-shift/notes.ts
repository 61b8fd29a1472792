/** What the lab on distribution shift teaches. */

const en = String.raw`
# Distribution shift: judging a model where it will be used

A model is judged on data from $q$ (the source) and used on data from $p$ (the target). What its risk will be there can be estimated without a single label from there, if it is known
what has changed.

## Covariate shift: $p(x)\ne q(x)$, but $p(y|x)=q(y|x)$

$$ \int\!\!\int \ell(f(x),y)\,p(y|x)\,p(x)\,dx\,dy=\int\!\!\int \ell(f(x),y)\,q(y|x)\,q(x)\,\frac{p(x)}{q(x)}\,dx\,dy $$

So source examples get weights $\beta(x)=p(x)/q(x)$. The ratio is found by a **classifier between source and target**: logistic regression gives $P(\text{target}\mid x)=\sigma(h(x))$, and
with equally many examples of both

$$ \frac{p(x)}{q(x)}=\frac{P(\text{target}\mid x)}{P(\text{source}\mid x)}=e^{h(x)} $$

(with unequal numbers times $n_q/n_p$). For two normal distributions of one covariance $h$ is linear, so logistic regression finds exactly the right form.

## Label shift: $p(y)\ne q(y)$, but $p(x|y)=q(x|y)$

Symptoms change with the disease, not the other way. $p(y)$ cannot be seen, but what a classifier says about target inputs can. With $C_{ij}$ the share of source examples
of class $j$ that are taken for $i$, and $\mu_i$ the share of target inputs that are taken for $i$,

$$ C\,p(y)=\mu\quad\Rightarrow\quad p(y)=C^{-1}\mu,\qquad \beta_j=\frac{p(y=j)}{q(y=j)}. $$

$C$ comes from source examples that the classifier has not learned from. A classifier that guesses gives a matrix that cannot be inverted.

## What to look at

- Three risks for either shift: as measured on the source, corrected by the weights, and the truth on labelled target data (which a practitioner would not have). The corrected one must
  be nearer the truth; the summary has both distances.
- The found ratio against the true one (known here, for the data are drawn from normal distributions).
- The same weights in training: a straight line cannot fit a curved boundary everywhere, so it should fit where the target is.
- ${'`'}--set shift=3${'`'}: far apart, a few source examples have nearly all the weight, and the estimate trembles. The effective number $(\sum\beta)^2/\sum\beta^2$ says so.

Sources: Shimodaira 2000; Lipton, Wang, Smola 2018 (label shift); "Dive into Deep Learning", chapter 4.9.
`

const zh = String.raw`
# 分布偏移：在真正使用的地方评判模型

模型在来自 $q$（源）的数据上评判，却用在来自 $p$（目标）的数据上。只要知道变了什么，就可以不用目标处的任何标签来估计那里的风险。

## 协变量偏移：$p(x)\ne q(x)$，而 $p(y|x)=q(y|x)$

$$ \int\!\!\int \ell(f(x),y)\,p(y|x)\,p(x)\,dx\,dy=\int\!\!\int \ell(f(x),y)\,q(y|x)\,q(x)\,\frac{p(x)}{q(x)}\,dx\,dy $$

于是给源样本加权 $\beta(x)=p(x)/q(x)$。这个比值由一个**区分源与目标的分类器**得到：逻辑回归给出 $P(\text{目标}\mid x)=\sigma(h(x))$，两边样本数相同时

$$ \frac{p(x)}{q(x)}=\frac{P(\text{目标}\mid x)}{P(\text{源}\mid x)}=e^{h(x)} $$

（样本数不同时再乘 $n_q/n_p$）。协方差相同的两个正态分布，$h$ 正好是线性的，逻辑回归恰好合适。

## 标签偏移：$p(y)\ne q(y)$，而 $p(x|y)=q(x|y)$

症状随疾病而变，而不是反过来。$p(y)$ 看不到，但分类器对目标输入的判断看得到。设 $C_{ij}$ 为源中类别 $j$ 的样本被认作 $i$ 的比例，$\mu_i$ 为目标输入被认作 $i$ 的比例，则

$$ C\,p(y)=\mu\quad\Rightarrow\quad p(y)=C^{-1}\mu,\qquad \beta_j=\frac{p(y=j)}{q(y=j)}. $$

$C$ 要用分类器没有学过的源样本来估计。乱猜的分类器会给出不可逆的矩阵。

## 看什么

- 两种偏移各有三个风险：源上测得的、加权校正的、用目标标签得到的真值（实际中没有）。校正值必须更接近真值，摘要里有两个距离。
- 估计的比值与真实比值（数据来自正态分布，所以这里已知）。
- 训练中使用同样的权重：直线不可能处处拟合弯曲的边界，那就应当在目标所在之处拟合。
- ${'`'}--set shift=3${'`'}：相距太远时，少数源样本占了几乎全部权重，估计会抖动。有效样本数 $(\sum\beta)^2/\sum\beta^2$ 说明了这一点。

出处：Shimodaira 2000；Lipton、Wang、Smola 2018（标签偏移）；《动手学深度学习》4.9 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
