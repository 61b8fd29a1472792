/** What the lab `speedrun` teaches. */

const en = String.raw`
# Speedrun: CIFAR-10 to 0.90 in the fewest seconds

CIFAR-10 has 50,000 colour images of 32 x 32 in ten classes. The first residual networks took hours on a graphics card for 0.93. Since 2018 people have made a sport of it: on one
A100 0.94 now takes less than three seconds. Nothing there is magic; the same ideas bring two cores of a processor to 0.90 in seven minutes. This lab is that run, and every idea is an option that can
be taken away again.

## The budget

A multiply-add is two operations, and a training step passes three times through the network: forward, back to the activations, back to the weights. For $A$ multiply-adds an image, $N$ images and $E$ epochs

$$ \text{work} = 6 \, A \, N \, E $$

This network has $A = 33$ million: six epochs are 60 TFLOP, and two cores get through them at 145 GFLOP/s: 411 seconds, for 0.9026. They have done fewer products than that,
for 3 x 3 windows need but 16 of 36 where a tile of 2 x 2 is computed at once. The published network is four times as large (118 million) and takes ten epochs for
0.94: 350 TFLOP. Half of the channels are a quarter of the work, and 0.90 asks for less than 0.94.

## The network

| part | output | multiply-adds |
| --- | --- | ---: |
| whitening 2 x 2, frozen, GELU | 24 x 31 x 31 | 0.3 million |
| block 1: convolution, pooling, norm, GELU, convolution, norm, GELU | 32 x 15 x 15 | 8.7 million |
| block 2 | 128 x 7 x 7 | 15.5 million |
| block 3 | 128 x 3 x 3 | 8.6 million |
| largest of each channel, linear, one ninth | 10 | 1,280 |

- **Whitening.** Neighbouring pixels are nearly equal, so gradients of a first layer point along brightness and hardly anywhere else. With the covariance $C = V \Lambda V^T$ of 2 x 2 patches the filters
  are rows of

$$ W = (\Lambda + \varepsilon)^{-1/2} \, V^T $$

  and their negatives: outputs are uncorrelated, of variance 1. It is computed from 2,000 images in a second and never learnt, so no gradient has to come back so far: the layer is dear only once.
- **Identities at the start.** The first filters of each convolution pass their channel on unchanged (${'`'}dirac_${'`'}). Image and gradient go through six layers from the first step on, without shortcuts.
- **Norms with a bias only.** A weight after a norm does nothing that the next convolution could not. The biases learn 64 times as fast: they are few, and without that they would still be on their way when
  six epochs are over.
- **Logits divided by nine** begin near 0, so the first loss is $\log 10$ and the first steps are calm.

## The run

- **SGD with Nesterov's momentum 0.85**, rate up for a quarter of the run and then in a straight line down to 0. The highest rate is as high as it goes without diverging; all the accuracy comes while it falls.
- **Label smoothing 0.2**: the truth is 0.82, every other class 0.02. Logits need not grow without bound.
- **Alternating flips.** Chance shows an image twice in the same way in half of all pairs of epochs. Here every image is mirrored in exactly every second epoch: the same work, more different images.
- **Shifts of up to two pixels**, by reflection, on bytes: an epoch of them is moved in well under a second, and the pixels become numbers inside the compiled step.
- **An average of weights** over about the last hundred steps, which is what is measured.
- **Two looks at a test image**, as it is and mirrored, are one more forward pass. ${'`'}--looks crops${'`'} adds shifted ones.

## What to look at

${'`'}seconds${'`'} counts the training: compilation too, not the measuring after each epoch. ${'`'}giga_flops_per_second${'`'} says how well the machine was used.

- **Epochs or width.** Halve one, double the other: ${'`'}--epochs 12 --widths 24,88,88${'`'} is the same work. Large networks learn more from an image, small ones see it more often.
- **Take something away.** ${'`'}--flip random${'`'}, ${'`'}--bias-factor 1${'`'}, ${'`'}--label-smoothing 0${'`'}, ${'`'}--ema 0${'`'}, ${'`'}--looks one${'`'}: see what each costs. In K. Jordan's published
  runs they together make 35 epochs into 10.
- **Batches.** ${'`'}--batch-size${'`'} changes the rate in proportion. On a processor small batches cost no time, so there is no reason for 1,024.

Sources: D. Page, "How to train your ResNet" (2018: whitening, frozen norm weights, label smoothing, averages); T. Fisher, hlb-CIFAR10 (2022: the network's form, the biases' rate); K. Jordan, "94% on CIFAR-10 in
3.29 seconds on a single GPU" (2024: identities, alternating flips, several looks); He and others 2015 for what it was like before.
`

