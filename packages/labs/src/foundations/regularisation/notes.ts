/** What the lab `regularisation` teaches. */

const en = String.raw`
# Regularisation

A model with more weights than examples can learn them by heart. The gap between training and test shows it. The best cure is more data; the others take freedom away.

## Weight decay

Add $\frac{\lambda}{2}\lVert w \rVert^2$ to the loss (biases are spared). Each step then shrinks the weights before it corrects them:

$$ w \leftarrow (1 - \eta\lambda)\, w - \eta \frac{\partial L}{\partial w} $$

A *hard* form asks for $\lVert w \rVert \le \theta$ and puts weights that leave the ball back on it: $w \leftarrow w \cdot \min(1, \theta / \lVert w \rVert)$. For every $\theta$ there is a $\lambda$ with the
same solution, the place where both gradients balance; the penalty pulls it from the loss's lowest place towards the origin. An $L_1$ penalty would put most weights to 0.

Figure ${'`'}weight-decay${'`'}: 200 inputs, 20 examples of $y = 0.05 + 0.01 \sum_i x_i + \varepsilon$. Free; $\lambda = 3$ from scratch; the same by the optimizer's ${'`'}weightDecay${'`'}; the bound.

## Dropout

While training, each hidden activation is lost with probability $p$, and the others grow so that the mean stays:

$$ h' = \begin{cases} 0 & \text{with probability } p \\ h / (1-p) & \text{else} \end{cases}, \qquad E[h'] = h $$

No neuron can rely on a certain other one. At evaluation nothing is dropped. Table ${'`'}dropout${'`'} checks mean and share.

## Noise, early stopping, ensembles

- Noise on the inputs asks for a smooth function; for linear models it equals weight decay (Bishop 1995).
- Early stopping ends when the validation loss no longer falls, and takes the best weights: few steps from small weights are small weights.
- The average of several networks has their bias and less of their variance. Dropout is said to be an ensemble of all its sub-networks.

Bars ${'`'}gaps${'`'}: one network, a thousand images of Fashion-MNIST of which a fifth has random labels: those can only be learnt by heart. The free network learns nearly all of them; whoever
is held back learns fewer of them, and names more test images rightly. ${'`'}test-loss${'`'} shows it while it happens: a free network becomes sure of its errors. Here the test images also decide when
to stop: a teaching aid, not a way to report figures.

Sources: "Dive into Deep Learning" 4.5, 4.6; Krogh, Hertz 1991; Srivastava et al. 2014; Bishop 1995; Prechelt 1998; Loshchilov, Hutter 2019 (AdamW).
`

const zh = String.raw`
# 正则化

权重多于样本的模型可以把样本背下来，训练与测试之间的差距就是证据。最好的办法是更多数据；其余的办法都是减少自由。

## 权重衰减

在损失上加 $\frac{\lambda}{2}\lVert w \rVert^2$（偏置除外）。每步先缩小权重，再修正：

$$ w \leftarrow (1 - \eta\lambda)\, w - \eta \frac{\partial L}{\partial w} $$

**硬性**的形式要求 $\lVert w \rVert \le \theta$，越出球外就拉回来：$w \leftarrow w \cdot \min(1, \theta / \lVert w \rVert)$。每个 $\theta$ 都对应一个 $\lambda$，解相同：
两个梯度平衡之处；惩罚项把最优点从损失的最低处拉向原点。$L_1$ 惩罚则使多数权重为 0。

图 ${'`'}weight-decay${'`'}：200 个输入、20 个样本，$y = 0.05 + 0.01 \sum_i x_i + \varepsilon$。不加限制；从零实现的 $\lambda = 3$；优化器的 ${'`'}weightDecay${'`'}；硬性限制。

## 暂退法（dropout）

训练时每个隐藏激活以概率 $p$ 丢掉，其余放大，使均值不变：

$$ h' = \begin{cases} 0 & \text{概率 } p \\ h / (1-p) & \text{其余} \end{cases}, \qquad E[h'] = h $$

任何神经元都不能依赖某一个别的神经元。评估时不丢。表 ${'`'}dropout${'`'} 检查均值与比例。

## 噪声、早停、集成

- 输入上的噪声要求函数平滑；对线性模型等同于权重衰减（Bishop 1995）。
- 早停：验证损失不再下降就结束，取最好的权重；从小权重出发走几步，权重仍小。
- 几个网络的平均保持偏差、减小方差。暂退法可看作所有子网络的集成。

图 ${'`'}gaps${'`'}：同一个网络、一千幅 Fashion-MNIST 图像，其中五分之一的标签是随机的，只能死记。不受限的网络几乎全背下来；受限的背得少，测试图像反而认对得多。
${'`'}test-loss${'`'} 是其经过：不受限的网络越来越肯定自己的错误。这里何时停止也由测试图像决定，只为教学，报告成绩时不可如此。

出处：《动手学深度学习》4.5、4.6 节；Krogh、Hertz 1991；Srivastava 等 2014；Bishop 1995；Prechelt 1998；Loshchilov、Hutter 2019（AdamW）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
