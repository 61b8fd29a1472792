/** What the lab `batchnorm` teaches. */

const en = String.raw`
# Batch normalisation

A deep network's layers all learn at once, so each sees inputs whose distribution shifts and stretches under it. Batch normalisation (Ioffe and Szegedy 2015) puts
that right inside the network: every feature gets mean 0 and variance 1 over the batch, and then a scale and a shift that are learned.

$$ \mu = \frac{1}{N} \sum_n x_n, \quad \sigma^2 = \frac{1}{N} \sum_n (x_n - \mu)^2, \quad
\hat x_n = \frac{x_n - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y_n = \gamma \hat x_n + \beta $$

In use there is no batch: averages kept while training stand in for $\mu$ and $\sigma^2$.

## The way back, twice

Along the computation graph every node gets its derivative: the mean, the centred value, its square, the variance, the root, the quotient. $x$ reaches the loss by three
ways, and gradients of ways add up. On paper those steps come down to one line, with $d\hat x = \gamma\, dy$ and means over the batch:

$$ dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( d\hat x - \overline{d\hat x} - \hat x \; \overline{d\hat x\, \hat x} \right) $$

What would shift or stretch the whole feature is taken out of the gradient, since the layer would undo it anyway. Both forms are in the code, and the table
compares them: with differences, with each other, and by the clock, once as called and once compiled. The compiler fuses either into a few kernels.

## Experiments

- **With and without**: six layers on 1,000 images, the same first weights.
- **Activations**: histograms of each hidden layer, before and after training. Without normalisation and with small first weights they shrink layer by layer.
- **First weights** of deviations from 0.0001 to 1: without normalisation only a narrow range learns at all; with it almost any does. Where weights are
  too small the gradient vanishes, where they are too large the loss explodes. Losses above 5 are cut off in the figure.
- **Batch sizes** 5, 10 and 50: statistics of five examples are noise, and the gain is lost.

## What to look at

The curve with batch normalisation rises at once while the other waits. Its validation accuracy is not much better: 1,000 images are too few, whatever the layer.
A layer before a normalisation needs no bias: the mean takes it away, and its gradient is 0.

Source: CS231n, assignment 2, BatchNormalization.
`

const zh = String.raw`
# 批归一化

深层网络的各层同时在学，于是每一层的输入分布都在脚下移动和伸缩。批归一化（Ioffe 与 Szegedy，2015）在网络内部纠正它：
让每个特征在一批之内均值为 0、方差为 1，再乘上、加上学得的缩放与平移。

$$ \mu = \frac{1}{N} \sum_n x_n, \quad \sigma^2 = \frac{1}{N} \sum_n (x_n - \mu)^2, \quad
\hat x_n = \frac{x_n - \mu}{\sqrt{\sigma^2 + \epsilon}}, \quad y_n = \gamma \hat x_n + \beta $$

使用时没有“一批”：训练中累积的滑动平均代替 $\mu$ 与 $\sigma^2$。

## 回程的两种写法

沿着计算图，每个结点求一次导：均值、去均值、平方、方差、开方、相除。$x$ 经三条路到达损失，各条路的梯度相加。
在纸上化简，只剩一行；其中 $d\hat x = \gamma\, dy$，横线表示对一批取平均：

$$ dx = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( d\hat x - \overline{d\hat x} - \hat x \; \overline{d\hat x\, \hat x} \right) $$

会让整个特征平移或伸缩的成分被去掉，因为这一层反正会把它抵消。代码里两种写法都有，表中比较它们：与差分比，彼此比，
再比用时，一次是直接调用，一次是编译之后。编译器会把任何一种都融合成几个内核。

## 实验

- **有与没有**：六层网络，1,000 幅图像，初始权重相同。
- **激活值**：各隐藏层在训练前后的直方图。没有归一化而初始权重又小时，它们一层比一层萎缩。
- **初始权重**的标准差从 0.0001 到 1：没有归一化，只有很窄的一段学得动；有了它，几乎都行。太小则梯度消失，太大则损失爆炸。图中损失在 5 处截断。
- **批的大小** 5、10、50：五个样本的统计量只是噪声，好处也就没了。

## 看什么

有批归一化的曲线立刻上升，另一条还在等。它的验证准确率并没有好多少：1,000 幅图像太少，换什么层都一样。
归一化之前的层不需要偏置：均值会把它减掉，它的梯度是 0。

出处：CS231n 作业二，BatchNormalization。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
