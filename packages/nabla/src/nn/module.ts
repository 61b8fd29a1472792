/**
 * Modules: objects that hold parameters, buffers and other modules in their fields, by PyTorch's names in camelCase. A field that is a
 * Parameter, a Buffer or a Module is found by itself; nothing has to be registered.
 */
import { type DType, dtypes, isFloat } from '../core/dtype.js'
import { NablaError, unknownName } from '../core/errors.js'
import { noGrad } from '../tensor/differentiate.js'
import { aliasNode, currentTracer } from '../tensor/handle.js'
import { settleStep } from '../tensor/realize.js'
import { Tensor } from '../tensor/tensor.js'
import { addHook, type BackwardHook, type ForwardHook, type ForwardPreHook, type HookHandle } from './hooks.js'
import { byOwnName, camelPath, compareStates, type LoadResult, type StateDict } from './state.js'

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

/** What a module itself holds under a name. */
type Held = Parameter | Buffer

/**
 * The base of every layer and model: a subclass keeps parameters, buffers and modules in fields and computes in `forward`.
 *
 *     class Block extends nn.Module {
 *       readonly linear = new nn.Linear(4, 4)
 *       forward(x: Tensor): Tensor {
 *         return this.linear.forward(x).relu()
 *       }
 *     }
 */
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

  // -------------------------------------------------------------- what is inside

  /** Modules directly inside, with their names. */
  namedChildren(): [string, Module][] {
    return Object.entries(this).filter((entry): entry is [string, Module] => entry[1] instanceof Module)
  }

  /** Modules directly inside. */
  children(): Module[] {
    return this.namedChildren().map(([, child]) => child)
  }

  /** This module (named '') and all inside, outer before inner; a module that occurs twice is listed once. */
  namedModules(prefix = '', seen = new Set<Module>()): [string, Module][] {
    if (seen.has(this)) return []
    seen.add(this)
    return [[prefix, this], ...this.namedChildren().flatMap(([name, child]) => child.namedModules(join(prefix, name), seen))]
  }

  /** This module and all inside, each once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module)
  }

  /**
   * Parameters and buffers of this module itself, by name; a container that keeps them elsewhere than in fields says so here.
   * @param _path where the module lies, for errors.
   */
  protected namedTensors(_path: string): [string, Held][] {
    return Object.entries(this).filter(
      (entry): entry is [string, Held] => entry[1] instanceof Parameter || entry[1] instanceof Buffer,
    )
  }

  /** Parameters here and (unless `recurse` is false) inside, with their paths; one that is shared is listed once. */
  namedParameters(prefix = '', recurse = true): [string, Parameter][] {
    return this.gather((value): value is Parameter => value instanceof Parameter, prefix, recurse)
  }

  /** Parameters here and (unless `recurse` is false) inside, each once. */
  parameters(recurse = true): Parameter[] {
    return this.namedParameters('', recurse).map(([, parameter]) => parameter)
  }

  /** Buffers here and (unless `recurse` is false) inside, with their paths, each once. */
  namedBuffers(prefix = '', recurse = true): [string, Buffer][] {
    return this.gather((value): value is Buffer => value instanceof Buffer, prefix, recurse)
  }

  /** Buffers here and (unless `recurse` is false) inside, each once. */
  buffers(recurse = true): Buffer[] {
    return this.namedBuffers('', recurse).map(([, buffer]) => buffer)
  }

  private gather<T extends Held>(is: (value: Held) => value is T, prefix: string, recurse: boolean): [string, T][] {
    const seen = new Set<T>()
    const found: [string, T][] = []
    const modules: (readonly [string, Module])[] = recurse ? this.namedModules(prefix) : [[prefix, this]]
    for (const [path, module] of modules)
      for (const [name, value] of module.namedTensors(path))
        if (is(value) && !seen.has(value)) {
          seen.add(value)
          found.push([join(path, name), value])
        }
    return found
  }

  /** The module at a path such as `blocks.0.conv1`; '' is this one. A path that does not exist is an error. */
  getSubmodule(path: string): Module {
    let module: Module = this
    for (const name of path ? path.split('.') : []) {
      const children = new Map(module.namedChildren())
      const child = children.get(name)
      if (!child) throw unknownName('argument', `module in "${path}":`, name, [...children.keys()])
      module = child
    }
    return module
  }

  /** The parameter at a path such as `blocks.0.conv1.weight`. */
  getParameter(path: string): Parameter {
    return this.held('parameter', path, (value): value is Parameter => value instanceof Parameter)
  }

  /** The buffer at a path such as `bn1.runningMean`. */
  getBuffer(path: string): Buffer {
    return this.held('buffer', path, (value): value is Buffer => value instanceof Buffer)
  }

  private held<T extends Held>(what: string, path: string, is: (value: Held) => value is T): T {
    const dot = path.lastIndexOf('.')
    const owner: Module = this.getSubmodule(path.slice(0, Math.max(dot, 0)))
    const known = owner.namedTensors(path).filter((entry): entry is [string, T] => is(entry[1]))
    const found = known.find(([name]) => name === path.slice(dot + 1))
    if (found) return found[1]
    throw unknownName(
      'argument',
      `${what} of ${owner.constructor.name}`,
      path.slice(dot + 1),
      known.map(([name]) => name),
    )
  }

  // -------------------------------------------------------------- registering by name

  /**
   * Puts a parameter into the field `name`, or exchanges the one that is there: two modules that are given the same one share it.
   * null leaves the name without a parameter.
   */
  registerParameter(name: string, parameter: Parameter | null): void {
    this.register(name, parameter, Parameter)
  }

  /** Puts a tensor into the field `name` as a buffer; one that is not `persistent` (default true) stays out of the state dict. */
  registerBuffer(name: string, data: Tensor | null, options: { readonly persistent?: boolean } = {}): Buffer | null {
    const buffer = data && new Buffer(data, options.persistent ?? true)
    this.register(name, buffer, Buffer)
    return buffer
  }

  /** Puts a module into the field `name`, or exchanges the one that is there. */
  registerModule(name: string, module: Module | null): void {
    this.register(name, module, Module)
  }

  /** @param kind what a field of this name may hold so far, besides null. */
  private register(name: string, value: Held | Module | null, kind: abstract new (...args: never[]) => unknown): void {
    const held = Reflect.get(this, name) as unknown
    const free =
      held === undefined || held === null ? !(name in Module.prototype) : held instanceof kind && Object.hasOwn(this, name)
    if (name === '' || name.includes('.') || !free)
      throw new NablaError(
        'argument',
        name === '' || name.includes('.')
          ? `[register] "${name}" is no name: it may not be empty or hold a dot`
          : `[register] ${this.constructor.name} has something else under the name ${name}; take another name`,
        { name },
      )
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
  }

  // -------------------------------------------------------------- hooks (see hooks.ts)

  /** Runs `hook(module, inputs)` before every forward; an array that it returns takes the place of the arguments. */
  registerForwardPreHook<M extends Module>(this: M, hook: ForwardPreHook<M>): HookHandle {
    return addHook(this, 'pre', hook)
  }

  /** Runs `hook(module, inputs, output)` after every forward; what it returns, unless undefined, takes the place of the result. */
  registerForwardHook<M extends Module>(this: M, hook: ForwardHook<M>): HookHandle {
    return addHook(this, 'post', hook)
  }

  /**
   * Runs `hook(module, gradInputs, gradOutputs)` in the backward pass, when the gradients of all arguments are known; an array that it
   * returns takes the place of `gradInputs`. Where no argument requires gradients, it runs with the gradients of the results.
   */
  registerFullBackwardHook<M extends Module>(this: M, hook: BackwardHook<M>): HookHandle {
    return addHook(this, 'back', hook)
  }

  // -------------------------------------------------------------- modes

  /** Learning mode on (or off) here and in all modules inside. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode
    return this
  }

  /** Evaluation mode: no dropout, running statistics instead of a batch's. */
  eval(): this {
    return this.train(false)
  }

  /** Freezes all parameters (`false`), or lets them learn again. */
  requiresGrad_(wanted = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted
    return this
  }

  /** Forgets all gradients. */
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

  /** Moves all parameters and buffers to a device, or casts the floating-point ones to a float dtype; several targets in turn. */
  to(...targets: readonly string[]): this {
    for (const target of targets) {
      if (target in dtypes && !isFloat(target as DType))
        throw new NablaError('dtype', `[to] a module is cast to a float dtype, not ${target}`, { target })
      noGrad(() => {
        for (const module of this.modules()) module.moveOwn(target)
      })
    }
    return this
  }

  /** Casts all floating-point parameters and buffers to float32. */
  float(): this {
    return this.to('float32')
  }

  /** Casts all floating-point parameters and buffers to float64. */
  double(): this {
    return this.to('float64')
  }

  /** Casts all floating-point parameters and buffers to float16. */
  half(): this {
    return this.to('float16')
  }

  /** Moves or casts what this module itself holds. */
  protected moveOwn(target: string): void {
    for (const [, tensor] of this.namedTensors(''))
      if (!(target in dtypes) || isFloat(tensor.dtype)) {
        const moved = tensor.detach().to(target)
        if (moved.dtype !== tensor.dtype || moved.device !== tensor.device) tensor.adopt(moved.node)
      }
  }

  // -------------------------------------------------------------- states

  /**
   * Parameters and persistent buffers by path, shared ones under each of their names. They are the module's own tensors: clone() what
   * must not change with it.
   */
  stateDict(prefix = ''): StateDict {
    return this.stateOf(this.allModules(prefix))
  }

  private stateOf(modules: readonly (readonly [string, Module])[]): StateDict {
    const state: StateDict = {}
    for (const [path, module] of modules)
      for (const [name, value] of module.namedTensors(path))
        if (value instanceof Parameter || value.persistent) state[join(path, name)] = value
    return state
  }

  /** As `namedModules`, but shared modules under each of their names. */
  private allModules(prefix: string): [string, Module][] {
    return [[prefix, this], ...this.namedChildren().flatMap(([name, child]) => child.allModules(join(prefix, name)))]
  }

  /**
   * Called before a state is loaded: a layer whose sizes are not known yet takes them from it; if it cannot, it says which names it lacks.
   * @param _given looks up by the layer's own names.
   */
  protected expectState(_given: (name: string) => Tensor | undefined): readonly string[] {
    return []
  }

  /**
   * Takes over values by name; parameters stay the same tensors, so an optimizer goes on with them and shared ones stay shared. Names in
   * snake case (`running_mean`) are read as camel case. All names that are missing, unexpected or of another shape are listed in one
   * error, and no value is changed then; `strict: false` loads what fits by name and reports the rest (another shape is an error still).
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: { readonly strict?: boolean } = {}): LoadResult {
    const expected = new Map(Object.entries(state).map(([name, value]) => [camelPath(name), value]))
    const lacking: string[] = []
    const ready = this.allModules('').filter(([path, module]) => {
      const names = module.expectState((name) => expected.get(camelPath(join(path, name))))
      lacking.push(...names.map((name) => join(path, name)))
      return names.length === 0
    })
    const own = this.stateOf(ready)
    const given = byOwnName((name) => name in own, state)
    const result = compareStates(this.constructor.name, own, given, lacking, options.strict ?? true)
    noGrad(() => {
      for (const [name, value] of given) {
        const target = own[name]
        if (target) target.assign(value.detach().to(target.device).type(target.dtype))
      }
    })
    return result
  }

  // -------------------------------------------------------------- printing

  /** The modules inside as a tree, with their settings. */
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
