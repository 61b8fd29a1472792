/** Modules that hold modules in order. */
import { NablaError } from '../core/errors.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Layer, Module } from './module.js'

/** Layers one after the other. Named '0', '1', ..., or by the keys of a record: `new Sequential({ conv: ..., relu: ... })`. */
export class Sequential extends Module {
  readonly #layers = new Map<string, Layer>()

  constructor(...layers: readonly Layer[] | [Readonly<Record<string, Layer>>]) {
    super()
    const [first] = layers
    const entries =
      first && !(first instanceof Module) ? Object.entries(first) : layers.map((layer, i) => [String(i), layer as Layer] as const)
    for (const [name, layer] of entries) this.#layers.set(name, checkLayer('Sequential', layer))
  }

  override namedChildren(): [string, Module][] {
    return [...this.#layers]
  }

  get length(): number {
    return this.#layers.size
  }

  /** The layer at a position (negative from the end) or of a name. */
  at(position: number | string): Layer {
    const layer = typeof position === 'string' ? this.#layers.get(position) : [...this.#layers.values()].at(position)
    if (!layer)
      throw new NablaError('index', `[Sequential] there is no layer ${position}; it has ${[...this.#layers.keys()].join(', ')}`, {
        position,
      })
    return layer
  }

  append(layer: Layer): this {
    this.#layers.set(String(this.#layers.size), checkLayer('Sequential', layer))
    return this
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.#layers.values()
  }

  forward(input: Tensor): Tensor {
    let x = input
    for (const layer of this.#layers.values()) x = layer.forward(x)
    return x
  }
}

/** A list of modules, whose parameters are found; what is done with them is up to the owner. */
export class ModuleList<M extends Module = Module> extends Module {
  readonly #modules: M[]

  constructor(modules: Iterable<M> = []) {
    super()
    this.#modules = [...modules]
  }

  override namedChildren(): [string, Module][] {
    return this.#modules.map((module, i) => [String(i), module])
  }

  get length(): number {
    return this.#modules.length
  }

  at(position: number): M {
    const module = this.#modules.at(position)
    if (!module) throw new NablaError('index', `[ModuleList] there is no module ${position}; it has ${this.length}`, { position })
    return module
  }

  append(module: M): this {
    this.#modules.push(module)
    return this
  }

  [Symbol.iterator](): Iterator<M> {
    return this.#modules.values()
  }

  forward(): never {
    throw new NablaError('argument', '[ModuleList] a list of modules has no forward; call those of its modules')
  }
}

function checkLayer(op: string, layer: unknown): Layer {
  if (!(layer instanceof Module)) throw new NablaError('argument', `[${op}] takes modules, was given ${typeof layer}`)
  return layer as Layer
}
