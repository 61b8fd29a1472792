/** The native device: kernels compiled from C, which a small runtime in C runs on a pool of threads of its own. */
import type { DType } from '../../core/dtype.js'
import type { Storage } from '../../graph/node.js'
import { renderFile, renderKernel } from '../../render/c.js'
import type { Machine, Planning } from '../device.js'
import { Loaded } from '../loaded.js'
import { QueuedDevice } from '../queue.js'
import { openRuntime } from './library.js'
import type { Runtime } from './library.js'
import { ownCode } from './own-code.js'
import { PlanCache } from './plans.js'
import { KernelLibrary, NativeWords } from './program.js'
import type { Render } from './program.js'
import { Block, NativeStorage } from './storage.js'
import { machineModel, threadCount } from './toolchain.js'

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

/** Multiply-adds and bytes in a nanosecond. */
const speed = { flops: 20, bytes: 10 }

export class NativeDevice extends QueuedDevice<NativeStorage> {
  readonly name = 'native'
  readonly machine: Machine
  private readonly kernels: KernelLibrary

  constructor(
    readonly runtime: Runtime = nativeRuntime(),
    options: NativeOptions = {},
  ) {
    super()
    this.machine = machineModel(runtime.threads(options.threads ?? threadCount()))
    const { compiler, cache } = runtime
    const identity = (): string => [compiler.identity, JSON.stringify(this.machine), ownCode()].join('\0')
    this.kernels = options.render
      ? new KernelLibrary(runtime, this.machine, options.render)
      : new KernelLibrary(runtime, this.machine, { kernel: renderKernel, file: renderFile }, new PlanCache(cache, identity))
  }

  allocate(dtype: DType, size: number): NativeStorage {
    return new NativeStorage(this.runtime, dtype, size)
  }

  protected isOwn(storage: Storage): storage is NativeStorage {
    return storage instanceof NativeStorage
  }

  protected open(planning: Planning): Loaded {
    return new Loaded(this.kernels, planning, speed)
  }

  protected words(values: readonly number[]): NativeWords {
    return new NativeWords(this.runtime, values)
  }

  protected block(bytes: number): Block {
    return new Block(this.runtime, bytes)
  }

  protected runNow(run: NativeWords): void {
    this.runtime.run(run.address)
  }

  protected runLater(batch: NativeWords, done: (error: unknown) => void): void {
    this.runtime.batchAsync(batch.address, (error) => {
      if (error) this.runtime.batch(batch.address) // No thread could be had.
      done(undefined)
    })
  }

  protected finish(batch: NativeWords): void {
    this.runtime.batch(batch.address)
  }
}
