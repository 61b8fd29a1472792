/** What the lab `mlp` teaches. */

const en = String.raw`
# Multilayer perceptrons

A linear model can only say *the more, the likelier*. A hidden layer makes features of its own, and a non-linear function between the layers keeps them from
collapsing into one (an affine map of an affine map is affine):

$$ z^{l} = a^{l-1} W^{l} + b^{l}, \qquad a^{l} = f(z^{l}), \qquad a^{0} = x $$

With enough neurons one hidden layer comes near to any continuous function; how to learn it is another matter.

## XOR

Of the four corners of a square, opposite ones belong together. No line gets more than three right; four hidden neurons get all: picture ${'`'}xor${'`'}.

## The backward pass, layer by layer

The digit net has 784, 16, 16 and 10 neurons with sigmoids, and the cost $C = \frac1N \sum \lVert a^{3} - y \rVert^2$. The chain rule from its end:

$$ \frac{\partial C}{\partial a^{3}} = \frac{2}{N}(a^{3} - y), \qquad
   \frac{\partial C}{\partial z^{l}} = \frac{\partial C}{\partial a^{l}} \odot f'(z^{l}), \qquad f' = a^{l} \odot (1 - a^{l}) $$

$$ \frac{\partial C}{\partial W^{l}} = (a^{l-1})^\top \frac{\partial C}{\partial z^{l}}, \qquad
   \frac{\partial C}{\partial b^{l}} = \sum_n \frac{\partial C}{\partial z^{l}_n}, \qquad
   \frac{\partial C}{\partial a^{l-1}} = \frac{\partial C}{\partial z^{l}} (W^{l})^\top $$

In words: a weight's derivative is the activation that comes in times the error that goes out. A neuron feeds all neurons of the next layer, so what they want of it adds up.

- Table ${'`'}derivatives${'`'}: each of these for one batch, with formula, shape, norm, and the largest difference from autograd; ${'`'}derivative_error${'`'} is the worst, as a share.
- Bars ${'`'}gradient-norms${'`'}: the factor $a(1-a) \le 1/4$ comes once for every layer.
- The net is trained by this very code, and reads about 94 % of MNIST's test digits. Picture ${'`'}strokes${'`'}: what the first layer looks for is hardly a stroke.

## Clothes

784, 256, 10 with ReLU: once on bare tensors with the same backward pass, once with layers and a Trainer. At least 0.87 on Fashion-MNIST, where one layer has 0.835.

Sources: "Dive into Deep Learning" 4.1 to 4.3; 3Blue1Brown, "Neural networks", chapters 3 and 4; Rumelhart, Hinton, Williams 1986.
`

const zh = String.raw`
# 多层感知机

线性模型只会说“越多越像”。隐藏层自己造特征；层间的非线性函数使各层不致合并成一层（仿射的仿射还是仿射）：

$$ z^{l} = a^{l-1} W^{l} + b^{l}, \qquad a^{l} = f(z^{l}), \qquad a^{0} = x $$

神经元足够多时，一个隐藏层就能逼近任何连续函数；怎样学到则是另一回事。

## 异或

正方形的四个角，相对的属同一类。直线最多分对三个；四个隐藏神经元全部分对：图 ${'`'}xor${'`'}。

## 逐层摊开的反向传播

数字网络有 784、16、16、10 个神经元，sigmoid 激活，代价 $C = \frac1N \sum \lVert a^{3} - y \rVert^2$。从末端用链式法则：

$$ \frac{\partial C}{\partial a^{3}} = \frac{2}{N}(a^{3} - y), \qquad
   \frac{\partial C}{\partial z^{l}} = \frac{\partial C}{\partial a^{l}} \odot f'(z^{l}), \qquad f' = a^{l} \odot (1 - a^{l}) $$

$$ \frac{\partial C}{\partial W^{l}} = (a^{l-1})^\top \frac{\partial C}{\partial z^{l}}, \qquad
   \frac{\partial C}{\partial b^{l}} = \sum_n \frac{\partial C}{\partial z^{l}_n}, \qquad
   \frac{\partial C}{\partial a^{l-1}} = \frac{\partial C}{\partial z^{l}} (W^{l})^\top $$

即：一个权重的导数等于流入的激活值乘以流出的误差。一个神经元通向下一层所有神经元，它们对它的要求要相加。

- 表 ${'`'}derivatives${'`'}：对一个批量列出以上每一项的公式、形状、范数，以及与自动求导的最大差；${'`'}derivative_error${'`'} 是其中最大的相对误差。
- 图 ${'`'}gradient-norms${'`'}：每层都要乘一次 $a(1-a) \le 1/4$。
- 网络就用这段代码训练，能认出 MNIST 测试数字的约 94 %。图 ${'`'}strokes${'`'}：第一层所找的其实不大像笔画。

## 衣物

784、256、10，ReLU：一次用张量与同样的反向传播，一次用层与 Trainer。Fashion-MNIST 上至少 0.87，单层为 0.835。

出处：《动手学深度学习》4.1 至 4.3 节；3Blue1Brown《神经网络》第 3、4 集；Rumelhart、Hinton、Williams 1986。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
