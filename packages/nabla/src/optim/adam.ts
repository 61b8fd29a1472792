/** Adam and AdamW: steps scaled by running means of the gradient and its square. */
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkRange, type CommonOptions, type GroupOptions, Optimizer, type ParamGroup } from './optimizer.js'

export interface AdamOptions extends CommonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number
  /** How much of the running means of g and g^2 is kept. Default [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the root of the mean square. Default 1e-8. */
  readonly eps?: number
  /** Adam (default 0): adds weightDecay p to the gradient. AdamW (default 0.01): shrinks p by lr weightDecay. */
  readonly weightDecay?: number
  /** Divide by the largest mean square so far. Default false. */
  readonly amsgrad?: boolean
  /** Ascends instead. Default false. */
  readonly maximize?: boolean
}

interface AdamSettings {
  readonly [key: string]: number | boolean | readonly number[]
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly weightDecay: number
  readonly amsgrad: boolean
  readonly maximize: boolean
}

const complete =
  (name: string, decay: number) =>
  ({ betas = [0.9, 0.999], eps = 1e-8, weightDecay = decay, amsgrad = false, maximize = false }: AdamOptions): AdamSettings => {
    if (betas.length !== 2)
      throw new NablaError('argument', `[${name}] betas are two numbers, was given ${betas.length}`, { betas })
    betas.forEach((beta, i) => checkRange(`betas[${i}]`, beta, 0, 1))
    checkRange('eps', eps, 0)
    checkRange('weightDecay', weightDecay, 0)
    return { betas, eps, weightDecay, amsgrad, maximize }
  }

/** 1 - beta^step, accurate where beta is near 1: -expm1(step log(beta)). */
const correction = (beta: number, step: Node): Node =>
  beta === 0 ? b.like(step, 1) : b.neg(b.expm1(b.mul(step, Math.log(beta))))

abstract class AdamBase extends Optimizer<AdamOptions, AdamSettings> {
  /** Decay apart from the gradient. */
  protected abstract readonly decoupled: boolean

  protected override update(group: ParamGroup<AdamSettings>, ready: readonly { param: Tensor; grad: Node }[]): void {
    const {
      betas: [beta1, beta2],
      eps,
      weightDecay,
      amsgrad,
      maximize,
    } = group.options
    const counts = this.counted(ready)
    const scales = new Map<Node, { rate: Node; root: Node }>()
    for (const { param, grad } of ready) {
      let p = param.node
      const step = counts.get(param)!
      let scale = scales.get(step)
      if (!scale) {
        scale = { rate: b.div(group.rateFor(step), correction(beta1, step)), root: b.sqrt(correction(beta2, step)) }
        scales.set(step, scale)
      }
      let g = maximize ? b.neg(grad) : grad
      if (weightDecay && !this.decoupled) g = b.add(g, b.mul(p, weightDecay))
      if (weightDecay && this.decoupled) p = b.mul(p, b.sub(1, b.mul(group.rateFor(p), weightDecay)))

      const mean = this.kept(param, 'expAvg')
      const square = this.kept(param, 'expAvgSq')
      mean.adopt(b.add(b.mul(mean.node, beta1), b.mul(g, 1 - beta1)))
      square.adopt(b.add(b.mul(square.node, beta2), b.mul(b.mul(g, g), 1 - beta2)))
      let v = square.node
      if (amsgrad) {
        const largest = this.kept(param, 'maxExpAvgSq')
        largest.adopt(b.maximum(largest.node, v))
        v = largest.node
      }
      const as = (node: Node) => (node.dtype === p.dtype ? node : b.cast(node, p.dtype))
      const denominator = b.add(b.div(b.sqrt(v), as(scale.root)), eps)
      param.adopt(b.sub(p, b.mul(b.div(mean.node, denominator), as(scale.rate))))
    }
  }
}

/**
 * m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, then
 * p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). As torch.optim.Adam.
 */
export class Adam extends AdamBase {
  protected get decoupled(): boolean {
    return false
  }

  constructor(params: Iterable<Tensor> | readonly GroupOptions<AdamOptions>[], options: AdamOptions = {}) {
    super(params, options, 0.001, complete('Adam', 0))
  }
}

/** Adam with weight decay apart from the gradient: p shrinks by lr weightDecay first. As torch.optim.AdamW. */
export class AdamW extends AdamBase {
  protected get decoupled(): boolean {
    return true
  }

  constructor(params: Iterable<Tensor> | readonly GroupOptions<AdamOptions>[], options: AdamOptions = {}) {
    super(params, options, 0.001, complete('AdamW', 0.01))
  }
}
