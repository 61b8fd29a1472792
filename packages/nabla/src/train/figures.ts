/**
 * Figures on their way from the device: a program packs the sums of all of them into one small tensor, which is read once; the host makes
 * means of them. A figure of rank 0 is a mean over its batch and weighs as many rows as the batch has; one with more elements has a value
 * for each row (or token), which are added up exactly where they are truth values or counts.
 */
import { stack } from '../tensor/functions.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Figures } from './callback.js'
import type { Plain } from './plain.js'

/** Figures as a program returns them. */
export interface Packed {
  /** One number for each name. */
  readonly values: Tensor
  readonly names: readonly string[]
  /** How many values were added up; 0 for a mean over the batch. */
  readonly counts: readonly number[]
}

/** All figures in one tensor, cut from their graphs. */
export function pack(figures: Readonly<Record<string, Tensor>>): Packed {
  const entries = Object.entries(figures)
  const dtype = entries.some(([, { dtype }]) => dtype === 'float64') ? 'float64' : 'float32'
  const sums = entries.map(([, figure]) => {
    const value = figure.detach()
    return (value.shape.length === 0 ? value : value.sum()).to(dtype)
  })
  return {
    values: stack(sums),
    names: entries.map(([name]) => name),
    counts: entries.map(([, { shape, numel }]) => (shape.length === 0 ? 0 : numel)),
  }
}

/** Sums of figures by name, and the rows (or other elements) they are sums of. */
export class Means {
  private sums: Record<string, number> = {}
  private weights: Record<string, number> = {}
  /** A single mean is given back as it came, not divided by what it was multiplied with. */
  private single: Record<string, number> | undefined = {}

  /** Takes in what `pack` has packed, of a batch of `rows`. */
  add(values: ArrayLike<number>, { names, counts }: Omit<Packed, 'values'>, rows: number): void {
    const first = Object.keys(this.sums).length === 0
    if (!first) this.single = undefined
    names.forEach((name, i) => {
      const value = values[i]!
      const count = counts[i]!
      if (first && count === 0) this.single![name] = value
      this.sums[name] = (this.sums[name] ?? 0) + (count === 0 ? value * rows : value)
      this.weights[name] = (this.weights[name] ?? 0) + (count || rows)
    })
  }

  /** Adds the sums of others. */
  merge(others: Means): void {
    this.single = undefined
    for (const [name, sum] of Object.entries(others.sums)) {
      this.sums[name] = (this.sums[name] ?? 0) + sum
      this.weights[name] = (this.weights[name] ?? 0) + others.weights[name]!
    }
  }

  /** The means. */
  get figures(): Figures {
    return Object.fromEntries(
      Object.entries(this.sums).map(([name, sum]) => [name, this.single?.[name] ?? sum / this.weights[name]!]),
    )
  }

  /** For checkpoints. */
  get state(): Plain {
    return { sums: { ...this.sums }, weights: { ...this.weights } }
  }

  /** The means of a saved state. */
  static of(state: Plain): Means {
    const means = new Means()
    const { sums, weights } = state as { readonly sums: Record<string, number>; readonly weights: Record<string, number> }
    means.sums = { ...sums }
    means.weights = { ...weights }
    means.single = undefined
    return means
  }
}

/** A metric's result as figures: a number as it is, arrays and records of numbers as `name.part`; anything else is none. */
export function flatten(name: string, result: unknown): Figures {
  if (typeof result === 'number') return { [name]: result }
  if (typeof result !== 'object' || result === null || result instanceof Map) return {}
  const parts = Object.entries(result)
  return parts.every(([, part]) => typeof part === 'number')
    ? Object.fromEntries(parts.map(([part, value]) => [`${name}.${part}`, value as number]))
    : {}
}
