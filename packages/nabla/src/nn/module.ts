/**
 * Modules: objects that hold parameters, buffers and other modules in their fields, by PyTorch's names in camelCase. A field that is a
 * Parameter, a Buffer or a Module is found by itself; nothing has to be registered.
 */
import { type DType, dtypes, isFloat } from '../core/dtype.js'
import { NablaError, nearest, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import { noGrad } from '../tensor/differentiate.js'
import { aliasNode, currentTracer } from '../tensor/handle.js'
import { settleStep } from '../tensor/realize.js'
import { Tensor } from '../tensor/tensor.js'

/** A tensor that a module learns: found by `parameters()`, requires gradients unless told. */
export class Parameter extends Tensor {
  constructor(data: Tensor, requiresGrad = true) {
    super(data.requiresGrad ? aliasNode(data.node) : data.node)
    this.requiresGrad = requiresGrad
    if (data.node === this.node) data.point(aliasNode(this.node)) // the parameter's node is its own
  }
}

/** A tensor that belongs to a module's state but is not learned: running statistics. */
export class Buffer extends Tensor {
  constructor(
    data: Tensor,
    /** Part of the state dict. Default true. */
    readonly persistent = true,
  ) {
    super(data.requiresGrad ? aliasNode(data.node) : data.node)
    if (data.node === this.node) this.node.exposed = true
  }
}

export type StateDict = Record<string, Tensor>

export interface LoadResult {
  readonly missing: string[]
  readonly unexpected: string[]
}

export abstract class Module {
  #training = true

  /** Computes the module's result. */
  abstract forward(...inputs: never[]): unknown

  /** True while the module learns: dropout drops and batch statistics are used. See `train()` and `eval()`. */
  get training(): boolean {
    const mode = this.#training
    currentTracer()?.guard(() => this.#training === mode)
    return mode
  }

  /** Settings as they are written in the constructor, for printing. */
  protected extraRepr(): string {
    return ''
  }

  /** Modules directly inside, with their names. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module)
  }

  children(): Module[] {
    return this.namedChildren().map(([, child]) => child)
  }

  /** This module (named '') and all inside, outer before inner; a module that occurs twice is listed once. */
  namedModules(prefix = '', seen = new Set<Module>()): [string, Module][] {
    if (seen.has(this)) return []
    seen.add(this)
    return [[prefix, this], ...this.namedChildren().flatMap(([name, child]) => child.namedModules(join(prefix, name), seen))]
  }

  modules(): Module[] {
    return this.namedModules().map(([, module]) => module)
  }

  /** Parameters here and (unless `recurse` is false) inside, with their paths; one that is shared is listed once. */
  namedParameters(prefix = '', recurse = true): [string, Parameter][] {
    return this.gather((value): value is Parameter => value instanceof Parameter, prefix, recurse)
  }

  parameters(recurse = true): Parameter[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter)
  }

  namedBuffers(prefix = '', recurse = true): [string, Buffer][] {
    return this.gather((value): value is Buffer => value instanceof Buffer, prefix, recurse)
  }

  buffers(recurse = true): Buffer[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer)
  }

  private gather<T extends Tensor>(is: (value: unknown) => value is T, prefix: string, recurse: boolean): [string, T][] {
    const seen = new Set<T>()
    const found: [string, T][] = []
    for (const [path, module] of recurse ? this.namedModules(prefix) : [[prefix, this] as const])
      for (const [name, value] of Object.entries(module))
        if (is(value) && !seen.has(value)) {
          seen.add(value)
          found.push([join(path, name), value])
        }
    return found
  }

  /** Learning mode on (or off) here and in all modules inside. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode
    return this
  }

  /** Evaluation mode: no dropout, running statistics instead of a batch's. */
  eval(): this {
    return this.train(false)
  }

  requiresGrad_(wanted = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted
    return this
  }

  zeroGrad(): void {
    settleStep()
    for (const parameter of this.parameters()) parameter.grad = null
  }

  /** Calls `fn` with every module inside, then with this one. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn)
    fn(this)
    return this
  }

  /** Moves all parameters and buffers to a device, or casts the floating-point ones to a float dtype. */
  to(target: string): this {
    const cast = target in dtypes
    if (cast && !isFloat(target as DType))
      throw new NablaError('dtype', `[to] a module is cast to a float dtype, not ${target}`, { target })
    noGrad(() => {
      for (const tensor of [...this.parameters(), ...this.buffers()])
        if (!cast || isFloat(tensor.dtype)) {
          const moved = tensor.detach().to(target)
          if (moved.dtype !== tensor.dtype || moved.device !== tensor.device) tensor.adopt(moved.node)
        }
    })
    return this
  }

  /** Parameters and persistent buffers by path. They are the module's own tensors: clone() what must not change with it. */
  stateDict(prefix = ''): StateDict {
    const state: StateDict = {}
    for (const [path, module] of this.allModules(prefix))
      for (const [name, value] of Object.entries(module))
        if (value instanceof Parameter || (value instanceof Buffer && value.persistent)) state[join(path, name)] = value
    return state
  }

  /** As `namedModules`, but shared modules under each of their names. */
  private allModules(prefix: string): [string, Module][] {
    return [[prefix, this], ...this.namedChildren().flatMap(([name, child]) => child.allModules(join(prefix, name)))]
  }

  /**
   * Takes over values by name; parameters stay the same tensors, so an optimizer goes on with them. Names in snake case (`running_mean`)
   * are read as camel case. All names that are missing, unexpected or of another shape are listed in one error, and nothing is changed
   * then; `strict: false` loads what fits by name and reports the rest.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { readonly strict?: boolean } = {}): LoadResult {
    const own = this.stateDict()
    const given = new Map(Object.entries(state).map(([name, value]) => [name in own ? name : camel(name), value]))
    const missing = Object.keys(own).filter((name) => !given.has(name))
    const unexpected = [...given.keys()].filter((name) => !(name in own))
    const wrong = [...given].flatMap(([name, value]) => {
      const target = own[name]
      return target && !sameShape(target.shape, value.shape)
        ? [`${name} is ${showShape(value.shape)}, expected ${showShape(target.shape)}`]
        : []
    })
    const strict = options.strict ?? true
    if (wrong.length || (strict && (missing.length || unexpected.length))) {
      const hint = (name: string): string => {
        const near = nearest(name, missing)
        return near ? `${name} (did you mean ${near}?)` : name
      }
      const parts = [
        ...(missing.length ? [`missing: ${missing.join(', ')}`] : []),
        ...(unexpected.length ? [`unexpected: ${unexpected.map(hint).join(', ')}`] : []),
        ...(wrong.length ? [`of another shape: ${wrong.join('; ')}`] : []),
      ]
      throw new NablaError('data', `the state does not fit ${this.constructor.name}:\n  ${parts.join('\n  ')}`, {
        missing,
        unexpected,
        wrong,
      })
    }
    noGrad(() => {
      for (const [name, value] of given) {
        const target = own[name]
        if (target) target.assign(value.detach().to(target.device).type(target.dtype))
      }
    })
    return { missing, unexpected }
  }

  toString(): string {
    const children = this.namedChildren()
    const extra = this.extraRepr()
    if (children.length === 0) return `${this.constructor.name}(${extra})`
    const lines = children.map(([name, child]) => `  (${name}): ${child.toString().replaceAll('\n', '\n  ')}`)
    return `${this.constructor.name}(${extra}\n${lines.join('\n')}\n)`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** A module from one tensor to one tensor: what Sequential chains. */
export interface Layer extends Module {
  forward(input: Tensor): Tensor
}

const join = (prefix: string, name: string): string => (prefix ? `${prefix}.${name}` : name)

const camel = (path: string): string => path.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
