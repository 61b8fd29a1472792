/** What the lab `fully-connected` teaches. */

const en = String.raw`
# Fully connected networks of any depth

A network is a chain of layers, and each layer is two functions. **Forward** computes what comes out and keeps what the way back will need;
**backward** takes the loss's gradient by what came out and returns its gradients by what went in. Whoever can write both for one layer can
train a chain of any length: no layer knows what stands before or behind it.

## Two layers by hand

For rows $x$ of $N$ examples, the affine layer and its way back are

$$ y = x W + b, \qquad dx = dy\, W^\top, \qquad dW = x^\top dy, \qquad db = \sum_n dy_n $$

and ReLU lets the gradient through where its input was above 0. The softmax loss starts the way back:

$$ L = -\frac{1}{N} \sum_n \log p_{n, y_n}, \qquad \frac{\partial L}{\partial s_{nc}} = \frac{1}{N} \left( p_{nc} - [c = y_n] \right) $$

A penalty $\frac{\lambda}{2} \sum W^2$ adds $\lambda W$ to the gradient of each weight.

## How one knows that it is right

- **Differences.** $\frac{f(x + h) - f(x - h)}{2h}$ for every parameter of a small network, in double precision. The table shows relative errors;
  1e-7 and less is right, 1e-2 is wrong. A ReLU within $h$ of its kink may exceed that.
- **Fifty images.** A network that cannot learn fifty images by heart has an error in it, or a bad learning rate. Three layers and five must reach
  1.00 within 20 epochs. Deeper is harder: try ${'`'}--set overfitEpochs=10${'`'}.

## The network of the run

Four affine layers with batch normalisation and dropout between them, first weights with deviation $\sqrt{2/n}$ (He et al. 2015), Adam, and a rate that
falls by a tenth after each epoch. Each step, gradients by hand and updates included, is compiled to one program.

## What to look at

- Without a single convolution, half of the validation images are named rightly; that is about what such a network can do.
- The gap between training and validation accuracy. Set ${'`'}keep=1${'`'} and see it open.
- The pictures of the first layer: blobs of colour and coarse waves, more varied than the one template a class of a linear classifier.
- ${'`'}--set normalization=none${'`'}, and then ${'`'}layers=8${'`'}: what normalisation is for.

Expected: at least 0.50 on the validation images (CS231n, assignment 2); 0.55 is possible.
`

const zh = String.raw`
# 任意深度的全连接网络

网络是一串层，而每一层是两个函数。**前向**算出输出，并留下回程要用的东西；**反向**接过损失对输出的梯度，还回损失对全部输入的梯度。
谁能为一层写出这两个函数，就能训练任意长的一串：没有哪一层需要知道前后是谁。

## 手写的两层

设 $x$ 的每一行是一个样本，共 $N$ 行。仿射层与它的回程是

$$ y = x W + b, \qquad dx = dy\, W^\top, \qquad dW = x^\top dy, \qquad db = \sum_n dy_n $$

ReLU 只让输入大于 0 处的梯度通过。回程从 softmax 损失开始：

$$ L = -\frac{1}{N} \sum_n \log p_{n, y_n}, \qquad \frac{\partial L}{\partial s_{nc}} = \frac{1}{N} \left( p_{nc} - [c = y_n] \right) $$

惩罚项 $\frac{\lambda}{2} \sum W^2$ 给每个权重的梯度加上 $\lambda W$。

## 怎样知道写对了

- **差分。** 在小网络上用双精度，对每个参数算 $\frac{f(x + h) - f(x - h)}{2h}$。表中是相对误差：1e-7 以下是对的，1e-2 是错的。
  若某个 ReLU 的输入恰好落在折点附近 $h$ 之内，误差可以稍大。
- **五十幅图像。** 连五十幅图像都背不下来的网络，不是有错，就是学习率不对。三层和五层都应在 20 轮内达到 1.00。越深越难：试试 ${'`'}--set overfitEpochs=10${'`'}。

## 本实验的网络

四个仿射层，其间有批归一化与 dropout；初始权重的标准差为 $\sqrt{2/n}$（He 等，2015）；用 Adam，学习率每轮减一成。
手写的梯度和参数更新一起，每一步编译成一个程序。

## 看什么

- 没有任何卷积，也能认对一半的验证图像；这种网络的本事大致到此为止。
- 训练与验证准确率之间的差距。令 ${'`'}keep=1${'`'}，看它张开。
- 第一层的图：色块与粗条纹，比线性分类器每类一个模板要丰富。
- ${'`'}--set normalization=none${'`'}，再加上 ${'`'}layers=8${'`'}：归一化有什么用。

预期：验证准确率至少 0.50（CS231n 作业二）；0.55 可以做到。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
