/** What the lab `convnet` teaches. */

const en = String.raw`
# Convolution from scratch

A filter $w$ slides over an image $x$ and is multiplied with what it covers. With stride $s$ and $q$ zeros around the image,

$$ y_{n f i j} = b_f + \sum_{c, u, v} x_{n,\, c,\, i s + u - q,\, j s + v - q} \; w_{f c u v}, \qquad H' = 1 + \frac{H + 2q - k}{s} $$

## Loops

Seven loops, one for each index, are the definition itself. The way back visits the same products: each $y \mathrel{+}= x w$ gives $dx \mathrel{+}= dy\, w$ and $dw \mathrel{+}= dy\, x$.

## im2col

Each window is written as a column of $C k^2$ numbers, each filter as a row; then all windows meet all filters in one product of matrices, the operation machines do best:

$$ Y = W_{F \times C k^2} \; X_{C k^2 \times H' W'}, \qquad dW = dY\, X^\top, \qquad dX = W^\top dY $$

The way back ends with *col2im*: what belongs to a column goes back to the pixels it was copied from, and copies add up. A pixel is copied up to $k^2$ times: memory for
speed. The engine's own convolution copies nothing; its tile reads windows where they lie. The table shows all three forms by the clock, forward and back.

## Max pooling

The gradient goes to the largest number of each window and to nobody else. Where windows tile the image, a reshape to six dimensions makes pooling one maximum; loops serve all
other windows.

## The network

convolution - ReLU - 2 x 2 max pool - affine - ReLU - affine - softmax: 32 filters of 7 x 7, 500 hidden units, Adam with rate 1e-3.

## What to look at

- **Filters by hand**: grey and Sobel's edges, made by nothing but a convolution.
- **100 images by heart**: training accuracy goes to 1, validation accuracy does not.
- **One epoch** is enough for more than 0.40 on training images, and nearly 0.50 on validation images (0.56 and 0.48 with 10,000 training images).
- **Filters**, before and after: noise becomes edges of one direction, and spots of one colour against another.

${'`'}quick${'`'} takes 10,000 images twice, ${'`'}full${'`'} all of them once, as the assignment does. Source: CS231n, assignment 2, ConvolutionalNetworks.
`

const zh = String.raw`
# 从零写卷积

滤波器 $w$ 滑过图像 $x$，与盖住的部分相乘。步幅为 $s$，四周补 $q$ 圈零：

$$ y_{n f i j} = b_f + \sum_{c, u, v} x_{n,\, c,\, i s + u - q,\, j s + v - q} \; w_{f c u v}, \qquad H' = 1 + \frac{H + 2q - k}{s} $$

## 循环

七重循环，每个下标一重，就是定义本身。回程走过同样的乘积：每个 $y \mathrel{+}= x w$ 给出 $dx \mathrel{+}= dy\, w$ 与 $dw \mathrel{+}= dy\, x$。

## im2col

每个窗口写成一列 $C k^2$ 个数，每个滤波器写成一行；于是所有窗口与所有滤波器在一次矩阵乘法中相遇，而这正是机器最擅长的运算：

$$ Y = W_{F \times C k^2} \; X_{C k^2 \times H' W'}, \qquad dW = dY\, X^\top, \qquad dX = W^\top dY $$

回程以 *col2im* 结束：属于一列的梯度回到它抄自的像素，多份抄本相加。一个像素最多被抄 $k^2$ 次：以内存换速度。
引擎自己的卷积什么也不抄，窗口在哪里就在哪里读。表中是三种写法前向加反向的用时。

## 最大汇聚

梯度只交给每个窗口里最大的那个数。窗口恰好铺满图像时，变形为六维后汇聚就是取一次最大值；其余情形用循环。

## 网络

卷积 - ReLU - 2 x 2 最大汇聚 - 仿射 - ReLU - 仿射 - softmax：32 个 7 x 7 滤波器，500 个隐藏单元，Adam 学习率 1e-3。

## 看什么

- **手工滤波器**：灰度与 Sobel 边缘，只用卷积做成。
- **背下 100 幅图像**：训练准确率到 1，验证准确率不会。
- **一轮**之后，训练图像上超过 0.40，验证图像上将近 0.50（10,000 幅训练图像：0.56 与 0.48）。
- 训练前后的**滤波器**：噪声变成某个方向的边缘，以及一种颜色对另一种颜色的斑点。

${'`'}quick${'`'} 把 10,000 幅图像看两遍，${'`'}full${'`'} 按作业的做法把全部图像看一遍。出处：CS231n 作业二，ConvolutionalNetworks。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
