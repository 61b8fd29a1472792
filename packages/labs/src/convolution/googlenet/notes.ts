/** What the lab `googlenet` teaches. */

const en = String.raw`
# GoogLeNet: four branches side by side

Which window is best, 1 x 1, 3 x 3 or 5 x 5? An **Inception block** does not choose: it takes several and joins what they find along the channels. Each branch has
windows of another size, so the block sees fine and coarse details at once, and each branch has as many channels as it deserves.

$$ y = [\; f_{1}(x),\; f_{3}(r_{3}(x)),\; f_{5}(r_{5}(x)),\; p(\max(x)) \;], \qquad c_{out} = c_1 + c_3 + c_5 + c_p $$

Padding keeps height and width equal in all four, or they could not be joined. $r$ are 1 x 1 convolutions that narrow the channels first; the fourth branch is a
3 x 3 maximum pool of stride 1 and a 1 x 1 convolution after it.

## What the 1 x 1 convolutions save

A convolution of $k \times k$ from $c$ to $d$ channels has $k^2 c d$ weights, and that many multiply-adds at every pixel. Through $r$ channels it is

$$ c\,r + k^2\, r\, d \quad\text{instead of}\quad k^2\, c\, d $$

In block 3b, from 256 channels through 32 to 96 with 5 x 5: 85,000 instead of 614,000. The third branch here has 3 x 3, as published weights of torchvision do.

## The network

Three convolutions, nine blocks in groups of 2, 5 and 2 with maximum pools between them, a mean over the image, one linear layer. The mean takes the place of the
large linear layers of AlexNet and VGG: 5.6 million parameters without the classifiers in the middle, where VGG-11 has 129 million. A batch norm follows each convolution.

| | small stem, 28 px, width 3/16 | as in the notes: 96 px, width 1 |
| --- | ---: | ---: |
| parameters | 201,003 | 5,603,882 |
| multiply-adds of an image | 12.5 million | 261 million |
| memory for a step of 128 | 0.13 GB | 0.62 GB |

## Classifiers in the middle

In 2015 a network of 22 layers learnt badly: little gradient reached the first of them. Two small classifiers, after blocks 4a and 4d, bring some of it there, and the loss is

$$ L = L_{end} + 0.3\, L_{4a} + 0.3\, L_{4d} $$

They are thrown away afterwards. Try ${'`'}--set auxiliary=true${'`'}: with batch norm there is little left for them to do.

## What to look at

- ${'`'}features${'`'}: maps of every resolution; edges first, then what holds of whole parts.
- ${'`'}layers${'`'}: where parameters and multiply-adds are. Most of the arithmetic is early, most of the weights are late.
- The notes have 0.874 on Fashion-MNIST after ten epochs at 96 pixels. The preset ${'`'}quick${'`'} gets past it on the images' own 28, ${'`'}full${'`'} is the notes' setting.

Source: Szegedy and others, "Going deeper with convolutions" (2015); "Dive into Deep Learning" 8.4.
`

const zh = String.raw`
# GoogLeNet：四条支路并排

窗口该用 1 x 1、3 x 3 还是 5 x 5？**Inception 块**不作选择：几种都用，再沿通道把结果接起来。每条支路的窗口大小不同，
一个块同时看到细处和大处；各支路分到的通道数也不同。

$$ y = [\; f_{1}(x),\; f_{3}(r_{3}(x)),\; f_{5}(r_{5}(x)),\; p(\max(x)) \;], \qquad c_{out} = c_1 + c_3 + c_5 + c_p $$

填充使四条支路的高和宽保持一致，否则接不起来。$r$ 是先把通道变窄的 1 x 1 卷积；第四条支路是步幅为 1 的 3 x 3 最大汇聚，后面跟 1 x 1 卷积。

## 1 x 1 卷积省了多少

从 $c$ 个通道到 $d$ 个通道的 $k \times k$ 卷积有 $k^2 c d$ 个权重，每个像素也要做这么多次乘加。中间先变到 $r$ 个通道，则是

$$ c\,r + k^2\, r\, d \quad\text{代替}\quad k^2\, c\, d $$

例如 3b 块，256 个通道经 32 到 96、窗口 5 x 5：8.5 万代替 61.4 万。这里第三条支路用 3 x 3，与 torchvision 公布的权重一致。

## 网络

三个卷积；九个块，分成 2、5、2 三组，组间是最大汇聚；对整幅图取平均；一个线性层。取平均代替了 AlexNet 与 VGG 的大线性层：
不算中间的分类器只有 560 万个参数，而 VGG-11 有 1.29 亿。每个卷积之后都有批归一化。

| | 小图开头，28 像素，宽度 3/16 | 同笔记：96 像素，宽度 1 |
| --- | ---: | ---: |
| 参数 | 201,003 | 5,603,882 |
| 一幅图的乘加 | 1,250 万 | 2.61 亿 |
| 一步 128 幅所需内存 | 0.13 GB | 0.62 GB |

## 中间的分类器

2015 年，22 层的网络很难训练：传到最前面几层的梯度所剩无几。4a 与 4d 块之后各有一个小分类器，把一些梯度送到那里，损失为

$$ L = L_{end} + 0.3\, L_{4a} + 0.3\, L_{4d} $$

训练完就丢掉。可以试 ${'`'}--set auxiliary=true${'`'}：有了批归一化，它们已没有多少事可做。

## 看什么

- ${'`'}features${'`'}：各种分辨率的特征图；先是边缘，后来是整块部分的性质。
- ${'`'}layers${'`'}：参数和乘加落在哪里。计算多在前面，权重多在后面。
- 笔记在 96 像素上训练十轮，Fashion-MNIST 测试准确率 0.874。预设 ${'`'}quick${'`'} 用图像原来的 28 像素就超过它，${'`'}full${'`'} 是笔记的设置。

出处：Szegedy 等，“Going deeper with convolutions”（2015）；《动手学深度学习》8.4 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
