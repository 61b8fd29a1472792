/** What the lab `softmax` teaches. */

const en = String.raw`
# A linear classifier with probabilities

The scores $s = x W$ are those of the lab ${'`'}svm${'`'}; what they mean is new. They are read as logarithms of probabilities, up to a constant:

$$ p_j = \frac{e^{s_j}}{\sum_k e^{s_k}} $$

## The loss

The **cross-entropy** asks for a high probability of the true class:

$$ L_i = -\log p_{y_i}, \qquad L = \frac{1}{N} \sum_i L_i + \lambda \sum_{k,l} W_{kl}^2 $$

With small weights all ten classes are equally likely, so the loss starts near $-\log 0.1 = 2.303$. It never reaches 0: unlike the hinge loss, it
always wants the true class to be still more certain.

Exponentials overflow. Subtracting the highest score from all of them changes no probability,

$$ \frac{e^{s_j - m}}{\sum_k e^{s_k - m}} = \frac{e^{s_j}}{\sum_k e^{s_k}}, \qquad m = \max_k s_k $$

and leaves exponents of 0 and less.

## Its gradient, by hand

The derivative of $\log \sum_k e^{s_k}$ by $s_j$ is $p_j$; that of $-s_{y_i}$ is $-1$ at the true class. So

$$ \frac{\partial L_i}{\partial s_j} = p_j - [j = y_i], \qquad \frac{\partial L}{\partial W} = \frac{1}{N} X^T (P - Y) + 2 \lambda W $$

What is pushed is what was believed wrongly, by as much as it was believed. The lab writes it as loops and as products of matrices, checks the loops
against differences, and says how many times as fast the products are.

## What to look at

- The first loss: near 2.3.
- The heat map of rates and strengths beside that of the lab ${'`'}svm${'`'}: other numbers, the same valley.
- The templates: blurred means of what a class has in common, mostly colours of the background.
- The loss curve is noisy: each step sees 200 of 49,000 images.

Expected: about 0.40 on the validation images. Source: CS231n, assignment 1.
`

const zh = String.raw`
# 给出概率的线性分类器

分数 $s = x W$ 与实验 ${'`'}svm${'`'} 相同，新的是含义：除去一个常数，分数就是概率的对数。

$$ p_j = \frac{e^{s_j}}{\sum_k e^{s_k}} $$

## 损失

**交叉熵**要求真实类的概率高：

$$ L_i = -\log p_{y_i}, \qquad L = \frac{1}{N} \sum_i L_i + \lambda \sum_{k,l} W_{kl}^2 $$

权重很小时十类概率相等，损失从 $-\log 0.1 = 2.303$ 附近开始。它永远到不了 0：与合页损失不同，它总希望真实类更确定一些。

指数会溢出。所有分数减去最高分，概率不变，

$$ \frac{e^{s_j - m}}{\sum_k e^{s_k - m}} = \frac{e^{s_j}}{\sum_k e^{s_k}}, \qquad m = \max_k s_k $$

而指数都不大于 0。

## 手推梯度

$\log \sum_k e^{s_k}$ 对 $s_j$ 的导数是 $p_j$；$-s_{y_i}$ 在真实类处的导数是 $-1$。于是

$$ \frac{\partial L_i}{\partial s_j} = p_j - [j = y_i], \qquad \frac{\partial L}{\partial W} = \frac{1}{N} X^T (P - Y) + 2 \lambda W $$

错信了多少，就推回多少。实验把它写成循环和矩阵乘法两种形式，用差商检查循环，并报告快了多少倍。

## 看什么

- 最初的损失：接近 2.3。
- 学习率与强度的热图，与实验 ${'`'}svm${'`'} 的放在一起看：数值不同，形状相同。
- 模板：一类图像共同之处的模糊平均，多半是背景的颜色。
- 损失曲线很抖：每步只看 49,000 幅中的 200 幅。

预期：验证准确率约 0.40。出处：CS231n 作业一。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
