/** What the lab `fine-tuning` teaches. */

const en = String.raw`
# Fine-tuning: what was learnt before

Five photographs of horses are not enough to learn what a horse is, if one has never seen anything. Who has seen cats, deer and dogs knows legs, fur and meadows already. Networks are no
different: the first layers learn edges, colours and textures, which serve for everything; only the last ones speak of the classes.

This lab trains a small residual network on seven of CIFAR-10's classes. Then come the three that were left out, with 5, 20 or 100 examples of each, in three ways:

| way | the layers before the classifier | what is learnt |
| --- | --- | --- |
| from scratch | random at the start | everything |
| frozen features | stay as they are | the classifier alone |
| fine-tuned | begin with what they know | everything, the old part with a tenth of the learning rate |

## Frozen features

Split the network into features and a classifier, $f(x) = W \phi(x) + b$. With $\phi$ frozen only $W$ and $b$ are learnt:

$$ \min_{W, b} \; \frac{1}{n} \sum_{i=1}^{n} \ell\big( W \phi(x_i) + b,\; y_i \big) $$

a softmax regression: convex, with one minimum. $\phi(x_i)$ never changes, so it is computed once, and a hundred steps cost less than one pass through the network. In evaluation mode the batch norms use
the statistics they have; a handful of images could not give better ones.

## Fine-tuning everything

The new classifier is random and its first gradients say little. At the full learning rate they would spoil $\phi$ before the classifier is of any use. Therefore the parameters are in two groups,

$$ w_{head} \leftarrow w_{head} - \eta \, g, \qquad w_{body} \leftarrow w_{body} - \gamma \, \eta \, g, \qquad \gamma = 0.1 $$

and the learning rate falls along a cosine. ${'`'}--gently 1${'`'} shows what happens without this care, ${'`'}--gently 0.001${'`'} is nearly frozen.

## What to expect

- **Few examples: features win.** With 5 of each class, learning from scratch is little better than learning them by heart; frozen or fine-tuned features are many points ahead.
- **More examples: the ways draw nearer.** With 100 of each, fine-tuning adapts the features and passes frozen ones; from scratch catches up. With thousands it would not matter how one begins.
- **Errors of the mean.** Which five examples are drawn matters: the bars have error bars over several draws.
- **The picture ${'`'}features${'`'}** shows images of the classes that were never learnt in the two main directions of $\phi$: they lie apart before anything was learnt of them.
- **Nine classes and one.** ${'`'}--left-out 9${'`'} trains on nine classes; one class alone is no task, so all ten are learnt again from few examples each. The preset ${'`'}full${'`'} does this.
- **Weights of others.** ${'`'}--weights resnet20${'`'} begins with the published ResNet-20 for CIFAR-10 (the data set ${'`'}resnet20-cifar10${'`'}; ${'`'}nabla data import${'`'} takes a file that is at hand) and
  learns Fashion-MNIST's clothes: grey images of another kind, and still a better start than none.

Sources: Yosinski and others, "How transferable are features in deep neural networks?" (2014); Kornblith and others, "Do better ImageNet models transfer better?" (2019); "Dive into Deep Learning",
chapter 14.2 (a larger learning rate for the new classifier); Y. Idelbayev's weights of ResNet-20.
`

const zh = String.raw`
# 微调：先前学到的东西

从未见过任何东西的人，只看五张马的照片学不会什么是马。见过猫、鹿、狗的人已经懂得腿、毛和草地。网络也一样：前面的层学到边缘、颜色和纹理，处处可用；只有最后几层才谈类别。

本实验先用 CIFAR-10 的七个类别训练一个小残差网络。然后轮到留出的三个类别，每类 5、20 或 100 个样本，用三种方式学习：

| 方式 | 分类器之前的层 | 学什么 |
| --- | --- | --- |
| 从零开始 | 随机初始化 | 全部 |
| 冻结特征 | 保持不变 | 只学分类器 |
| 微调 | 从已学到的出发 | 全部，旧的部分用十分之一的学习率 |

## 冻结特征

把网络分成特征和分类器，$f(x) = W \phi(x) + b$。冻结 $\phi$ 后只学 $W$ 和 $b$：

$$ \min_{W, b} \; \frac{1}{n} \sum_{i=1}^{n} \ell\big( W \phi(x_i) + b,\; y_i \big) $$

这就是 softmax 回归：凸问题，只有一个极小。$\phi(x_i)$ 不变，只需计算一次，一百步比网络前向一次还便宜。评估模式下批量规范化使用已有的统计量；几幅图像给不出更好的。

## 全部微调

新的分类器是随机的，最初的梯度没有多少信息。若用全部学习率，$\phi$ 在分类器有用之前就被破坏了。因此参数分为两组，

$$ w_{head} \leftarrow w_{head} - \eta \, g, \qquad w_{body} \leftarrow w_{body} - \gamma \, \eta \, g, \qquad \gamma = 0.1 $$

学习率按余弦下降。${'`'}--gently 1${'`'} 显示不这样小心会怎样，${'`'}--gently 0.001${'`'} 几乎等于冻结。

## 会看到什么

- **样本少：特征取胜。** 每类 5 个样本时，从零学习与死记硬背相差无几；冻结或微调的特征领先许多。
- **样本多：差距缩小。** 每类 100 个时，微调让特征适应新类别，超过冻结；从零学习逐渐追上。有几千个样本时，从哪里出发就不重要了。
- **均值的误差。** 抽到哪五个样本很要紧：柱子上有多次抽样的误差线。
- **图 ${'`'}features${'`'}** 把从未学过的类别的图像画在 $\phi$ 的两个主方向上：学习之前它们就已分开。
- **九类加一类。** ${'`'}--left-out 9${'`'} 用九个类别训练；单独一类不成任务，于是十类都用少量样本重新学习。预设 ${'`'}full${'`'} 就是这样。
- **别人的权重。** ${'`'}--weights resnet20${'`'} 从公开的 CIFAR-10 ResNet-20 出发（数据集 ${'`'}resnet20-cifar10${'`'}；${'`'}nabla data import${'`'} 可导入手头的文件），学习 Fashion-MNIST 的衣物：
  另一类灰度图像，仍比没有好。

来源：Yosinski 等，“How transferable are features in deep neural networks?”（2014）；Kornblith 等，“Do better ImageNet models transfer better?”（2019）；“Dive into Deep Learning” 14.2 节
（新分类器用更大的学习率）；Y. Idelbayev 的 ResNet-20 权重。
`

export const notes = { en, zh }
