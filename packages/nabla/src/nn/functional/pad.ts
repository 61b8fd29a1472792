/** Borders around a tensor. */
import { type PadMode, pad as padNode } from '../../tensor/padding.js'
import { Tensor } from '../../tensor/tensor.js'

export type { PadMode }

/** What a border is made of. */
export interface PadOptions {
  /**
   * Where the border's elements come from: `value` ('constant', the default), the tensor mirrored at its edge without repeating the edge ('reflect'), its
   * edge ('replicate'), or its other end ('circular').
   */
  readonly mode?: PadMode
  /** Fills a constant border. Default 0. */
  readonly value?: number
}

/**
 * A border around `input`. `padding` lists [before, after] for the last dimension, then for the one before it, and so on, as PyTorch's `pad`: [1, 2] makes
 * [..., W] [..., W + 3]. Negative numbers cut elements off. Throws where a border is larger than its mode allows: reflect n - 1, circular n.
 */
export const pad = (input: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor =>
  new Tensor(padNode(input.node, padding, options.mode, options.value))
