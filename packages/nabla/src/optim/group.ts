/** Parameter groups: settings, checked as they are given, that schedules change while a model trains. */
import { NablaError, unknownName } from '../core/errors.js'
import { currentTracer } from '../tensor/handle.js'
import type { Tensor } from '../tensor/tensor.js'

/** What every optimizer takes. */
export interface CommonOptions {
  /** Learning rate. */
  readonly lr?: number
  /** Pulls parameters towards 0: adds weightDecay p to the gradient, unless the optimizer says otherwise. Default 0. */
  readonly weightDecay?: number
  /** Ascends instead. Default false. */
  readonly maximize?: boolean
}

/** What a setting may be. */
export type Setting = number | boolean | readonly number[]

/** Settings as they are saved, all given. */
export type Settings = Readonly<Record<string, Setting>>

/** Parameters with settings of their own; what is not given is the optimizer's default. */
export type GroupOptions<O> = { readonly params: Iterable<Tensor> } & Partial<O>

/** What an optimizer is made for: tensors, or groups of them. */
export type Params<O> = Iterable<Tensor> | readonly GroupOptions<O>[]

/** A setting (or each of its numbers) lies in [low, high), or in [low, high] where `closed`. */
export interface Limit {
  /** The least that is allowed. Default 0. */
  readonly low?: number
  /** What it must stay below. Default: no bound. */
  readonly high?: number
  /** Whether `high` itself is allowed. Default false. */
  readonly closed?: boolean
}

/** How settings are filled in and checked. */
export interface SettingRules<S> {
  /** Every setting there is, with its default. */
  readonly defaults: S
  /** Where settings may lie. Default: 0 or more. */
  readonly limits?: { readonly [K in keyof S]?: Limit }
  /** What one setting alone cannot tell; throws. */
  check?(settings: S): void
}

/** Parameters that are updated by the same settings. */
export class ParamGroup<S extends Required<CommonOptions>> {
  #options: S
  #structure = ''
  /** The learning rate that schedules start from; the first one sets it. */
  initialLr: number | undefined

  /** @param optimizer its name, for messages. */
  constructor(
    /** The parameters, in the order given. */
    readonly params: readonly Tensor[],
    options: Partial<S>,
    private readonly rules: SettingRules<S>,
    private readonly optimizer: string,
  ) {
    this.#options = this.#checked(options)
  }

  /** All settings. May be replaced, by checked ones: `group.options = { ...group.options, momentum: 0.5 }`. */
  get options(): S {
    return this.#options
  }

  set options(options: S) {
    this.#changes()
    this.#options = this.#checked(options)
  }

  #changes(): void {
    if (currentTracer())
      throw new NablaError(
        'compile',
        'settings of an optimizer are set outside of compiled functions, which read them anew at every call',
      )
  }

  /** Learning rate. A schedule that is stepped beyond its end may make it negative, as PyTorch allows. */
  get lr(): number {
    return this.#options.lr
  }

  set lr(lr: number) {
    if (lr === this.#options.lr) return
    this.#changes()
    checkSetting(this.optimizer, 'lr', lr, 0, { low: -Infinity })
    this.#options = { ...this.#options, lr }
  }

  /** What schedules call momentum: the setting of that name, or the first of `betas`; undefined where there is neither. */
  get momentum(): number | undefined {
    const { momentum, betas } = this.#options as { readonly momentum?: number; readonly betas?: readonly number[] }
    return momentum ?? betas?.[0]
  }

  set momentum(momentum: number) {
    const { betas } = this.#options as { readonly betas?: readonly number[] }
    if (this.momentum === undefined)
      throw new NablaError('argument', `[${this.optimizer}] there is no momentum to set`, { momentum })
    this.options = { ...this.#options, ...(betas ? { betas: [momentum, ...betas.slice(1)] } : { momentum }) }
  }

  /** @internal Which settings are on: what the formulas of a compiled step depend on. */
  get structure(): string {
    return this.#structure
  }

  #checked(given: Partial<S>): S {
    const { optimizer, rules } = this
    const known = rules.defaults as Readonly<Record<string, unknown>>
    const settings: Record<string, unknown> = { ...known }
    for (const [name, value] of Object.entries(given)) {
      if (!(name in known)) throw unknownName('argument', `option of ${optimizer}`, name, Object.keys(known))
      if (value === undefined) continue
      const held: Partial<S> | undefined = this.#options
      if (value !== held?.[name as keyof S])
        checkSetting(optimizer, name, value, known[name], rules.limits?.[name as keyof S] ?? {})
      settings[name] = value
    }
    const complete = settings as S
    rules.check?.(complete)
    this.#structure = Object.entries(settings)
      .filter(([name, value]) => name !== 'lr' && !Array.isArray(value) && value)
      .map(([name]) => name)
      .join()
    return complete
  }
}

function checkSetting(optimizer: string, name: string, value: unknown, like: unknown, limit: Limit): void {
  const refuse = (expected: string): never => {
    throw new NablaError('argument', `[${optimizer}] ${name} is ${String(value)}; expected ${expected}`, { [name]: value })
  }
  if (Array.isArray(like)) {
    if (!Array.isArray(value) || value.length !== like.length) refuse(`${like.length} numbers`)
    ;(value as unknown[]).forEach((v, i) => checkSetting(optimizer, `${name}[${i}]`, v, like[i], limit))
  } else if (typeof value !== typeof like) refuse(`a ${typeof like}`)
  else if (typeof value === 'number') {
    const { low = 0, high = Infinity, closed = false } = limit
    if (value >= low && (value < high || (closed && value === high))) return
    const above = low === -Infinity ? 'a finite number' : `a number of ${low} or more`
    refuse(high === Infinity ? above : `${low} to ${high}${closed ? '' : ' (exclusive)'}`)
  }
}
