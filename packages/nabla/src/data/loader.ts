/** Batches of a data set: in order, shuffled by a seed or as a sampler says; made here or by workers. */
import { NablaError } from '../core/errors.js'
import { breathe } from '../core/turn.js'
import { toTensors } from './collate.js'
import { collateHost, type CollateOptions } from './collate-host.js'
import type { FieldTypes, MapStyleDataset } from './dataset.js'
import { type Draw, DrawError, drawSamples, errorOf, guarded, StreamReader } from './draw.js'
import {
  type BatchOf,
  checkOptions,
  type CollatingOptions,
  type DataLoaderOptions,
  isBatched,
  isMapStyle,
  type LoaderSource,
  type LoaderState,
  type SampleOf,
} from './loader-options.js'
import { RandomSampler, type Sampler, SequentialSampler } from './sampler.js'
import { type IterableDataset, type StreamDataset, streamOf } from './stream.js'
import { type Ticket, WorkerPool } from './workers.js'

/** Milliseconds of work after which the loader lets the event loop turn, so that signals, timers and sockets are served. */
const turn = 10

/** Ends the workers of loaders that nobody holds any more. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry((pool: WorkerPool) => pool.end())

/** The samples of an epoch's batches, by the batch's number. */
type Rows = (batch: number) => Uint32Array

/**
 * An async iterable over the batches of a data set; each `for await` over it is one epoch.
 *
 *     for await (const [images, labels] of new DataLoader(await mnist('train'), { batchSize: 256, shuffle: true })) ...
 *
 * What a data set by number or a stream gives is put together by `collate`; one in batches does that itself. An epoch has the same batches for
 * the same seed, whatever the number of `workers`.
 */
export class DataLoader<D extends LoaderSource = LoaderSource, Batch = BatchOf<D>> implements AsyncIterable<Batch> {
  /** Samples in a batch; the last may have fewer. */
  readonly batchSize: number
  /** Whether every epoch has an order of its own. */
  readonly shuffle: boolean
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean
  /** What the orders and the samples' random numbers follow from, together with the number of the epoch. */
  readonly seed: number
  /** Threads that make samples. */
  readonly workers: number
  /** Batches that each worker makes ahead. */
  readonly prefetch: number
  private readonly options: DataLoaderOptions & Partial<CollatingOptions<SampleOf<D>, Batch>>
  private readonly sampler: Sampler | undefined
  private readonly stream: StreamDataset<unknown> | undefined
  private pool: Promise<WorkerPool> | undefined
  /** Of the epoch that was begun last, or is to be begun: its number and the batches given out. */
  private position: { epoch: number; batch: number; begun: boolean }

  /** Where the samples come from. */
  readonly dataset: D

  constructor(dataset: D, options?: DataLoaderOptions)
  constructor(dataset: D, options: CollatingOptions<SampleOf<D>, Batch>)
  constructor(dataset: D, options: DataLoaderOptions & Partial<CollatingOptions<SampleOf<D>, Batch>> = {}) {
    checkOptions(options)
    this.dataset = dataset
    const { batchSize = 1, shuffle = false, dropLast = false, seed = 0, epoch = 0, workers = 0, prefetch = 2 } = options
    this.batchSize = batchSize
    this.shuffle = shuffle
    this.dropLast = dropLast
    this.seed = seed
    this.workers = workers
    this.prefetch = prefetch
    this.options = options
    this.position = { epoch, batch: 0, begun: false }
    if (isMapStyle(dataset) || isBatched(dataset)) this.sampler = this.samplerFor(dataset.length)
    else if (Symbol.asyncIterator in dataset || Symbol.iterator in dataset) this.stream = this.streamFor(dataset)
    else throw new NablaError('argument', '[DataLoader] expected a data set with get(index), batch(rows) or an iterator')
    if (!isMapStyle(dataset) && isBatched(dataset)) this.checkBatched()
  }

  private samplerFor(size: number): Sampler {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new NablaError('argument', `[DataLoader] the data set's length is ${size}: expected a whole number of 0 or more`)
    return this.options.sampler ?? (this.shuffle ? new RandomSampler(size) : new SequentialSampler(size))
  }

  private streamFor(dataset: IterableDataset): StreamDataset<unknown> {
    const { sampler, batchSampler } = this.options
    const what = this.shuffle ? 'shuffle' : sampler ? 'sampler' : batchSampler ? 'batchSampler' : undefined
    if (what)
      throw new NablaError(
        'argument',
        `[DataLoader] ${what}: a stream comes in its own order; that is for data sets with get(index)`,
      )
    return streamOf(dataset)
  }

