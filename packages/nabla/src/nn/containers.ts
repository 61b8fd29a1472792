/** Modules that hold modules or parameters: in order, or by name. */
import { NablaError, unknownName } from '../core/errors.js'
import { Tensor } from '../tensor/tensor.js'
import { type Layer, Module, Parameter } from './module.js'

/** The item at a position, counted from the end where it is negative. */
function itemAt<T>(container: Module, items: readonly T[], position: number): T {
  const item = items.at(position)
  if (item === undefined)
    throw new NablaError('index', `[${container.constructor.name}] there is no item ${position}; it has ${items.length}`, {
      position,
    })
  return item
}

function checkModule<M extends Module>(container: Module, module: M): M {
  if (module instanceof Module) return module
  const given = module === null ? 'null' : typeof module
  throw new NablaError('argument', `[${container.constructor.name}] takes modules, was given ${given}`)
}

function asParameter(container: Module, tensor: Tensor): Parameter {
  if (!(tensor instanceof Tensor))
    throw new NablaError('argument', `[${container.constructor.name}] takes parameters or tensors, was given ${typeof tensor}`)
  return tensor instanceof Parameter ? tensor : new Parameter(tensor)
}

/** Layers one after the other. Named '0', '1', ..., or by the keys of a record: `new Sequential({ conv: ..., relu: ... })`. */
export class Sequential extends Module {
  #layers: Map<string, Layer>

  constructor(...layers: readonly Layer[] | [Readonly<Record<string, Layer>>]) {
    super()
    const [first] = layers
    const named = first && !(first instanceof Module) ? Object.entries(first) : layers.map((layer, i) => [String(i), layer])
    this.#layers = new Map(named as [string, Layer][])
    for (const layer of this) checkModule(this, layer)
  }

