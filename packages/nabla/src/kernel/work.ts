/**
 * Long work in slices. Making a program from a graph takes a fraction of a second, during which an event loop should live; and it
 * works on tables of expressions that only one program at a time can use. So works stand in a queue: each is driven a few
 * milliseconds at a time when nobody waits for it, or to its end, with all before it, when somebody does.
 */
import { later } from '../core/turn.js'
import { forgetExpressions } from './expr.js'

/** Milliseconds between two turns of the event loop. */
const SLICE = 8

const queue: Work<unknown>[] = []
let driving = false

export class Work<T> {
  private steps: Generator<void, T> | undefined
  private outcome: { readonly value: T } | { readonly error: unknown } | undefined
  private waiting: (() => void)[] = []

  /** `make` is called when the works before are over; a `yield` in it is a place to pause. */
  constructor(private readonly make: () => Generator<void, T>) {
    queue.push(this as Work<unknown>)
    drive()
  }

  get settled(): boolean {
    return this.outcome !== undefined
  }

  /** Resolves when the work is over, well or not. */
  get over(): Promise<void> {
    return this.outcome ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve))
  }

  /** The result, here and now; throws what the work threw. */
  result(): T {
    while (!this.outcome) queue[0]!.advance(Infinity)
    if ('error' in this.outcome) throw this.outcome.error
    return this.outcome.value
  }

  /** Goes on for about `ms` milliseconds. */
  advance(ms: number): void {
    const start = performance.now()
    try {
      if (!this.steps) {
        forgetExpressions()
        this.steps = this.make()
      }
      do {
        const { done, value } = this.steps.next()
        if (done) return this.settle({ value })
      } while (performance.now() - start < ms)
    } catch (error) {
      this.settle({ error })
    }
  }

  private settle(outcome: { readonly value: T } | { readonly error: unknown }): void {
    this.outcome = outcome
    this.steps = undefined
    queue.splice(queue.indexOf(this as Work<unknown>), 1)
    for (const resolve of this.waiting) resolve()
    this.waiting = []
  }
}

/** Goes on with what stands in the queue, a slice in each turn of the event loop. */
function drive(): void {
  if (driving) return
  driving = true
  const turn = (): void => {
    queue[0]?.advance(SLICE)
    if (queue.length) later(turn)
    else driving = false
  }
  later(turn)
}
