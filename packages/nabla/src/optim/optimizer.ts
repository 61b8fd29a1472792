/**
 * What all optimizers share: parameter groups, learning rates, state, saving. A learning rate lives in a tensor of rank 0, so that
 * changing it never compiles anything anew; the other settings are constants of the compiled step, which is traced again when one changes.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { untracked } from '../tensor/autograd.js'
import { currentTracer, pending, withTracer } from '../tensor/handle.js'
import { settleStep, stepDone } from '../tensor/realize.js'
import { dataNode, filledNode } from '../tensor/source.js'
import { Tensor } from '../tensor/tensor.js'
import { encode } from '../tensor/values.js'

export interface CommonOptions {
  /** Learning rate. */
  readonly lr?: number
}

/** Parameters with settings of their own; what is not given is the optimizer's default. */
export type GroupOptions<O> = { readonly params: Iterable<Tensor> } & Partial<O>

/** Settings as the optimizer uses them, all given. */
export type Settings = { readonly [key: string]: number | boolean | readonly number[] }

/** Parameters that are updated by the same settings. */
export class ParamGroup<S extends Settings> {
  #lr: number
  /** The learning rate as the compiled step reads it. */
  readonly #rate: Tensor

  constructor(
    readonly params: readonly Tensor[],
    lr: number,
    /** May be replaced: `group.options = { ...group.options, momentum: 0.5 }`. */
    public options: S,
  ) {
    this.#lr = checkRate(lr)
    this.#rate = withTracer(undefined, () => new Tensor(this.#written(lr)))
  }

  get lr(): number {
    return this.#lr
  }

  set lr(lr: number) {
    if (lr === this.#lr) return
    if (currentTracer())
      throw new NablaError('compile', 'a learning rate is set outside of compiled functions: they read it anew at every call')
    this.#lr = checkRate(lr)
    this.#rate.point(this.#written(lr))
  }

  /** The learning rate in the dtype of a parameter. */
  rateFor(parameter: Node): Node {
    const rate = this.#rate.node
    return rate.dtype === parameter.dtype ? rate : b.cast(rate, parameter.dtype)
  }

  #written(lr: number): Node {
    const first = this.params[0]!
    const dtype = this.params.some((p) => p.dtype === 'float64') ? 'float64' : 'float32'
    return dataNode(encode([lr], dtype), [], dtype, first.device)
  }
}

function checkRate(lr: number): number {
  if (!(lr >= 0 && lr < Infinity))
    throw new NablaError('argument', `the learning rate is ${lr}; expected a number of 0 or more`, { lr })
  return lr
}

/** A setting within [low, high), or [low, high] if `closed`. */
export function checkRange(name: string, value: number, low: number, high = Infinity, closed = false): number {
  if (!(value >= low && (value < high || (closed && value === high))))
    throw new NablaError(
      'argument',
      `${name} is ${value}; expected ${high === Infinity ? `a number of ${low} or more` : `${low} to ${high}${closed ? '' : ' (exclusive)'}`}`,
      { [name]: value },
    )
  return value
}

export interface OptimizerState {
  /** For each parameter, by its position over all groups: its tensors. They go on changing with the optimizer; clone() what must not. */
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor>>>>
  readonly paramGroups: readonly { readonly lr: number; readonly params: readonly number[]; readonly options: Settings }[]
}

export abstract class Optimizer<O extends CommonOptions, S extends Settings> {
  readonly paramGroups: ParamGroup<S>[] = []
  /** Tensors kept for each parameter, by name. */
  protected readonly state = new Map<Tensor, Map<string, Tensor>>()

  /** @param complete checks options and fills in defaults. */
  protected constructor(
    params: Iterable<Tensor> | readonly GroupOptions<O>[],
    private readonly options: O,
    private readonly defaultRate: number,
    private readonly complete: (options: O) => S,
  ) {
    const given = [...params] as (Tensor | GroupOptions<O>)[]
    if (given.length === 0) throw new NablaError('argument', `[${this.constructor.name}] there are no parameters to optimise`)
    if (given.every((p): p is Tensor => p instanceof Tensor)) this.addParamGroup({ params: given } as unknown as GroupOptions<O>)
    else for (const group of given) this.addParamGroup(group as GroupOptions<O>)
  }

