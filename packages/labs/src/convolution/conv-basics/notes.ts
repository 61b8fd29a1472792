/** What the lab `conv-basics` teaches. */

const en = String.raw`
# Convolutions

A dense layer from a picture of $28 \times 28$ to another of that size has $784^2$, more than 600,000 weights. Two demands on a layer that is to see take nearly all of
them away: a pattern means the same wherever it is (**translation**: one set of weights for all places), and what belongs together lies together (**locality**: a small
window is enough).

$$ Y_{i,j} = \sum_{u=0}^{p-1} \sum_{v=0}^{q-1} X_{i+u,\,j+v} \, K_{u,v} + b $$

Strictly this is a *cross-correlation*. A convolution turns the window by half a turn first; since the window is learnt, it does not matter which of the two a layer
computes, and all libraries compute the one above. A window of $p \times q$ has $p q + 1$ weights, whatever the size of the picture.

## By hand

Table ${'`'}by-hand${'`'}. The gradients of a cross-correlation are cross-correlations as well: with $G = \partial L / \partial Y$,

$$ \frac{\partial L}{\partial K} = X \star G, \qquad \frac{\partial L}{\partial X} = \mathrm{pad}(G) \star \mathrm{turn}(K) $$

where the padding is $p-1$ rows and $q-1$ columns on every side. ${'`'}corr2d_error${'`'} and ${'`'}gradient_error${'`'} are the distances from the layer and from autograd.

## Edges, and a window that learns

$[1, -1]$ is 1 where light ends, $-1$ where it begins and 0 where nothing changes: picture ${'`'}band${'`'}. Picture ${'`'}edges${'`'}: six windows on a piece of clothing.
Nobody has to think them up: from examples of $X$ and $Y$ descent finds the window that made them, picture ${'`'}learnt-window${'`'}. The loss is a
parabola whose steepest curvature is 60 here, so rates above $2/60$ diverge: try ${'`'}--set lr=0.035${'`'}.

## Padding and stride

Every convolution takes $p - 1$ rows away: with $5 \times 5$, a picture of 32 is gone after seven layers, and its edge counts less than its middle. Zeros around it help.
A **stride** leaves out rows and columns. With padding $P$ on either side and stride $s$ there come out

$$ \left\lfloor \frac{n - p + 2P + s}{s} \right\rfloor $$

Odd windows with $P = (p-1)/2$ keep the size, and $Y_{i,j}$ belongs to $X_{i,j}$. With stride $s$ that divides $n$, there come out $n/s$. Table ${'`'}sizes${'`'}.

## Channels

Several channels in: each has its own window, the results are added up. Several channels out: each has its own set of windows; each is one pattern that is looked for. So the
weights are $c_{out} \times c_{in} \times p \times q$, and the multiply-adds are those times the pixels that come out. Table ${'`'}channels${'`'}.

A $1 \times 1$ convolution sees no neighbours: it mixes channels, and is a dense layer that is applied at every pixel. ${'`'}one_by_one_error${'`'} compares the two.

## What a neuron sees

$$ r_l = r_{l-1} + (k_l - 1)\, s_1 s_2 \cdots s_{l-1} $$

Two windows of $3 \times 3$ see as far as one of $5 \times 5$, with 18 weights instead of 25 and a non-linearity more; three see 7. Table and picture
${'`'}receptive-fields${'`'}: the gradient of one neuron by the pixels reaches exactly so far, and is strongest in the middle, from where most ways lead to the neuron.

Sources: "Dive into Deep Learning" 6.1 to 6.4; Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016; Luo and others, "Understanding the effective
receptive field in deep convolutional neural networks", 2016.
`

const zh = String.raw`
# 卷积

从一幅 $28 \times 28$ 的图到同样大小的另一幅，全连接层要 $784^2$ 个权重，六十多万。对“会看”的层提两个要求，就几乎全省下了：同一图案在哪里都是同一意思（**平移不变**：所有位置共用一组权重）；
相关的东西挨在一起（**局部性**：小窗口就够）。

$$ Y_{i,j} = \sum_{u=0}^{p-1} \sum_{v=0}^{q-1} X_{i+u,\,j+v} \, K_{u,v} + b $$

严格说这是*互相关*。真正的卷积先把窗口转半圈；窗口既是学来的，算哪一种都一样，各个库算的都是上式。$p \times q$ 的窗口有 $p q + 1$ 个参数，与图的大小无关。

## 手算

表 ${'`'}by-hand${'`'}。互相关的梯度也是互相关：设 $G = \partial L / \partial Y$，

$$ \frac{\partial L}{\partial K} = X \star G, \qquad \frac{\partial L}{\partial X} = \mathrm{pad}(G) \star \mathrm{turn}(K) $$

其中四边各补 $p-1$ 行、$q-1$ 列。${'`'}corr2d_error${'`'} 与 ${'`'}gradient_error${'`'} 是同层的结果、同自动求导的差。

## 边缘，以及学出来的窗口

$[1, -1]$ 在由亮变暗处得 1，由暗变亮处得 $-1$，不变处得 0：图 ${'`'}band${'`'}。图 ${'`'}edges${'`'}：六个窗口看一件衣物。
窗口不必由人设计：给出 $X$ 与 $Y$ 的例子，梯度下降就找得到造出它们的窗口，见图 ${'`'}learnt-window${'`'}。损失是抛物面，最陡方向的曲率在此为 60，学习率大于 $2/60$ 就发散：可试 ${'`'}--set lr=0.035${'`'}。

## 填充与步幅

每次卷积少 $p - 1$ 行：窗口 $5 \times 5$ 时，32 的图七层就没了，而且边上的像素比中间的用得少。周围补零可解。**步幅**则跳过一些行与列。两边各填充 $P$、步幅 $s$ 时，输出

$$ \left\lfloor \frac{n - p + 2P + s}{s} \right\rfloor $$

奇数窗口取 $P = (p-1)/2$，大小不变，且 $Y_{i,j}$ 正对 $X_{i,j}$。步幅 $s$ 整除 $n$ 时，输出 $n/s$。见表 ${'`'}sizes${'`'}。

## 通道

多通道输入：每个通道各有窗口，结果相加。多通道输出：每个输出通道各有一组窗口，各找一种图案。于是权重是 $c_{out} \times c_{in} \times p \times q$ 个，乘加次数再乘以输出的像素数。见表 ${'`'}channels${'`'}。

$1 \times 1$ 卷积不看邻居，只混合通道，就是在每个像素上用一次的全连接层。${'`'}one_by_one_error${'`'} 比较两者。

## 神经元看得见多远

$$ r_l = r_{l-1} + (k_l - 1)\, s_1 s_2 \cdots s_{l-1} $$

两个 $3 \times 3$ 与一个 $5 \times 5$ 看得一样远，权重却是 18 对 25，还多一次非线性；三个则能看 7。表与图 ${'`'}receptive-fields${'`'}：一个神经元对像素的梯度恰好到这么远，中间最强，因为从那里通向它的路最多。

出处：《动手学深度学习》6.1 至 6.4 节；Dumoulin 与 Visin 2016；Luo 等 2016。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
