/** What the lab `pooling` teaches. */

const en = String.raw`
# Pooling

A network that is to say whether there is a cat somewhere has to come from pixels to one answer for the whole picture. Pooling does it in steps: every window gives one
number, so that each neuron behind it sees twice as far at a quarter of the cost; and what is found may lie a pixel further without the answer changing.

$$ \mathrm{max}: \; Y_{i,j} = \max_{u,v} X_{is+u,\,js+v}, \qquad \mathrm{mean}: \; Y_{i,j} = \frac{1}{pq} \sum_{u,v} X_{is+u,\,js+v} $$

There are no weights. Every channel is pooled by itself, so as many come out as go in. The stride is as large as the window unless it is said otherwise. A border of padding
is never the largest, and counts as zeros in a mean.

## The gradient

With $G = \partial L / \partial Y$, a mean gives every number under its window an even share, a maximum gives everything to the largest (of equals, to the first) and
nothing to the others:

$$ \mathrm{mean}: \; \frac{\partial L}{\partial X_{u,v}} = \sum_{\text{windows over } u,v} \frac{G_{i,j}}{pq}, \qquad
   \mathrm{max}: \; \frac{\partial L}{\partial X_{u,v}} = \sum_{\text{windows that } u,v \text{ wins}} G_{i,j} $$

Table ${'`'}by-hand${'`'} has results and gradients of small examples; ${'`'}pooling_error${'`'} and ${'`'}gradient_error${'`'} are the largest distances from the layer and
from autograd, on these and on random numbers with overlapping windows.

## What it is good for

- Picture ${'`'}pooled${'`'}: the largest keeps bright strokes and makes them wider, the mean keeps the brightness and blurs.
- Picture ${'`'}shift${'`'}: how far edges change when a picture moves. A pixel's move changes them by much; pooled over $4 \times 4$ by far less.
- The same network with maximum, mean, and convolutions of stride 2 in place of pooling: picture ${'`'}accuracy${'`'}. Strides cost a quarter of the multiply-adds of the
  convolutions before the pooling, and lose a little.

Two epochs of Fashion-MNIST show which is ahead. Networks after 2014 pool less: strides shrink, and one mean over the whole picture
(global average pooling, lab ${'`'}nin${'`'}) takes the place of the large dense layers.

Sources: "Dive into Deep Learning" 6.5; LeCun and others 1998 (mean, with weights); Springenberg and others, "Striving for simplicity", 2015 (strides).
`

const zh = String.raw`
# 汇聚

要回答“图中哪里有没有猫”，网络得从像素走到对整幅图的一个答案。汇聚一步步来：每个窗口出一个数，后面的神经元看得远一倍而代价只有四分之一；找到的东西挪一个像素，答案也不变。

$$ \mathrm{max}: \; Y_{i,j} = \max_{u,v} X_{is+u,\,js+v}, \qquad \mathrm{mean}: \; Y_{i,j} = \frac{1}{pq} \sum_{u,v} X_{is+u,\,js+v} $$

没有参数。各通道单独汇聚，所以进几个出几个。不另说明时，步幅等于窗口。填充的边永远不是最大的，在平均里则当作零。

## 梯度

设 $G = \partial L / \partial Y$：平均把它均分给窗口下的每个数；最大则全部给最大的那个（相等时给第一个），其余得零：

$$ \mathrm{mean}: \; \frac{\partial L}{\partial X_{u,v}} = \sum_{\text{windows over } u,v} \frac{G_{i,j}}{pq}, \qquad
   \mathrm{max}: \; \frac{\partial L}{\partial X_{u,v}} = \sum_{\text{windows that } u,v \text{ wins}} G_{i,j} $$

表 ${'`'}by-hand${'`'} 有小例子的结果与梯度；${'`'}pooling_error${'`'} 与 ${'`'}gradient_error${'`'} 是在这些例子以及窗口重叠的随机数上，同层、同自动求导的最大差。

## 有什么用

- 图 ${'`'}pooled${'`'}：最大保留亮的笔画并使之变粗，平均保留亮度而变模糊。
- 图 ${'`'}shift${'`'}：图移动时边缘变化多少。移一个像素变化很大；在 $4 \times 4$ 上汇聚之后小得多。
- 同一网络分别用最大、平均、以及步幅 2 的卷积代替汇聚：图 ${'`'}accuracy${'`'}。用步幅时，汇聚之前的卷积只需四分之一的乘加，准确率略低。

在 Fashion-MNIST 上训练两轮，看哪一种领先。2014 年以后的网络汇聚较少：用步幅缩小，最后对整幅图取一次平均（全局平均汇聚，见 ${'`'}nin${'`'}）来代替庞大的全连接层。

出处：《动手学深度学习》6.5 节；LeCun 等 1998（带权的平均）；Springenberg 等 2015（步幅）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