  /** Adds parameters with settings of their own. */
  addParamGroup(group: GroupOptions<O>): void {
    const { params, ...own } = group
    const name = this.constructor.name
    const list = [...params]
    if (list.length === 0) throw new NablaError('argument', `[${name}] a parameter group is empty`)
    const known = new Set(this.paramGroups.flatMap((g) => g.params))
    for (const param of list) {
      if (!(param instanceof Tensor))
        throw new NablaError('argument', `[${name}] parameters are tensors, was given ${typeof param}`)
      if (param.requiresGrad && !param.isLeaf)
        throw new NablaError(
          'autograd',
          `[${name}] a tensor of shape ${showShape(param.shape)} is computed from others and cannot be optimised; give the leaves it was computed from`,
        )
      if (known.has(param))
        throw new NablaError('argument', `[${name}] a parameter of shape ${showShape(param.shape)} is given twice`)
      known.add(param)
    }
    const options = { ...this.options, ...own } as O
    this.paramGroups.push(new ParamGroup(list, options.lr ?? this.defaultRate, this.complete(options)))
  }

  /** The learning rate of all groups (reading: of the first). */
  get lr(): number {
    return this.paramGroups[0]!.lr
  }

  set lr(lr: number) {
    for (const group of this.paramGroups) group.lr = lr
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    settleStep()
    for (const group of this.paramGroups) for (const param of group.params) param.grad = null
  }

  /**
   * Updates every parameter that has a gradient. Inside a compiled function the gradients are used up here and are null afterwards.
   * If no parameter has one, backward was forgotten, or the optimizer holds parameters of a module that is used no more: an error.
   */
  step(): void {
    let used = 0
    const tracer = currentTracer()
    untracked(() => {
      for (const group of this.paramGroups) {
        const { options } = group
        tracer?.guard(() => group.options === options)
        const ready: { param: Tensor; grad: Node }[] = []
        for (const param of group.params) {
          const { grad } = param
          if (!grad) continue
          ready.push({ param, grad: grad.node })
          if (tracer) tracer.consume(grad)
          else pending.delete(grad)
        }
        used += ready.length
        if (ready.length) this.update(group, ready)
      }
    })
    if (used === 0)
      throw new NablaError(
        'autograd',
        `[${this.constructor.name}] none of the ${this.paramGroups.reduce((n, g) => n + g.params.length, 0)} parameters has a gradient: call backward() first; if it was called, ` +
          'the loss does not depend on these parameters (was their module replaced after the optimizer was made?), or a compiled step has used the gradients up',
      )
    stepDone()
  }

  /** One group's update; runs without recording. */
  protected abstract update(group: ParamGroup<S>, ready: readonly { param: Tensor; grad: Node }[]): void

  /** A tensor kept for a parameter, made on first use: of the parameter's shape, filled with `value`. */
  protected kept(param: Tensor, name: string, value = 0): Tensor {
    const tensors = this.tensorsOf(param)
    let tensor = tensors.get(name)
    if (!tensor)
      tensors.set(
        name,
        (tensor = withTracer(undefined, () => new Tensor(filledNode(value, param.shape, param.dtype, param.device)))),
      )
    return tensor
  }

  private tensorsOf(param: Tensor): Map<string, Tensor> {
    let tensors = this.state.get(param)
    if (!tensors) this.state.set(param, (tensors = new Map()))
    return tensors
  }

