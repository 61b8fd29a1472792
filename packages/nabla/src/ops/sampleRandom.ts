/** A seeded generator with the few draws that random graphs need (mulberry32). */
import type { Shape } from '../core/shape.js'
import { sizeOf } from '../core/shape.js'

export class Random {
  private state: number
  constructor(seed: number) {
    this.state = (Math.imul(seed, 0x9e3779b9) ^ 0x5bd1e995) >>> 0
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let x = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(p: number): boolean {
    return this.next() < p
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!
  }

  weighted<T>(items: readonly (readonly [number, T])[]): T {
    let left = this.next() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) {
      left -= weight
      if (left < 0) return item
    }
    return items[items.length - 1]![1]
  }

  /** An extent: mostly small, sometimes one, sometimes one that fills vector lanes or just does not. */
  extent(): number {
    return this.weighted([
      [2, 1],
      [6, this.whole(2, 5)],
      [2, this.whole(6, 9)],
      [1.2, this.pick([16, 17, 32])],
    ] as const)
  }

  shape(maxElements: number): Shape {
    for (;;) {
      const shape = Array.from(
        {
          length: this.weighted([
            [0.5, 0],
            [2, 1],
            [4, 2],
            [3, 3],
            [1.5, 4],
          ] as const),
        },
        () => this.extent(),
      )
      if (sizeOf(shape) <= maxElements) return shape
    }
  }

  /** The numbers 0 to n - 1 in random order. */
  order(n: number): number[] {
    const order = Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.whole(0, i)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    return order
  }
}
