/** Stochastic gradient descent. */
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import type { Tensor } from '../tensor/tensor.js'
import { checkRange, type CommonOptions, type GroupOptions, Optimizer, type ParamGroup } from './optimizer.js'

export interface SGDOptions extends CommonOptions {
  /** Learning rate. Default 0.001. */
  readonly lr?: number
  /** Share of the last direction that is kept. Default 0. */
  readonly momentum?: number
  /** The new gradient enters the direction with 1 - dampening, from the second step on. Default 0. */
  readonly dampening?: number
  /** Pulls parameters towards 0: adds weightDecay p to the gradient. Default 0. */
  readonly weightDecay?: number
  /** Looks ahead along the direction; needs momentum and no dampening. Default false. */
  readonly nesterov?: boolean
  /** Ascends instead. Default false. */
  readonly maximize?: boolean
}

type SGDSettings = Required<Omit<SGDOptions, 'lr'>> & { readonly [key: string]: number | boolean }

function complete({ momentum = 0, dampening = 0, weightDecay = 0, nesterov = false, maximize = false }: SGDOptions): SGDSettings {
  checkRange('momentum', momentum, 0)
  checkRange('weightDecay', weightDecay, 0)
  if (nesterov && (momentum <= 0 || dampening !== 0))
    throw new NablaError('argument', '[SGD] nesterov needs a momentum above 0 and dampening 0', { momentum, dampening })
  return { momentum, dampening, weightDecay, nesterov, maximize }
}

/**
 * With gradient g: d = momentum d + (1 - dampening) g (d = g at the first step), then p -= lr d; with nesterov p -= lr (g + momentum d).
 * As torch.optim.SGD.
 */
export class SGD extends Optimizer<SGDOptions, SGDSettings> {
  constructor(params: Iterable<Tensor> | readonly GroupOptions<SGDOptions>[], options: SGDOptions = {}) {
    super(params, options, 0.001, complete)
  }

  protected override update(group: ParamGroup<SGDSettings>, ready: readonly { param: Tensor; grad: Node }[]): void {
    const { momentum, dampening, weightDecay, nesterov, maximize } = group.options
    const counts = momentum && dampening ? this.counted(ready) : undefined
    for (const { param, grad } of ready) {
      const p = param.node
      let g = maximize ? b.neg(grad) : grad
      if (weightDecay) g = b.add(g, b.mul(p, weightDecay))
      if (momentum) {
        const buffer = this.kept(param, 'momentumBuffer')
        const count = counts?.get(param)
        // The buffer starts at 0, so without dampening the first step needs no case of its own.
        const fresh = count ? b.mul(g, b.cast(b.where(b.eq(count, 1), b.like(count, 1), 1 - dampening), p.dtype)) : g
        const next = b.add(b.mul(buffer.node, momentum), fresh)
        buffer.adopt(next)
        g = nesterov ? b.add(g, b.mul(next, momentum)) : next
      }
      param.adopt(b.sub(p, b.mul(g, group.rateFor(p))))
    }
  }
}
