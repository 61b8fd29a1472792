/** What the lab on modules teaches. */

const en = String.raw`
# Modules: blocks, parameters, layers, files, devices

A **module** is an object that keeps what it learns in its fields and computes in ${'`'}forward${'`'}. It takes inputs and gives outputs; its gradients come from autograd; it stores
the parameters that its forward pass needs and can draw their first values. Modules hold modules, so a net is a tree.

    class Mlp extends nn.Module {
      readonly hidden = new nn.Linear(20, 256)
      readonly out = new nn.Linear(256, 10)
      forward(x: Tensor): Tensor {
        return this.out.forward(this.hidden.forward(x).relu())
      }
    }

Nothing has to be registered: a field that is a ${'`'}Parameter${'`'}, a ${'`'}Buffer${'`'} or a ${'`'}Module${'`'} is found by itself.

## What the checks go through

- **Blocks.** A class of one's own; Sequential written by hand; a block with constants and control flow, $f(x,w)=c\,w^\top x$ with $c$ never updated; nesting.
- **Parameters.** By position, by path (${'`'}net.getParameter('0.block0.0.bias')${'`'}), all at once. A gradient is null before the first backward pass.
- **First values.** Built-in rules ($N(0, 0.1^2)$, constants, Xavier), different ones for different layers, and a rule of one's own:

$$ w \sim \begin{cases} U(5, 10) & \text{with probability } 1/4\\ 0 & \text{with probability } 1/2\\ U(-10,-5) & \text{with probability } 1/4 \end{cases} $$

- **Tied parameters.** One layer in two places: one tensor, listed once, whose gradient is the sum over both places.
- **Lazy shapes.** ${'`'}LazyLinear(128)${'`'} learns the number of its inputs from the first data.
- **Layers of one's own.** Without parameters ($x-\bar x$) and with ($\mathrm{relu}(xW+b)$).
- **Files.** Tensors, a model's state, one layer's state: what is saved are parameters by name, not code. The architecture is built anew and the values loaded;
  a state that does not fit is refused with all the names.
- **Devices.** Every tensor lies on one; operands must lie on the same; ${'`'}net.to(device)${'`'} moves all parameters.

## What to look at

The table: each row is a snippet, what was found, and whether that is what the notes say. A few rows show the messages of errors.

Source: "Dive into Deep Learning", chapter 5; the notes' days 8 to 10.
`

const zh = String.raw`
# 模块：块、参数、层、文件、设备

**模块**是这样的对象：把要学的东西放在字段里，在 ${'`'}forward${'`'} 里计算。它接受输入、给出输出，梯度由自动求导得到，保存前向所需的参数并能给它们初值。模块里可以有模块，网络就是一棵树。

    class Mlp extends nn.Module {
      readonly hidden = new nn.Linear(20, 256)
      readonly out = new nn.Linear(256, 10)
      forward(x: Tensor): Tensor {
        return this.out.forward(this.hidden.forward(x).relu())
      }
    }

什么都不用登记：字段只要是 ${'`'}Parameter${'`'}、${'`'}Buffer${'`'} 或 ${'`'}Module${'`'}，就会被找到。

## 逐项检查

- **块。** 自定义类；手写的 Sequential；带常数和控制流的块，$f(x,w)=c\,w^\top x$，$c$ 不更新；嵌套。
- **参数。** 按位置、按路径（${'`'}net.getParameter('0.block0.0.bias')${'`'}）、一次全部。第一次反向之前梯度为 null。
- **初值。** 内置规则（$N(0, 0.1^2)$、常数、Xavier），不同层用不同规则，以及自定义规则：

$$ w \sim \begin{cases} U(5, 10) & \text{概率 } 1/4\\ 0 & \text{概率 } 1/2\\ U(-10,-5) & \text{概率 } 1/4 \end{cases} $$

- **参数绑定。** 同一层用在两处：只有一个张量，只列一次，梯度是两处之和。
- **延后的形状。** ${'`'}LazyLinear(128)${'`'} 从第一批数据得知输入个数。
- **自定义层。** 不带参数（$x-\bar x$）与带参数（$\mathrm{relu}(xW+b)$）。
- **文件。** 张量、整个模型的状态、某一层的状态：保存的是按名字排列的参数，不是代码。先重建结构，再载入数值；对不上的状态会被拒绝，并列出所有名字。
- **设备。** 每个张量都在某个设备上，运算的各方必须在同一设备；${'`'}net.to(device)${'`'} 移动全部参数。

## 看什么

看表：每行是一段代码、得到的结果、是否与笔记一致。有几行展示错误信息。

出处：《动手学深度学习》第 5 章；笔记第 8 至 10 天。
`

export const notes = { en: en.trim(), zh: zh.trim() } as const
