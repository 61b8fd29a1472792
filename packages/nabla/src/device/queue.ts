/**
 * Runs in the order they were launched, for devices whose programs run outside of JavaScript. A short program that nothing waits
 * before runs at once on the calling thread, which costs a few microseconds; anything else goes through a queue and runs off
 * the calling thread or in slices, several runs in one call, so that the event loop lives.
 *
 * A run that cannot be (its kernels do not compile, its memory is not there) marks what it should have written; whoever
 * reads that, now or through later runs, gets the error.
 */
import { dtypes } from '../core/dtype.js'
import type { DType, TypedArray } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { later } from '../core/turn.js'
import type { Storage } from '../graph/node.js'
import { type Device, type Executable, type KernelTime, type Machine, type Planning, type Program, planningOf } from './device.js'
import { type Loaded, RUN_HEAD, runWords, type Words } from './loaded.js'

/** Milliseconds that short runs may take together before the event loop gets a turn. */
const turn = 8
/** Milliseconds that a call off the calling thread holds, about: readers wait for its end. */
const batchLength = 5
/** Runs that may stand in the queue, since each keeps its memory alive; then the caller has to wait for a batch. */
const mostQueued = 256
/** Calls off the calling thread at a time, landed or not. */
const mostAirborne = 32

/** Memory of such a device, where its runtime can find it. */
export interface QueuedStorage extends Storage {
  readonly address: number
  /** The contents in the host's memory. */
  readonly view: TypedArray
  /** The number of the last run that uses it. */
  last: number
  /** The number of the last queued run that writes it. */
  written: number
  /** Another number after each change of the contents; of all storages with contents, no two have the same. */
  state: number
  /** Why the contents are not what they should be: the run that was to write them failed. */
  failure: NablaError | undefined
  /** Gives the memory back; nobody may use it afterwards. */
  free(): void
}

interface Block {
  readonly address: number
  readonly bytes: number
}

interface Run {
  readonly loaded: Loaded
  readonly bindings: readonly QueuedStorage[]
  readonly number: number
  readonly times: Words | undefined
  failure: NablaError | undefined
}

/** A batch on its way. It keeps alive whatever the runtime has the address of; once it has landed, that is the batch. */
interface Flight {
  runs: readonly Run[]
  sent: readonly { readonly run: Run; readonly words: Words; readonly arena: Block }[]
  readonly batch: Words
}

export abstract class QueuedDevice<S extends QueuedStorage> implements Device {
  abstract readonly name: string
  abstract readonly machine: Machine
  /** Milliseconds that a run may take on the calling thread. */
  protected readonly shortRun: number = 12
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
  /** Calls off the calling thread whose ends have not been heard of. */
  private airborne = 0
  private turnAsked = false
  private changes = 0
  /** Memory of programs that lasts from run to run. */
  private readonly kept = new WeakMap<Loaded, Block>()

  /** Memory of `size` elements, whose values are undefined. Throws a NablaError of kind `memory`. */
  abstract allocate(dtype: DType, size: number): S

  protected abstract isOwn(storage: Storage): storage is S
  protected abstract open(planning: Planning): Loaded
  protected abstract words(values: readonly number[]): Words
  protected abstract block(bytes: number): Block

  /** Does one run, here and now. Throws where a kernel fails. */
  protected abstract runNow(run: Words): void
  /** Does a batch without holding up the event loop. `done` is called later in any case, after the batch is over. */
  protected abstract runLater(batch: Words, done: (error: unknown) => void): void
  /** Returns when the batch is over that `runLater` was given, or that nobody was given yet. Throws where a kernel has failed. */
  protected abstract finish(batch: Words): void

  write(storage: Storage, data: TypedArray): void {
    const mine = this.own(storage)
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
    mine.state = ++this.changes
    mine.view.set(data)
  }

  async read(storage: Storage): Promise<TypedArray> {
    const mine = this.own(storage)
    while (this.done < mine.last) await this.until(mine.last)
    return this.contents(mine)
  }

  readSync(storage: Storage): TypedArray {
    const mine = this.own(storage)
    this.drain(mine.last)
    return this.contents(mine)
  }

  peek(storage: Storage): TypedArray | undefined {
    const mine = this.own(storage)
    return this.done < mine.written || mine.failure ? undefined : mine.view
  }

  free(storage: Storage): void {
    const mine = this.own(storage)
    if (this.done >= mine.last) mine.free()
  }

