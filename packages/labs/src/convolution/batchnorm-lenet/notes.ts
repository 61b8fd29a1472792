/** What the lab `batchnorm-lenet` teaches. */

const en = String.raw`
# LeNet with batch normalisation

Data flows up from the image, gradients flow down from the loss, and on the way down they shrink. So upper layers settle early and lower ones late; whenever a lower
one changes, what the upper ones had learnt no longer fits. **Batch normalisation** keeps the distribution that each layer sees in place: mean 0 and variance 1 over the
batch, then a scale and a shift that the layer may choose for itself.

$$ \mathrm{BN}(x) = \gamma \odot \frac{x - \hat\mu_B}{\hat\sigma_B} + \beta, \qquad
\hat\mu_B = \frac{1}{|B|} \sum_{x \in B} x, \qquad \hat\sigma_B^2 = \frac{1}{|B|} \sum_{x \in B} (x - \hat\mu_B)^2 + \epsilon $$

## Where it goes

Between the sum and the activation: $h = \phi(\mathrm{BN}(W x + b))$. $b$ has no effect then, since the mean takes it away.

- After a **linear layer** each feature has its mean over the $m$ images of a batch.
- After a **convolution** each channel has one, over all $m \cdot p \cdot q$ pixels of the batch: a channel is one feature seen at many places. $\gamma$ and $\beta$ are two numbers a
  channel. LeNet gets $2 (6 + 16 + 120 + 84) = 452$ parameters more, 62,158 in all; multiply-adds stay 416,520.

## Training and using

The batch's own statistics are noisy. While training that does good, as dropout does; and it is why a batch of one teaches nothing (every feature minus itself is 0), and
why batches of 50 to 100 suit best. In use there may be no batch, so averages kept while training stand in, with momentum 0.1 here:

$$ \bar\mu \leftarrow 0.9\, \bar\mu + 0.1\, \hat\mu_B, \qquad \bar\sigma^2 \leftarrow 0.9\, \bar\sigma^2 + 0.1\, \tfrac{n}{n-1} \hat\sigma_B^2 $$

## By hand and by the layer

${'`'}by-hand.ts${'`'} is the formula on bare tensors. Table ${'`'}by-hand${'`'} holds it against the library's layer: outputs, gradients, averages, in training and in use, equal to the last
digits (${'`'}by_hand_difference${'`'}). ${'`'}--set norm=by-hand${'`'} trains with it: the compiler fuses it into the same few kernels.

## What to look at

- ${'`'}gradients${'`'}: before the first step, the first layer's gradient is a hundredth of the last one's without, and with normalisation even larger than it (${'`'}first_to_last_*${'`'}). This is the shrinking.
- ${'`'}with-and-without${'`'}: sigmoids, the same first weights, the same rate of 1. Without, the first epoch learns little (0.47 against 0.77); by hand and by the layer lie on each other.
- ${'`'}rates${'`'}: one epoch at each learning rate. With normalisation large rates do no harm: a layer's output does not change when its weights grow.
- It speeds learning up, and changes little in what is reached at the end. Beside it dropout is hardly needed.

Source: Ioffe and Szegedy, "Batch normalization" (2015); Santurkar and others, "How does batch normalization help optimization?" (2018) doubt that it is about distributions;
"Dive into Deep Learning" 8.5.
`

const zh = String.raw`
# 带批归一化的 LeNet

数据从图像往上走，梯度从损失往下走，越往下越小。于是上面的层早早定下来，下面的层学得慢；下面一变，上面学到的又不合适了。
**批归一化**把每一层看到的分布固定住：在一批之内均值为 0、方差为 1，再由这一层自己选择缩放与平移。

$$ \mathrm{BN}(x) = \gamma \odot \frac{x - \hat\mu_B}{\hat\sigma_B} + \beta, \qquad
\hat\mu_B = \frac{1}{|B|} \sum_{x \in B} x, \qquad \hat\sigma_B^2 = \frac{1}{|B|} \sum_{x \in B} (x - \hat\mu_B)^2 + \epsilon $$

## 放在哪里

放在求和与激活之间：$h = \phi(\mathrm{BN}(W x + b))$。这时 $b$ 不起作用，会被均值减掉。

- **线性层**之后，每个特征对一批的 $m$ 幅图像取均值。
- **卷积**之后，每个通道取一个均值，对一批的全部 $m \cdot p \cdot q$ 个像素：一个通道就是在许多位置上看到的同一个特征。$\gamma$ 与 $\beta$ 每个通道各一个数。
  LeNet 因此多 $2 (6 + 16 + 120 + 84) = 452$ 个参数，共 62,158 个；乘加仍为 416,520 次。

## 训练与使用

一批的统计量带有噪声。训练时这是好事，像丢弃法一样；也因此一批只有一个样本时什么都学不到（每个特征减去自己都是 0），每批 50 到 100 个最合适。
使用时可能没有“一批”，就用训练中累积的滑动平均代替，这里动量为 0.1：

$$ \bar\mu \leftarrow 0.9\, \bar\mu + 0.1\, \hat\mu_B, \qquad \bar\sigma^2 \leftarrow 0.9\, \bar\sigma^2 + 0.1\, \tfrac{n}{n-1} \hat\sigma_B^2 $$

## 手写与调用层

${'`'}by-hand.ts${'`'} 是直接写在张量上的公式。表 ${'`'}by-hand${'`'} 把它与库里的层相比：训练和使用时的输出、梯度、滑动平均，直到最后几位都相等
（${'`'}by_hand_difference${'`'}）。${'`'}--set norm=by-hand${'`'} 用手写的来训练：编译器会把它融合成同样的几个内核。

## 看什么

- ${'`'}gradients${'`'}：第一步之前，没有归一化时第一层的梯度只有最后一层的百分之一，有归一化时比最后一层还大（${'`'}first_to_last_*${'`'}）。这就是“越往下越小”。
- ${'`'}with-and-without${'`'}：sigmoid，初始权重相同，学习率都是 1。没有归一化，第一轮学到的很少（0.47 对 0.77）；手写的与层的两条曲线重合。
- ${'`'}rates${'`'}：每个学习率训练一轮。有归一化，学习率大也无妨：权重变大时，这一层的输出不变。
- 它加快学习，最后达到的水平变化不大。有了它，丢弃法几乎不再需要。

出处：Ioffe 与 Szegedy，“Batch normalization”（2015）；Santurkar 等，“How does batch normalization help optimization?”（2018）怀疑原因不在分布；
《动手学深度学习》8.5 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
