/**
 * The wasm device: kernels rendered to WebAssembly, run on worker threads over one shared memory. It needs no compiler, so it serves
 * browsers, and Node where there is none. In a page it never holds up the main thread for longer than a part of a frame: what takes longer
 * runs on a worker if the page is cross-origin isolated, and else in slices; only `readSync` waits.
 */
import type { DType } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import type { Storage } from '../../graph/node.js'
import { renderWasm } from '../../render/wasm/index.js'
import type { Machine, Planning } from '../device.js'
import { Loaded, type Words } from '../loaded.js'
import { QueuedDevice } from '../queue.js'
import { MOST_THREADS } from './driver.js'
import { hasFma, keepsOrder, maySleep, missing, sharesMemory } from './engine.js'
import { shortRun, startWorker, threadCount } from './host.node.js'
import { Kernels, type Render } from './kernels.js'
import { type Block, Memory, WasmStorage, WasmWords } from './memory.js'
import { Threads } from './threads.js'

/** Multiply-adds and bytes in a nanosecond. */
const speed = { flops: 8, bytes: 5 }

export interface WasmOptions {
  /** Default: `NABLA_THREADS`, or the number of cores; 1 where memory cannot be shared. */
  readonly threads?: number
  /** Whether memory is shared with workers; default: where that is possible. */
  readonly shared?: boolean
  /** Pages of 64 KiB that the memory has at most; default: 65536, which is 4 GiB. */
  readonly maximumPages?: number
  readonly render?: Render
  readonly startWorker?: typeof startWorker
  /** Hears, once each, of things that cost time but not results. */
  readonly notice?: (text: string) => void
}

/** Whether there is a wasm device, and in a line what it is or why not. */
export function wasmStatus(): { readonly available: boolean; readonly detail: string } {
  const lacks = missing()
  if (lacks) return { available: false, detail: lacks }
  const threads = sharesMemory()
    ? `${threadsFor({})} threads`
    : 'one thread: this page is not cross-origin isolated, so memory cannot be shared (Cross-Origin-Opener-Policy, Cross-Origin-Embedder-Policy)'
  return { available: true, detail: `4 lanes of float32${hasFma() ? ', fused multiply-adds' : ''}; ${threads}` }
}

const threadsFor = ({ threads = threadCount(), shared = sharesMemory() }: WasmOptions): number =>
  shared ? Math.min(threads, MOST_THREADS) : 1

/** Tiles of 6 rows by 2 vectors where registers are used well and multiply-adds fused, of 4 by 2 elsewhere: measured. */
const wasmMachine = (threads: number): Machine => {
  const tile = hasFma() && keepsOrder() ? { registers: 15 } : { registers: 11, inFlight: 8 }
  return { lanes: 4, ...tile, threads, keeps: true, l1: 32 << 10, l2: 512 << 10 }
}

export class WasmDevice extends QueuedDevice<WasmStorage> {
  readonly name = 'wasm'
  readonly machine: Machine
  readonly threads: Threads
  private readonly memory: Memory
  private readonly kernels: Kernels

  constructor(options: WasmOptions = {}) {
    super()
    const lacks = missing()
    if (lacks) throw new NablaError('device', `[wasm] ${lacks}`)
    const { shared = sharesMemory(), maximumPages, notice = (text) => console.warn(`nabla: ${text}`) } = options
    const threads = threadsFor(options)
    this.machine = wasmMachine(threads)
    this.memory = new Memory(shared, maximumPages)
    this.threads = new Threads(this.memory, threads, notice, options.startWorker ?? startWorker)
    const [relaxed, inOrder] = [hasFma(), keepsOrder()]
    const render = options.render ?? ((kernels) => renderWasm(kernels, { relaxed, inOrder, shared }))
    this.kernels = new Kernels(this.memory, this.threads, render, !shared || maySleep())
  }

  protected override readonly shortRun = shortRun

  allocate(dtype: DType, size: number): WasmStorage {
    try {
      return new WasmStorage(this.memory, dtype, size)
    } catch (error) {
      if (this.idle) throw error
      this.finishAll() // Runs that wait keep their memory.
      return new WasmStorage(this.memory, dtype, size)
    }
  }

  protected isOwn(storage: Storage): storage is WasmStorage {
    return storage instanceof WasmStorage && storage.memory === this.memory
  }

  protected open(planning: Planning): Loaded {
    return new Loaded(this.kernels, planning, speed)
  }

  protected words(values: readonly number[]): WasmWords {
    return new WasmWords(this.memory, this.memory.block(8 * values.length), values)
  }

  protected block(bytes: number): Block {
    return this.memory.block(bytes)
  }

  protected runNow(run: Words): void {
    this.threads.run(run)
  }

  protected runLater(batch: Words, done: (error: unknown) => void): void {
    this.threads.runLater(batch, done)
  }

  protected finish(batch: Words): void {
    this.threads.finish(batch)
  }
}
