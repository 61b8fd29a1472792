/** What the lab on house prices teaches. */

const en = String.raw`
# House prices: a table, honestly judged

A table of houses with numbers, words and gaps; the price is wanted. Everything of the lab ${'`'}preprocess${'`'} is used: numbers become z-scores $(x-\mu)/\sigma$, gaps become 0 (the
mean), each category a column of its own, "missing" too. Scales and categories come from all rows, as in the book: that looks at the inputs of held-out rows, never at their prices.

## The error counts ratios

To be off by 10,000 is much for a cheap house and little for a dear one. So logarithms are compared:

$$ \sqrt{\frac1n\sum_{i=1}^n\left(\log y_i-\log\hat y_i\right)^2} $$

An error of $0.1$ means about ten percent. All models here learn $\log y$, so the squared error they minimise is this one.

## Three models

| model | how |
| --- | --- |
| mean | the mean of the logarithms, for every house |
| linear | ridge regression in closed form, $w=(X^\top X+\lambda I)^{-1}X^\top y$ |
| net | two hidden layers, ReLU, dropout, Adam with a cosine schedule; some nets with other first weights are averaged |

A net that cannot beat the linear model has learned nothing that was worth the trouble: in small tables that happens easily.

## k-fold cross-validation

A few hundred rows are too few to give some away for testing, and one test set may be lucky. So the rows are cut into $k$ parts; each part is predicted by a model that was
trained on the other $k-1$, and the errors are averaged. Their deviation says how much a single split would have been worth.

## What to look at

- The table: three errors for each fold. The bars: their means, with deviations.
- Predicted against true prices of the last fold: a cloud along the diagonal.
- The curve over the epochs: does it still fall? Does it rise again (too long, too many weights)?
- Data: ${'`'}--set data=ames${'`'} is Kaggle's table as "Dive into Deep Learning" has it (1,460 houses, 79 features; import it if it cannot be fetched),
  ${'`'}boston${'`'} a smaller real one (without its column that counts people by race), ${'`'}made-up${'`'} needs no files.

Sources: "Dive into Deep Learning", chapter 4.10; De Cock 2011; Harrison and Rubinfeld 1978.
`

const zh = String.raw`
# 房价：一张表，公正地评判

一张房屋表，有数、有文字、有空缺，要预测价格。用到 ${'`'}preprocess${'`'} 实验的全部内容：数变成 z 分数 $(x-\mu)/\sigma$，空缺填 0（即均值），每个类别自成一列，“缺失”也算一类。尺度和类别取自全部行（与书中相同）：只看了留出行的输入，没有看它们的价格。

## 误差看比例

差一万，对便宜的房子很多，对贵的很少。所以比较对数：

$$ \sqrt{\frac1n\sum_{i=1}^n\left(\log y_i-\log\hat y_i\right)^2} $$

误差 $0.1$ 约等于百分之十。这里所有模型学的都是 $\log y$，最小化的平方误差正是它。

## 三个模型

| 模型 | 做法 |
| --- | --- |
| 均值 | 对每座房子都报对数的均值 |
| 线性 | 闭式岭回归，$w=(X^\top X+\lambda I)^{-1}X^\top y$ |
| 网络 | 两个隐藏层、ReLU、暂退法、Adam 加余弦计划；几个初值不同的网络取平均 |

赢不了线性模型的网络，等于白费力气：表小的时候很容易这样。

## k 折交叉验证

几百行太少，舍不得拿走一部分做测试，而单独一个测试集又可能碰巧。于是把行分成 $k$ 份，每份由在其余 $k-1$ 份上训练的模型预测，再把误差平均。误差的标准差说明单次划分有多可信。

## 看什么

- 表：每折三个误差。柱：均值与标准差。
- 最后一折的预测价与真实价：沿对角线的一团点。
- 误差随轮数的曲线：还在下降吗？又升上去了吗（太久、权重太多）？
- 数据：${'`'}--set data=ames${'`'} 是《动手学深度学习》所用的 Kaggle 表（1,460 座房子、79 个特征，取不到时可导入），${'`'}boston${'`'} 是较小的真实表（去掉了按种族统计人口的那一列），
  ${'`'}made-up${'`'} 不需要文件。

出处：《动手学深度学习》4.10 节；De Cock 2011；Harrison 与 Rubinfeld 1978。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
