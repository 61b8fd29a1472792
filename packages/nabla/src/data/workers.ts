/** A loader's workers: batches are asked of whoever has least to do, and handed out in the order they were asked for. */
import { NablaError } from '../core/errors.js'
import type { Mishap } from './draw.js'
import { modulesOf, pack } from './pack.js'
import type { LoaderThread } from './worker.node.js'
import type { Answer, Task, WorkerInit } from './worker-main.js'

/** A batch that was asked for. */
export interface Ticket {
  readonly answer: Promise<Answer>
  /** Number of the worker that makes it. */
  readonly worker: number
  /** Gives back the memory in which the batch came. Once it is called, the answer's arrays are written over. */
  release(): void
}

interface Hand {
  thread: LoaderThread
  readonly waiting: Map<number, (answer: Answer) => void>
  /** Which pieces of its memory are in use. */
  readonly slots: boolean[]
}

/** Some workers with one data set. They do not keep the process alive, but while a batch is waited for. */
export class WorkerPool {
  private readonly hands: Hand[] = []
  private tasks = 0
  private iterations = 0
  private readonly open = new Set<number>()
  private holds = 0
  /** Whether it has ended, by itself or not. */
  ended = false

  private constructor() {}

  /** Starts `count` workers on a data set. Throws NablaError('argument') if that has no recipe. */
  static async start(count: number, dataset: unknown, init: Omit<WorkerInit, 'dataset'>): Promise<WorkerPool> {
    if (typeof process === 'undefined' || !process.versions?.node)
      throw new NablaError('argument', `[DataLoader] workers ${count}: they need Node's threads; in a browser leave workers at 0`)
    const packed = pack(dataset, 'the data set')
    const { loaderThreads } = await import('./worker.node.js')
    const start = loaderThreads({ ...init, dataset: packed }, modulesOf(packed))
    const pool = new WorkerPool()
    for (let i = 0; i < count; i++) {
      const waiting = new Map<number, (answer: Answer) => void>()
      const thread = start(`nabla-loader-${i}`, {
        answer: (answer) => {
          waiting.get(answer.id)?.(answer)
          waiting.delete(answer.id)
        },
        failure: (reason) => pool.fail(`worker ${i} has ended: ${reason}`),
      })
      pool.hands.push({ thread, waiting, slots: [] })
    }
    return pool
  }

  /** Number of workers. */
  get size(): number {
    return this.hands.length
  }

  /** Begins a loop over the loader; gives its number. */
  begin(): number {
    this.open.add(++this.iterations)
    return this.iterations
  }

  /** Ends a loop. A loop that was left early ends the workers, too, unless there are others. */
  close(iteration: number, early: boolean): void {
    this.open.delete(iteration)
    if (early && this.open.size === 0) this.end()
    else for (const { thread } of this.hands) thread.post({ close: iteration })
  }

  /** Asks for a batch: of this worker, or of the one with least to do. */
  ask(task: Omit<Task, 'id' | 'slot'>, which = this.leastBusy()): Ticket {
    const { thread, waiting, slots } = this.hands[which]!
    const free = slots.indexOf(false)
    const slot = free < 0 ? slots.length : free
    slots[slot] = true
    const id = this.tasks++
    const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    thread.post({ task: { ...task, id, slot } })
    return { answer, worker: which, release: () => void (slots[slot] = false) }
  }

  private leastBusy(): number {
    return this.hands.reduce((best, { waiting }, i) => (waiting.size < this.hands[best]!.waiting.size ? i : best), 0)
  }

  /** Waits for an answer; meanwhile the process stays alive. */
  async wait({ answer }: Ticket): Promise<Answer> {
    this.hold(1)
    try {
      return await answer
    } finally {
      this.hold(-1)
    }
  }

  private hold(change: 1 | -1): void {
    this.holds += change
    if (this.holds === (change > 0 ? 1 : 0)) for (const { thread } of this.hands) thread.hold(change > 0)
  }

  /** Ends the workers, whatever they are at. */
  end(): void {
    this.fail('the workers were ended')
  }

  private fail(message: string): void {
    this.ended = true
    const mishap: Mishap = { message, name: 'Error', stack: message, kind: 'data', facts: {} }
    for (const { thread, waiting } of this.hands) {
      thread.end()
      for (const [id, resolve] of waiting) resolve({ id, mishap })
      waiting.clear()
    }
  }
}
