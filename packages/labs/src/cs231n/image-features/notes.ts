/** What the lab `image-features` teaches. */

const en = String.raw`
# Features instead of pixels

A pixel says little by itself: move an image by two pixels and all of them change. Before networks learnt their own features, people designed
them. Two classics here: where edges run, whatever the colour, and which colours there are, wherever they lie.

## Histogram of oriented gradients

Of the brightness $I$ every pixel has a gradient by differences of its neighbours, with a strength and an orientation:

$$ g = (I_{x+1} - I_{x-1},\; I_{y+1} - I_{y-1}), \qquad |g| = \sqrt{g_x^2 + g_y^2}, \qquad \theta = \operatorname{atan2}(g_y, g_x) \bmod \pi $$

The image is cut into cells of 8 x 8 pixels. In every cell 9 orientations are counted, each pixel with the weight $|g|$, shared between the two nearest
orientations and the four nearest cells, so that nothing jumps when an edge moves by a pixel. Blocks of 2 x 2 cells $v$ are brought to a common length,

$$ v \leftarrow \frac{v}{\sqrt{\lVert v \rVert^2 + \varepsilon}}, \quad v \leftarrow \min(v, 0.2), \quad \text{and once more to length 1,} $$

which takes out light and contrast. A 32 x 32 image gives $3 \cdot 3 \cdot 4 \cdot 9 = 324$ numbers.

## Histogram of colours

Red, green and blue become **hue** (where on the circle of colours), **saturation** (how far from grey) and **value** (how bright). Each is counted in
10 bins over the whole image. A pixel counts for its hue as much as it is coloured: the hue of grey is chance.

## Learning from them

Every feature is brought to mean 0 and deviation 1 over the training images, so that one learning rate suits all. Then come the support vector
machine and the two-layer net of the labs before, unchanged, and for comparison the same net on pixels.

## What to look at

- In the drawings of HOG: a horse's back, a ship's deck, the wheels of a truck are still there; colour and light are gone.
- 354 numbers do better than 3,072: the table has both.
- The mistakes make sense: a ship under a wide sky is taken for an airplane, a deer for a horse.

Expected: about 0.57 on the validation images for the linear classifier, 0.66 on the test images for the net, some 12 points above pixels. (The assignment's own features,
without blocks and with hue alone, give about 0.44 and 0.58.) Sources: CS231n, assignment 1; Dalal and Triggs 2005.
`

const zh = String.raw`
# 用特征代替像素

单个像素说明不了什么：图像平移两格，所有像素都变了。在网络学会自己找特征之前，特征由人设计。这里是两个经典：边缘的走向，不管颜色；
颜色的分布，不管位置。

## 方向梯度直方图

亮度 $I$ 在每个像素处由邻居之差得到梯度，有强度也有方向：

$$ g = (I_{x+1} - I_{x-1},\; I_{y+1} - I_{y-1}), \qquad |g| = \sqrt{g_x^2 + g_y^2}, \qquad \theta = \operatorname{atan2}(g_y, g_x) \bmod \pi $$

图像切成 8 x 8 像素的格子，每格统计 9 个方向，每个像素按 $|g|$ 计入，分给最近的两个方向和最近的四个格子，
这样边缘移动一格时结果不会突变。2 x 2 格组成一块 $v$，把长度统一：

$$ v \leftarrow \frac{v}{\sqrt{\lVert v \rVert^2 + \varepsilon}}, \quad v \leftarrow \min(v, 0.2), \quad \text{再归一一次} $$

这就去掉了光照与对比度。32 x 32 的图像得到 $3 \cdot 3 \cdot 4 \cdot 9 = 324$ 个数。

## 颜色直方图

红、绿、蓝变成**色相**（在色环的何处）、**饱和度**（离灰色多远）、**明度**（多亮），各用 10 个区间在整幅图上统计。
像素有多鲜艳，它的色相就计多少：灰色的色相纯属偶然。

## 用它们学习

每个特征按训练图像化为均值 0、标准差 1，使同一个学习率对大家都合适。然后原样使用前面实验的支持向量机与两层网络，并用同样的网络在像素上做对照。

## 看什么

- HOG 的图：马背、甲板、卡车的轮子都还在，颜色与光照没有了。
- 354 个数胜过 3,072 个：表里两者都有。
- 错误有道理：辽阔天空下的船被当成飞机，鹿被当成马。

预期：线性分类器的验证准确率约 0.57，网络的测试准确率约 0.66，比像素高约 12 个百分点。（作业自带的特征不分块、只用色相，
约为 0.44 与 0.58。）出处：CS231n 作业一；Dalal 与 Triggs 2005。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
