/**
 * What all optimizers share: parameter groups, the step, state, saving. All numbers among the settings reach the formulas as scalars
 * (scalars.ts), so a schedule that changes a learning rate or a momentum never compiles anything anew; a switch does.
 */
import type { DType } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { untracked } from '../tensor/autograd.js'
import { currentTracer, pending, withTracer } from '../tensor/handle.js'
import { settleStep, stepDone } from '../tensor/realize.js'
import { filledNode } from '../tensor/source.js'
import { Tensor } from '../tensor/tensor.js'
import { type CommonOptions, type GroupOptions, ParamGroup, type Params, type Settings } from './group.js'
import type { Rule, Switches } from './rule.js'
import { type Clock, type Numbers, scalarsOfStep } from './scalars.js'

/** What `stateDict()` gives: plain data but for the tensors. */
export interface OptimizerState {
  /**
   * For each parameter, by its position over all groups: its tensors, and its counts as tensors of rank 0. The tensors go on changing with
   * the optimizer; clone() what must not.
   */
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor>>>>
  /** For each group the positions of its parameters, all settings, and where schedules started. */
  readonly paramGroups: readonly {
    readonly params: readonly number[]
    readonly options: Settings
    readonly initialLr?: number
  }[]
}

/** Weight decay among the scalars of a step, under a name that no rule gives to its own. */
const decay = '#decay'

interface Ready {
  readonly param: Tensor
  readonly grad: Node
}

/** What is kept for a parameter. */
interface Kept {
  /** Shared by those parameters of a group that have always been updated together. */
  clock: Clock
  readonly tensors: Map<string, Tensor>
}

/**
 * Updates parameters by their gradients. A subclass is a rule and its options; `step()` runs as it is or inside `compile`.
 */
export abstract class Optimizer<O extends CommonOptions> {
  /** Parameters with their settings; add more with `addParamGroup`. */
  readonly paramGroups: ParamGroup<Required<O> & Required<CommonOptions>>[] = []
  private readonly kept = new Map<Tensor, Kept>()
  /** Moves on whenever clocks are dealt out anew, on which compiled steps rely. */
  private deal = 0

  /** @param params tensors that are leaves, or groups of them with options of their own. */
  protected constructor(
    params: Params<O>,
    private readonly options: O,
    private readonly rule: Rule<Required<O> & Required<CommonOptions>>,
  ) {
    const given = [...params] as (Tensor | GroupOptions<O>)[]
    if (given.length === 0) throw new NablaError('argument', `[${this.name}] there are no parameters to optimise`)
    if (given.every((p): p is Tensor => p instanceof Tensor)) this.addParamGroup({ params: given } as unknown as GroupOptions<O>)
    else for (const group of given) this.addParamGroup(group as GroupOptions<O>)
  }

  private get name(): string {
    return this.constructor.name
  }

