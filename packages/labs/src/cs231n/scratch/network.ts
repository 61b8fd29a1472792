/** What the Solver trains: parameters by name, and a loss that comes with its gradients. */
import { randn, type Tensor, tensor } from 'nabla'

/** Tensors by the names CS231n gives them: `W1`, `b1`, `gamma1`, ... */
export type Parameters = Record<string, Tensor>

export interface LossAndGradients {
  /** A single number, the penalty included. */
  readonly loss: Tensor
  /** One for each parameter. */
  readonly grads: Parameters
}

export interface Network {
  /** Changed in place by the Solver; may be set from outside. */
  readonly params: Parameters
  /** What else belongs to a trained network: running statistics. */
  readonly buffers?: Readonly<Record<string, Tensor>>
  /** In training mode. Labels y [N] are int32. */
  loss(x: Tensor, y: Tensor): LossAndGradients
  /** Class scores [N, C], in test mode. */
  scores(x: Tensor): Tensor
}

/** How large first weights are: a deviation, or `kaiming` for sqrt(2 / inputs) (He et al. 2015), which keeps the variance through ReLU layers. */
export type WeightScale = number | 'kaiming'

/** Normal weights of the shape; `inputs` is how many numbers each of a layer's outputs sums up. */
export const firstWeights = (
  shape: readonly number[],
  inputs: number,
  scale: WeightScale,
  dtype: 'float32' | 'float64',
): Tensor => randn(shape, { dtype }).mul(tensor(scale === 'kaiming' ? Math.sqrt(2 / inputs) : scale, { dtype })) // a tensor: one kernel for all scales

/** reg / 2 times the sum of squares of all weights: biases, scales and shifts are free. Its gradient is reg W, added to `grads`. */
export function addPenalty({ loss, grads }: LossAndGradients, params: Parameters, reg: number): LossAndGradients {
  if (reg === 0) return { loss, grads }
  const all = { ...grads }
  let total = loss
  for (const [name, w] of Object.entries(params)) {
    if (!name.startsWith('W')) continue
    total = total.add(
      w
        .square()
        .sum()
        .mul(0.5 * reg),
    )
    all[name] = all[name]!.add(w.mul(reg))
  }
  return { loss: total, grads: all }
}
