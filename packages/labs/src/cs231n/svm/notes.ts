/** What the lab `svm` teaches. */

const en = String.raw`
# A linear classifier with a margin

Ten rows of weights, one a class. An image $x$ of $D$ pixels gets the scores $s = x W$ with $W$ of $[D + 1, 10]$; the highest score names it.
The mean image is subtracted first, and a 1 appended to every image: the last row of $W$ is then the bias (the **bias trick**).

## The loss

The true class $y$ shall be ahead of every other class by at least 1:

$$ L_i = \sum_{j \neq y_i} \max(0,\; s_j - s_{y_i} + 1), \qquad L = \frac{1}{N} \sum_i L_i + \lambda \sum_{k,l} W_{kl}^2 $$

At the start all scores are nearly equal, so each of the nine wrong classes breaks the margin by about 1: the loss is near 9. If something else
comes out, something is wrong. The penalty chooses among weights that separate equally well: many small ones rather than few large ones.

## Its gradient, by hand

With $m_{ij} = [s_j - s_{y_i} + 1 > 0]$ for $j \neq y_i$,

$$ \frac{\partial L_i}{\partial s_j} = m_{ij}, \qquad \frac{\partial L_i}{\partial s_{y_i}} = -\sum_{j \neq y_i} m_{ij}, \qquad \frac{\partial L}{\partial W} = \frac{1}{N} X^T G + 2 \lambda W $$

where $G$ has these numbers as rows. It is written twice: as loops over images, classes and pixels, and as two products of matrices. The lab
compares both, checks the loops against differences $(L(w + h) - L(w - h)) / 2h$, and says how many times as fast the products are. (At a
kink, where a margin is exactly 0, differences and gradient may disagree.)

## Descent and search

Each step takes 200 images at random and moves $W$ against the gradient. The learning rate and $\lambda$ are tried in all pairs; the validation
images choose. Rates are tiny because pixels are large, 0 to 255.

## What to look at

- The heat map: with too high a rate times strength the weights shrink to nothing, or the run diverges; between lies a broad valley.
- The **templates**: the weights of each class as a picture. A horse has two heads, since horses look both ways and there is one template for all.
- The training accuracy is hardly above that of validation: such a model is too simple to learn the images by heart.

Expected: about 0.39 on the validation images. Sources: CS231n, assignment 1; Weston and Watkins 1999 for the loss.
`

const zh = String.raw`
# 带间隔的线性分类器

每类一组权重，共十组。含 $D$ 个像素的图像 $x$ 得到分数 $s = x W$，其中 $W$ 的形状为 $[D + 1, 10]$；分数最高的类就是答案。
先减去平均图像，再在每幅图像末尾添一个 1，于是 $W$ 的最后一行就是偏置（**偏置技巧**）。

## 损失

真实类 $y$ 的分数要比其他每一类至少高 1：

$$ L_i = \sum_{j \neq y_i} \max(0,\; s_j - s_{y_i} + 1), \qquad L = \frac{1}{N} \sum_i L_i + \lambda \sum_{k,l} W_{kl}^2 $$

开始时各分数几乎相等，九个错误类各差约 1，损失应接近 9；若不是，必有错误。惩罚项在同样能分开数据的权重中挑选：宁要许多小权重，不要几个大权重。

## 手推梯度

记 $j \neq y_i$ 时 $m_{ij} = [s_j - s_{y_i} + 1 > 0]$，则

$$ \frac{\partial L_i}{\partial s_j} = m_{ij}, \qquad \frac{\partial L_i}{\partial s_{y_i}} = -\sum_{j \neq y_i} m_{ij}, \qquad \frac{\partial L}{\partial W} = \frac{1}{N} X^T G + 2 \lambda W $$

$G$ 的各行就是这些数。它写了两遍：一遍是对图像、类别、像素的循环，一遍是两次矩阵乘法。实验比较两者，用差商
$(L(w + h) - L(w - h)) / 2h$ 检查循环的结果，并报告快了多少倍。（间隔恰为 0 的折点处，差商与梯度可以不同。）

## 下降与搜索

每步随机取 200 幅图像，让 $W$ 逆着梯度走。学习率与 $\lambda$ 逐对尝试，由验证图像挑选。像素在 0 到 255 之间，所以学习率很小。

## 看什么

- 热图：学习率与强度之积太大，权重会缩成零或发散；中间是一片宽阔的好地方。
- **模板**：把每类的权重画成图。马有两个头，因为马朝两边看，而模板只有一个。
- 训练准确率几乎不比验证高：这样的模型太简单，背不下图像。

预期：验证准确率约 0.39。出处：CS231n 作业一；损失见 Weston 与 Watkins 1999。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
