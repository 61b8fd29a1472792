/** What the lab `resnet` teaches. */

const en = String.raw`
# ResNet: layers that learn what to add

More layers can express more, yet plain networks got worse with depth, on the training images too. A layer that is not needed would have to learn to do nothing,
and doing nothing is hard to learn for convolutions with ReLU. A **residual block** does nothing by itself: it hands on its input and learns only what to add.

$$ y = \mathrm{ReLU}\big(x + F(x)\big), \qquad F = \mathrm{BN} \circ \mathrm{conv}_3 \circ \mathrm{ReLU} \circ \mathrm{BN} \circ \mathrm{conv}_3 $$

With $F = 0$ the deeper network is the shallower one: it can hardly be worse.

## Why gradients live

Leaving the ReLUs aside, block $l$ gives $x_{l+1} = x_l + F_l(x_l)$, so for any later $L$

$$ \frac{\partial L}{\partial x_l} = \frac{\partial L}{\partial x_{L}} \Big( 1 + \frac{\partial}{\partial x_l} \sum_{i=l}^{L-1} F_i(x_i) \Big) $$

The 1 is a way back past all layers between. In a plain network there is a product of as many factors as layers, and a product of numbers below 1 is soon nothing.

## When shapes differ

$x + F(x)$ needs equal shapes. Where a stage halves the image and doubles the channels, the first convolution of the block has stride 2, and the shortcut is a 1 x 1
convolution of stride 2 with a batch norm: it fits channels and size together. So the answer to what happens where sizes differ: the shortcut takes the same stride.

## Basic and bottleneck

ResNet-18 and 34 have blocks of two 3 x 3 convolutions. From 50 on a block is 1 x 1, 3 x 3, 1 x 1: narrow, look, widen four times. At 256 channels a basic block has
$2 \cdot 9 \cdot 256^2 = 1.18$ million weights, a bottleneck through 64 has $256 \cdot 64 + 9 \cdot 64^2 + 64 \cdot 256 = 0.07$ million.

| ResNet-18 | small stem, 28 px, width 3/16 | as in the book: 96 px, width 1 |
| --- | ---: | ---: |
| parameters | 395,134 | 11,175,370 |
| multiply-adds of an image | 16.1 million | 319 million |
| memory for a step of 128 | 0.09 GB | 0.55 GB |

## What to look at

- ${'`'}features${'`'}: the stages halve the image three times. ${'`'}errors${'`'}: among clothes mostly shirts.
- ${'`'}quick${'`'} reaches 0.930 on Fashion-MNIST in five epochs of a network with few channels. What pays there: a rate that rises and falls in one cycle, mirrored images, an
  average of the weights (${'`'}ema${'`'}), and naming each test image together with its mirror image.
- Photographs: ${'`'}--set data=cifar10 --set width=0.25 --set epochs=20 --set augment=crop-flip${'`'} reaches 0.902.

Source: He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2016); "Dive into Deep Learning" 8.6.
`

const zh = String.raw`
# ResNet：只学该加什么的层

层数越多，能表达的越多；可是普通网络加深之后反而变差，连训练集上也变差。多余的层必须学会“什么都不做”，而对带 ReLU 的卷积来说这很难学。
**残差块**天生什么都不做：把输入原样传下去，只学要加上什么。

$$ y = \mathrm{ReLU}\big(x + F(x)\big), \qquad F = \mathrm{BN} \circ \mathrm{conv}_3 \circ \mathrm{ReLU} \circ \mathrm{BN} \circ \mathrm{conv}_3 $$

若 $F = 0$，深网络就是浅网络：几乎不可能更差。

## 梯度为什么不消失

先不看 ReLU，第 $l$ 块给出 $x_{l+1} = x_l + F_l(x_l)$，于是对任何更后面的 $L$

$$ \frac{\partial L}{\partial x_l} = \frac{\partial L}{\partial x_{L}} \Big( 1 + \frac{\partial}{\partial x_l} \sum_{i=l}^{L-1} F_i(x_i) \Big) $$

其中的 1 是绕过中间所有层的回路。普通网络在这里是一串因子的乘积，层数多少因子就有多少；小于 1 的数连乘，很快什么都不剩。

## 形状不同怎么办

$x + F(x)$ 要求形状相同。在图像减半、通道加倍的地方，块里第一个卷积的步幅为 2，捷径则是步幅为 2 的 1 x 1 卷积加批归一化：通道与大小一起对齐。
所以“块的输出大小不等怎么办”的答案是：捷径用同样的步幅。

## 基本块与瓶颈块

ResNet-18 与 34 的块是两个 3 x 3 卷积。从 50 起，一个块是 1 x 1、3 x 3、1 x 1：先变窄，再看，最后放宽到四倍。256 个通道时，
基本块有 $2 \cdot 9 \cdot 256^2 = 118$ 万个权重，经 64 个通道的瓶颈块只有 $256 \cdot 64 + 9 \cdot 64^2 + 64 \cdot 256 = 7$ 万。

| ResNet-18 | 小图开头，28 像素，宽度 3/16 | 同书：96 像素，宽度 1 |
| --- | ---: | ---: |
| 参数 | 395,134 | 11,175,370 |
| 一幅图的乘加 | 1,610 万 | 3.19 亿 |
| 一步 128 幅所需内存 | 0.09 GB | 0.55 GB |

## 看什么

- ${'`'}features${'`'}：各阶段把图像减半三次。${'`'}errors${'`'}：衣物里错得最多的是衬衫。
- ${'`'}quick${'`'} 用一个通道很少的网络，五轮后在 Fashion-MNIST 上得到 0.930。有用的是：先升后降的学习率、左右翻转的图像、
  权重的平均（${'`'}ema${'`'}），以及把测试图像与它的镜像一起判断。
- 照片：${'`'}--set data=cifar10 --set width=0.25 --set epochs=20 --set augment=crop-flip${'`'} 得到 0.902。

出处：何恺明、张祥雨、任少卿、孙剑，“Deep residual learning for image recognition”（2016）；《动手学深度学习》8.6 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
