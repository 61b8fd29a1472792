/** What the lab `logistic-regression` teaches. */

const en = String.raw`
# Logistic regression

A neuron that answers yes or no: the weighted sum $z = w \cdot x + b$ becomes a probability by the sigmoid,

$$ p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) $$

It is of two minds where $z = 0$: a line in the plane, a hyperplane in general. That is its **decision boundary** (picture ${'`'}boundary${'`'}).

## Which loss

$$ \ell(p, y) = -y \log p - (1 - y) \log(1 - p) $$

This is the negative log-likelihood. The squared error $(p - y)^2$ will not do: its derivative has a factor $\sigma'(z)$, which vanishes just where the neuron is surely
wrong. Picture ${'`'}surfaces${'`'} shows both costs over $(w, b)$: the log loss is convex everywhere, the squared error has plateaus and bends downwards on much of the plane
(${'`'}not_convex_squared${'`'} counts where the least eigenvalue of its Hessian is negative).

In numbers, $\max(z, 0) - zy + \log(1 + e^{-|z|})$ is the same and never overflows.

## The gradient

The factor cancels, and what is left has the form of linear regression:

$$ \frac{\partial J}{\partial w_j} = \frac1m \sum_i \left(p^{(i)} - y^{(i)}\right) x^{(i)}_j + \frac{\lambda}{m} w_j, \qquad
   \frac{\partial J}{\partial b} = \frac1m \sum_i \left(p^{(i)} - y^{(i)}\right) $$

Written out on bare tensors, and compared with autograd: ${'`'}gradient_error${'`'}.

## Curves from lines

With $x_1^2, x_1 x_2, x_2^2, \dots$ as further features, a hyperplane in feature space is a curve in the plane. Picture ${'`'}polynomials${'`'}, points inside and outside of a blurred oval:

- degree 1 cannot: it underfits;
- a high degree without penalty encloses single points, with large weights: training accuracy up, test accuracy down;
- the penalty $\frac{\lambda}{2m} |w|^2$ keeps the features and shrinks the weights: a smooth oval;
- far too much of it, and every answer is nearly one half: the boundary may still lie well, the log loss says that nothing is believed.

Sources: Ng, "Machine Learning Specialization", course 1; iris: Fisher 1936.
`

const zh = String.raw`
# 逻辑回归

回答是或否的神经元：加权和 $z = w \cdot x + b$ 经 sigmoid 成为概率，

$$ p = \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \sigma'(z) = \sigma(z)\,(1 - \sigma(z)) $$

$z = 0$ 处两种答案各占一半：平面上是一条直线，一般是超平面，称为**决策边界**（图 ${'`'}boundary${'`'}）。

## 用哪种损失

$$ \ell(p, y) = -y \log p - (1 - y) \log(1 - p) $$

这是负对数似然。平方误差 $(p - y)^2$ 不合适：它的导数含因子 $\sigma'(z)$，恰恰在错得最肯定的地方消失。图 ${'`'}surfaces${'`'} 画出两种代价在 $(w, b)$ 上的曲面：
对数损失处处是凸的；平方误差有平台，许多地方向下弯（${'`'}not_convex_squared${'`'} 是海森矩阵最小特征值为负的比例）。

计算时用 $\max(z, 0) - zy + \log(1 + e^{-|z|})$，值相同而不溢出。

## 梯度

那个因子正好约掉，余下的形式与线性回归一样：

$$ \frac{\partial J}{\partial w_j} = \frac1m \sum_i \left(p^{(i)} - y^{(i)}\right) x^{(i)}_j + \frac{\lambda}{m} w_j, \qquad
   \frac{\partial J}{\partial b} = \frac1m \sum_i \left(p^{(i)} - y^{(i)}\right) $$

实验用张量直接写出它，并与自动求导比较：${'`'}gradient_error${'`'}。

## 由直线到曲线

加入 $x_1^2, x_1 x_2, x_2^2, \dots$ 等特征，特征空间里的超平面就是平面上的曲线。图 ${'`'}polynomials${'`'} 的数据是一个边缘模糊的椭圆的内与外：

- 一次：做不到，欠拟合；
- 高次而无惩罚：权重很大，边界圈住个别的点，训练精度升、测试精度降；
- 惩罚 $\frac{\lambda}{2m} |w|^2$ 保留特征、缩小权重：边界平滑；
- 惩罚过大：所有答案都接近二分之一，边界也许仍在对的位置，但对数损失表明模型什么都不肯定。

出处：吴恩达《机器学习》课程一；鸢尾花：Fisher 1936。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
