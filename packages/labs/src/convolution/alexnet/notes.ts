/** What the lab `alexnet` teaches. */

const en = String.raw`
# AlexNet

Until 2012 features for pictures were thought up: edges, histograms of gradients (lab ${'`'}image-features${'`'}), and only what stood on them learnt. AlexNet learnt everything from
pixels, won the ImageNet competition by ten points, and its lowest layer turned out to look for edges and colours anyhow: picture ${'`'}filters${'`'}.

## What is new beside LeNet

| | LeNet-5 | AlexNet |
| --- | --- | --- |
| layers with weights | 5 | 8: five convolutions, three linear |
| parameters | 61,706 | 57.0 million (10 classes, grey pictures) |
| multiply-adds of a picture | 0.42 million, $28^2$ | 663 million, $224^2$ |
| activation | sigmoid | ReLU |
| pooling | mean of $2 \times 2$ | largest of $3 \times 3$, stride 2 |
| against overfitting | weight decay | dropout, mirrored and moved pictures |

ReLU lets a gradient pass five layers and more. **Dropout** sets each hidden unit of the linear layers to 0 with probability $p$ while learning, and divides the others by
$1-p$, so that none can lean on one other:

$$ h' = \frac{m \odot h}{1-p}, \qquad m_i \sim \mathrm{Bernoulli}(1-p) $$

## The notes' four questions

1. *Parameters.* A convolution has $c_{out}(c_{in} k^2 + 1)$, a linear layer $n_{out}(n_{in} + 1)$. Nearly all, 54.6 of 57.0 million, are in the three linear layers: the first alone has
   $9216 \times 4096$.
2. *Multiply-adds.* A convolution has $c_{out} c_{in} k^2 h w$, a linear layer $n_{out} n_{in}$. Nine tenths are in the convolutions.
3. *Memory while training.* Weights, gradients and momentum (three times 218 MB), and what the backward pass needs again, which grows with the batch: together about 1 GB for 128
   pictures of $224^2$.
4. *Memory while predicting.* The weights, and one layer's input and output: about 218 MB.

Table ${'`'}layers${'`'} has the numbers of your run, the summary their sums.

## Presets

${'`'}quick${'`'} takes the pictures as they are, a first convolution of $3 \times 3$ with stride 1 (${'`'}--stem small${'`'}) and a quarter of the channels: 1.8 million parameters, 9.8 million
multiply-adds, and above the notes' 0.882 after six epochs. ${'`'}full${'`'} is as the notes have it: resized to 224, plain descent with rate 0.01, ten epochs; hours on two cores.

## Things to try

- ${'`'}--init own${'`'}: with the model's own first weights the signal shrinks from layer to layer, and the loss stays at $\ln 10 = 2.30$ for more than an epoch.
- ${'`'}--dropout 0${'`'} and ${'`'}--augment none${'`'}: what becomes of the gap between training and test?
- Picture ${'`'}features${'`'}: lower maps are still a picture, higher ones say where something is.

Sources: Krizhevsky, Sutskever, Hinton 2012; Srivastava and others, "Dropout", 2014; "Dive into Deep Learning" 8.1. Weights by torchvision's names.
`

const zh = String.raw`
# AlexNet

2012 年以前，图像特征靠人设计：边缘、梯度直方图（见 ${'`'}image-features${'`'}），学习的只是其上的一层。AlexNet 从像素学起，以十个百分点之差赢得 ImageNet 竞赛；而它的最底层学到的，
恰也是边缘与颜色：图 ${'`'}filters${'`'}。

## 与 LeNet 相比

| | LeNet-5 | AlexNet |
| --- | --- | --- |
| 有权重的层 | 5 | 8：五个卷积，三个全连接 |
| 参数 | 61,706 | 5700 万（10 类，灰度图） |
| 一幅图的乘加 | 42 万，$28^2$ | 6.63 亿，$224^2$ |
| 激活 | sigmoid | ReLU |
| 汇聚 | $2 \times 2$ 平均 | $3 \times 3$ 最大，步幅 2 |
| 防过拟合 | 权重衰减 | 暂退法、镜像与平移 |

ReLU 让梯度能穿过五层以上。**暂退法**在训练时以概率 $p$ 把全连接层的隐藏单元置 0，其余除以 $1-p$，谁也不能只依赖某一个：

$$ h' = \frac{m \odot h}{1-p}, \qquad m_i \sim \mathrm{Bernoulli}(1-p) $$

## 笔记的四个问题

1. *参数*：卷积 $c_{out}(c_{in} k^2 + 1)$，全连接 $n_{out}(n_{in} + 1)$。5700 万中有 5460 万在三个全连接层，仅第一个就有 $9216 \times 4096$。
2. *乘加*：卷积 $c_{out} c_{in} k^2 h w$，全连接 $n_{out} n_{in}$。九成在卷积。
3. *训练所需内存*：权重、梯度、动量（218 MB 的三倍），加上反向传播还要用的值，后者随批量增长；128 幅 $224^2$ 的图共约 1 GB。
4. *预测所需内存*：权重，以及一层的输入与输出：约 218 MB。

表 ${'`'}layers${'`'} 是本次运行的数，摘要里有总和。

## 预设

${'`'}quick${'`'} 用原大的图，第一个卷积为 $3 \times 3$、步幅 1（${'`'}--stem small${'`'}），通道数为四分之一：180 万参数，980 万乘加，六轮后超过笔记的 0.882。
${'`'}full${'`'} 照笔记：放大到 224，学习率 0.01 的普通梯度下降，十轮；两核要几个小时。

## 可以试一试

- ${'`'}--init own${'`'}：用模型自带的初始权重，信号逐层变弱，损失停在 $\ln 10 = 2.30$ 一轮以上。
- ${'`'}--dropout 0${'`'} 与 ${'`'}--augment none${'`'}：训练与测试之间的差距怎样变？
- 图 ${'`'}features${'`'}：低层还是图，高层说的是哪里有什么。

出处：Krizhevsky、Sutskever、Hinton 2012；Srivastava 等 2014；《动手学深度学习》8.1 节。权重名同 torchvision。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
