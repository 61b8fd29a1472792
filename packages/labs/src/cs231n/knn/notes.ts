/** What the lab `knn` teaches. */

const en = String.raw`
# Nearest neighbours

The simplest classifier learns nothing: it keeps all training images and names a new one after those that are nearest to it. All of the
work comes when it is asked, which is the wrong time. It is here to be beaten, and to show what *near* means for pixels.

## Distance and vote

With $x$ and $t$ as rows of $D = 3 \cdot 32 \cdot 32$ pixels, the distance is

$$ d(x, t) = \sqrt{\sum_{p=1}^{D} (x_p - t_p)^2} $$

The $k$ nearest training images vote; of classes with equal votes the one with the smaller number wins.

## Three forms of the same numbers

- **Two loops**: every test image against every training image, one pair at a time.
- **One loop**: a test image against all training images in one tensor operation. It reads all training images anew for every test image.
- **No loops**: the square is multiplied out,

$$ \lVert x - t \rVert^2 = \lVert x \rVert^2 + \lVert t \rVert^2 - 2\, x \cdot t $$

so that the whole matrix is two vectors of squares and one product of matrices, the operation that computers do best. The price is
rounding: large squares cancel. Pixels are moved to lie around 0 first, which changes no distance and makes the squares smaller.

The table shows what each form costs, as a ratio; the largest relative difference between them stands in the summary.

## Choosing k

The test images must not choose $k$. In **cross-validation** the training images are cut into 5 folds. Each is once the judge, while the
other four are searched; for every $k$ that gives five accuracies, a mean and a deviation. The bars show both.

## What to look at

- The curve over $k$ is flat and low: around 0.28 at $k = 10$. Guessing gives 0.10.
- In the distance matrix, bright rows are test images far from everything (very bright or very dark ones); bright columns are such training images.
- In the grid of neighbours: what is near has the same background and brightness, seldom the same thing in it.

Expected for 5,000 training and 500 test images: 0.274 at $k = 1$, 0.282 at $k = 10$. Source: CS231n, assignment 1.
`

const zh = String.raw`
# 最近邻

最简单的分类器什么也不学：它记住全部训练图像，新图像离谁最近就跟谁同名。全部工作都发生在提问的时候，而那正是最不该慢的时候。
它在这里是为了被超越，也为了让人看到：对像素来说，“近”意味着什么。

## 距离与投票

设 $x$ 与 $t$ 是含 $D = 3 \cdot 32 \cdot 32$ 个像素的行向量，距离为

$$ d(x, t) = \sqrt{\sum_{p=1}^{D} (x_p - t_p)^2} $$

最近的 $k$ 幅训练图像投票；票数相同时取编号较小的类。

## 同一组数的三种算法

- **两重循环**：每次只算一对图像。
- **一重循环**：一幅测试图像与全部训练图像一次算完，但每幅测试图像都要把训练集重新读一遍。
- **无循环**：把平方展开，

$$ \lVert x - t \rVert^2 = \lVert x \rVert^2 + \lVert t \rVert^2 - 2\, x \cdot t $$

整个矩阵只需两组平方和与一次矩阵乘法，而矩阵乘法正是计算机最擅长的。代价是舍入：大数相减会丢失精度。因此先把像素平移到 0 附近，
距离不变，平方变小。

表格以倍数给出三者的用时；结果中还有它们之间最大的相对差。

## 选择 k

不能用测试图像来选 $k$。**交叉验证**把训练图像分成 5 折，轮流以一折评判、在其余四折中搜索；每个 $k$ 得到五个准确率，画出均值与标准差。

## 看什么

- 随 $k$ 变化的曲线平而低：$k = 10$ 时约 0.28，瞎猜是 0.10。
- 距离矩阵里，亮的行是离谁都远的测试图像（特别亮或特别暗），亮的列是这样的训练图像。
- 近邻图里，离得近的往往背景和亮度相同，里面的东西却很少相同。

5,000 幅训练、500 幅测试图像时应得：$k = 1$ 为 0.274，$k = 10$ 为 0.282。出处：CS231n 作业一。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
