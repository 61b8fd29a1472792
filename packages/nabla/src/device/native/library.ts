/**
 * The way from JavaScript into compiled code: the runtime (compiled, loaded, tested), addresses of array buffers, and the
 * addresses of compiled kernels. Opened once; what fails on the way is kept as the reason why there is no native device.
 */
import { createRequire } from 'node:module'
import type Koffi from 'koffi'
import { NablaError } from '../../core/errors.js'
import { cacheFolder, ObjectCache } from './cache.js'
import { CompileQueue } from './compile.js'
import { runtimeSource } from './runtime.c.js'
import { findCompilers } from './toolchain.js'
import type { Compiler } from './toolchain.js'

/** The functions of runtime.c.ts; addresses are numbers. */
export interface Runtime {
  readonly compiler: Compiler
  readonly cache: ObjectCache
  readonly queue: CompileQueue
  readonly koffiVersion: string
  run(record: number): void
  batch(batch: number): void
  batchAsync(batch: number, done: (error: unknown) => void): void
  /** How many threads take part from now on, the caller counted; gives how many there can be. */
  threads(wanted: number): number
  preferLargePages(address: number, bytes: number): void
  /** Loads an object and finds kernels in it; throws a NablaError of kind `device`. */
  symbols(path: string, names: readonly string[]): number[]
  /** Where the memory of a view that is not on V8's moving heap (one of an explicit ArrayBuffer) begins. */
  address(view: ArrayBufferView): number
}

export interface RuntimeOptions {
  readonly environment?: NodeJS.ProcessEnv
  /** Hears, once each, of things that cost time but not results. */
  readonly notice?: (text: string) => void
}

const stack = 8 << 20

/** Tries each compiler until one makes a runtime that runs; throws a NablaError of kind `device` that lists what failed. */
export function openRuntime(options: RuntimeOptions = {}): Runtime {
  const { environment = process.env, notice = (text: string) => console.error(`nabla: ${text}`) } = options
  const reasons: string[] = []
  let koffi: typeof Koffi | undefined
  let cache: ObjectCache | undefined
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  } catch (error) {
    reasons.push(`the package koffi does not load: ${text(error)}`)
  }
  for (const compiler of koffi ? findCompilers(environment) : []) {
    if (typeof compiler === 'string') {
      reasons.push(compiler)
      continue
    }
    try {
      cache ??= new ObjectCache(cacheFolder(environment), notice)
      return load(koffi!, compiler, cache)
    } catch (error) {
      reasons.push(`${compiler.command}: ${text(error)}`)
    }
  }
  throw new NablaError(
    'device',
    `the native device is not available:\n${reasons.map((r) => `  ${r}`).join('\n')}\nIt needs a C compiler (cc, gcc or clang; NABLA_CC names another).`,
    { reasons },
  )
}

/**
 * Compiles the runtime into the cache without holding up the event loop, so that `openRuntime` finds it there. What fails shows
 * when it is opened.
 */
export async function prepareRuntime(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  for (const compiler of findCompilers(environment)) {
    if (typeof compiler === 'string') continue
    try {
      const cache = new ObjectCache(cacheFolder(environment), () => {})
      await new CompileQueue(compiler, cache).compile(runtimeSource).ready
      return
    } catch {
      // The next compiler may do.
    }
  }
}

function load(koffi: typeof Koffi, compiler: Compiler, cache: ObjectCache): Runtime {
  const queue = new CompileQueue(compiler, cache)
  const path = queue.compile(runtimeSource).wait()
  // Kernels run on the stacks that koffi provides. This fails if the host program uses koffi already; its defaults do for most kernels.
  try {
    koffi.config({ sync_stack_size: stack, async_stack_size: stack })
  } catch {
    // Keeps what was configured.
  }
  const library = koffi.load(path)
  if (library.func('int nabla_hello(void)')() !== 1729) throw new Error('the compiled runtime loads, but gives a wrong result')
  const run = library.func('void nabla_run(double record)')
  const batch = library.func('void nabla_batch(double batch)')
  const open = library.func('double nabla_open(str path)')
  const symbol = library.func('double nabla_symbol(double object, str name)')
  const error = library.func('str nabla_error(void)')
  return {
    compiler,
    cache,
    queue,
    koffiVersion: koffi.version,
    run,
    batch,
    batchAsync: batch.async,
    threads: library.func('int nabla_threads(int wanted)'),
    preferLargePages: library.func('void nabla_prefer_large_pages(double start, double bytes)'),
    symbols(object, names) {
      const check = (value: number): number => {
        if (!value) throw new NablaError('device', `a compiled object does not load: ${String(error())}`, { object })
        return value
      }
      const handle = check(open(object))
      return names.map((name) => check(symbol(handle, name)))
    },
    address: (view) => Number(koffi.address(view)),
  }
}

const text = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replaceAll('\n', '\n    ')
