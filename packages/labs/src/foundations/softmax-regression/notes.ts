/** What the lab `softmax-regression` teaches. */

const en = String.raw`
# Softmax regression

Which of $C$ kinds? One weighted sum for each, $z = W^\top x + b$ (the *logits*), made into probabilities:

$$ p_k = \mathrm{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}} $$

All are positive, they add up to 1, and their order is that of the logits: the model stays linear, its boundaries are hyperplanes. With two kinds it is logistic
regression. What is lowered is the cross entropy of the true kind $t$, the surprise of hearing the truth:

$$ L = -\log p_t = \log \sum_j e^{z_j} - z_t, \qquad \frac{\partial L}{\partial z_k} = p_k - [k = t] $$

What the model believes minus what happened. ${'`'}gradient_error${'`'} compares this with autograd.

## From logits, not from probabilities

In float32, $e^{z}$ is infinite from 89 on, and $\log 0$ is minus infinity. Subtract the largest logit first:

$$ \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j $$

Nothing overflows, and at least one term is 1. Table ${'`'}stability${'`'} shows where the formula as it stands breaks. So losses want logits.

## What to look at

- ${'`'}templates${'`'}: one layer compares an image with one template for each kind. A trouser is seen in its; a sandal's is a blur of all sandals.
- ${'`'}predictions${'`'} and ${'`'}confusion${'`'}: shirts are taken for T-shirts, coats and pullovers.
- The concise form (a layer, a loss, a Trainer) learns as the one on bare tensors does: about 0.835 on Fashion-MNIST after ten epochs. More needs hidden layers.

## Several labels

Kinds that do not exclude each other (an orange *and* an apple) must not compete: one sigmoid each, and the sum of binary cross entropies,

$$ L = -\sum_k y_k \log \sigma(z_k) + (1 - y_k) \log (1 - \sigma(z_k)) $$

The lab puts two garments side by side and asks which kinds are there: ${'`'}several-labels${'`'}; ${'`'}multi_label_exact${'`'} counts pairs without any error.

Sources: "Dive into Deep Learning" 3.4 to 3.7; Fashion-MNIST: Xiao, Rasul, Vollgraf 2017.
`

const zh = String.raw`
# Softmax 回归

属于 $C$ 类中的哪一类？每类一个加权和 $z = W^\top x + b$（称为 logits），再变成概率：

$$ p_k = \mathrm{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}} $$

各项为正，和为 1，次序与 logits 相同：模型仍是线性的，边界是超平面。只有两类时就是逻辑回归。要降低的是真实类别 $t$ 的交叉熵：

$$ L = -\log p_t = \log \sum_j e^{z_j} - z_t, \qquad \frac{\partial L}{\partial z_k} = p_k - [k = t] $$

即“模型所信”减去“实际所见”。${'`'}gradient_error${'`'} 是它与自动求导之差。

## 从 logits 算，不从概率算

float32 中 $z \ge 89$ 时 $e^{z}$ 为无穷，$\log 0$ 为负无穷。先减去最大的 logit：

$$ \log \sum_j e^{z_j} = m + \log \sum_j e^{z_j - m}, \qquad m = \max_j z_j $$

既不上溢，和中又至少有一项是 1。表 ${'`'}stability${'`'} 显示直接套公式在何处失败。所以损失函数要的是 logits。

## 看什么

- ${'`'}templates${'`'}：一层网络只是把图像与每类的一个模板相比。裤子的模板看得出是裤子；凉鞋的则是各种凉鞋的混合。
- ${'`'}predictions${'`'} 与 ${'`'}confusion${'`'}：衬衫常被认作 T 恤、外套、套衫。
- 简洁实现（层、损失、Trainer）与从零实现学得一样：Fashion-MNIST 十轮后约 0.835。要更高就需要隐藏层。

## 多标签

类别不互斥时（图中既有橘子又有苹果），答案不应互相竞争：每类一个 sigmoid，损失为各二元交叉熵之和，

$$ L = -\sum_k y_k \log \sigma(z_k) + (1 - y_k) \log (1 - \sigma(z_k)) $$

实验把两件衣物并排放在一幅图里，问有哪些类：${'`'}several-labels${'`'}；${'`'}multi_label_exact${'`'} 是完全答对的比例。

出处：《动手学深度学习》3.4 至 3.7 节；Fashion-MNIST：Xiao、Rasul、Vollgraf 2017。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
