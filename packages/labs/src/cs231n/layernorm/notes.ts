/** What the lab `layernorm` teaches. */

const en = String.raw`
# Layer and group normalisation

Batch normalisation takes statistics of a feature over the batch. With few examples in a batch they are bad, and in use there are none. Layer normalisation (Ba, Kiros
and Hinton 2016) turns the table by a quarter: each example is normalised over its own features.

$$ \mu_n = \frac{1}{D} \sum_d x_{nd}, \qquad \hat x_{nd} = \frac{x_{nd} - \mu_n}{\sqrt{\sigma_n^2 + \epsilon}}, \qquad y_{nd} = \gamma_d \hat x_{nd} + \beta_d $$

The formulas are those of batch normalisation with rows for columns, and so is the way back: the same function over another dimension. $\gamma$ and $\beta$ still belong to
features, so their gradients are sums over examples as before. Nothing differs between training and use, and there are no running averages.

## Images

For images $[N, C, H, W]$ the three differ only in what a set of numbers is:

| | one set for each | over |
| --- | --- | --- |
| batch | channel | examples, pixels |
| layer | example | channels, pixels |
| group | example and group of channels | the group's channels, pixels |

Channels of a convolution are not alike (an edge here, a colour there), and one mean for all of them serves none. Groups of channels are between (Wu and He 2018).

## The experiment

Six layers on 1,000 images, batches of 5, 10 and 50, once with each layer. The bars show the best training accuracy.

## What to look at

- Both lose with small batches, whose gradients are noisier at the same learning rate. Batch normalisation loses more, for its statistics become noise too: training
  accuracy 0.86, 0.56, 0.42 with batches of 50, 10, 5, where layer normalisation has 0.68, 0.58, 0.38. The spreads over batch sizes are figures of the summary.
- With batches of 50 batch normalisation is ahead: statistics over a batch suit these features better than statistics over the layer. Try ${'`'}--set units=4${'`'}: mean and variance of four features are no good statistics either.

Expected: layer normalisation depends less on the batch size (CS231n, assignment 2).
`

const zh = String.raw`
# 层归一化与组归一化

批归一化对每个特征在一批之内取统计量。批里样本少，统计量就差；使用时则根本没有。层归一化（Ba、Kiros 与 Hinton，2016）把表格转过来：
每个样本在自己的特征上归一化。

$$ \mu_n = \frac{1}{D} \sum_d x_{nd}, \qquad \hat x_{nd} = \frac{x_{nd} - \mu_n}{\sqrt{\sigma_n^2 + \epsilon}}, \qquad y_{nd} = \gamma_d \hat x_{nd} + \beta_d $$

公式就是批归一化的公式，行列互换；回程也一样，同一个函数换一个维度。$\gamma$ 与 $\beta$ 仍属于特征，所以它们的梯度仍是对样本求和。
训练与使用没有区别，也没有滑动平均。

## 图像

对图像 $[N, C, H, W]$，三者只差在“一组数”是什么：

| | 每个……一组 | 取遍 |
| --- | --- | --- |
| 批 | 通道 | 样本、像素 |
| 层 | 样本 | 通道、像素 |
| 组 | 样本与通道组 | 组内通道、像素 |

卷积的各个通道并不相似（这个看边缘，那个看颜色），一个共同的均值对谁都不合适。把通道分组是折中（Wu 与 He，2018）。

## 实验

六层网络，1,000 幅图像，批大小 5、10、50，两种层各跑一遍。柱状图是最好的训练准确率。

## 看什么

- 学习率不变时，批越小梯度噪声越大，两者都变差；批归一化的统计量也成了噪声，变差更多：批大小 50、10、5 时训练准确率为 0.86、0.56、0.42，层归一化为 0.68、0.58、0.38。
  随批大小变化的幅度记在结果里。
- 批大小为 50 时批归一化领先：对这些特征，按批统计比按层统计合适。试试 ${'`'}--set units=4${'`'}：四个特征的均值与方差同样不是好的统计量。

预期：层归一化对批大小的依赖较小（CS231n 作业二）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
