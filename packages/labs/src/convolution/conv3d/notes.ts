/** What the lab `conv3d` teaches. */

const en = String.raw`
# Convolutions over time: which way does it move?

A video is images along a time axis, a scan of a body is slices along an axis of depth. A **3-d convolution** slides its window along all three:

$$ y_{o,t,i,j} = b_o + \sum_{c} \sum_{s,u,v} w_{o,c,s,u,v} \; x_{c,\,t+s,\,i+u,\,j+v} $$

With a window of $k$ in each direction it has $k^3$ weights a channel instead of $k^2$, and clips are as many times larger as they have frames: both multiply.

## The experiment

A shape crosses the picture in one of eight ways; leaving on one side it comes back on the other. It may begin anywhere, so

- **one frame** is as likely for every way: nobody can name the way better than by chance, $1/8$;
- **a clip backwards** has the same frames, and the opposite way. Whoever does not see the frames' order can tell the line that a shape moves along, not to which end of it: $1/2$ at best. That
  holds for the mean of all frames, where a trace is left, and for any network that looks at every frame by itself and then takes means or maxima.

The same network is trained five times, and only what it sees of time differs.

| what it sees | window | at best |
| --- | --- | ---: |
| the frame in the middle | 3 x 3 | 0.125 |
| the mean of all frames | 3 x 3 | 0.5 |
| every frame by itself, mean at the end | 1 x 3 x 3 | 0.5 |
| the frames as channels | 3 x 3 | 1 |
| the clip | 3 x 3 x 3 | 1 |

Frames as channels are a window over *all* of time: the order is seen, but what is learnt about one moment does not hold for another, just as a linear layer
learns each pixel apart. The 3-d window is to time what the 2-d one is to the picture.

## What a 3-d kernel sees

Cut the clip along x and t: a shape at rest is an upright stripe there, one that moves a slanted stripe, and the slope is its speed. **Motion is orientation in space and
time**, and finding oriented edges is what convolutions do. Detecting $x(t) = x_0 + v t$ takes a kernel with its weight along the line $i = v s$; a kernel of one frame has no such line.

## What to look at

- ${'`'}space-time${'`'}: the slices; each way has its slant. ${'`'}kernels${'`'}: the first kernels, three frames each; follow a bright or dark spot from tile to tile.
- ${'`'}accuracy${'`'}: 0.127, 0.484, 0.396, 1 and 1 for the five views in eight epochs; no view gets past what symmetry allows.
- ${'`'}confusion-mean-frame${'`'} and ${'`'}confusion-each-frame${'`'}: two diagonals. Right and left are the same, up and down are the same.
- ${'`'}backwards_accuracy${'`'}: the test clips played backwards, and the opposite answers expected. The network knows nothing of that symmetry, but has learnt it.

Source: Tran, Bourdev, Fergus, Torresani, Paluri, "Learning spatiotemporal features with 3D convolutional networks" (2015); Adelson and Bergen, "Spatiotemporal energy
models for the perception of motion" (1985).
`

const zh = String.raw`
# 沿时间的卷积：往哪边动？

视频是沿时间轴排列的图像，医学扫描是沿深度轴叠起的切片。**三维卷积**的窗口沿三个方向滑动：

$$ y_{o,t,i,j} = b_o + \sum_{c} \sum_{s,u,v} w_{o,c,s,u,v} \; x_{c,\,t+s,\,i+u,\,j+v} $$

窗口每个方向都是 $k$ 时，每个通道有 $k^3$ 个权重，而不是 $k^2$；一段视频又比一幅图像大若干倍，帧数有多少就有多少倍：两者相乘。

## 实验

一个形状沿八个方向之一穿过画面，从一边出去就从另一边回来。它可以从任何地方开始，所以

- **单独一帧**对各个方向同样可能：谁也不会比瞎猜强，即 $1/8$；
- **倒放的片段**由同样的帧组成，方向却相反。看不到帧的次序，就只能说出沿哪条直线动，说不出朝哪一头：至多 $1/2$。
  对全部帧的平均（那里会留下一道痕迹）是这样，对任何逐帧看、再取平均或最大值的网络也是这样。

同一个网络训练五次，差别只在它看到多少时间。

| 看到什么 | 窗口 | 上限 |
| --- | --- | ---: |
| 中间一帧 | 3 x 3 | 0.125 |
| 全部帧的平均 | 3 x 3 | 0.5 |
| 逐帧看，最后取平均 | 1 x 3 x 3 | 0.5 |
| 帧当作通道 | 3 x 3 | 1 |
| 整个片段 | 3 x 3 x 3 | 1 |

把帧当作通道，等于窗口盖住*全部*时间：次序看得到，但在一个时刻学到的对另一个时刻不成立，就像线性层对每个像素都要单独学。三维窗口之于时间，正如二维窗口之于画面。

## 三维卷积核看到什么

沿 x 与 t 把片段切开：静止的形状在那里是竖条，运动的形状是斜条，斜率就是速度。**运动就是时空里的方向**，而寻找有方向的边缘正是卷积擅长的。
要检测 $x(t) = x_0 + v t$，卷积核的权重须落在直线 $i = v s$ 上；只有一帧的核里没有这样的直线。

## 看什么

- ${'`'}space-time${'`'}：切片；每个方向有自己的斜度。${'`'}kernels${'`'}：第一层的核，每个三帧；看亮处或暗处怎样从一格移到下一格。
- ${'`'}accuracy${'`'}：八轮之后五种看法为 0.127、0.484、0.396、1 和 1；没有一种越过对称性允许的上限。
- ${'`'}confusion-mean-frame${'`'} 与 ${'`'}confusion-each-frame${'`'}：有两条对角线。右和左是一样的，上和下是一样的。
- ${'`'}backwards_accuracy${'`'}：把测试片段倒放，期待相反的回答。没有人告诉网络这种对称，它自己学到了。

出处：Tran、Bourdev、Fergus、Torresani、Paluri，“Learning spatiotemporal features with 3D convolutional networks”（2015）；
Adelson 与 Bergen，“Spatiotemporal energy models for the perception of motion”（1985）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