  /** Adds parameters with settings of their own. */
  addParamGroup(group: GroupOptions<O>): void {
    const { name } = this
    if (group instanceof Tensor || !group.params)
      throw new NablaError('argument', `[${name}] give either tensors or groups { params, ...options }`)
    const { params, ...own } = group
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
    this.paramGroups.push(new ParamGroup(list, { ...this.options, ...own } as never, this.rule, name))
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
        const { structure } = group
        tracer?.guard(() => group.structure === structure)
        const ready: Ready[] = []
        for (const param of group.params) {
          const { grad } = param
          if (!grad) continue
          ready.push({ param, grad: grad.node })
          if (tracer) tracer.consume(grad)
          else pending.delete(grad)
        }
        used += ready.length
        for (const [clock, members] of this.together(group, ready)) this.update(group, clock, members)
      }
    })
    if (used === 0)
      throw new NablaError(
        'autograd',
        `[${this.name}] none of the ${this.paramGroups.reduce((n, g) => n + g.params.length, 0)} parameters has a gradient: call backward() first; if it was called, ` +
          'the loss does not depend on these parameters (was their module replaced after the optimizer was made?), or a compiled step has used the gradients up',
      )
    const { deal } = this
    tracer?.guard(() => this.deal === deal)
    stepDone()
  }

  /** Parameters by their clock. Those that are updated while others of their clock are not get a clock of their own. */
  private together(group: ParamGroup<Required<O> & Required<CommonOptions>>, ready: readonly Ready[]): Map<Clock, Ready[]> {
    const byClock = new Map<Clock | undefined, Ready[]>()
    for (const one of ready) {
      const clock = this.kept.get(one.param)?.clock
      const members = byClock.get(clock)
      if (members) members.push(one)
      else byClock.set(clock, [one])
    }
    const counted = new Map<Clock, number>()
    for (const { clock } of this.kept.values()) counted.set(clock, (counted.get(clock) ?? 0) + 1)
    const result = new Map<Clock, Ready[]>()
    for (const [clock, members] of byClock) {
      if (clock && counted.get(clock) === members.length) result.set(clock, members)
      else {
        const own: Clock = clock ? { ...clock } : { step: 0, ...this.rule.clock?.(group.options) }
        for (const { param } of members) this.keep(param, own)
        result.set(own, members)
      }
    }
    return result
  }

  private keep(param: Tensor, clock: Clock): void {
    const kept = this.kept.get(param)
    if (kept) kept.clock = clock
    else this.kept.set(param, { clock, tensors: new Map() })
    this.deal++
  }

  /** The rule, for parameters of one group and one clock. */
  private update(group: ParamGroup<Required<O> & Required<CommonOptions>>, clock: Clock, members: readonly Ready[]): void {
    const { rule } = this
    const scalarsFor = scalarsOfStep(clock, (now): Numbers => {
      const settings = group.options
      const { lr, weightDecay } = settings
      return {
        ...rule.scalars(settings, now),
        ...(weightDecay && { [decay]: rule.decoupled ? 1 - lr * weightDecay : weightDecay }),
      }
    })
    const { options } = group
    const on = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, Boolean(value)])) as Switches<
      typeof options
    >
    const fills = rule.state(options)
    for (const { param, grad } of members) {
      // Half precision is too coarse for squares of gradients: its state and arithmetic are float32.
      const wide = param.dtype === 'float16' ? 'float32' : param.dtype
      const as = (node: Node, dtype: DType = wide): Node => (node.dtype === dtype ? node : b.cast(node, dtype))
      let p = as(param.node)
      let g = as(grad)
      const scalars = scalarsFor(p)
      const pull = scalars[decay]
      if (on.maximize) g = b.neg(g)
      if (pull && rule.decoupled) p = b.mul(p, pull)
      else if (pull) g = b.add(g, b.mul(p, pull))
      const tensors = Object.entries(fills).map(([name, value]) => [name, this.tensorOf(param, name, value)] as const)
      const state = Object.fromEntries(tensors.map(([name, tensor]) => [name, tensor.node]))
      const next = rule.update(p, g, state, scalars, on)
      for (const [name, tensor] of tensors) tensor.adopt(next[name]!)
      param.adopt(as(next.p, param.dtype))
    }
  }

  /** A tensor kept for a parameter, made on first use: of the parameter's shape, filled with `value`. */
  private tensorOf(param: Tensor, name: string, value: number): Tensor {
    const { tensors } = this.kept.get(param)!
    let tensor = tensors.get(name)
    if (!tensor) {
      const dtype = param.dtype === 'float16' ? 'float32' : param.dtype
      tensor = withTracer(undefined, () => new Tensor(filledNode(value, param.shape, dtype, param.device)))
      tensors.set(name, tensor)
    }
    return tensor
  }

  /** Everything that a resumed run needs, with the learning rates; names are PyTorch's in camelCase. */
  stateDict(): OptimizerState {
    const all = this.paramGroups.flatMap((group) => group.params)
    const positions = new Map(all.map((param, i) => [param, i]))
    return {
      state: Object.fromEntries(
        all.flatMap((param, i) => {
          const kept = this.kept.get(param)
          if (!kept) return []
          const counts = Object.entries(kept.clock).map(
            ([name, value]) => [name, new Tensor(filledNode(value, [], 'float64', param.device))] as const,
          )
          return [[String(i), Object.fromEntries([...counts, ...kept.tensors])]]
        }),
      ),
      paramGroups: this.paramGroups.map(({ params, options, initialLr }) => ({
        params: params.map((param) => positions.get(param)!),
        options: options as unknown as Settings,
        ...(initialLr !== undefined && { initialLr }),
      })),
    }
  }

  /** Takes over what `stateDict` gave, of an optimizer with the same groups. */
  loadStateDict(saved: OptimizerState): void {
    const { name, paramGroups } = this
    const counts = paramGroups.map((group) => group.params.length)
    const given = saved.paramGroups.map((group) => group.params.length)
    if (!sameShape(counts, given))
      throw new NablaError(
        'data',
        `[${name}] the saved state has groups of ${given.join(', ')} parameters, this optimizer of ${counts.join(', ')}`,
        { expected: counts, given },
      )
    const all = paramGroups.flatMap((group) => group.params.map((param) => ({ param, group })))
    const isCount = (key: string, at: (typeof all)[number]) =>
      key === 'step' || key in (this.rule.clock?.(at.group.options) ?? {})
    const wrong = Object.entries(saved.state).flatMap(([position, tensors]) =>
      Object.entries(tensors).flatMap(([key, tensor]) => {
        const at = all[Number(position)]
        if (at && sameShape(isCount(key, at) ? [] : at.param.shape, tensor.shape)) return []
        const expected = !at ? 'missing' : isCount(key, at) ? 'count []' : showShape(at.param.shape)
        return [`${position}.${key} ${showShape(tensor.shape)}, parameter ${expected}`]
      }),
    )
    if (wrong.length) throw new NablaError('data', `[${name}] the saved state does not fit: ${wrong.join('; ')}`, { wrong })

    saved.paramGroups.forEach(({ options, initialLr }, i) => {
      const own = paramGroups[i]!
      own.options = { ...own.options, ...(options as unknown as typeof own.options) }
      own.initialLr = initialLr
    })
    this.kept.clear()
    this.deal++
    const clocks = new Map<string, Clock>()
    for (const [position, tensors] of Object.entries(saved.state)) {
      const at = all[Number(position)]!
      const { param, group } = at
      const clock: Clock = { step: 0, ...this.rule.clock?.(group.options) }
      for (const [key, tensor] of Object.entries(tensors)) if (isCount(key, at)) clock[key] = tensor.itemSync()
      const id = `${paramGroups.indexOf(group)} ${JSON.stringify(clock)}`
      if (!clocks.has(id)) clocks.set(id, clock)
      this.keep(param, clocks.get(id)!)
      for (const [key, tensor] of Object.entries(tensors)) {
        if (isCount(key, at)) continue
        const own = this.tensorOf(param, key, 0)
        own.assign(new Tensor(tensor.detach().to(own.device).type(own.dtype).node))
      }
    }
  }
}
