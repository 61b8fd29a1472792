/** What the lab `vgg` teaches. */

const en = String.raw`
# VGG: networks of blocks

AlexNet works, but says nothing of how to build the next network. VGG gives a rule: a **block** is some convolutions of $3 \times 3$ with padding 1, each with ReLU, and a largest of
$2 \times 2$ that halves the picture; a network is a list of blocks, each with twice the channels of the one before, and three linear layers at the end.

| blocks: convolutions x channels | VGG-11 | VGG-13 | VGG-16 | VGG-19 |
| --- | --- | --- | --- | --- |
| 64 | 1 | 2 | 2 | 2 |
| 128 | 1 | 2 | 2 | 2 |
| 256 | 2 | 2 | 3 | 4 |
| 512 | 2 | 2 | 3 | 4 |
| 512 | 2 | 2 | 3 | 4 |

## Why three by three

Two convolutions of $3 \times 3$ see as far as one of $5 \times 5$, three as far as one of $7 \times 7$, with fewer weights and more non-linearities between them:

$$ 3 \cdot 9\,c^2 = 27\,c^2 \quad < \quad 49\,c^2 $$

Deep and narrow beats shallow and wide. Halving the picture and doubling the channels keeps the work of every block alike:
$c_{out} c_{in} k^2 \, h w$ with $4 \, c^2$ and $\tfrac14 h w$.

## The notes' four questions

For VGG-11 with 10 classes and grey pictures of $224^2$, batch 128:

| | whole | a quarter of the channels |
| --- | ---: | ---: |
| parameters | 128.8 million | 8.1 million |
| multiply-adds of a picture | 7.55 thousand million | 477 million |
| memory while training | 6.4 GB | 1.3 GB |
| memory while predicting | 504 MB | 34 MB |

The channels count twice, so a quarter of them is a sixteenth of the work. Table ${'`'}layers${'`'} has the numbers of your run.

## Presets

${'`'}quick${'`'}: the pictures as they are, no pooling behind the first convolution, three sixteenths of the channels, a batch norm after every convolution, mirrored pictures, four epochs
with one cycle of the rate; 0.929 here, the notes have 0.916. ${'`'}full${'`'}: resized to 224, a quarter of the channels, plain descent with rate 0.05, ten epochs, as in the notes.

## Things to try

- ${'`'}--norm none${'`'}: without batch norm the rate has to be lower (${'`'}--lr 0.02${'`'}), and the first epoch learns little.
- ${'`'}--depth 16${'`'}: more of the same blocks. Is it better after four epochs? After ten?
- ${'`'}--label-smoothing 0.1${'`'}, ${'`'}--ema 0.99${'`'}, ${'`'}--flip-at-test true${'`'}: see what each is worth.

Sources: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015; "Dive into Deep Learning" 8.2. Weights by torchvision's names.
`

const zh = String.raw`
# VGG：由块搭成的网络

AlexNet 行之有效，却没说下一个网络该怎么设计。VGG 给出一条规则：一个**块**是若干 $3 \times 3$、填充 1 的卷积，各接 ReLU，再用 $2 \times 2$ 的最大汇聚把图减半；
网络是一串块，每块的通道数是前一块的两倍，最后是三个全连接层。

| 块：卷积数 x 通道 | VGG-11 | VGG-13 | VGG-16 | VGG-19 |
| --- | --- | --- | --- | --- |
| 64 | 1 | 2 | 2 | 2 |
| 128 | 1 | 2 | 2 | 2 |
| 256 | 2 | 2 | 3 | 4 |
| 512 | 2 | 2 | 3 | 4 |
| 512 | 2 | 2 | 3 | 4 |

## 为什么是三乘三

两个 $3 \times 3$ 与一个 $5 \times 5$ 看得一样远，三个与一个 $7 \times 7$ 一样远；权重更少，其间的非线性更多：

$$ 3 \cdot 9\,c^2 = 27\,c^2 \quad < \quad 49\,c^2 $$

深而窄胜过浅而宽。图减半、通道加倍，则各块的计算量相同：$c_{out} c_{in} k^2 \, h w$ 中 $c^2$ 变为 4 倍，$h w$ 变为四分之一。

## 笔记的四个问题

VGG-11，10 类，$224^2$ 灰度图，批量 128：

| | 全部通道 | 四分之一通道 |
| --- | ---: | ---: |
| 参数 | 1.288 亿 | 810 万 |
| 一幅图的乘加 | 75.5 亿 | 4.77 亿 |
| 训练所需内存 | 6.4 GB | 1.3 GB |
| 预测所需内存 | 504 MB | 34 MB |

通道数要乘两次，所以四分之一的通道只有十六分之一的计算。表 ${'`'}layers${'`'} 是本次运行的数。

## 预设

${'`'}quick${'`'}：原大的图，第一个卷积后不汇聚，通道为十六分之三，每个卷积后有批量归一化，镜像，四轮、学习率走一个周期，这里得到 0.929，笔记为 0.916。
${'`'}full${'`'}：放大到 224，四分之一通道，学习率 0.05 的普通梯度下降，十轮，同笔记。

## 可以试一试

- ${'`'}--norm none${'`'}：没有批量归一化时学习率要小（${'`'}--lr 0.02${'`'}），第一轮学到的很少。
- ${'`'}--depth 16${'`'}：更多同样的块。四轮之后更好吗？十轮之后呢？
- ${'`'}--label-smoothing 0.1${'`'}、${'`'}--ema 0.99${'`'}、${'`'}--flip-at-test true${'`'}：看看各值多少。

出处：Simonyan 与 Zisserman 2015；《动手学深度学习》8.2 节。权重名同 torchvision。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
