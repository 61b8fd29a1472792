/** Logistic regression written out, for any features. */
import { compile, stack, type Tensor, tensor, zeros } from 'nabla'
import { paced } from '../../pace.js'
import type { LabContext } from '../../lab.js'

/** What was learnt: the weights [D, 1], the bias [1, 1], and the cost before each step. */
export interface Fit {
  readonly w: Tensor
  readonly b: Tensor
  readonly costs: readonly number[]
}

export interface FitOptions {
  readonly lr: number
  readonly steps: number
  /** Strength of the penalty on the weights, of lambda / 2m |w|^2. Default 0. */
  readonly lambda?: number
  /** Share of the step before that is made again. Default 0. */
  readonly momentum?: number
}

/** log(1 + e^-z) + (1 - y) z, without overflow: the cross entropy of sigmoid(z) [N, 1] to y [N, 1], one number each. */
export const logLoss = (z: Tensor, y: Tensor): Tensor => z.relu().sub(z.mul(y)).add(z.abs().neg().exp().log1p())

/** Gradients of the mean log loss by w and b: p - y does it all. */
export function gradients(x: Tensor, y: Tensor, w: Tensor, b: Tensor, lambda = 0): { w: Tensor; b: Tensor } {
  const m = x.size(0)
  const error = x.matmul(w).add(b).sigmoid().sub(y) // [N, 1]
  return { w: x.t().matmul(error).add(w.mul(lambda)).div(m), b: error.mean().reshape(1, 1) }
}

/** Descent over all examples at once. Ends early when the run is stopped. */
export async function fitLogistic(x: Tensor, y: Tensor, options: FitOptions, context: LabContext<unknown>): Promise<Fit> {
  const { lr, steps, lambda = 0, momentum = 0 } = options
  const [w, b] = [zeros([x.size(1), 1]), zeros([1, 1])]
  const [vw, vb] = [zeros([x.size(1), 1]), zeros([1, 1])]
  const step = compile((x: Tensor, y: Tensor, settings: Tensor) => {
    const [lr, strength, again] = settings.unbind()
    const cost = logLoss(x.matmul(w).add(b), y)
      .mean()
      .add(
        w
          .square()
          .sum()
          .mul(strength!)
          .div(2 * x.size(0)),
      )
    const found = gradients(x, y, w, b)
    vw.assign(vw.mul(again!).add(found.w.add(w.mul(strength!).div(x.size(0)))))
    vb.assign(vb.mul(again!).add(found.b))
    w.sub_(vw.mul(lr!))
    b.sub_(vb.mul(lr!))
    return cost
  })
  const settings = tensor([lr, lambda, momentum])
  const costs: number[] = []
  const pending: Tensor[] = [] // read now and then, so that the device need not wait
  for await (const i of paced(context, `descent, ${x.size(1)} features`, steps)) {
    pending.push(step(x, y, settings))
    if (i % 64 === 63 || i + 1 === steps) for (const cost of pending.splice(0)) costs.push(await cost.item())
  }
  return { w, b, costs }
}

/** All products of powers of two coordinates up to a degree, without the constant: [N, 2] to [N, (degree + 1)(degree + 2) / 2 - 1]. */
export function powers(x: Tensor, degree: number): Tensor {
  const [a, b] = x.unbind(1) as [Tensor, Tensor]
  const totals = Array.from({ length: degree }, (_, i) => i + 1)
  return stack(
    totals.flatMap((total) => Array.from({ length: total + 1 }, (_, i) => a.pow(total - i).mul(b.pow(i)))),
    1,
  )
}