  override namedChildren(): [string, Module][] {
    return [...this.#layers]
  }

  /** Number of layers. */
  get length(): number {
    return this.#layers.size
  }

  /** The layer at a position (negative from the end) or of a name. */
  at(position: number | string): Layer {
    return this.#layers.get(this.#nameOf(position))!
  }

  #nameOf(position: number | string): string {
    const names = [...this.#layers.keys()]
    if (typeof position === 'number') return itemAt(this, names, position)
    if (!this.#layers.has(position)) throw unknownName('index', 'layer of Sequential', position, names)
    return position
  }

  /** Exchanges the layer at a position or of a name. */
  set(position: number | string, layer: Layer): this {
    this.#layers.set(this.#nameOf(position), checkModule(this, layer))
    return this
  }

  /** Adds a layer at the end, under `name` or the number of layers so far. */
  append(layer: Layer, name = String(this.length)): this {
    if (this.#layers.has(name))
      throw new NablaError('argument', `[Sequential] there is a layer "${name}" already; give the new one another name`, { name })
    this.#layers.set(name, checkModule(this, layer))
    return this
  }

  /** Adds layers at the end. */
  extend(layers: Iterable<Layer>): this {
    for (const layer of [...layers]) this.append(layer)
    return this
  }

  /** Puts a layer before the one at `position`; all are named by their numbers then. */
  insert(position: number, layer: Layer): this {
    const layers = [...this]
    layers.splice(position, 0, checkModule(this, layer))
    this.#layers = new Map(layers.map((held, i) => [String(i), held]))
    return this
  }

  /** The layers from `start` to before `end`, under their names: the same layers, not copies. */
  slice(start?: number, end?: number): Sequential {
    const part = new Sequential()
    part.#layers = new Map([...this.#layers].slice(start, end))
    return part
  }

  [Symbol.iterator](): Iterator<Layer> {
    return this.#layers.values()
  }

  /** @param input what the first layer takes @returns what the last one gives */
  forward(input: Tensor): Tensor {
    let x = input
    for (const layer of this.#layers.values()) x = layer.forward(x)
    return x
  }
}

/** What holds items for its owner and computes nothing. */
abstract class Holder extends Module {
  /** There is nothing to compute here: an error that says so. */
  forward(): never {
    throw new NablaError('argument', `[${this.constructor.name}] only holds its items and has no forward; call what is in it`)
  }
}

/** Items in order, named '0', '1', ... */
abstract class HolderList<Given, T extends Given> extends Holder {
  protected readonly items: T[] = []

  constructor(items: Iterable<Given> = []) {
    super()
    this.extend(items)
  }

  /** The item as it is kept, checked. */
  protected abstract accept(item: Given): T

  /** Number of items. */
  get length(): number {
    return this.items.length
  }

  /** The item at a position, negative from the end. */
  at(position: number): T {
    return itemAt(this, this.items, position)
  }

  /** Exchanges the item at a position, negative from the end. */
  set(position: number, item: Given): this {
    this.at(position)
    this.items[position < 0 ? this.length + position : position] = this.accept(item)
    return this
  }

  /** Adds an item at the end. */
  append(item: Given): this {
    this.items.push(this.accept(item))
    return this
  }

  /** Adds items at the end. */
  extend(items: Iterable<Given>): this {
    for (const item of [...items]) this.append(item)
    return this
  }

  /** Puts an item before the one at `position`. */
  insert(position: number, item: Given): this {
    this.items.splice(position, 0, this.accept(item))
    return this
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items.values()
  }
}

/** Items by name. */
abstract class HolderDict<Given, T extends Given> extends Holder {
  protected readonly items = new Map<string, T>()

  constructor(items: Readonly<Record<string, Given>> = {}) {
    super()
    for (const [name, item] of Object.entries(items)) this.set(name, item)
  }

  /** The item as it is kept, checked. */
  protected abstract accept(item: Given): T

  /** Number of items. */
  get size(): number {
    return this.items.size
  }

  /** The item of a name; an error if there is none. */
  get(name: string): T {
    const item = this.items.get(name)
    if (!item) throw unknownName('index', `item of ${this.constructor.name}`, name, [...this.keys()])
    return item
  }

  /** Adds an item, or exchanges the one of that name. */
  set(name: string, item: Given): this {
    if (name === '' || name.includes('.'))
      throw new NablaError('argument', `[${this.constructor.name}] "${name}" is no name: it may not be empty or hold a dot`, {
        name,
      })
    this.items.set(name, this.accept(item))
    return this
  }

  /** Whether there is an item of a name. */
  has(name: string): boolean {
    return this.items.has(name)
  }

  /** Takes an item out; false if there is none of that name. */
  delete(name: string): boolean {
    return this.items.delete(name)
  }

  /** All names. */
  keys(): IterableIterator<string> {
    return this.items.keys()
  }

  /** All items. */
  values(): IterableIterator<T> {
    return this.items.values()
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return this.items.entries()
  }
}

/** Modules in order, named '0', '1', ...; what is done with them is up to the owner. */
export class ModuleList<M extends Module = Module> extends HolderList<M, M> {
  protected accept(module: M): M {
    return checkModule(this, module)
  }

  override namedChildren(): [string, Module][] {
    return this.items.map((module, i) => [String(i), module])
  }

  /** The modules from `start` to before `end`: the same modules, not copies. */
  slice(start?: number, end?: number): ModuleList<M> {
    return new ModuleList(this.items.slice(start, end))
  }
}

/** Modules by name; what is done with them is up to the owner. */
export class ModuleDict<M extends Module = Module> extends HolderDict<M, M> {
  protected accept(module: M): M {
    return checkModule(this, module)
  }

  override namedChildren(): [string, Module][] {
    return [...this.items]
  }
}

/** Parameters in order, named '0', '1', ... Tensors that are none yet become parameters. */
export class ParameterList extends HolderList<Tensor, Parameter> {
  protected accept(tensor: Tensor): Parameter {
    return asParameter(this, tensor)
  }

  protected override namedTensors(): [string, Parameter][] {
    return this.items.map((parameter, i) => [String(i), parameter])
  }
}

/** Parameters by name. Tensors that are none yet become parameters. */
export class ParameterDict extends HolderDict<Tensor, Parameter> {
  protected accept(tensor: Tensor): Parameter {
    return asParameter(this, tensor)
  }

  protected override namedTensors(): [string, Parameter][] {
    return [...this.items]
  }
}
