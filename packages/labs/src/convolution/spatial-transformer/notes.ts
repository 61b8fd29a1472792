/** What the lab `spatial-transformer` teaches. */

const en = String.raw`
# Spatial transformer: a network that straightens what it sees

A convolution finds a digit wherever it is, but a turned digit is another digit to it: it needs filters for every angle and size. In graphics one turns, scales
and moves an image by a matrix. A **spatial transformer** is a layer that does this, with a matrix that a small network finds for each image anew.

## Three parts

1. **Localisation**: two convolutions and two linear layers give six numbers $\theta$ from the image.
2. **Grid**: the pixel at $(x, y)$ of the result, both from -1 to 1, looks at the place

$$ \begin{pmatrix} u \\ v \end{pmatrix} = \begin{pmatrix} \theta_{11} & \theta_{12} & \theta_{13} \\ \theta_{21} & \theta_{22} & \theta_{23} \end{pmatrix}
\begin{pmatrix} x \\ y \\ 1 \end{pmatrix} $$

3. **Sampling** between the four pixels around that place:

$$ V_{xy} = \sum_{n,m} U_{nm} \, \max(0, 1 - |u - m|) \, \max(0, 1 - |v - n|) $$

The sum has derivatives by $u$ and $v$, so the gradient of the classifier's loss reaches $\theta$: nobody tells the network what upright is. Pixels look back into the image
rather than being sent forward, so no holes arise. At the start $\theta$ is the identity, and its layers take smaller steps (${'`'}localLr${'`'}): a sudden jump off the digit could not be undone, since
there is no gradient where there is no ink.

## The experiment

MNIST's digits on a canvas of 40 x 40, turned by up to 60 degrees, scaled by 0.7 to 1.3 and moved by up to 6 pixels. Three networks see the same images: a small
classifier, the same twice as wide, and the small one with a transformer before it.

| network | parameters | multiply-adds |
| --- | ---: | ---: |
| without | 21,840 | 1.32 million |
| without, twice as wide | 85,670 | 4.63 million |
| with | 27,360 | 2.11 million |

## What to look at

- ${'`'}accuracies${'`'}: what the transformer gains (${'`'}gain${'`'}), and whether the wide network makes up for it.
- ${'`'}transformed${'`'}: the outline is where the transformer looks; below, what the classifier sees. ${'`'}turning${'`'}: one digit, step by step.
- ${'`'}class-means${'`'}: means of all test images of a class. Above blurred discs, below shapes that begin to be digits: they lie alike now.
- ${'`'}poses${'`'}: since we made the images, we know how each lies, and can measure what is left of turn, scale and place after the transformer. The measure is within a class:
  the network owes nobody *our* upright, only one that is the same for all. Place and size are put right first, within a few hundred steps; turns take longer.

Source: Jaderberg, Simonyan, Zisserman, Kavukcuoglu, "Spatial transformer networks" (2015).
`

const zh = String.raw`
# 空间变换：会把图像摆正的网络

卷积在哪里都能认出一个数字，但转过的数字对它来说是另一个数字：每个角度、每种大小都要有滤波器。图形学里用一个矩阵来旋转、缩放、平移图像。
**空间变换**就是做这件事的层，矩阵由一个小网络为每幅图像现找。

## 三个部分

1. **定位**：两个卷积和两个线性层，从图像得到六个数 $\theta$。
2. **网格**：结果中位于 $(x, y)$ 的像素（坐标都从 -1 到 1）去看这个位置

$$ \begin{pmatrix} u \\ v \end{pmatrix} = \begin{pmatrix} \theta_{11} & \theta_{12} & \theta_{13} \\ \theta_{21} & \theta_{22} & \theta_{23} \end{pmatrix}
\begin{pmatrix} x \\ y \\ 1 \end{pmatrix} $$

3. **采样**：在那个位置周围的四个像素之间取值：

$$ V_{xy} = \sum_{n,m} U_{nm} \, \max(0, 1 - |u - m|) \, \max(0, 1 - |v - n|) $$

这个和对 $u$、$v$ 可导，所以分类损失的梯度能传到 $\theta$：没有人告诉网络什么叫“正”。是结果的像素回头去图像里看，不是把像素往前送，所以不会留下空洞。
开始时 $\theta$ 是恒等变换，而且这几层的步子更小（${'`'}localLr${'`'}）：如果一下子跳离了数字，就再也回不来，没有笔画的地方没有梯度。

## 实验

MNIST 的数字放在 40 x 40 的画布上，转动至多 60 度，缩放 0.7 到 1.3 倍，平移至多 6 个像素。三个网络看同样的图像：一个小分类器、同样结构但宽一倍的、
以及前面加了空间变换的小分类器。

| 网络 | 参数 | 乘加 |
| --- | ---: | ---: |
| 没有 | 21,840 | 132 万 |
| 没有，宽一倍 | 85,670 | 463 万 |
| 有 | 27,360 | 211 万 |

## 看什么

- ${'`'}accuracies${'`'}：空间变换带来多少（${'`'}gain${'`'}），加宽的网络能不能补上。
- ${'`'}transformed${'`'}：框线是它看的地方，下面一行是分类器看到的。${'`'}turning${'`'}：同一个数字一步步转过去。
- ${'`'}class-means${'`'}：每一类全部测试图像的平均。上面是模糊的圆斑，下面渐渐有了数字的样子：它们现在摆得一样了。
- ${'`'}poses${'`'}：图像是我们自己造的，知道每幅怎样摆放，因此可以量出变换之后角度、大小、位置还剩多少差别。是在同一类之内量的：
  网络不必采用*我们的*“正”，只要大家一样。位置和大小先学会，几百步就够；转角要久一些。

出处：Jaderberg、Simonyan、Zisserman、Kavukcuoglu，“Spatial transformer networks”（2015）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