  /**
   * Counts a step for each parameter and returns the counts. Parameters that have always been updated together share one counter; when
   * some are left out, those that are updated get a counter of their own.
   */
  protected counted(ready: readonly { param: Tensor }[]): Map<Tensor, Node> {
    const active = new Set(ready.map(({ param }) => param))
    const byCounter = new Map<Tensor | undefined, Tensor[]>()
    for (const param of active) {
      const counter = this.tensorsOf(param).get('step')
      const group = byCounter.get(counter)
      if (group) group.push(param)
      else byCounter.set(counter, [param])
    }
    const counts = new Map<Tensor, Node>()
    for (const [counter, params] of byCounter) {
      const left = counter
        ? [...this.state].some(([param, tensors]) => tensors.get('step') === counter && !active.has(param))
        : false
      const own = counter && !left ? counter : this.counter(params[0]!, counter)
      for (const param of params) this.tensorsOf(param).set('step', own)
      own.adopt(b.add(own.node, 1))
      for (const param of params) counts.set(param, own.node)
    }
    return counts
  }

  /** A counter for parameters, at the value of another one. */
  private counter(like: Tensor, from: Tensor | undefined): Tensor {
    const dtype = like.dtype === 'float64' ? 'float64' : 'float32'
    if (from && currentTracer())
      throw new NablaError(
        'compile',
        `[${this.constructor.name}] parameters that were always updated together are now updated apart, inside a compiled function; put them into groups of their own, or take one such step uncompiled`,
      )
    return withTracer(undefined, () => {
      const start = from ? from.dataSync()[0]! : 0
      return new Tensor(filledNode(start, [], dtype, like.device))
    })
  }

  stateDict(): OptimizerState {
    const all = this.paramGroups.flatMap((group) => group.params)
    const positions = new Map(all.map((param, i) => [param, i]))
    return {
      state: Object.fromEntries(
        all.flatMap((param, i) => {
          const tensors = this.state.get(param)
          return tensors ? [[String(i), Object.fromEntries(tensors)]] : []
        }),
      ),
      paramGroups: this.paramGroups.map((group) => ({
        lr: group.lr,
        params: group.params.map((param) => positions.get(param)!),
        options: group.options,
      })),
    }
  }

  /** Takes over what `stateDict` gave, of an optimizer with the same groups. */
  loadStateDict(saved: OptimizerState): void {
    const name = this.constructor.name
    const counts = this.paramGroups.map((group) => group.params.length)
    const given = saved.paramGroups.map((group) => group.params.length)
    if (!sameShape(counts, given))
      throw new NablaError(
        'data',
        `[${name}] the saved state has groups of ${given.join(', ')} parameters, this optimizer of ${counts.join(', ')}`,
        { expected: counts, given },
      )
    const all = this.paramGroups.flatMap((group) => group.params)
    const wrong = Object.entries(saved.state).flatMap(([position, tensors]) =>
      Object.entries(tensors).flatMap(([key, tensor]) => {
        const param = all[Number(position)]
        return key === 'step' || (param && sameShape(param.shape, tensor.shape))
          ? []
          : [`${position}.${key} ${showShape(tensor.shape)}, parameter ${param ? showShape(param.shape) : 'missing'}`]
      }),
    )
    if (wrong.length) throw new NablaError('data', `[${name}] the saved state does not fit: ${wrong.join('; ')}`, { wrong })
    saved.paramGroups.forEach((group, i) => {
      const own = this.paramGroups[i]!
      own.lr = group.lr
      own.options = { ...own.options, ...group.options }
    })
    this.state.clear()
    const counters = new Map<number, Tensor>()
    for (const [position, tensors] of Object.entries(saved.state)) {
      const param = all[Number(position)]!
      for (const [key, tensor] of Object.entries(tensors)) {
        if (key === 'step') {
          const count = tensor.itemSync()
          let counter = counters.get(count)
          if (!counter)
            counters.set(
              count,
              (counter = new Tensor(filledNode(count, [], param.dtype === 'float64' ? 'float64' : 'float32', param.device))),
            )
          this.tensorsOf(param).set(key, counter)
        } else this.kept(param, key).assign(new Tensor(tensor.detach().to(param.device).type(param.dtype).node))
      }
    }
  }
}
