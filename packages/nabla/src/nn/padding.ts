/** Layers that put a border around space. */
import { NablaError, showShape } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { pad, type PadMode } from './functional/pad.js'
import { unbatched } from './functional/spatial.js'
import { Module } from './module.js'

/** One number for all sides, or [left, right], [left, right, top, bottom], [left, right, top, bottom, front, back]. Negative numbers cut off. */
export type Padding = number | readonly number[]

abstract class PadNd extends Module {
  /** [before, after] of the last dimension, then of the one before it, and so on. */
  readonly padding: readonly number[]

  protected constructor(
    private readonly count: number,
    padding: Padding,
    private readonly mode: PadMode,
    /** What the border is made of; 0 in layers that do not ask for it. */
    readonly value = 0,
  ) {
    super()
    const all = typeof padding === 'number' ? new Array<number>(2 * count).fill(padding) : [...padding]
    if (all.length !== 2 * count || !all.every(Number.isInteger))
      throw new NablaError(
        'argument',
        `[${this.constructor.name}] padding is ${typeof padding === 'number' ? padding : showShape(padding)}; expected a whole number, or ${2 * count} of them: before and after for the last dimension, then for the one before it`,
        { padding },
      )
    this.padding = all
  }

  /** [N, C, ...] to the same with every extent larger by its padding, or both without N. */
  forward(input: Tensor): Tensor {
    unbatched(this.constructor.name, input.shape, this.count)
    return pad(input, this.padding, { mode: this.mode, value: this.value })
  }

  protected override extraRepr(): string {
    return [showShape(this.padding), ...(this.value === 0 ? [] : [String(this.value)])].join(', ')
  }
}

/** [N, C, L] with a border of `value`. */
export class ConstantPad1d extends PadNd {
  constructor(padding: Padding, value: number) {
    super(1, padding, 'constant', value)
  }
}
/** [N, C, H, W] with a border of `value`. */
export class ConstantPad2d extends PadNd {
  constructor(padding: Padding, value: number) {
    super(2, padding, 'constant', value)
  }
}
/** [N, C, D, H, W] with a border of `value`. */
export class ConstantPad3d extends PadNd {
  constructor(padding: Padding, value: number) {
    super(3, padding, 'constant', value)
  }
}

/** [N, C, L] with a border of zeros. */
export class ZeroPad1d extends ConstantPad1d {
  constructor(padding: Padding) {
    super(padding, 0)
  }
}
/** [N, C, H, W] with a border of zeros. */
export class ZeroPad2d extends ConstantPad2d {
  constructor(padding: Padding) {
    super(padding, 0)
  }
}
/** [N, C, D, H, W] with a border of zeros. */
export class ZeroPad3d extends ConstantPad3d {
  constructor(padding: Padding) {
    super(padding, 0)
  }
}

/** [N, C, L] mirrored at its edges, without repeating them; less padding than elements. */
export class ReflectionPad1d extends PadNd {
  constructor(padding: Padding) {
    super(1, padding, 'reflect')
  }
}
/** [N, C, H, W] mirrored at its edges, without repeating them; less padding than elements. */
export class ReflectionPad2d extends PadNd {
  constructor(padding: Padding) {
    super(2, padding, 'reflect')
  }
}
/** [N, C, D, H, W] mirrored at its edges, without repeating them; less padding than elements. */
export class ReflectionPad3d extends PadNd {
  constructor(padding: Padding) {
    super(3, padding, 'reflect')
  }
}

/** [N, C, L] with its edges repeated. */
export class ReplicationPad1d extends PadNd {
  constructor(padding: Padding) {
    super(1, padding, 'replicate')
  }
}
/** [N, C, H, W] with its edges repeated. */
export class ReplicationPad2d extends PadNd {
  constructor(padding: Padding) {
    super(2, padding, 'replicate')
  }
}
/** [N, C, D, H, W] with its edges repeated. */
export class ReplicationPad3d extends PadNd {
  constructor(padding: Padding) {
    super(3, padding, 'replicate')
  }
}

/** [N, C, L] going round: before the first element comes the last; at most as much padding as elements. */
export class CircularPad1d extends PadNd {
  constructor(padding: Padding) {
    super(1, padding, 'circular')
  }
}
/** [N, C, H, W] going round; at most as much padding as elements. */
export class CircularPad2d extends PadNd {
  constructor(padding: Padding) {
    super(2, padding, 'circular')
  }
}
/** [N, C, D, H, W] going round; at most as much padding as elements. */
export class CircularPad3d extends PadNd {
  constructor(padding: Padding) {
    super(3, padding, 'circular')
  }
}
