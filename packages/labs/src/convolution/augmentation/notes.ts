/** What the lab `augmentation` teaches. */

const en = String.raw`
# Augmentation: more images out of few

A network with a hundred thousand weights learns a thousand images by heart. What it should learn is what does not matter: a frog that looks to the left, stands four pixels
further up, or is photographed at dusk, is a frog. **Augmentation** says so with images: each time one is drawn it is changed at random in a way that keeps its class.

With $t$ drawn from the changes and labels $y$ that they keep, training lowers

$$ L(w) = \frac{1}{N} \sum_{i=1}^{N} \mathbb{E}_t \big[ \ell( f_w(t(x_i)), y_i ) \big] $$

so the network is asked to give one answer for a whole neighbourhood of each image. An epoch costs the same as before: one draw of $t$ for each image.

## What transforms do

The grids show one image, and what each transform makes of it (${'`'}moving${'`'}, ${'`'}colouring${'`'}, ${'`'}hiding${'`'}):

- *Flips, crops, rotations, affine and perspective maps* move pixels. What belongs to a picture moves along: ${'`'}boxes${'`'} shows that boxes and masks still fit.
- *Jitter, grey, blur, posterize, solarize, equalize* change colours. Boxes stay.
- *Erasing* hides a rectangle, so that no single part may decide. *RandAugment* and *TrivialAugment* draw from fourteen transforms with a random strength: nothing to tune.
- *mixup* and *CutMix* mix two images and their labels in the same proportion: with $\lambda$ from a Beta distribution

$$ \tilde x = \lambda x_i + (1 - \lambda) x_j, \qquad \tilde y = \lambda y_i + (1 - \lambda) y_j $$

  CutMix takes a rectangle of area $1 - \lambda$ from the other image instead.

## What to expect

${'`'}nabla lab run augmentation${'`'} trains one small network on 1,000 images of CIFAR-10, from the same first weights, once for each of nine ways. Look at the two bars of each: without
augmentation the training accuracy goes to 1 and the test loss rises again while the training loss still falls. With crops and flips training is harder, the gap closes and the test
accuracy gains several points. The strong ways (TrivialAugment, CutMix) need more epochs before they pay: compare ${'`'}--epochs 40${'`'} and ${'`'}--epochs 120${'`'}.

- **More images, less gain.** With ${'`'}--train-size 10000${'`'} the images themselves show what does not matter.
- **A change must keep the class.** A flip is right for frogs and wrong for digits: a mirrored 2 is no 2. A rotation by 180 degrees turns a 6 into a 9.
- **The test images stay as they are.** What may be done there is to average the answers over an image and its mirror image: see the lab ${'`'}speedrun${'`'}.
- **What it costs.** All this is done on the host, on bytes, while the device computes the step before. What is random follows from seed, epoch and the image's number, so a run that was
  stopped goes on with the same images.

Sources: Krizhevsky and others 2012 (crops, flips, colours); Zhong and others, "Random erasing data augmentation" (2017); Zhang and others, "mixup" (2018); Yun and others, "CutMix" (2019);
Cubuk and others, "RandAugment" (2020); Müller and Hutter, "TrivialAugment" (2021).
`

const zh = String.raw`
# 数据增广：少量图像，更多样本

十万个权重的网络能把一千幅图像背下来。它真正该学的是什么不重要：青蛙朝左、往上挪四个像素、或在黄昏拍摄，仍然是青蛙。**数据增广**用图像来说明这一点：
每次取出一幅图像时，都按不改变类别的方式随机变化一次。

设 $t$ 为随机变换，标签 $y$ 保持不变，训练降低的是

$$ L(w) = \frac{1}{N} \sum_{i=1}^{N} \mathbb{E}_t \big[ \ell( f_w(t(x_i)), y_i ) \big] $$

于是网络要对每幅图像的整个邻域给出同一个答案。一轮的代价不变：每幅图像只取一次 $t$。

## 变换做了什么

网格图显示一幅图像以及各变换的结果（${'`'}moving${'`'}、${'`'}colouring${'`'}、${'`'}hiding${'`'}）：

- *翻转、裁剪、旋转、仿射、透视* 移动像素；属于图像的东西一起移动：${'`'}boxes${'`'} 中可见边框与掩码仍然吻合。
- *抖动、灰度、模糊、色调分离、曝光、均衡* 改变颜色，边框不动。
- *擦除* 遮住一个矩形，使任何局部都不能单独决定结果。*RandAugment* 与 *TrivialAugment* 从十四种变换中随机抽取，强度也随机，无需调参。
- *mixup* 与 *CutMix* 把两幅图像和标签按同一比例混合，$\lambda$ 取自 Beta 分布：

$$ \tilde x = \lambda x_i + (1 - \lambda) x_j, \qquad \tilde y = \lambda y_i + (1 - \lambda) y_j $$

  CutMix 则从另一幅图像取面积为 $1 - \lambda$ 的矩形。

## 会看到什么

${'`'}nabla lab run augmentation${'`'} 用 CIFAR-10 的 1,000 幅图像、同样的初始权重，以九种方式各训练一次小网络。看每种方式的两根柱子：没有增广时训练精度到 1，训练损失还在降，
测试损失却回升；用裁剪加翻转后训练变难，差距缩小，测试精度提高几个百分点。较强的方式（TrivialAugment、CutMix）需要更多轮才见效：比较 ${'`'}--epochs 40${'`'} 与 ${'`'}--epochs 120${'`'}。

- **图像越多，收益越小。** 用 ${'`'}--train-size 10000${'`'} 时，图像本身已经说明什么不重要。
- **变换必须保持类别。** 翻转对青蛙成立，对数字不成立：镜像的 2 不是 2；转 180 度，6 就成了 9。
- **测试图像保持原样。** 那里可以做的是对图像与其镜像的回答取平均：见 ${'`'}speedrun${'`'}。
- **代价。** 这些都在主机上按字节进行，此时设备正在计算上一步。随机量由种子、轮数与图像编号决定，因此中断的运行会以同样的图像继续。

来源：Krizhevsky 等 2012（裁剪、翻转、颜色）；Zhong 等，“Random erasing data augmentation”（2017）；Zhang 等，“mixup”（2018）；Yun 等，“CutMix”（2019）；
Cubuk 等，“RandAugment”（2020）；Müller 与 Hutter，“TrivialAugment”（2021）。
`

export const notes = { en, zh }