  /** What asks for samples cannot be had from a data set that gives whole batches. */
  private checkBatched(): void {
    const names = (['collate', 'dtypes', 'padValue', 'lists'] as const).filter((name) => this.options[name] !== undefined)
    if (this.workers > 0) names.unshift('workers' as 'collate')
    if (names.length > 0)
      throw new NablaError(
        'argument',
        `[DataLoader] ${names.join(', ')}: the data set puts its batches together itself, batch(rows); that is for data sets with get(index)`,
      )
  }

  /** Number of the epoch that the next iteration draws; grows with each iteration begun, and may be set. */
  get epoch(): number {
    return this.position.epoch + (this.position.begun ? 1 : 0)
  }
  set epoch(epoch: number) {
    checkOptions({ epoch })
    this.position = { epoch, batch: 0, begun: false }
  }

  /** Batches in an epoch; Infinity for a stream that does not say. */
  get length(): number {
    if (this.options.batchSampler) return this.options.batchSampler.length
    const whole = (this.sampler ?? this.stream!).length
    if (whole === undefined) return Infinity
    return this.dropLast ? Math.floor(whole / this.batchSize) : Math.ceil(whole / this.batchSize)
  }

  /** Where the loader stands: after the last batch that an iteration over it has given out. `batches` does not change it. */
  state(): LoaderState {
    const { seed, batchSize, shuffle, dropLast, length, position } = this
    const over = position.batch >= length && position.begun
    const [epoch, batch] = over ? [position.epoch + 1, 0] : [position.epoch, position.batch]
    return { epoch, batch, seed, batchSize, shuffle, dropLast, batches: length === Infinity ? null : length }
  }

  /**
   * Takes up where another loader of the same data set stood: the next iteration gives the rest of that epoch. Throws NablaError('argument')
   * if this loader's batches are others.
   */
  load(state: LoaderState): void {
    const own = this.state()
    const odd = (['seed', 'batchSize', 'shuffle', 'dropLast', 'batches'] as const).find((name) => state[name] !== own[name])
    if (odd)
      throw new NablaError(
        'argument',
        `[DataLoader.load] ${odd} is ${own[odd]} here, but ${state[odd]} where the state comes from: the rest of that epoch would not be the same`,
        { [odd]: own[odd], state },
      )
    checkOptions({ epoch: state.epoch })
    this.checkStart(state.batch)
    this.position = { epoch: state.epoch, batch: state.batch, begun: false }
  }

  private checkStart(start: number): void {
    if (!Number.isSafeInteger(start) || start < 0 || start > this.length)
      throw new NablaError(
        'argument',
        `[DataLoader] batch ${start}: expected a whole number from 0 to ${this.length}, the batches in an epoch`,
      )
  }

  /** The batches of one epoch from batch `start` on (to go on in the middle of an epoch). Does not change `epoch`. */
  async *batches(epoch: number, start = 0): AsyncGenerator<Batch, void, undefined> {
    this.checkStart(start)
    yield* this.workers > 0 ? this.fromWorkers(epoch, start) : this.fromHere(epoch, start)
  }

  [Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { position } = this
    const began = position.begun ? { epoch: position.epoch + 1, batch: 0, begun: true } : { ...position, begun: true }
    this.position = began
    return this.counted(began)
  }

  private async *counted(began: { epoch: number; batch: number; begun: boolean }): AsyncGenerator<Batch, void, undefined> {
    for await (const batch of this.batches(began.epoch, began.batch)) {
      began.batch++
      yield batch
    }
    // At its end an epoch is the next one's beginning.
    if (this.position === began) this.position = { epoch: began.epoch + 1, batch: 0, begun: false }
  }

  /** Ends the workers; the next iteration starts others. They end by themselves when a loop is left early, or nobody holds the loader. */
  async close(): Promise<void> {
    const { pool } = this
    this.pool = undefined
    await pool?.then((p) => {
      forgotten.unregister(this)
      p.end()
    })
  }

  private rows(epoch: number): Rows {
    const { batchSampler } = this.options
    const { sampler, batchSize } = this
    if (batchSampler) {
      const all = batchSampler.batches(epoch, this.seed)
      return (batch) => all[batch]!
    }
    const order = sampler!.order(epoch, this.seed)
    return (batch) => order.slice(batch * batchSize, (batch + 1) * batchSize)
  }

