/** What the lab `linear-regression` teaches. */

const en = String.raw`
# Linear regression

The simplest network: one neuron, no activation. From features $x$ it says $\hat y = w \cdot x + b$, and the cost of its errors over $m$ examples is

$$ J(w, b) = \frac{1}{2m} \sum_{i=1}^{m} \left(w \cdot x^{(i)} + b - y^{(i)}\right)^2 $$

If the noise in $y$ is normal, the least cost is the greatest likelihood. $J$ is a bowl: it has one lowest place.

## By formula

Put a column of ones beside the features for the bias. Where the derivative is 0, $X^\top X w = X^\top y$ (normal equations), so $w = X^{+} y$.
The lab solves both: by the square system, and by singular values, which does not square the condition number.

## By descent

$$ \frac{\partial J}{\partial w_j} = \frac1m \sum_i \left(\hat y^{(i)} - y^{(i)}\right) x^{(i)}_j, \qquad
   \frac{\partial J}{\partial b} = \frac1m \sum_i \left(\hat y^{(i)} - y^{(i)}\right), \qquad w \leftarrow w - \eta \frac{\partial J}{\partial w} $$

over ten examples at a time. Once with these formulas on bare tensors, once with ${'`'}Linear${'`'}, ${'`'}mseLoss${'`'}, ${'`'}SGD${'`'} and the Trainer: table ${'`'}three-ways${'`'}.

## Why features are scaled

The bowl's curvatures are the eigenvalues of $X^\top X / m$. Descent converges only while $\eta < 2/\lambda_{max}$, and along the flattest direction each step
leaves $1 - \eta\lambda_{min}$ of the way: about $\lambda_{max}/\lambda_{min}$ steps, the condition number. Square metres beside rooms make a ravine.

| scaling | formula |
| --- | --- |
| min-max | $(x - \min) / (\max - \min)$ |
| mean | $(x - \mu) / (\max - \min)$ |
| z-score | $(x - \mu) / \sigma$ |

Subtracting the mean frees the weights from the bias, dividing by the deviation makes all directions alike: the z-score wins. See ${'`'}scalings${'`'} and ${'`'}contours${'`'}: rings of equal cost, stretched or
round, with the way down. The descent zigzags because its rate is nearly too large.

## Has it arrived?

Either look at the curve until it is flat (*plateau*), or stop when a step gains less than $\varepsilon$. Table ${'`'}convergence${'`'}: with a small learning rate every step
gains little, so an $\varepsilon$ stops far from the goal; the same one is never met in time at another scale of $y$.

Sources: "Dive into Deep Learning" 3.1 to 3.3; Ng, "Machine Learning Specialization", course 1.
`

const zh = String.raw`
# 线性回归

最简单的网络：一个神经元，没有激活函数。由特征 $x$ 得到 $\hat y = w \cdot x + b$，在 $m$ 个样本上的代价为

$$ J(w, b) = \frac{1}{2m} \sum_{i=1}^{m} \left(w \cdot x^{(i)} + b - y^{(i)}\right)^2 $$

若 $y$ 的噪声是正态的，代价最小就是似然最大。$J$ 像一只碗，只有一个最低点。

## 用公式

在特征旁加一列 1 代表偏置。令导数为零，得正规方程 $X^\top X w = X^\top y$，即 $w = X^{+} y$。实验用两种办法解：直接解方程组，或用奇异值（条件数不会被平方）。

## 用梯度下降

$$ \frac{\partial J}{\partial w_j} = \frac1m \sum_i \left(\hat y^{(i)} - y^{(i)}\right) x^{(i)}_j, \qquad
   \frac{\partial J}{\partial b} = \frac1m \sum_i \left(\hat y^{(i)} - y^{(i)}\right), \qquad w \leftarrow w - \eta \frac{\partial J}{\partial w} $$

每步取十个样本。一次用张量直接写出公式，一次用 ${'`'}Linear${'`'}、${'`'}mseLoss${'`'}、${'`'}SGD${'`'} 与 Trainer：见表 ${'`'}three-ways${'`'}。

## 为什么要缩放特征

碗的曲率是 $X^\top X / m$ 的特征值。$\eta < 2/\lambda_{max}$ 才收敛，而在最平的方向上每步只走完余程的 $\eta\lambda_{min}$：所需步数约为条件数
$\lambda_{max}/\lambda_{min}$。平方米与房间数放在一起，碗就成了峡谷。

| 缩放 | 公式 |
| --- | --- |
| 最小最大 | $(x - \min) / (\max - \min)$ |
| 均值归一化 | $(x - \mu) / (\max - \min)$ |
| z-score | $(x - \mu) / \sigma$ |

减去均值，偏置不再与权重互相牵扯；除以标准差，各方向的曲率相近：z-score 最快。请看 ${'`'}scalings${'`'} 与 ${'`'}contours${'`'}：等高线或扁或圆，以及下降的路径；路径呈锯齿状，因为学习率已接近上限。

## 到了没有

或看曲线是否已平（平台），或在一步的收获小于 $\varepsilon$ 时停下。表 ${'`'}convergence${'`'} 说明：学习率小时每步收获都少，$\varepsilon$ 会让它远未到达就停；换一个 $y$ 的尺度，
同一个 $\varepsilon$ 又不合适了。

出处：《动手学深度学习》3.1 至 3.3 节；吴恩达《机器学习》课程一。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
