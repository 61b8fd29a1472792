/** What the lab `dropout` teaches. */

const en = String.raw`
# Dropout

A large network learns a small training set by heart, and units come to rely on each other's exact values. Dropout (Srivastava et al. 2014) makes that impossible: at every
training step each unit is kept with probability $p$ and silent otherwise.

$$ m_i = \frac{[u_i < p]}{p}, \quad u_i \sim U(0, 1), \qquad y = m \odot x, \qquad dx = m \odot dy $$

## Why divide by p

A unit that is kept with probability $p$ gives $p x$ on average. Whoever uses the network without dropout would see larger sums than it was trained on. Either everything is
multiplied by $p$ in use, or divided by $p$ in training. The latter is *inverted* dropout: in use there is nothing to do.

$$ E[y] = p \cdot \frac{x}{p} + (1 - p) \cdot 0 = x $$

The table of statistics shows it: 250,000 numbers around 10 keep their mean for every $p$, and a share $1 - p$ of them becomes 0.

## What it is

- Every mask is another network of the $2^n$ that share these weights; in use one has, roughly, their average. An ensemble for the price of one.
- To first order it is a penalty on weights that counts each by how much its feature tells (Wager, Wang and Liang 2013).

## The experiment

500 training images, one hidden layer of 500 units, Adam with rate 5e-4, 25 epochs; $p$ of 1, 0.75, 0.5 and 0.25, from the same first weights.

## What to look at

- Without dropout training accuracy goes to 1.00 within a few epochs, validation accuracy stays near 0.3: the gap.
- The smaller $p$, the slower the network learns by heart, and the smaller the gap in the bars. The loss of training is that of networks with holes in them, so it
  is higher than the accuracies (which are measured without) would make one think.
- Validation accuracy gains a little, no more: noise is no replacement for images.

Expected: a smaller gap with dropout (CS231n, assignment 2). The number there is $p$ = probability of being *kept*; PyTorch's and the library's ${'`'}Dropout(p)${'`'} drops with probability p.
`

const zh = String.raw`
# Dropout

大网络会把小训练集背下来，单元之间也会依赖彼此的精确数值。Dropout（Srivastava 等，2014）让这不再可能：每个训练步里，各单元以概率 $p$ 保留，否则沉默。

$$ m_i = \frac{[u_i < p]}{p}, \quad u_i \sim U(0, 1), \qquad y = m \odot x, \qquad dx = m \odot dy $$

## 为什么除以 p

以概率 $p$ 保留的单元平均给出 $p x$。使用网络时不再丢弃，求和就会比训练时大。要么使用时全部乘以 $p$，要么训练时除以 $p$。
后者叫*反向* dropout：使用时什么也不用做。

$$ E[y] = p \cdot \frac{x}{p} + (1 - p) \cdot 0 = x $$

统计表显示了这一点：25 万个在 10 附近的数，不论 $p$ 是多少均值都不变，而其中 $1 - p$ 变成 0。

## 它是什么

- 每个掩码都是共享权重的 $2^n$ 个网络中的一个；使用时大致得到它们的平均。花一个网络的钱，得到一群。
- 一阶近似下，它等于对权重的惩罚，而惩罚的轻重取决于该特征携带多少信息（Wager、Wang 与 Liang，2013）。

## 实验

500 幅训练图像，一个 500 单元的隐藏层，Adam 学习率 5e-4，25 轮；$p$ 取 1、0.75、0.5、0.25，初始权重相同。

## 看什么

- 没有 dropout，训练准确率几轮之内就到 1.00，验证准确率停在 0.3 附近：这就是差距。
- $p$ 越小，背得越慢，柱状图中的差距也越小。训练损失是有“缺口”的网络的损失，所以比（不丢弃时量得的）准确率给人的印象要高。
- 验证准确率只提高一点点：噪声代替不了图像。

预期：有 dropout 时差距更小（CS231n 作业二）。那里的 $p$ 是*保留*的概率；PyTorch 与本库的 ${'`'}Dropout(p)${'`'} 则以概率 p 丢弃。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
