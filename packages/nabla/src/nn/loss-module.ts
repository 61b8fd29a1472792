/** What the losses' modules share: settings checked when they are built, and weights that belong to the state. */
import type { Tensor } from '../tensor/tensor.js'
import { checkOptions, type Rules } from './functional/loss-options.js'
import { Buffer, Module } from './module.js'

/** A loss with its settings. */
export abstract class Loss<Options extends object> extends Module {
  /** The settings, as given. With `reduction` 'mean' (default) or 'sum' the losses become one number, with 'none' they do not. */
  readonly options: Options

  constructor(options?: Options, special?: Rules) {
    super()
    this.options = options ?? ({} as Options)
    checkOptions(this.constructor.name, this.options, special)
  }

  protected override extraRepr(): string {
    const shown = Object.entries(this.options).filter(([, value]) => typeof value !== 'object' && typeof value !== 'function')
    return shown.length ? `{ ${shown.map(([name, value]) => `${name}: ${String(value)}`).join(', ')} }` : ''
  }
}

/** A loss with a weight, which moves with the module and is saved with it. */
export abstract class WeightedLoss<Options extends { readonly weight?: Tensor | null }> extends Loss<Options> {
  /** The weight that was given, kept in the state as PyTorch does; null if none was. */
  readonly weight: Buffer | null

  constructor(options?: Options, special?: Rules) {
    super(options, special)
    this.weight = held(this.options.weight)
  }

  /** The settings with the weight as it is now. */
  protected get settings(): Options {
    return { ...this.options, weight: this.weight }
  }
}

/** A weight that belongs to the loss's state, as in PyTorch. */
export const held = (weight: Tensor | null | undefined): Buffer | null => (weight ? new Buffer(weight) : null)
