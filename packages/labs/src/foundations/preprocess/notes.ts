/** What the lab on preparing tables teaches. */

const en = String.raw`
# Preparing a table for a model

A model takes tensors of numbers. Tables have gaps and words. The small table of the notes has both:

    NumRooms,Alley,Price
    NA,Pave,127500
    2,NA,106000
    4,NA,178100
    NA,NA,140000

## Three steps

1. **Missing numbers.** Either the column's mean takes their place, computed over what is there: $\bar x=\frac1m\sum_{i\ \text{present}}x_i=(2+4)/2=3$.
   Or rows with a gap are **deleted**: simple, but here three of four rows would go for the sake of one column.
2. **Categories.** A column of words becomes one indicator column for each word. "Missing" is a category too: not to have an alley says something about a
   house. So ${'`'}Alley${'`'} becomes ${'`'}Alley_Pave${'`'} and ${'`'}Alley_nan${'`'}, and every row has exactly one 1.
3. **Tensors.** All columns are numbers now: $X\in\mathbb R^{n\times d}$ and $y\in\mathbb R^n$.

Numbers of very different sizes are often scaled as well:

$$ \text{min-max: } \frac{x-\min}{\max-\min},\qquad \text{mean: } \frac{x-\bar x}{\max-\min},\qquad \text{z-score: } \frac{x-\bar x}{\sigma} $$

Whatever is learned from data (means, categories, scales) is learned from training rows alone and then applied to the others: else the test set leaks.

## What to look at

- The tables after each step, and the matrix $X$ as colours.
- ${'`'}--set missing=delete${'`'}: how little is left. ${'`'}--set missing=median${'`'}: the same here, but not where one value is far off.
- ${'`'}--set scaling=zScore${'`'}: the price as the model would see it.

Source: "Dive into Deep Learning", chapter 2.2.
`

const zh = String.raw`
# 把表格变成模型的输入

模型只吃数字张量，而表格里有空缺和文字。笔记里的小表两样都有：

    NumRooms,Alley,Price
    NA,Pave,127500
    2,NA,106000
    4,NA,178100
    NA,NA,140000

## 三步

1. **缺失的数。** 可以用该列的均值代替，只对已有的值求平均：$\bar x=\frac1m\sum_{i}x_i=(2+4)/2=3$。也可以**删除**有空缺的行：简单，但这里为了一列就要丢掉四行中的三行。
2. **类别。** 文字列按每个取值变成一个指示列，“缺失”也算一个类别：没有小巷本身也是信息。于是 ${'`'}Alley${'`'} 变成 ${'`'}Alley_Pave${'`'} 和 ${'`'}Alley_nan${'`'}，每行恰有一个 1。
3. **张量。** 现在各列都是数：$X\in\mathbb R^{n\times d}$，$y\in\mathbb R^n$。

大小悬殊的数常常还要缩放：

$$ \text{最小最大：} \frac{x-\min}{\max-\min},\qquad \text{均值：} \frac{x-\bar x}{\max-\min},\qquad \text{z 分数：} \frac{x-\bar x}{\sigma} $$

凡是从数据中学到的（均值、类别、尺度），都只从训练行学，再用到其他行上，否则测试集就泄漏了。

## 看什么

- 每一步之后的表，以及用颜色画出的矩阵 $X$。
- ${'`'}--set missing=delete${'`'}：所剩无几。${'`'}--set missing=median${'`'}：这里结果相同，遇到离群值就不同了。
- ${'`'}--set scaling=zScore${'`'}：模型看到的价格。

出处：《动手学深度学习》2.2 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