  private async *fromHere(epoch: number, start: number): AsyncGenerator<Batch, void, undefined> {
    const reader = this.stream && new StreamReader(this.stream, this.batchSize, epoch)
    const rows = reader ? undefined : this.rows(epoch)
    await breathe() // Putting a large data set in order takes a while, as does a first batch.
    let since = performance.now()
    try {
      for (let i = start; i < this.length; i++) {
        const batch = await this.make({ seed: this.seed, epoch, batch: i }, rows?.(i), reader)
        if (!batch) return
        if (i === start || performance.now() - since > turn) {
          await breathe()
          since = performance.now()
        }
        yield batch.made
      }
    } finally {
      await reader?.close()
    }
  }

  /** A batch, made in this thread; undefined at the end of a stream. */
  private async make(
    draw: Draw,
    rows: Uint32Array | undefined,
    reader: StreamReader | undefined,
  ): Promise<{ made: Batch } | undefined> {
    const { dataset, options } = this
    const { collate, dtypes, padValue, lists } = options
    if (rows && isBatched(dataset) && !(isMapStyle(dataset) && (collate || dtypes || padValue !== undefined || lists)))
      return { made: (await dataset.batch(rows)) as Batch }
    try {
      const drawn = reader
        ? await reader.read(draw)
        : { rows: rows!, samples: await drawSamples(dataset as MapStyleDataset, rows!, draw) }
      if (this.isEnd(drawn.samples.length)) return undefined
      if (collate) return { made: await collate(drawn.samples as SampleOf<D>[]) }
      return { made: toTensors(guarded(() => collateHost(drawn.samples, drawn.rows, this.collating, this.types))) as Batch }
    } catch (error) {
      throw error instanceof DrawError ? errorOf(error.mishap, draw) : error
    }
  }

  /** Whether a stream's batch of so many samples is none. */
  private isEnd(samples: number): boolean {
    return this.stream !== undefined && (samples === 0 || (this.dropLast && samples < this.batchSize))
  }

  private get types(): FieldTypes | undefined {
    return this.stream ? this.stream.dtypes : (this.dataset as MapStyleDataset).dtypes
  }

  private get collating(): CollateOptions {
    const { dtypes, padValue, lists } = this.options
    return { dtypes, padValue, lists }
  }

  private async started(): Promise<WorkerPool> {
    if (this.pool && (await this.pool).ended) this.pool = undefined
    if (!this.pool) {
      const { collate } = this.options
      const init = {
        ...(collate ? {} : { collate: this.collating }),
        ...(this.stream ? { batchSize: this.batchSize } : {}),
      }
      this.pool = WorkerPool.start(this.workers, this.dataset, init)
      this.pool.then(
        (pool) => forgotten.register(this, pool, this),
        () => (this.pool = undefined),
      )
    }
    return this.pool
  }

  private async *fromWorkers(epoch: number, start: number): AsyncGenerator<Batch, void, undefined> {
    const pool = await this.started()
    const rows = this.stream ? undefined : this.rows(epoch)
    const iteration = pool.begin()
    const tickets: Ticket[] = []
    const { seed, length } = this
    let next = start
    let early = true
    const askAhead = (): void => {
      for (; tickets.length < this.workers * this.prefetch && next < length; next++) {
        const batchRows = rows?.(next)
        const task = { seed, epoch, batch: next, iteration, ...(batchRows ? { rows: batchRows } : {}) }
        // A stream's batches take turns: each worker knows which samples to leave to the others.
        tickets.push(pool.ask(task, rows ? undefined : next % pool.size))
      }
    }
    try {
      for (let i = start; i < length; i++) {
        askAhead()
        const ticket = tickets.shift()!
        const answer = await pool.wait(ticket)
        if ('mishap' in answer) throw errorOf(answer.mishap, { seed, epoch, batch: i }, ticket.worker)
        if (this.isEnd(answer.count)) break
        const made =
          'batch' in answer ? (toTensors(answer.batch) as Batch) : await this.options.collate!(answer.samples as SampleOf<D>[])
        ticket.release()
        askAhead()
        yield made
      }
      early = false
    } finally {
      for (const ticket of tickets) void ticket.answer.then(ticket.release)
      pool.close(iteration, early)
    }
  }
}
