/**
 * Lazy layers: the number of input channels or features is left open until the first input, or a loaded state, tells it. Then the object
 * becomes the layer itself: a LazyLinear is a Linear afterwards, with the same hooks and mode, and the same names of weights.
 */
import { defaultDevice } from '../compiler/devices.js'
import { type DType, dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { withTracer } from '../tensor/handle.js'
import { randomPosition, setRandomPosition } from '../tensor/random.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Place } from './linear.js'
import { type Layer, Module, type Parameter } from './module.js'

/** What a lazy layer becomes. */
export interface Becoming extends Layer {
  readonly weight: Parameter | null
  readonly bias: Parameter | null
}

/** How a lazy layer learns its size. */
export interface LazyRules<M> {
  /** Makes the layer for so many input channels or features. */
  readonly build: (size: number, place: Place) => M
  /** A size that the layer takes whatever its other settings are, for trying them out. */
  readonly example: number
  /** The size that an input has; undefined for one of a rank that the layer does not take. */
  readonly sizeOf: (input: Tensor) => number | undefined
  /** Inputs that the layer takes, in words. */
  readonly takes: string
  /** The size that goes with a state, by the layer's own names; undefined if it does not tell. */
  readonly sizeIn: (given: (name: string) => Tensor | undefined) => number | undefined
}

/** A layer before its first input. Its constructor checks all settings but the size. */
export abstract class Lazy<M extends Becoming> extends Module {
  readonly #rules: LazyRules<M>
  #place: Place
  /** Names of the parameters and buffers to come. */
  readonly #names: readonly string[]
  readonly #shown: string

  protected constructor(place: Place, rules: LazyRules<M>) {
    super()
    this.#rules = rules
    const { dtype, device } = place
    this.#place = { ...(dtype && { dtype }), ...(device && { device }) }
    const drawn = device ?? defaultDevice()
    const position = randomPosition(drawn)
    const example = this.#build(rules.example)
    setRandomPosition(drawn, position)
    this.#names = Object.keys(example.stateDict())
    this.#shown = example
      .toString()
      .replace(/^\w+\(\w+/, '?')
      .replace(/\)$/, '')
  }

  #build(size: number): M {
    return withTracer(undefined, () => this.#rules.build(size, this.#place))
  }

  /** Turns this very object into the layer for so many inputs: whoever holds it holds that layer from now on. */
  #become(size: number): void {
    const layer = this.#build(size)
    Object.setPrototypeOf(this, Object.getPrototypeOf(layer) as object)
    Object.assign(this, layer)
  }

  #tooEarly(what: string): NablaError {
    return new NablaError(
      'argument',
      `[${this.constructor.name}] ${what} has no parameters before its first input: call forward once, or load a state, ` +
        'before asking for parameters (for an optimizer, a state dict, freezing)',
    )
  }

  /** As the layer's that this becomes; an error before. */
  get weight(): M['weight'] {
    throw this.#tooEarly('the layer')
  }

  /** As the layer's that this becomes; an error before. */
  get bias(): M['bias'] {
    throw this.#tooEarly('the layer')
  }

  protected override namedTensors(path: string): never {
    throw this.#tooEarly(path ? `the layer "${path}"` : 'the layer')
  }

  /** To a device, or a float dtype: where parameters will be made. */
  protected override moveOwn(target: string): void {
    this.#place = { ...this.#place, ...(target in dtypes ? { dtype: target as DType } : { device: target }) }
  }

  protected override expectState(given: (name: string) => Tensor | undefined): readonly string[] {
    const size = this.#rules.sizeIn(given)
    if (!size) return this.#names
    this.#become(size)
    return []
  }

  /** The first input decides: then as the layer that this becomes. */
  forward(input: Tensor, ...others: readonly unknown[]): Tensor {
    const size = this.#rules.sizeOf(input)
    if (size === undefined)
      throw new NablaError(
        'shape',
        `[${this.constructor.name}] the input has shape ${showShape(input.shape)}; expected ${this.#rules.takes}`,
        { shape: input.shape },
      )
    this.#become(size)
    const { forward } = Object.getPrototypeOf(this) as { forward: (...inputs: unknown[]) => Tensor }
    return forward.call(this, input, ...others)
  }

  protected override extraRepr(): string {
    return this.#shown
  }
}
