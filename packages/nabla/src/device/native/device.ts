/**
 * The native device: programs run one after the other in the order they were launched. A short program that nothing waits
 * before runs at once on the calling thread, which costs a few microseconds; anything else goes through a queue and runs off
 * the main thread, several runs in one call, so that the event loop lives.
 *
 * A run that cannot be (its kernels do not compile, its memory is not there) marks what it should have written; whoever
 * reads that, now or through later runs, gets the error.
 */
import { dtypes } from '../../core/dtype.js'
import type { DType, TypedArray } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import type { Storage } from '../../graph/node.js'
import { renderFile, renderKernel } from '../../render/c.js'
import {
  type Device,
  type Executable,
  type KernelTime,
  type Machine,
  type Planning,
  type Program,
  planningOf,
} from '../device.js'
import { openRuntime } from './library.js'
import type { Runtime } from './library.js'
import { KernelLibrary, Loaded, Words } from './program.js'
import type { Render } from './program.js'
import { Block, NativeStorage } from './storage.js'
import { machineModel, threadCount } from './toolchain.js'

/** Milliseconds that a run may take on the calling thread. */
const shortRun = 12
/** Milliseconds that such runs may take together before the event loop gets a turn. */
const turn = 8
/** Milliseconds that a call off the main thread holds, about: readers wait for its end. */
const batchLength = 5
/** Runs that may stand in the queue, since each keeps its memory alive; then the caller has to wait for a batch. */
const mostQueued = 256

/** Calls off the main thread at a time, landed or not; koffi has room for 64. */
const mostAirborne = 32

/** Words of a run before its bound buffers: program, arena, nanoseconds taken, where to write the times of steps. */
const head = 4

interface Run {
  readonly loaded: Loaded
  readonly bindings: readonly NativeStorage[]
  readonly number: number
  readonly times: Words | undefined
  failure: NablaError | undefined
}

/** A batch on its way. It keeps alive whatever the runtime has the address of. */
interface Flight {
  readonly runs: readonly Run[]
  readonly sent: readonly { readonly run: Run; readonly words: Words; readonly arena: Block }[]
  readonly batch: Words
}

export interface NativeOptions {
  /** Default: `NABLA_THREADS`, or the number of cores. */
  readonly threads?: number
  readonly render?: Render
}

let opened: { runtime: Runtime } | { error: unknown } | undefined

/** The process's runtime; throws a NablaError of kind `device` that says what is missing. */
export function nativeRuntime(): Runtime {
  if (!opened) {
    try {
      opened = { runtime: openRuntime() }
    } catch (error) {
      opened = { error }
    }
  }
  if ('error' in opened) throw opened.error
  return opened.runtime
}

