/** Batches on the one thread that there is, a few milliseconds at a time, so that the event loop lives. */
import { later } from '../../core/turn.js'
import { RUN_HEAD, type Words } from '../loaded.js'
import type { FunctionTable } from './engine.js'
import type { Memory } from './memory.js'

/** Milliseconds between two turns of the event loop. */
const slice = 6
/** Milliseconds that a call of a kernel takes, about, where it has jobs enough. */
const callLength = 1

type JobFunction = (buffers: number, from: number, to: number) => void

/** One run, jobs in parts; a pause between them. The memory may have grown and moved after each. */
function* running(memory: Memory, table: FunctionTable, run: number): Generator<void, void> {
  const start = performance.now()
  const head = run / 8
  const at = (i: number): number => memory.doubles[i]!
  const [program, arena, times] = [at(head) / 8, at(head + 1), at(head + 3) / 8]
  const [steps, buffers] = [at(program), at(program + 1)]
  let p = program + 2
  for (let s = 0; s < steps; s++) {
    const began = performance.now()
    const kernel = table.get(at(p)) as JobFunction
    const [jobs, count] = [at(p + 1), at(p + 3)]
    p += 4
    const addresses = Array.from({ length: count }, (_, i) => {
      const bound = at(p + 2 * i)
      return (bound < 0 ? arena : at(head + RUN_HEAD + bound)) + at(p + 2 * i + 1)
    })
    p += 2 * count
    memory.words.set(addresses, buffers / 4)
    for (let from = 0, part = 1; from < jobs; ) {
      const to = Math.min(jobs, from + part)
      const before = performance.now()
      kernel(buffers, from, to)
      const ms = performance.now() - before
      from = to
      part = ms < callLength / 2 ? part * 2 : Math.max(1, Math.floor((part * callLength) / ms))
      yield
    }
    if (times) memory.doubles[times + s] = (performance.now() - began) * 1e6
  }
  memory.doubles[head + 2] = (performance.now() - start) * 1e6
}

export class Slices {
  private readonly works = new Map<Words, Generator<void, void>>()

  constructor(
    private readonly memory: Memory,
    private readonly table: FunctionTable,
  ) {}

  /** Does a run to its end. */
  run(run: Words): void {
    for (const _ of running(this.memory, this.table, run.address));
  }

  start(batch: Words, done: (error: unknown) => void): void {
    const work = this.work(batch)
    const turn = (): void => {
      const start = performance.now()
      try {
        while (performance.now() - start < slice) if (work.next().done) return end(undefined)
      } catch (error) {
        return end(error)
      }
      later(turn)
    }
    const end = (error: unknown): void => {
      this.works.delete(batch)
      done(error)
    }
    later(turn)
  }

  has(batch: Words): boolean {
    return this.works.has(batch)
  }

  /** Does what is left of the batch. */
  finish(batch: Words): void {
    for (const _ of this.work(batch));
    this.works.delete(batch)
  }

  private work(batch: Words): Generator<void, void> {
    const found = this.works.get(batch)
    if (found) return found
    const { memory, table } = this
    function* all(): Generator<void, void> {
      for (const run of batch.values.slice(2)) yield* running(memory, table, run)
    }
    const work = all()
    this.works.set(batch, work)
    return work
  }
}
