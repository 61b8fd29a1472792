/**
 * Metrics that stream: `await metric.update(...)` for every batch, `metric.compute()` whenever the number is wanted,
 * `metric.reset()` before the next epoch. What is kept are sums and lists on the host, in float64, so that several metrics (of
 * workers, of parts of the data) can be merged.
 *
 * Only `update` is asynchronous: it reads tensors. Their computation starts at the call; a loop that must not wait may go on and
 * await later, but before `compute` or `reset`.
 */
import { NablaError } from '../core/errors.js'

/** Sums, which are added when metrics are merged, and lists, which are joined. */
export type State = Record<string, number | Float64Array | unknown[]>

/** A metric: what `update` counts, `compute` turns into a result. `Kept` is what it keeps, added up or joined by `merge`. */
export abstract class Metric<Kept extends State, Result> {
  protected state: Kept
  readonly #fresh: () => Kept

  constructor(fresh: () => Kept) {
    this.#fresh = fresh
    this.state = fresh()
  }

  /** Takes a batch in. Resolves when it is counted. */
  abstract update(...batch: never[]): Promise<void>

  /** The metric of everything since the last reset; NaN where there is nothing to compute it from. */
  abstract compute(): Result

  /** Forgets everything. */
  reset(): void {
    this.state = this.#fresh()
  }

  /** What was counted so far, for checkpoints: numbers, arrays and lists of plain data. */
  stateDict(): Kept {
    return structuredClone(this.state)
  }

  /** Takes over what `stateDict` gave, of a metric with the same settings. */
  loadStateDict(saved: Readonly<Kept>): void {
    const missing = Object.keys(this.state).filter((name) => !(name in saved))
    if (missing.length)
      throw new NablaError('data', `[${this.constructor.name}] the saved state lacks ${missing.join(', ')}`, { missing })
    this.state = structuredClone(saved)
  }

  /** Takes in what another metric of this kind has counted, as if it had been counted here. */
  merge(other: this): this {
    const mine: State = this.state
    const theirs: State = other.state
    for (const [name, value] of Object.entries(theirs)) {
      const own = mine[name]
      if (typeof own === 'number' && typeof value === 'number') mine[name] = own + value
      else if (Array.isArray(own) && Array.isArray(value)) own.push(...(value as unknown[]))
      else if (own instanceof Float64Array && value instanceof Float64Array && own.length === value.length)
        value.forEach((v, i) => (own[i]! += v))
      else
        throw new NablaError(
          'argument',
          `[merge] ${other.constructor.name} with other settings does not fit ${this.constructor.name}`,
          {
            state: name,
          },
        )
    }
    return this
  }
}