/** Whether there is a native device, and in a line or a few what it is or why not. */
export function nativeStatus(): { readonly available: boolean; readonly detail: string } {
  try {
    const { compiler, cache } = nativeRuntime()
    const { lanes } = machineModel(1)
    const kept = cache.lasting ? cache.folder : 'not kept on disk'
    return {
      available: true,
      detail: `${compiler.version}; ${threadCount()} threads, ${lanes} lanes of float32; compiled kernels: ${kept}`,
    }
  } catch (error) {
    return { available: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

export class NativeDevice implements Device {
  readonly name = 'native'
  readonly machine: Machine
  private readonly kernels: KernelLibrary
  private readonly queue: Run[] = []
  private flight: Flight | undefined
  /** Runs are numbered; those up to `done` are over. */
  private issued = 0
  private done = 0
  private waiting: { readonly number: number; readonly resolve: () => void }[] = []
  private unreported: NablaError | undefined
  /** One arena serves all programs, since they run one at a time. */
  private arena: Block | undefined
  private compiling: Loaded | undefined
  private spent = 0
  /** Calls off the main thread whose callbacks have not come back. */
  private airborne = 0
  private turnAsked = false

  constructor(
    readonly runtime: Runtime = nativeRuntime(),
    options: NativeOptions = {},
  ) {
    this.machine = machineModel(runtime.threads(options.threads ?? threadCount()))
    this.kernels = new KernelLibrary(runtime, this.machine, options.render ?? { kernel: renderKernel, file: renderFile })
  }

  /** Memory of `size` elements, whose values are undefined. Throws a NablaError of kind `memory`. */
  allocate(dtype: DType, size: number): NativeStorage {
    return new NativeStorage(this.runtime, dtype, size)
  }

  write(storage: Storage, data: TypedArray): void {
    const mine = own(storage)
    const { array } = dtypes[mine.dtype]
    if (data.length !== mine.size || !(data instanceof array))
      throw new NablaError(
        'argument',
        `${data.constructor.name}(${data.length}) does not fill a storage of ${array.name}(${mine.size})`,
        {
          dtype: mine.dtype,
          size: mine.size,
          length: data.length,
        },
      )
    this.drain(mine.last)
    mine.failure = undefined
    mine.view.set(data)
  }

  async read(storage: Storage): Promise<TypedArray> {
    const mine = own(storage)
    while (this.done < mine.last) await this.until(mine.last)
    return this.contents(mine)
  }

  readSync(storage: Storage): TypedArray {
    const mine = own(storage)
    this.drain(mine.last)
    return this.contents(mine)
  }

  peek(storage: Storage): TypedArray | undefined {
    const mine = own(storage)
    return this.done < mine.written || mine.failure ? undefined : mine.view
  }

  free(storage: Storage): void {
    const mine = own(storage)
    if (this.done >= mine.last) mine.free()
  }

  load(program: Program | Planning): Executable {
    const loaded = new Loaded(this.kernels, planningOf(program))
    const words = new Words(this.runtime, new Array<number>(head + loaded.bound.length).fill(0))
    return {
      run: (bindings) => this.launch(loaded, words, checked(loaded, bindings)),
      profile: async (bindings) => {
        const { steps } = loaded
        const times = new Words(
          this.runtime,
          steps.map(() => 0),
        )
        const run = this.enqueue(loaded, checked(loaded, bindings), times)
        await this.until(run.number)
        if (run.failure) throw run.failure
        return steps.map(({ name, flops, bytes }, i): KernelTime => ({ name, ms: times.values[i]! / 1e6, flops, bytes }))
      },
    }
  }

  async synchronize(): Promise<void> {
    await this.until(this.issued)
    const error = this.unreported
    this.unreported = undefined
    if (error) throw error
  }

  private contents({ view, failure }: NativeStorage): TypedArray {
    if (!failure) return view.slice()
    if (this.unreported === failure) this.unreported = undefined
    throw failure
  }

  private launch(loaded: Loaded, words: Words, bindings: readonly NativeStorage[]): void {
    const waits = this.done < this.issued || loaded.ms > shortRun || this.spent > turn || !loaded.settled
    if (waits) {
      this.enqueue(loaded, bindings, undefined)
      return
    }
    this.done = ++this.issued
    const failure = this.fill(words, loaded, bindings)
    if (failure) return this.spoil(loaded, bindings, failure)
    this.runtime.run(words.address)
    loaded.ms = words.values[2]! / 1e6
    this.spent += loaded.ms
    if (this.turnAsked) return
    this.turnAsked = true
    setImmediate(() => {
      this.turnAsked = false
      this.spent = 0
    })
  }

  private enqueue(loaded: Loaded, bindings: readonly NativeStorage[], times: Words | undefined): Run {
    if (this.queue.length >= mostQueued) this.drain(this.queue[0]!.number)
    const run: Run = { loaded, bindings: [...bindings], number: ++this.issued, times, failure: undefined }
    bindings.forEach((storage, i) => {
      storage.last = run.number
      if (loaded.bound[i]!.written) storage.written = run.number
    })
    this.queue.push(run)
    this.pump()
    return run
  }

  /** Writes what the runtime is to read; gives the reason where the run cannot be. */
  private fill({ values }: Words, loaded: Loaded, bindings: readonly NativeStorage[]): NablaError | undefined {
    const program = loaded.prepare()
    if (program instanceof NablaError) return program
    const bytes = loaded.arenaBytes
    if (!this.arena || this.arena.bytes < bytes) {
      try {
        this.arena = undefined
        this.arena = new Block(this.runtime, bytes)
      } catch (error) {
        return error as NablaError
      }
    }
    values[0] = program
    values[1] = this.arena.address
    for (let i = 0; i < bindings.length; i++) {
      const { address, failure } = bindings[i]!
      if (failure) return failure
      values[head + i] = address
    }
    return undefined
  }

  private spoil(loaded: Loaded, bindings: readonly NativeStorage[], failure: NablaError): void {
    this.unreported ??= failure
    loaded.bound.forEach(({ written }, i) => {
      if (written) bindings[i]!.failure = failure
    })
  }

  /** Sends what stands at the head of the queue on its way, if nothing else is under way. */
  private pump(): void {
    const first = this.queue[0]
    if (this.flight || !first) return
    if (!first.loaded.settled) {
      if (this.compiling === first.loaded) return
      this.compiling = first.loaded
      void first.loaded.compiled.then(() => {
        this.compiling = undefined
        this.pump()
      })
      return
    }
    // A loop that only reads synchronously gives callbacks no turn; there is room for so many of them.
    if (this.airborne >= mostAirborne) return
    this.flight = this.board()
    const { batch } = this.flight
    const flight = this.flight
    this.airborne++
    this.runtime.batchAsync(batch.address, (error) => {
      this.airborne--
      if (error) this.runtime.batch(batch.address) // No thread could be had.
      this.land(flight)
    })
  }

  /** The next batch: settled runs from the head of the queue. */
  private board(): Flight {
    const runs: Run[] = []
    for (let ms = 0; ms < batchLength && this.queue[0]?.loaded.settled; ms += runs.at(-1)!.loaded.ms)
      runs.push(this.queue.shift()!)
    const sent = runs.flatMap((run) => {
      const words = new Words(this.runtime, new Array<number>(head + run.bindings.length).fill(0))
      if (run.times) words.values[3] = run.times.address
      run.failure = this.fill(words, run.loaded, run.bindings)
      if (!run.failure) return [{ run, words, arena: this.arena! }]
      this.spoil(run.loaded, run.bindings, run.failure)
      return []
    })
    const batch = new Words(this.runtime, [0, sent.length, ...sent.map(({ words }) => words.address)])
    return { runs, sent, batch }
  }

  private land(flight: Flight): void {
    // The main thread was in a hurry and has done it (see drain).
    if (this.flight !== flight) return this.pump()
    this.flight = undefined
    for (const { run, words } of flight.sent) run.loaded.ms = words.values[2]! / 1e6
    this.done = flight.runs.at(-1)!.number
    this.spent = 0
    const ready = this.waiting.filter(({ number }) => number <= this.done)
    this.waiting = this.waiting.filter(({ number }) => number > this.done)
    for (const { resolve } of ready) resolve()
    this.pump()
  }

  /** Resolves when that run is over, well or not. */
  private until(number: number): Promise<void> {
    return this.done >= number ? Promise.resolve() : new Promise((resolve) => this.waiting.push({ number, resolve }))
  }

  /** The same here and now: runs whatever stands before, and waits for what is under way. */
  private drain(number: number): void {
    while (this.done < number) {
      if (!this.flight) {
        this.queue[0]!.loaded.prepare()
        this.flight = this.board()
      }
      const { flight } = this
      this.runtime.batch(flight.batch.address)
      this.land(flight)
    }
  }
}

function own(storage: Storage): NativeStorage {
  if (storage instanceof NativeStorage) return storage
  throw new NablaError('device', `a storage of device ${storage.device} was given to device native`, { device: storage.device })
}

function checked(loaded: Loaded, bindings: readonly Storage[]): readonly NativeStorage[] {
  const { bound } = loaded
  if (bindings.length !== bound.length)
    throw new NablaError('argument', `the program binds ${bound.length} storages, ${bindings.length} were given`, {
      expected: bound.length,
      given: bindings.length,
    })
  for (let i = 0; i < bound.length; i++) {
    const storage = own(bindings[i]!)
    const { dtype, size } = bound[i]!
    if (storage.dtype !== dtype || storage.size < size)
      throw new NablaError('argument', `slot ${i} takes ${size} elements of ${dtype}, not ${storage.size} of ${storage.dtype}`, {
        slot: i,
        dtype,
        size,
      })
  }
  return bindings as readonly NativeStorage[]
}
