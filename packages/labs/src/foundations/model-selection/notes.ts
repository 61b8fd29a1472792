/** What the lab `model-selection` teaches. */

const en = String.raw`
# Model selection

What counts is the *generalisation error*: the expected loss on data never seen. The training error is no measure of it, since the model was chosen to make it small.
All this supposes that both come from one distribution, independently.

## Too simple, too complex

Points of $y = 5 + 1.2x - 3.4\frac{x^2}{2!} + 5.6\frac{x^3}{3!}$ with noise 0.1. Picture ${'`'}curves${'`'}: degree 1 stays bad on both (underfits); degree 3 comes down to the noise, 0.01,
on both; degree 19 from 20 points fits those and not the test (overfits).

## Three parts, or folds

Degrees, rates and other *hyperparameters* must not be chosen by the test data, or these become training data. So: train, choose by **validation**, and look at the
**test** once. With few data, $k$-fold cross-validation: train $k$ times on all but one part, validate on that, take the mean. Table and picture ${'`'}degrees${'`'}: the training
error only falls; the others have a lowest place near
degree 3 to 5. Their differences there are smaller than the standard errors: of what looks alike, take the simplest.

## Bias and variance

Over data sets $D$ drawn anew, at a point $x$ with truth $f$ and noise $\sigma^2$:

$$ E\left[(y - \hat f_D)^2\right] = \underbrace{(E[\hat f_D] - f)^2}_{\text{bias}^2} + \underbrace{E\left[(\hat f_D - E[\hat f_D])^2\right]}_{\text{variance}} + \sigma^2 $$

Simple models are off together, complex ones each in its own way. The lab fits every degree to hundreds of data sets: ${'`'}bias-variance${'`'} shows the parts, their sum, and the error
as measured; ${'`'}decomposition_gap${'`'} is how well they agree.

## What a linear classifier can shatter

A model *shatters* $n$ points if it can learn each of their $2^n$ labelings; the most that it shatters is its VC dimension: $d + 1$ for hyperplanes in $d$ dimensions. So 3 points in the
plane, but of the 16 labelings of four two are XOR. Of $n$ points in general position, hyperplanes part (Cover 1965)

$$ 2 \sum_{k=0}^{d} \binom{n-1}{k} $$

The lab tries them all by the perceptron: table ${'`'}shattering${'`'}, picture ${'`'}four-points${'`'}. In the five features of second degree, points on a circle lie in a hyperplane
($x^2 + y^2 = 1$), so that 5 of them are shattered, not 6.

Sources: "Dive into Deep Learning" 4.4; Geman et al. 1992; Vapnik, Chervonenkis 1971; Cover 1965; Rosenblatt 1958.
`

const zh = String.raw`
# 模型选择

要紧的是**泛化误差**：在没见过的数据上损失的期望。训练误差不能代表它，因为模型正是为使训练误差小而选的。这一切都假定两者独立同分布。

## 太简单，太复杂

数据为 $y = 5 + 1.2x - 3.4\frac{x^2}{2!} + 5.6\frac{x^3}{3!}$ 加噪声 0.1。图 ${'`'}curves${'`'}：一次的在两边都差（欠拟合）；三次的在两边都降到噪声 0.01；用 20 个点拟合 19 次的，
训练好而测试差（过拟合）。

## 三份数据，或 K 折

次数、学习率等**超参数**不能用测试集来选，否则它就成了训练集。所以：训练，用**验证集**选择，**测试集**只看一次。数据少时用 $k$ 折交叉验证：每次留一份验证、其余训练，取平均。
表与图 ${'`'}degrees${'`'}：训练误差一直降，其余的在三至五次附近最低。那里的差别小于标准误差：相差无几时，取最简单的。

## 偏差与方差

对反复抽取的数据集 $D$，在真值为 $f$、噪声为 $\sigma^2$ 的点 $x$：

$$ E\left[(y - \hat f_D)^2\right] = \underbrace{(E[\hat f_D] - f)^2}_{\text{偏差}^2} + \underbrace{E\left[(\hat f_D - E[\hat f_D])^2\right]}_{\text{方差}} + \sigma^2 $$

简单的模型一齐偏，复杂的模型各自散。实验对每个次数拟合几百个数据集：${'`'}bias-variance${'`'} 画出各部分、它们的和以及实测误差；${'`'}decomposition_gap${'`'} 是两者之差。

## 线性分类器能打散什么

若模型能学会 $n$ 个点的全部 $2^n$ 种标号，就说它**打散**了这些点；能打散的最多点数是 VC 维，$d$ 维超平面为 $d + 1$。平面上三个点可以，四个点的 16 种标号中有两种是异或。
一般位置的 $n$ 个点，超平面能分开的标号数为（Cover 1965）

$$ 2 \sum_{k=0}^{d} \binom{n-1}{k} $$

实验用感知机逐一尝试：表 ${'`'}shattering${'`'}，图 ${'`'}four-points${'`'}。在五个二次特征里，圆上的点落在同一超平面上（$x^2 + y^2 = 1$），因而能打散 5 个而非 6 个。

出处：《动手学深度学习》4.4 节；Geman 等 1992；Vapnik、Chervonenkis 1971；Cover 1965；Rosenblatt 1958。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