const zh = String.raw`
# 竞速：用最少的秒数让 CIFAR-10 达到 0.90

CIFAR-10 有 50,000 幅 32 x 32 的彩色图像，十个类别。最早的残差网络在显卡上要几小时才到 0.93。2018 年以来人们把它当成一项运动：一块 A100 上，0.94 现在不到三秒。其中没有魔法；同样的想法让
处理器的两个核心七分钟达到 0.90。本实验就是这样一次运行，每个想法都是可以去掉的选项。

## 预算

一次乘加是两次运算，一个训练步要走网络三遍：前向、对激活的反向、对权重的反向。每幅图像 $A$ 次乘加，$N$ 幅图像，$E$ 轮：

$$ \text{work} = 6 \, A \, N \, E $$

本网络 $A$ 为三千三百万：六轮是 60 TFLOP，两个核心以每秒 145 GFLOP 走完：411 秒，0.9026。实际做的乘法更少：3 x 3 的窗口一次算 2 x 2 个结果，36 次乘法只需 16 次。公开的网络大四倍（1.18 亿），十轮到 0.94：350 TFLOP。通道减半，工作量为四分之一，而 0.90 的要求低于 0.94。

## 网络

| 部分 | 输出 | 乘加次数 |
| --- | --- | ---: |
| 2 x 2 白化，冻结，GELU | 24 x 31 x 31 | 30 万 |
| 块 1：卷积、汇聚、规范化、GELU、卷积、规范化、GELU | 32 x 15 x 15 | 870 万 |
| 块 2 | 128 x 7 x 7 | 1550 万 |
| 块 3 | 128 x 3 x 3 | 860 万 |
| 每个通道的最大值，线性层，除以九 | 10 | 1,280 |

- **白化。** 相邻像素几乎相等，所以第一层的梯度总指向亮度方向。设 2 x 2 小块的协方差 $C = V \Lambda V^T$，滤波器取下式的各行

$$ W = (\Lambda + \varepsilon)^{-1/2} \, V^T $$

  以及它们的相反数：输出互不相关，方差为 1。它用 2,000 幅图像一秒算出，不再学习，所以梯度不必传回到这里。
- **从恒等开始。** 每个卷积的前几个滤波器原样传递通道（${'`'}dirac_${'`'}）。没有捷径，图像和梯度也从第一步起就穿过六层。
- **规范化只有偏置。** 规范化之后的权重所做的，下一个卷积都能做。偏置的学习率是 64 倍：它们很少，否则六轮结束时还在路上。
- **logits 除以九**，起初接近 0，最初的损失是 $\log 10$，头几步平稳。

## 训练

- **Nesterov 动量 0.85 的 SGD**，学习率在前四分之一上升，然后直线降到 0。最高值取不发散的最大者；精度都来自下降阶段。
- **标签平滑 0.2**：真值为 0.82，其他各类 0.02，logits 不必无限增大。
- **交替翻转。** 随机翻转时，相邻两轮有一半的图像看起来相同。这里每幅图像恰好每隔一轮翻转：同样的工作，更多不同的图像。
- **最多两个像素的平移**，按反射填充，在字节上进行：一轮不到一秒，像素在编译好的步骤里才变成数。
- **权重的平均**，约为最后一百步，测量的就是它。
- **看两次测试图像**，原样和镜像：多一次前向。${'`'}--looks crops${'`'} 还加上平移的。

## 看什么

${'`'}seconds${'`'} 是训练时间：含编译，不含每轮之后的测量。${'`'}giga_flops_per_second${'`'} 说明机器用得如何。

- **轮数还是宽度。** 一个减半，另一个加倍：${'`'}--epochs 12 --widths 24,88,88${'`'} 的工作量相同。大网络从一幅图像学得多，小网络看得次数多。
- **去掉一样。** ${'`'}--flip random${'`'}、${'`'}--bias-factor 1${'`'}、${'`'}--label-smoothing 0${'`'}、${'`'}--ema 0${'`'}、${'`'}--looks one${'`'}：看看每样损失多少。在 K. Jordan 公开的运行中，合起来把 35 轮变成 10 轮。
- **批量。** ${'`'}--batch-size${'`'} 会按比例改变学习率。处理器上小批量并不费时，没有理由用 1,024。

来源：D. Page，“How to train your ResNet”（2018：白化、冻结规范化权重、标签平滑、平均）；T. Fisher，hlb-CIFAR10（2022：网络形状、偏置的学习率）；K. Jordan，“94% on CIFAR-10 in
3.29 seconds on a single GPU”（2024：恒等初始化、交替翻转、多次观看）；此前的情形见 He 等 2015。
`

export const notes = { en, zh }
