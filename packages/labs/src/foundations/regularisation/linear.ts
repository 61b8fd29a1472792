/** 200 inputs, 20 examples: a linear model that can learn its examples by heart, held back in three ways. */
import { compile, noGrad, randn, stack, type Tensor, tensor, where, zeros } from 'nabla'
import { functional as F, Linear } from 'nabla/nn'
import { SGD } from 'nabla/optim'
import type { LabContext } from '../../lab.js'
import { paced } from '../../pace.js'

/** x [N, 200], y [N, 1] of y = 0.05 + 0.01 (x1 + ... + x200) + noise of 0.01. */
export function examples(count: number, inputs: number): { x: Tensor; y: Tensor } {
  const x = noGrad(() => randn([count, inputs])).realize()
  return {
    x,
    y: x
      .sum(1, { keepdim: true })
      .mul(0.01)
      .add(0.05)
      .add(randn([count, 1]).mul(0.01))
      .realize(),
  }
}

/** Losses of training and test, and the norm of the weights, at every step. */
export interface Way {
  readonly train: number[]
  readonly test: number[]
  readonly norm: number[]
}

type Data = ReturnType<typeof examples>

export interface Settings {
  readonly steps: number
  readonly lr: number
}

/** How the weights are held back: by the gradient of lambda / 2 |w|^2, or by putting them back on a ball when they leave it. */
export interface Hold {
  readonly lambda?: number
  readonly radius?: number
}

/** Descent over all examples at once with the gradient written out. */
export async function fromScratch(
  train: Data,
  test: Data,
  { steps, lr }: Settings,
  hold: Hold,
  context: LabContext<unknown>,
): Promise<Way> {
  const w = noGrad(() => randn([train.x.size(1), 1]).mul(0.1)).realize()
  const b = zeros([1, 1])
  const loss = (data: Data): Tensor => data.x.matmul(w).add(b).sub(data.y).square().mean().div(2)
  const step = compile((settings: Tensor) => {
    const [lambda, radius] = settings.unbind() as [Tensor, Tensor]
    const before = figures(loss(train), loss(test), w)
    const error = train.x.matmul(w).add(b).sub(train.y)
    const gradient = train.x.t().matmul(error).div(train.x.size(0)).add(w.mul(lambda))
    const next = w.sub(gradient.mul(lr))
    const norm = next.norm()
    w.assign(next.mul(where(norm.gt(radius), radius.div(norm), 1)))
    b.sub_(error.mean().reshape(1, 1), { alpha: lr })
    return before
  })
  const settings = tensor([hold.lambda ?? 0, hold.radius ?? 1e30])
  return record(() => step(settings), steps, context)
}

/** The same by a layer and the optimizer's weight decay, which spares the bias. */
export async function concise(
  train: Data,
  test: Data,
  { steps, lr }: Settings,
  lambda: number,
  context: LabContext<unknown>,
): Promise<Way> {
  const model = new Linear(train.x.size(1), 1)
  noGrad(() => model.weight.normal_(0, 0.1))
  noGrad(() => model.bias!.zero_())
  const optimizer = new SGD([{ params: [model.weight], weightDecay: lambda }, { params: [model.bias!] }], { lr })
  const loss = ({ x, y }: Data): Tensor => F.mseLoss(model.forward(x), y).div(2)
  const step = compile(() => {
    const own = loss(train)
    const before = figures(own.detach(), loss(test).detach(), model.weight.detach())
    optimizer.zeroGrad()
    own.backward()
    optimizer.step()
    return before
  })
  return record(step, steps, context)
}

const figures = (train: Tensor, test: Tensor, w: Tensor): Tensor => stack([train, test, w.norm()])

async function record(step: () => Tensor, steps: number, context: LabContext<unknown>): Promise<Way> {
  const way: Way = { train: [], test: [], norm: [] }
  for await (const _ of paced(context, 'weight decay', steps)) {
    const [train, test, norm] = await step().data()
    way.train.push(train!)
    way.test.push(test!)
    way.norm.push(norm!)
  }
  return way
}
