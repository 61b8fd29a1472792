/** What the lab `activations` teaches. */

const en = String.raw`
# Activations

Without a function between them, two layers are one. What the function has to offer is its slope: the backward pass multiplies by it at every layer.

| name | $f(x)$ | $f'(x)$ |
| --- | --- | --- |
| sigmoid | $1/(1+e^{-x})$ | $f(1-f) \le 1/4$ |
| tanh | $(e^{x}-e^{-x})/(e^{x}+e^{-x})$ | $1-f^2 \le 1$ |
| ReLU | $\max(0, x)$ | 1 or 0 |
| LeakyReLU | $\max(0,x) + \alpha\min(0,x)$, $\alpha$ fixed | 1 or $\alpha$ |
| PReLU | the same, $\alpha$ learnt | 1 or $\alpha$; $\partial f/\partial\alpha = \min(0,x)$ |
| ELU | $x$, or $e^{x}-1$ below 0 | 1, or $e^{x}$ |
| GELU | $x\,\Phi(x)$, $\Phi$ of the normal distribution | $\Phi(x) + x\,\varphi(x)$ |
| SiLU | $x\,\sigma(x)$ | $\sigma(x)(1 + x(1-\sigma(x)))$ |
| Maxout | $\max_k (w_k x + b_k)$ | $w$ of the highest |

- Sigmoid and tanh go flat on both sides: a neuron that is very sure no longer learns. $2\sigma(2x) - 1 = \tanh x$; tanh has mean 0, which the next layer likes.
- ReLU costs nothing and keeps slopes of 1, but a neuron that is negative for all data is dead; the leaky ones, ELU, GELU and SiLU let something through.
- Maxout contains ReLU ($0$ and $x$) and $|x|$, and pays with $k$ times the weights.

## What to look at

- ${'`'}activations${'`'}: each function with its derivative by autograd; ${'`'}derivative_error${'`'} compares that with the formulas above (GELU's $\Phi$ by numerical integration).
- ${'`'}vanishing${'`'}: 20 functions in a row. Of a sigmoid's gradient a quarter is left each time, at most.
- ${'`'}accuracies${'`'}: the same two hidden layers with each of them on Fashion-MNIST. In so shallow a net they differ by little; the slow start of the sigmoid shows in ${'`'}losses${'`'}.

Sources: Nair, Hinton 2010 (ReLU); Maas et al. 2013 (leaky); He et al. 2015 (PReLU); Clevert et al. 2015 (ELU); Hendrycks, Gimpel 2016 (GELU);
Ramachandran et al. 2017, Elfwing et al. 2018 (SiLU); Goodfellow et al. 2013 (Maxout).
`

const zh = String.raw`
# 激活函数

层与层之间没有函数，两层等于一层。函数的斜率最要紧：反向传播每过一层就乘一次。

| 名称 | $f(x)$ | $f'(x)$ |
| --- | --- | --- |
| sigmoid | $1/(1+e^{-x})$ | $f(1-f) \le 1/4$ |
| tanh | $(e^{x}-e^{-x})/(e^{x}+e^{-x})$ | $1-f^2 \le 1$ |
| ReLU | $\max(0, x)$ | 1 或 0 |
| LeakyReLU | $\max(0,x) + \alpha\min(0,x)$，$\alpha$ 固定 | 1 或 $\alpha$ |
| PReLU | 同上，$\alpha$ 由学习得到 | 1 或 $\alpha$；$\partial f/\partial\alpha = \min(0,x)$ |
| ELU | $x$；负半轴 $e^{x}-1$ | 1；$e^{x}$ |
| GELU | $x\,\Phi(x)$，$\Phi$ 为正态分布函数 | $\Phi(x) + x\,\varphi(x)$ |
| SiLU | $x\,\sigma(x)$ | $\sigma(x)(1 + x(1-\sigma(x)))$ |
| Maxout | $\max_k (w_k x + b_k)$ | 最高那条的 $w$ |

- sigmoid 与 tanh 两端平坦：很肯定的神经元不再学习。$2\sigma(2x) - 1 = \tanh x$；tanh 均值为 0，对下一层有利。
- ReLU 计算省，斜率为 1；但对所有数据都为负的神经元就“死”了。带泄漏的、ELU、GELU、SiLU 总让一点通过。
- Maxout 包含 ReLU（$0$ 与 $x$）和 $|x|$，代价是 $k$ 倍的权重。

## 看什么

- ${'`'}activations${'`'}：每个函数及其自动求导的导数；${'`'}derivative_error${'`'} 是它与上表公式之差（GELU 的 $\Phi$ 由数值积分得到）。
- ${'`'}vanishing${'`'}：20 个函数相接。sigmoid 的梯度每次至多剩四分之一。
- ${'`'}accuracies${'`'}：同样的两个隐藏层换用各种激活，在 Fashion-MNIST 上相差不多；sigmoid 起步慢，见 ${'`'}losses${'`'}。

出处：Nair、Hinton 2010（ReLU）；Maas 等 2013（leaky）；He 等 2015（PReLU）；Clevert 等 2015（ELU）；Hendrycks、Gimpel 2016（GELU）；
Ramachandran 等 2017、Elfwing 等 2018（SiLU）；Goodfellow 等 2013（Maxout）。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
