/** What the LeNet lab teaches. */

const en = String.raw`
# LeNet-5: a network that sees

A fully connected network takes an image as a list of numbers: it would have to learn a stroke anew at every place where the stroke can be.
A **convolution** slides one small window of weights over the whole image instead. With input $x$, weights $w$ of $k \times k$ and bias $b$,

$$ y_{o,i,j} = b_o + \sum_{c} \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} w_{o,c,u,v} \; x_{c,\,i+u,\,j+v} $$

Two things are gained: what is learned at one place holds at every place, and the number of weights no longer depends on the size of the image.
**Pooling** then keeps one number of every $2 \times 2$: the next window sees twice as far.

## The network

| layer | output | parameters |
| --- | --- | ---: |
| image | 1 x 28 x 28 | |
| convolution 5 x 5, padding 2, activation | 6 x 28 x 28 | 156 |
| pooling 2 x 2 | 6 x 14 x 14 | |
| convolution 5 x 5, activation | 16 x 10 x 10 | 2,416 |
| pooling 2 x 2, flatten | 400 | |
| linear, activation | 120 | 48,120 |
| linear, activation | 84 | 10,164 |
| linear | 10 | 850 |

61,706 parameters. A picture costs 416,520 multiply-adds, most of them in the convolutions, while most parameters are in the first linear
layer; training on batches of 256 takes about 10 MB, prediction a quarter of one. The ten outputs $z$ become probabilities by softmax, and training lowers the cross-entropy of the true class $t$:

$$ p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_t $$

## Things to try

- **Sigmoid or ReLU.** LeCun's network used a squashing function. The derivative of $\sigma(z) = 1/(1+e^{-z})$ is $\sigma(z)(1-\sigma(z)) \le 1/4$, and nearly 0 where
  $|z|$ is large: through four layers little of the gradient is left, and the first epoch often seems to learn nothing. ReLU's derivative is 1
  wherever it is active. Compare ${'`'}--activation sigmoid${'`'}, ${'`'}relu${'`'} and ${'`'}mixed${'`'} (ReLU behind the convolutions, sigmoid behind
  the linear layers) on ${'`'}--data fashion-mnist${'`'}; the notes have 0.822, 0.863 and 0.870.
- **Learning rate.** Sigmoid wants 0.9; with ReLU 0.9 does not converge, 0.1 does. Watch what the loss curve says in either case.
- **Average or maximum.** ${'`'}--pool avg${'`'} is the original, ${'`'}--pool max${'`'} keeps the strongest response.
- **Read the confusion matrix.** Among clothes, shirts are taken for T-shirts, coats and pullovers: the errors have reasons.

Sources: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition" (1998); "Dive into Deep Learning", chapter 7.6
(the form with 28 x 28 images and plain softmax); Glorot and Bengio 2010 for the first weights, uniform within $\pm\sqrt{6/(n_{in}+n_{out})}$.
`

const zh = String.raw`
# LeNet-5：会看的网络

全连接网络把图像当成一串数字：同一笔画出现在不同位置，就得重新学一遍。**卷积**则让一个小窗口的权重滑过整幅图像。
设输入为 $x$，权重 $w$ 的大小为 $k \times k$，偏置为 $b$：

$$ y_{o,i,j} = b_o + \sum_{c} \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} w_{o,c,u,v} \; x_{c,\,i+u,\,j+v} $$

好处有二：在一处学到的东西处处可用；参数的个数不再随图像变大。**汇聚**把每个 $2 \times 2$ 变成一个数，于是下一个窗口能看到两倍远的地方。

## 网络结构

| 层 | 输出 | 参数个数 |
| --- | --- | ---: |
| 图像 | 1 x 28 x 28 | |
| 卷积 5 x 5，填充 2，激活 | 6 x 28 x 28 | 156 |
| 汇聚 2 x 2 | 6 x 14 x 14 | |
| 卷积 5 x 5，激活 | 16 x 10 x 10 | 2,416 |
| 汇聚 2 x 2，展平 | 400 | |
| 全连接，激活 | 120 | 48,120 |
| 全连接，激活 | 84 | 10,164 |
| 全连接 | 10 | 850 |

共 61,706 个参数，大多在第一个全连接层；一幅图要 416,520 次乘加，大多在卷积。批量 256 时训练约需 10 MB，预测约四分之一 MB。十个输出 $z$ 经 softmax 成为概率，训练使真实类别 $t$ 的交叉熵变小：

$$ p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_t $$

## 可以试一试

- **Sigmoid 还是 ReLU。** $\sigma(z) = 1/(1+e^{-z})$ 的导数是 $\sigma(z)(1-\sigma(z)) \le 1/4$，$|z|$ 大时几乎为 0：梯度穿过四层后所剩无几，第一轮常常像是什么也没学到。
  ReLU 在激活处的导数总是 1。请在 ${'`'}--data fashion-mnist${'`'} 上比较 ${'`'}--activation sigmoid${'`'}、${'`'}relu${'`'} 与
  ${'`'}mixed${'`'}（卷积后用 ReLU，全连接后用 sigmoid）；笔记里是 0.822、0.863、0.870。
- **学习率。** Sigmoid 用 0.9；换成 ReLU 后 0.9 不收敛，0.1 收敛。看看两种情形下的损失曲线。
- **平均还是最大。** ${'`'}--pool avg${'`'} 是原来的做法，${'`'}--pool max${'`'} 保留最强的响应。
- **读混淆矩阵。** 衬衫常被认作 T 恤、外套或套衫：错误自有原因。

出处：LeCun、Bottou、Bengio、Haffner 1998；《动手学深度学习》7.6 节（28 x 28 图像与普通 softmax 的形式）；初始权重按 Glorot 与 Bengio 2010，
在 $\pm\sqrt{6/(n_{in}+n_{out})}$ 内均匀取值。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
