/**
 * The threads that run programs, each with its own instances of the driver and of all kernels. Short runs are led by the thread that
 * asks for them; batches by a worker, the leader, so that the event loop lives. Helpers take part in both. Where memory cannot be
 * shared, or workers cannot be had, one thread does all of it, in slices.
 *
 * The first double of a batch is two words: whether somebody has taken the batch, and whether it is done (2: it has failed). So a thread
 * that cannot wait for the leader's turn does what the leader has not begun.
 */
import { NablaError } from '../../core/errors.js'
import { mathImports } from '../../render/wasm/index.js'
import type { Words } from '../loaded.js'
import { at, driver } from './driver.js'
import { type FunctionTable, maySleep, present, type WasmModule } from './engine.js'
import type { startWorker as start, Worker } from './host.node.js'
import type { Block, Memory } from './memory.js'
import { Slices } from './slices.js'
import { type Answer, type Begin, type KernelModule, workerScript } from './worker.js.js'

/** A run that takes longer, in nanoseconds, makes workers worth their start. */
const worthwhile = 3e5

interface Flight {
  readonly batch: Words
  readonly done: (error: unknown) => void
}

interface Driver {
  readonly module: WasmModule
  run(record: number): void
}

export class Threads {
  private readonly table: FunctionTable
  private readonly slices: Slices
  private readonly modules: KernelModule[] = []
  private readonly driver: Driver | undefined
  private readonly sleeps = maySleep()
  /** Memory of each thread for arrays of kernels; what older modules were given stays theirs. */
  private readonly scratch: Block[][] = []
  private workers: Worker[] = []
  private begun: Promise<void> | undefined
  private leading = false
  private sent = 0
  /** Batches that the leader has and has not answered for, by address. */
  private readonly flights = new Map<number, Flight>()

  constructor(
    private readonly memory: Memory,
    readonly count: number,
    private readonly notice: (text: string) => void,
    private readonly startWorker: typeof start,
  ) {
    this.table = new present.Table({ element: 'anyfunc', initial: 0 })
    this.slices = new Slices(memory, this.table)
    if (!memory.shared) return
    const module = new present.Module(driver())
    const env = { memory: memory.object, table: this.table, now: () => performance.now(), maySleep: Number(this.sleeps) }
    const { run } = new present.Instance(module, { env }).exports as unknown as Driver
    this.driver = { module, run }
    memory.words[at.active / 4] = 1
  }

  /** Makes the kernels of a module known to all threads; gives the table's entry of the first. */
  install(module: WasmModule, count: number, scratchBytes: number): number {
    const scratch = this.scratchFor(scratchBytes).map(({ address }) => address)
    const imports = { env: { memory: this.memory.object, scratch: scratch[0] }, math: mathImports }
    const { exports } = new present.Instance(module, imports)
    const first = this.table.grow(count)
    for (let i = 0; i < count; i++) this.table.set(first + i, exports[`k${i}`])
    const message: KernelModule = { module, first, count, scratch }
    if (!this.driver) return first
    this.modules.push(message)
    this.sent++
    for (const worker of this.workers) worker.post(message)
    // After the message, so that a helper that leaves the driver for it finds it. Launches stay odd or even.
    const { words } = this.memory
    Atomics.store(words, at.messages / 4, this.sent)
    Atomics.add(words, at.launches / 4, 2)
    Atomics.notify(words, at.launches / 4)
    return first
  }

  /** Resolves when the workers are there, or it is known that they will not be. */
  async ready(): Promise<void> {
    this.begin()
    for (const worker of this.workers) worker.hold(true)
    await this.begun
    for (const worker of this.workers) worker.hold(this.flights.size > 0)
  }

  /** Does a run, here and now. */
  run(run: Words): void {
    if (!this.driver) return this.slices.run(run)
    this.driver.run(run.address)
    this.checkHelpers()
    if (!this.begun && run.values[2]! > worthwhile) this.begin()
  }

