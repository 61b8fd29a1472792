/** What the lab `densenet` teaches. */

const en = String.raw`
# DenseNet: every layer sees all before it

A residual block adds what it finds to what it was given. A dense block keeps both apart: each layer takes everything so far, and its few channels are put beside it.

$$ x_l = H_l\big([x_0, x_1, \dots, x_{l-1}]\big), \qquad H = \mathrm{conv}_3 \circ \mathrm{ReLU} \circ \mathrm{BN} \circ \mathrm{conv}_1 \circ \mathrm{ReLU} \circ \mathrm{BN} $$

Nothing is overwritten, so a layer need not carry along what another has found. It can be narrow: the **growth** $k$ is how many channels it adds, 12 or 32.

## How channels grow

After $l$ layers a block that began with $c_0$ channels has

$$ c_l = c_0 + l\,k $$

A layer would have $9 c_l k$ weights. The 1 x 1 convolution in front brings $c_l$ down to $b k$ first (the bottleneck; the paper has $b = 4$, ${'`'}quick${'`'} 2), so the 3 x 3 has always $9 b k^2$. Between blocks a
**transition** halves both: a 1 x 1 convolution to half of the channels, and an average pool of 2 x 2.

## What it costs

| | growth 16, blocks of 1, 4 and 10, 28 px | growth 32, four blocks of 4, 96 px |
| --- | ---: | ---: |
| parameters | 125,242 | 977,482 |
| multiply-adds of an image | 15.2 million | 183 million |
| memory for a step of 128 | 0.19 GB | 0.81 GB |

The long block is the last, at 7 x 7, where a layer costs a sixteenth of what it costs at 28 x 28.

Few parameters, much memory: training keeps each of the growing inputs for the way back. Memory grows with the square of the layers in a block,
$\sum_l (c_0 + l k)$, where a residual network's grows with their number. DenseNet-121 has 8.0 million parameters, ResNet-50 25.6 million, with about the same accuracy.

## The way back

The loss reaches every layer by as many ways as there are layers after it, the shortest of length one: each layer is supervised almost directly, as by the
classifiers in the middle of GoogLeNet.

## What to look at

- ${'`'}layers${'`'}: how the channels grow and are halved.
- ${'`'}quick${'`'} reaches 0.929 on Fashion-MNIST; compare ${'`'}seconds_per_epoch${'`'} and ${'`'}training_memory_mb${'`'} with those of ${'`'}resnet${'`'}, and the parameters.
- ${'`'}--set growth=12 --set blocks=4,4,4${'`'}: as many layers at every size, twice the arithmetic.

Source: Huang, Liu, van der Maaten, Weinberger, "Densely connected convolutional networks" (2017); "Dive into Deep Learning" 8.7 (${'`'}full${'`'}; there without bottlenecks).
`

const zh = String.raw`
# DenseNet：每一层都看得到前面的全部

残差块把找到的东西加到输入上。稠密块则把两者分开放：每一层取到目前为止的全部特征，自己的几个通道接在旁边。

$$ x_l = H_l\big([x_0, x_1, \dots, x_{l-1}]\big), \qquad H = \mathrm{conv}_3 \circ \mathrm{ReLU} \circ \mathrm{BN} \circ \mathrm{conv}_1 \circ \mathrm{ReLU} \circ \mathrm{BN} $$

什么都不会被盖掉，一层就不必替别的层捎带它们的发现，因而可以很窄：**增长率** $k$ 是它添加的通道数，12 或 32。

## 通道怎样增长

一个块开始有 $c_0$ 个通道，$l$ 层之后有

$$ c_l = c_0 + l\,k $$

直接做一层要 $9 c_l k$ 个权重。前面的 1 x 1 卷积先把 $c_l$ 降到 $b k$（瓶颈；论文用 $b = 4$，${'`'}quick${'`'} 用 2），于是 3 x 3 卷积总是 $9 b k^2$。块与块之间的**过渡层**把两者都减半：
1 x 1 卷积减到一半通道，2 x 2 平均汇聚减半大小。

## 代价

| | 增长率 16，三块 1、4、10 层，28 像素 | 增长率 32，四块各 4 层，96 像素 |
| --- | ---: | ---: |
| 参数 | 125,242 | 977,482 |
| 一幅图的乘加 | 1,520 万 | 1.83 亿 |
| 一步 128 幅所需内存 | 0.19 GB | 0.81 GB |

长的块放在最后，在 7 x 7 处：一层的计算量只有 28 x 28 处的十六分之一。

参数少，内存多：训练要为回程保留每一层越来越宽的输入。内存随块内层数的平方增长，即 $\sum_l (c_0 + l k)$，残差网络只随层数增长。
DenseNet-121 有 800 万个参数，ResNet-50 有 2,560 万，准确率差不多。

## 回程

损失到每一层的路与它后面的层数一样多，最短的只有一步：每一层几乎都被直接监督，好像 GoogLeNet 中间的分类器。

## 看什么

- ${'`'}layers${'`'}：通道怎样增长，又怎样减半。
- ${'`'}quick${'`'} 在 Fashion-MNIST 上得到 0.929；把 ${'`'}seconds_per_epoch${'`'}、${'`'}training_memory_mb${'`'} 和参数与 ${'`'}resnet${'`'} 的相比。
- ${'`'}--set growth=12 --set blocks=4,4,4${'`'}：各种大小层数相同，计算量加倍。

出处：黄高、刘壮、van der Maaten、Weinberger，“Densely connected convolutional networks”（2017）；《动手学深度学习》8.7 节（${'`'}full${'`'}；书中没有瓶颈）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
