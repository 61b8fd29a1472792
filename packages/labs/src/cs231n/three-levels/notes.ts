/** What the lab on three levels teaches. */

const en = String.raw`
# Three levels: bare tensors, Module, Sequential

The same net can be written three times. All three compute the same numbers; they differ in who keeps the weights, and in what can be expressed.

| level | you write | you get | flexibility | convenience |
| --- | --- | --- | --- | --- |
| bare tensors | weights, the function, the update | autograd | high | low |
| ${'`'}Module${'`'} | layers as fields, ${'`'}forward${'`'} | parameters, initialisation, saving, optimizers | high | medium |
| ${'`'}Sequential${'`'} | a list of layers | the same, and ${'`'}forward${'`'} | a chain only | high |

## The two nets of the comparison

- Two layers: $\mathrm{scores} = W_2\,\max(0, W_1 x + b_1) + b_2$ with 4,000 hidden units.
- Three layers: convolution $5\times5$ (32), ReLU, convolution $3\times3$ (16), ReLU, linear. No pooling: the last layer sees $16\cdot32\cdot32$ numbers.

With the same weights the first scores of all levels are the same (the summary's ${'`'}largest_difference_of_levels${'`'}). Bare tensors and Module begin with such weights, by
Kaiming's rule, $\mathrm{Var}(w)=2/n_{in}$, biases at 0; they are updated by $w \leftarrow w-\eta\,\partial L/\partial w$ written out, and by plain SGD. The Sequential leaves its first
weights to the layers, which draw smaller ones, and learns with Nesterov's momentum 0.9: after one epoch it is this, not the level, that shows in the accuracy.

## The open part: at least 70 % within ten epochs

${'`'}--set net=notes${'`'} is the notes' own net: three times convolution, ReLU, dropped channels ($p=0.25$), pooling, with batch norm between, and one linear layer.

${'`'}--set net=densenet${'`'} is a small DenseNet. Layer $\ell$ sees the outputs of all before it, side by side:

$$ x_\ell = H_\ell([x_0, x_1, \dots, x_{\ell-1}]), \qquad H = \mathrm{conv}_{3\times3}\circ\mathrm{ReLU}\circ\mathrm{BN}\circ\mathrm{conv}_{1\times1}\circ\mathrm{ReLU}\circ\mathrm{BN} $$

Each adds $k$ channels (the growth), so a block of $L$ layers turns $c$ channels into $c+Lk$; a transition halves channels and size. Every layer has a short way to
the loss, and few weights: 199,066 here.

Both train with Nesterov's momentum, a learning rate that rises for a fifth of the run and falls along a cosine, and images mirrored at random.

## What to look at

- The scores of all levels agree; the loss curves of bare tensors and Module lie on each other.
- Ten epochs with a rate that falls to 0 do more than ten with a constant one: compare ${'`'}--set schedule=constant${'`'}.
- What the nets confuse (confusion matrix): cats and dogs, trucks and automobiles.

Sources: CS231n, assignment 2, "PyTorch"; Huang, Liu, van der Maaten, Weinberger 2017 (DenseNet); He and others 2015 (initialisation); Smith and Topin 2018 (rates that rise and fall).
`

const zh = String.raw`
# 三个层次：裸张量、Module、Sequential

同一个网络可以写三遍。三种写法算出的数完全一样，区别在于由谁保管权重，以及能表达什么。

| 层次 | 要写的 | 得到的 | 灵活性 | 便利性 |
| --- | --- | --- | --- | --- |
| 裸张量 | 权重、函数、更新 | 自动求导 | 高 | 低 |
| ${'`'}Module${'`'} | 作为字段的层、${'`'}forward${'`'} | 参数、初始化、保存、优化器 | 高 | 中 |
| ${'`'}Sequential${'`'} | 一列层 | 同上，连 ${'`'}forward${'`'} 也不用写 | 只能是链 | 高 |

## 用来比较的两个网络

- 两层：$\mathrm{scores} = W_2\,\max(0, W_1 x + b_1) + b_2$，4,000 个隐藏单元。
- 三层：$5\times5$ 卷积（32）、ReLU、$3\times3$ 卷积（16）、ReLU、全连接。没有汇聚，最后一层看到 $16\cdot32\cdot32$ 个数。

权重相同时，三个层次最初的得分相同（摘要中的 ${'`'}largest_difference_of_levels${'`'}）。裸张量与 Module 从这样的权重出发：按 Kaiming 规则 $\mathrm{Var}(w)=2/n_{in}$，偏置为 0；前者的更新写明为
$w \leftarrow w-\eta\,\partial L/\partial w$，后者用普通 SGD。Sequential 的初始权重由各层自己取（更小），并用动量 0.9 的 Nesterov：一轮之后精度的差别来自这些，而不是层次。

## 开放题：十轮之内至少 70 %

${'`'}--set net=notes${'`'} 是笔记里的网络：三次“卷积、ReLU、丢弃通道（$p=0.25$）、汇聚”，中间是批量归一化，最后一个全连接层。

${'`'}--set net=densenet${'`'} 是一个小 DenseNet。第 $\ell$ 层看到之前所有层的输出，并排放在一起：

$$ x_\ell = H_\ell([x_0, x_1, \dots, x_{\ell-1}]), \qquad H = \mathrm{conv}_{3\times3}\circ\mathrm{ReLU}\circ\mathrm{BN}\circ\mathrm{conv}_{1\times1}\circ\mathrm{ReLU}\circ\mathrm{BN} $$

每层添 $k$ 个通道（增长率），$L$ 层的块把 $c$ 个通道变成 $c+Lk$；过渡层把通道数和边长各减半。每一层到损失都有近路，权重却很少：这里 199,066 个。

两者都用 Nesterov 动量训练，学习率先升（占全程五分之一）再沿余弦下降，图像随机左右翻转。

## 看什么

- 三个层次的得分一致；裸张量与 Module 的损失曲线重合。
- 学习率降到 0 的十轮胜过学习率不变的十轮：试试 ${'`'}--set schedule=constant${'`'}。
- 混淆矩阵里谁被认错：猫与狗，卡车与汽车。

出处：CS231n 作业二 “PyTorch”；Huang、Liu、van der Maaten、Weinberger 2017（DenseNet）；He 等 2015（初始化）；Smith 与 Topin 2018（升降的学习率）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
