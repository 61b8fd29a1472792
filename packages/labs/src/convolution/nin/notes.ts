/** What the lab `nin` teaches. */

const en = String.raw`
# NiN: network in network

LeNet, AlexNet and VGG end alike: the maps are laid out in a row, and linear layers take them apart. That gives up where things are, and it is where nearly all the weights
are. NiN does without: after every convolution two more of $1 \times 1$ with ReLU, a small network of its own at every pixel; and at the end as many maps as there are
classes, whose means are the logits.

$$ y_{o,i,j} = \mathrm{ReLU}\Big(b_o + \sum_{c} w_{o,c}\, x_{c,i,j}\Big), \qquad z_k = \frac{1}{hw} \sum_{i,j} y_{k,i,j} $$

A $1 \times 1$ convolution is a linear layer whose examples are the pixels and whose features are the channels (lab ${'`'}conv-basics${'`'} compares the two). The mean over the whole
picture, **global average pooling**, has no weights, so there is nothing in it to overfit; and each of the last maps can be looked at: it says where its class is seen.

## The network

Windows and channels are AlexNet's: $11 \times 11$ (stride 4), $5 \times 5$, $3 \times 3$ with 96, 256 and 384 channels, after each the largest of $3 \times 3$ with stride 2; dropout; a last
block of $3 \times 3$ to the classes.

| 10 classes, grey pictures of $224^2$, batch 128 | AlexNet | NiN |
| --- | ---: | ---: |
| parameters | 57.0 million | 2.0 million |
| multiply-adds of a picture | 663 million | 762 million |
| memory while training | 1.0 GB | 1.3 GB |
| memory while predicting | 218 MB | 10 MB |

So it is small, but not fast, and three times as many maps are kept for the way back. It also learns slowly: the gradient of a logit is spread over all places of a map, and the ReLU of the
last block lets none of it through where a map is 0 everywhere. That is why the notes' rate of 0.1 needs good first weights; some seeds never get off the ground.

## Presets

${'`'}quick${'`'}: pictures as they are, a first window of $3 \times 3$ with stride 1, a quarter of the channels: 131,000 parameters, 11.6 million multiply-adds; 0.902 after five epochs, where the notes
have 0.845. ${'`'}full${'`'}: resized to 224, plain descent with rate 0.1, ten epochs.

## Things to try

- Picture ${'`'}features${'`'}: the last stage has a map for each class. Is the one of the truth the brightest?
- ${'`'}--dropout 0${'`'}; ${'`'}--width 0.5${'`'}; a run with another ${'`'}--seed${'`'}.
- Where does it err? Compare the confusion matrix with that of ${'`'}vgg${'`'}.

Sources: Lin, Chen, Yan, "Network in network", 2014; "Dive into Deep Learning" 8.3.
`

const zh = String.raw`
# NiN：网络中的网络

LeNet、AlexNet、VGG 结尾相同：把特征图摊成一行，交给全连接层。这样丢了位置，而且几乎全部权重都在那里。NiN 不要它们：每个卷积之后再接两个带 ReLU 的 $1 \times 1$ 卷积，
等于在每个像素上放一个小网络；最后有几类就有几张图，各图的平均就是未归一化的分数。

$$ y_{o,i,j} = \mathrm{ReLU}\Big(b_o + \sum_{c} w_{o,c}\, x_{c,i,j}\Big), \qquad z_k = \frac{1}{hw} \sum_{i,j} y_{k,i,j} $$

$1 \times 1$ 卷积就是以像素为样本、以通道为特征的全连接层（${'`'}conv-basics${'`'} 比较过两者）。对整幅图取平均即**全局平均汇聚**，没有权重，也就无从过拟合；最后的每张图都看得懂：
它说的是在哪里看见了这一类。

## 网络结构

窗口与通道同 AlexNet：$11 \times 11$（步幅 4）、$5 \times 5$、$3 \times 3$，通道 96、256、384，其后各有 $3 \times 3$、步幅 2 的最大汇聚；暂退法；最后一块 $3 \times 3$ 直接到类别。

| 10 类，$224^2$ 灰度图，批量 128 | AlexNet | NiN |
| --- | ---: | ---: |
| 参数 | 5700 万 | 200 万 |
| 一幅图的乘加 | 6.63 亿 | 7.62 亿 |
| 训练所需内存 | 1.0 GB | 1.3 GB |
| 预测所需内存 | 218 MB | 10 MB |

所以它小而不快，为反向传播留下的图是三倍之多。学得也慢：一个分数的梯度摊到整张图上，而最后一块的 ReLU 在全零的图上什么也不放过。因此笔记的学习率 0.1 要有好的初始权重；有的随机种子一直学不起来。

## 预设

${'`'}quick${'`'}：原大的图，第一个窗口 $3 \times 3$、步幅 1，四分之一通道：13.1 万参数，1160 万乘加；五轮后 0.902，笔记为 0.845。${'`'}full${'`'}：放大到 224，学习率 0.1 的普通梯度下降，十轮。

## 可以试一试

- 图 ${'`'}features${'`'}：最后一级每类一张图。真实类别的那张最亮吗？
- ${'`'}--dropout 0${'`'}；${'`'}--width 0.5${'`'}；换一个 ${'`'}--seed${'`'}。
- 错在哪里？与 ${'`'}vgg${'`'} 的混淆矩阵比较。

出处：Lin、Chen、Yan 2014；《动手学深度学习》8.3 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
