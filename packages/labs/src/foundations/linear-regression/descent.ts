/** Descent over all examples at once, and when to call it converged. */
import { cat, compile, type Tensor, tensor, zeros } from 'nabla'

/** What a descent went through. */
export interface Way {
  /** Cost before each step, half the mean squared error. */
  readonly costs: readonly number[]
  /** Weights and bias before each step. */
  readonly path: readonly (readonly number[])[]
}

export interface WayOptions {
  readonly lr: number
  readonly steps: number
  readonly signal: AbortSignal
  /** Learn a bias too. Default true. */
  readonly bias?: boolean
  /** First weights. Default 0. */
  readonly from?: Tensor
  /** Ends the descent, given the costs so far. Default: never. */
  readonly until?: (costs: readonly number[]) => boolean
}

/** From w = 0 and b = 0 down the cost of x [N, D], y [N, 1], with the gradient written out. */
export async function descend(x: Tensor, y: Tensor, options: WayOptions): Promise<Way> {
  const { lr, steps, signal, bias = true, from, until = () => false } = options
  const [n, d] = [x.size(0), x.size(1)]
  const w = from ? from.clone() : zeros([d, 1], { dtype: x.dtype })
  const b = zeros([1, 1], { dtype: x.dtype })
  const rate = tensor(lr, { dtype: x.dtype }) // a tensor, so that another rate needs no other program
  const step = compile((x: Tensor, y: Tensor, rate: Tensor) => {
    const error = x.matmul(w).add(b).sub(y) // [N, 1]
    const before = cat([error.square().mean().div(2).reshape(1), w.flatten(), b.flatten()])
    w.sub_(x.t().matmul(error).div(n).mul(rate))
    if (bias) b.sub_(error.mean().reshape(1, 1).mul(rate))
    return before
  })
  const costs: number[] = []
  const path: number[][] = []
  while (costs.length < steps && !signal.aborted) {
    const [cost, ...place] = Array.from(await step(x, y, rate).data())
    costs.push(cost!)
    path.push(place)
    if (until(costs) || !(cost! < 1e100)) break
  }
  return { costs, path }
}

/** Converged once a step lowers the cost by less than `epsilon`. */
export const byEpsilon =
  (epsilon: number) =>
  (costs: readonly number[]): boolean =>
    costs.length > 1 && Math.abs(costs.at(-2)! - costs.at(-1)!) < epsilon

/** Converged once the curve is flat: the last `window` steps together lowered the cost by less than this share of it. */
export const byPlateau =
  (window: number, share: number) =>
  (costs: readonly number[]): boolean => {
    const before = costs[costs.length - 1 - window]
    return before !== undefined && before - costs.at(-1)! < share * before
  }