  /** Does a batch on the leader, or in slices; `done` is called at a later turn of the event loop. */
  runLater(batch: Words, done: (error: unknown) => void): void {
    this.begin()
    if (!this.leading) return this.slices.start(batch, done)
    this.flights.set(batch.address, { batch, done })
    const leader = this.workers[0]!
    leader.hold(true)
    leader.post({ batch: batch.address })
  }

  /** Returns when a batch is over that was given to `runLater`, or to nobody yet. */
  finish(batch: Words): void {
    if (!this.driver || this.slices.has(batch)) return this.slices.finish(batch)
    const state = this.stateOf(batch)
    if (Atomics.compareExchange(state, 0, 0, 1) === 0) {
      for (const run of batch.values.slice(2)) this.driver.run(run)
      return this.checkHelpers()
    }
    while (Atomics.load(state, 1) === 0) if (this.sleeps) Atomics.wait(state, 1, 0)
    if (Atomics.load(state, 1) === 2) throw failed('on a worker')
  }

  /** Ends the workers. What is asked for afterwards runs on this thread. */
  end(): void {
    this.begun ??= Promise.resolve()
    this.leading = false
    if (this.driver) Atomics.store(this.memory.words, at.active / 4, 1)
    for (const worker of this.workers) worker.end()
    this.workers = []
    const flights = [...this.flights.values()]
    this.flights.clear()
    for (const { batch, done } of flights) {
      const [taken, over] = this.stateOf(batch)
      if (over === 1) done(undefined)
      else if (taken) done(failed('on a worker, which has ended'))
      else this.slices.start(batch, done)
    }
  }

  private begin(): void {
    if (!this.begun) this.begun = this.driver ? this.start(this.driver.module) : Promise.resolve()
  }

  private async start(driver: WasmModule): Promise<void> {
    const { modules, sent: read } = this
    try {
      const starts = Array.from({ length: this.count }, (_, self) => {
        const begin: Begin = { memory: this.memory.object, driver, self, modules, read }
        return this.startOne(begin)
      })
      await Promise.all(starts)
    } catch (error) {
      this.end()
      this.notice(`[wasm] worker threads cannot be had (${error}); one thread does all the work`)
    }
  }

  /** Resolves when the worker is ready; rejects if it never will be. One that ends later takes the others along. */
  private startOne(begin: Begin): Promise<void> {
    return new Promise((resolve, reject) => {
      let ready = false
      const message = ({ batch, error }: Answer): void => {
        if (batch !== undefined) return this.land(batch, error)
        ready = true
        if (begin.self === 0) this.leading = true
        else Atomics.store(this.memory.words, at.active / 4, this.count)
        resolve()
      }
      const failure = (reason: string): void => {
        if (!ready) return reject(reason)
        this.end()
        this.notice(`[wasm] a worker thread has ended (${reason}); one thread does all the work from now on`)
      }
      const name = begin.self === 0 ? 'nabla leader' : `nabla helper ${begin.self}`
      const worker = this.startWorker(workerScript, name, { message: (data) => message(data as Answer), failure })
      this.workers.push(worker)
      worker.post(begin)
    })
  }

  private land(address: number, error: string | undefined): void {
    const flight = this.flights.get(address)
    if (!flight) return
    this.flights.delete(address)
    if (this.flights.size === 0) this.workers[0]!.hold(false)
    flight.done(error === undefined ? undefined : failed(error))
  }

  private stateOf(batch: Words): Int32Array {
    return this.memory.words.subarray(batch.address / 4, batch.address / 4 + 2)
  }

  private checkHelpers(): void {
    if (Atomics.exchange(this.memory.words, at.failed / 4, 0)) throw failed('on a helper')
  }

  private scratchFor(bytes: number): readonly Block[] {
    const last = this.scratch.at(-1)
    if (last && last[0]!.bytes >= bytes) return last
    const blocks = Array.from({ length: this.driver ? this.count : 1 }, () => this.memory.block(bytes))
    this.scratch.push(blocks)
    return blocks
  }
}

const failed = (how: string): NablaError => new NablaError('device', `[wasm] a kernel has failed: ${how}`)
