/** What the lab on numerical stability teaches. */

const en = String.raw`
# Numerical stability: signals that vanish or explode

In a net of $L$ layers $h^{\ell}=f_\ell(h^{\ell-1})$ the gradient of an early layer is a product of many matrices:

$$ \frac{\partial L}{\partial W^{\ell}} = \frac{\partial L}{\partial h^{L}}\, M^{L} M^{L-1}\cdots M^{\ell+1}\, \frac{\partial h^{\ell}}{\partial W^{\ell}}, \qquad M^{k}=\frac{\partial h^{k}}{\partial h^{k-1}} $$

If each factor shrinks by a little, the product **vanishes**; if each grows by a little, it **explodes**. One hundred random $4\times4$ matrices give a product with
entries around $10^{25}$ and more.

## Xavier: keep the variance

Take one output without activation, $s=\sum_{i=1}^{n_{in}} w_i x_i$, with independent terms of mean 0. Then

$$ \mathrm{Var}(s)=\sum_i \mathrm{Var}(w_i x_i)=\sum_i \mathrm{Var}(w_i)\mathrm{Var}(x_i)=n_{in}\,\sigma_w^2\,\mathrm{Var}(x). $$

Forward the variance stays if $n_{in}\sigma_w^2=1$; backward, where the transpose is applied, if $n_{out}\sigma_w^2=1$. Both at once is impossible unless
$n_{in}=n_{out}$; the compromise is

$$ \tfrac12(n_{in}+n_{out})\,\sigma_w^2=1,\qquad \sigma_w=\sqrt{\frac{2}{n_{in}+n_{out}}},\qquad\text{or uniform in } \pm\sqrt{\frac{6}{n_{in}+n_{out}}} $$

(a uniform distribution in $\pm a$ has variance $a^2/3$).

## Kaiming: ReLU loses half

If $s$ is symmetric around 0 then $E[\mathrm{relu}(s)^2]=\frac12\mathrm{Var}(s)$. So with ReLU

$$ E[h_{\ell}^2]=\tfrac12\, n_{in}\,\sigma_w^2\,E[h_{\ell-1}^2], \qquad\text{which stays for } \sigma_w^2=\frac{2}{n_{in}}. $$

## What to look at

- Forward and backward, on a logarithmic axis: straight lines fall or rise; right weights give a horizontal line at 1.
- Sigmoid: outputs do not vanish (they sit near 1/2), but gradients do, at least by 1/16 a layer in mean square: $\sigma'\le\frac14$.
- Tanh with Xavier: starts at 1 and sinks slowly, since tanh squashes; weights of deviation 1 saturate it at $\pm1$.
- ReLU with Xavier: half is lost in every layer, $2^{-L}$ at the end.
- The table: least and largest mean square over all layers. For Xavier without activation and Kaiming with ReLU both should be near 1.

Sources: Glorot and Bengio 2010; He, Zhang, Ren, Sun 2015; "Dive into Deep Learning", chapter 4.8.
`

const zh = String.raw`
# 数值稳定性：消失与爆炸的信号

在 $L$ 层网络 $h^{\ell}=f_\ell(h^{\ell-1})$ 中，靠前一层的梯度是许多矩阵的乘积：

$$ \frac{\partial L}{\partial W^{\ell}} = \frac{\partial L}{\partial h^{L}}\, M^{L} M^{L-1}\cdots M^{\ell+1}\, \frac{\partial h^{\ell}}{\partial W^{\ell}}, \qquad M^{k}=\frac{\partial h^{k}}{\partial h^{k-1}} $$

每个因子都缩小一点，乘积就**消失**；都放大一点，就**爆炸**。一百个随机 $4\times4$ 矩阵的乘积，元素可达 $10^{25}$ 以上。

## Xavier：保持方差

不带激活的一个输出 $s=\sum_{i=1}^{n_{in}} w_i x_i$，各项独立、均值为 0，则

$$ \mathrm{Var}(s)=\sum_i \mathrm{Var}(w_i)\mathrm{Var}(x_i)=n_{in}\,\sigma_w^2\,\mathrm{Var}(x). $$

前向要求 $n_{in}\sigma_w^2=1$；反向用的是转置，要求 $n_{out}\sigma_w^2=1$。除非 $n_{in}=n_{out}$，两者不能同时满足，于是折中：

$$ \tfrac12(n_{in}+n_{out})\,\sigma_w^2=1,\qquad \sigma_w=\sqrt{\frac{2}{n_{in}+n_{out}}},\qquad\text{或在 } \pm\sqrt{\frac{6}{n_{in}+n_{out}}} \text{ 内均匀取值} $$

（$\pm a$ 内均匀分布的方差是 $a^2/3$。）

## Kaiming：ReLU 丢掉一半

若 $s$ 关于 0 对称，则 $E[\mathrm{relu}(s)^2]=\frac12\mathrm{Var}(s)$。于是

$$ E[h_{\ell}^2]=\tfrac12\, n_{in}\,\sigma_w^2\,E[h_{\ell-1}^2], \qquad \sigma_w^2=\frac{2}{n_{in}} \text{ 时保持不变。} $$

## 看什么

- 对数坐标下的前向与反向：直线下降或上升；权重取得合适时，是 1 处的水平线。
- Sigmoid：输出不会消失（停在 1/2 附近），梯度却会，均方每层至少缩到 1/16：$\sigma'\le\frac14$。
- Tanh 配 Xavier：从 1 开始慢慢下降，因为 tanh 会压缩；标准差为 1 的权重使它在 $\pm1$ 饱和。
- ReLU 配 Xavier：每层丢一半，最后剩 $2^{-L}$。
- 表中是各层均方的最小值和最大值。无激活配 Xavier、ReLU 配 Kaiming，两者都应接近 1。

出处：Glorot 与 Bengio 2010；He、Zhang、Ren、Sun 2015；《动手学深度学习》4.8 节。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