  load(program: Program | Planning): Executable {
    const loaded = this.open(planningOf(program))
    const words = this.words(new Array<number>(runWords(loaded.bound.length)).fill(0))
    return {
      run: (bindings) => this.launch(loaded, words, this.checked(loaded, bindings)),
      profile: async (bindings) => {
        const { steps } = loaded
        const times = this.words(steps.map(() => 0))
        const run = this.enqueue(loaded, this.checked(loaded, bindings), times)
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

  private contents({ view, failure }: QueuedStorage): TypedArray {
    if (!failure) return view.slice()
    if (this.unreported === failure) this.unreported = undefined
    throw failure
  }

  private launch(loaded: Loaded, words: Words, bindings: readonly S[]): void {
    const waits = this.done < this.issued || loaded.ms > this.shortRun || this.spent > turn || !loaded.settled
    if (waits) {
      this.enqueue(loaded, bindings, undefined)
      return
    }
    this.done = ++this.issued
    const failure = this.fill(words, loaded, bindings, undefined)
    if (failure) return this.spoil(loaded, bindings, failure)
    try {
      this.runNow(words)
    } catch (error) {
      return this.spoil(loaded, bindings, asFailure(error))
    }
    loaded.ms = words.values[2]! / 1e6
    this.spent += loaded.ms
    if (this.turnAsked) return
    this.turnAsked = true
    later(() => {
      this.turnAsked = false
      this.spent = 0
    })
  }

  private enqueue(loaded: Loaded, bindings: readonly S[], times: Words | undefined): Run {
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
  private fill(
    words: Words,
    loaded: Loaded,
    bindings: readonly QueuedStorage[],
    times: Words | undefined,
  ): NablaError | undefined {
    const program = loaded.prepare()
    if (program instanceof NablaError) return program
    let arena: Block
    let kept: Block | undefined
    try {
      arena = this.arenaOf(loaded.arenaBytes)
      kept = this.keptBy(loaded)
    } catch (error) {
      return asFailure(error)
    }
    const { values } = words // Not before: they may have moved when memory was asked for.
    for (let i = 0; i < bindings.length; i++) {
      const { address, failure } = bindings[i]!
      if (failure) return failure
      values[RUN_HEAD + i] = address
    }
    values[RUN_HEAD + bindings.length] = kept?.address ?? 0
    const remaining = loaded.remaining((i) => bindings[i]!.state)
    for (let i = 0; i < bindings.length; i++) if (loaded.bound[i]!.written) bindings[i]!.state = ++this.changes
    values[0] = remaining?.address ?? program
    values[1] = arena.address
    if (times) values[3] = times.address + 8 * (remaining?.left ?? 0)
    return undefined
  }

  private arenaOf(bytes: number): Block {
    if (this.arena && this.arena.bytes >= bytes) return this.arena
    this.arena = undefined
    return (this.arena = this.block(bytes))
  }

  private keptBy(loaded: Loaded): Block | undefined {
    let block = this.kept.get(loaded)
    if (!block && loaded.keptBytes) this.kept.set(loaded, (block = this.block(loaded.keptBytes)))
    return block
  }

  private spoil(loaded: Loaded, bindings: readonly QueuedStorage[], failure: NablaError): void {
    this.unreported ??= failure
    loaded.forget()
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
    const flight = this.board()
    this.flight = flight
    this.airborne++
    this.runLater(flight.batch, (error) => {
      this.airborne--
      // The main thread may have been in a hurry and done it (see drain).
      if (this.flight === flight) this.land(flight, error)
      else this.pump()
    })
  }

  /** The next batch: settled runs from the head of the queue. */
  private board(): Flight {
    const runs: Run[] = []
    for (let ms = 0; ms < batchLength && this.queue[0]?.loaded.settled; ms += runs.at(-1)!.loaded.ms)
      runs.push(this.queue.shift()!)
    const sent = runs.flatMap((run) => {
      const words = this.words(new Array<number>(runWords(run.bindings.length)).fill(0))
      run.failure = this.fill(words, run.loaded, run.bindings, run.times)
      if (!run.failure) return [{ run, words, arena: this.arena! }]
      this.spoil(run.loaded, run.bindings, run.failure)
      return []
    })
    const batch = this.words([0, sent.length, ...sent.map(({ words }) => words.address)])
    return { runs, sent, batch }
  }

  private land(flight: Flight, error: unknown): void {
    this.flight = undefined
    for (const { run, words } of flight.sent) {
      run.loaded.ms = words.values[2]! / 1e6
      if (error === undefined) continue
      run.failure = asFailure(error)
      this.spoil(run.loaded, run.bindings, run.failure)
    }
    this.done = flight.runs.at(-1)!.number
    flight.runs = flight.sent = []
    this.spent = 0
    const ready = this.waiting.filter(({ number }) => number <= this.done)
    this.waiting = this.waiting.filter(({ number }) => number > this.done)
    for (const { resolve } of ready) resolve()
    this.pump()
  }

  /** Whether all that was launched is over. */
  protected get idle(): boolean {
    return this.done === this.issued
  }

  /** Ends all that was launched, here and now, so that the memory it needs can be given back. */
  protected finishAll(): void {
    this.drain(this.issued)
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
      let failure: unknown
      try {
        this.finish(flight.batch)
      } catch (error) {
        failure = error
      }
      this.land(flight, failure)
    }
  }

  private own(storage: Storage): S {
    if (this.isOwn(storage)) return storage
    throw new NablaError('device', `a storage of device ${storage.device} was given to device ${this.name}`, {
      device: storage.device,
    })
  }

  private checked(loaded: Loaded, bindings: readonly Storage[]): readonly S[] {
    const { bound } = loaded
    if (bindings.length !== bound.length)
      throw new NablaError('argument', `the program binds ${bound.length} storages, ${bindings.length} were given`, {
        expected: bound.length,
        given: bindings.length,
      })
    for (let i = 0; i < bound.length; i++) {
      const storage = this.own(bindings[i]!)
      const { dtype, size } = bound[i]!
      if (storage.dtype !== dtype || storage.size < size)
        throw new NablaError(
          'argument',
          `slot ${i} takes ${size} elements of ${dtype}, not ${storage.size} of ${storage.dtype}`,
          {
            slot: i,
            dtype,
            size,
          },
        )
    }
    return bindings as readonly S[]
  }
}

function asFailure(error: unknown): NablaError {
  if (error instanceof NablaError) return error
  return new NablaError('device', `a kernel has failed: ${error instanceof Error ? error.message : String(error)}`)
}
