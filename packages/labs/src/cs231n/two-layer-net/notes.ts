/** What the lab `two-layer-net` teaches. */

const en = String.raw`
# Two layers

A linear classifier has one template a class. With a hidden layer between pixels and scores there are as many templates as hidden units, and a
class is a mixture of them: a horse looking left *or* right.

$$ h = \max(0,\; x W_1 + b_1), \qquad s = h W_2 + b_2 $$

Without the maximum (**ReLU**) the two products would be one, and nothing gained.

## Layers as pairs of functions

Each layer is a forward function, which also returns what its way back will need, and a backward function: from the loss's gradient by its output
to those by its inputs. For the affine layer $y = x W + b$, with $\mathrm{d}y$ for $\partial L / \partial y$,

$$ \mathrm{d}x = \mathrm{d}y\, W^T, \qquad \mathrm{d}W = x^T \mathrm{d}y, \qquad \mathrm{d}b = \sum_n \mathrm{d}y_n $$

and for ReLU $\mathrm{d}x = \mathrm{d}y \cdot [x > 0]$. A network goes through its layers once forwards and once backwards. No autograd takes part;
the lab first checks all gradients of a tiny net in double precision against differences.

## Training

The ${'`'}Solver${'`'} draws batches, asks for loss and gradients, updates by $w \leftarrow w - \eta\, \mathrm{d}w$ and lowers $\eta$ after every epoch. A few
epochs of every pair of learning rate and strength choose the pair; the long run keeps the weights of the epoch that was best on the validation images.

Three signs to read off the curves:

- The loss falls in a straight line: the rate is too low. It jumps: too high.
- Training and validation accuracy are equal: the net is too small or the penalty too strong.
- A wide gap between them: the net learns images by heart. More penalty, or more images.

## What to look at

- The tiles: first-layer weights. Some show coloured blobs, some edges and wheels; those that are noise were hardly used.
- How much the hidden layer is worth: about 15 points more than the linear classifiers.

Expected: about 0.55 on the validation images. Source: CS231n, assignment 1.
`

const zh = String.raw`
# 两层网络

线性分类器每类只有一个模板。在像素与分数之间加一层隐藏单元，模板就与单元一样多，一类可以由几个模板混合而成：马可以朝左，*也*可以朝右。

$$ h = \max(0,\; x W_1 + b_1), \qquad s = h W_2 + b_2 $$

没有取最大值这一步（**ReLU**），两次乘法会合成一次，什么也没多得到。

## 层是一对函数

每层有一个前向函数，它同时返回反向时要用的东西；还有一个反向函数，由损失对输出的梯度求对各输入的梯度。对仿射层 $y = x W + b$，
以 $\mathrm{d}y$ 记 $\partial L / \partial y$：

$$ \mathrm{d}x = \mathrm{d}y\, W^T, \qquad \mathrm{d}W = x^T \mathrm{d}y, \qquad \mathrm{d}b = \sum_n \mathrm{d}y_n $$

对 ReLU 则是 $\mathrm{d}x = \mathrm{d}y \cdot [x > 0]$。网络就是把各层正着走一遍，再倒着走一遍。这里不用自动求导；
实验先用双精度的小网络，把全部梯度与差商对照。

## 训练

${'`'}Solver${'`'} 取批、求损失与梯度、按 $w \leftarrow w - \eta\, \mathrm{d}w$ 更新，每轮之后降低 $\eta$。学习率与强度先各试几轮，选出最好的一对；
长跑保留在验证图像上最好的那一轮的权重。

从曲线读出三件事：

- 损失直线下降：学习率太低；上下跳：太高。
- 训练与验证准确率一样：网络太小，或惩罚太强。
- 两者相差很大：网络在背图像。加强惩罚，或增加图像。

## 看什么

- 小图：第一层的权重。有的是色块，有的是边缘和车轮；像噪声的几乎没被用到。
- 隐藏层的价值：比线性分类器约高 15 个百分点。

预期：验证准确率约 0.55。出处：CS231n 作业一。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
