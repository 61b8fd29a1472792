/** Starting loader workers in Node. */
import { realpathSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, Worker } from 'node:worker_threads'
import { NablaError } from '../core/errors.js'
import { typescriptHooks } from './typescript.node.js'
import type { Answer, Order, WorkerInit } from './worker-main.js'

/** One thread that makes batches. */
export interface LoaderThread {
  post(order: Order): void
  /** Whether it keeps the process alive; it does not unless told. */
  hold(alive: boolean): void
  end(): void
}

/** What a thread tells. */
export interface LoaderThreadEvents {
  answer(answer: Answer): void
  /** It has ended by itself. */
  failure(reason: string): void
}

/** Runs as CommonJS or as a module, whatever the process's flags say of scripts without a name. */
const script = `import('node:worker_threads').then(async ({ parentPort, workerData }) => {
  globalThis[Symbol.for('nabla.loader-worker')] = true
  if (workerData.hooks) (await import('node:module')).register(workerData.hooks)
  const { serve } = await import(workerData.entry)
  parentPort.on('message', serve(workerData.init, (module) => import(module), (answer) => parentPort.postMessage(answer)))
})`

/** A function that starts threads on this data set. `modules` are the addresses of those it needs. */
export function loaderThreads(
  init: WorkerInit,
  modules: ReadonlySet<string>,
): (name: string, events: LoaderThreadEvents) => LoaderThread {
  checkModules(modules)
  const sources = import.meta.url.endsWith('.ts')
  const entry = new URL(sources ? './worker-main.ts' : './worker-main.js', import.meta.url).href
  const hooks = [entry, ...modules].some((module) => /\.[cm]?tsx?$/.test(module)) ? typescriptHooks() : undefined
  return (name, { answer, failure }) => {
    const worker = new Worker(script, { eval: true, name, workerData: { entry, hooks, init } })
    let ended = false
    const fail = (reason: string): void => {
      if (!ended) failure(reason)
      ended = true
    }
    worker.on('message', answer)
    worker.on('error', (error) => fail(error instanceof Error ? (error.stack ?? error.message) : String(error)))
    worker.on('exit', (code) => fail(`it ended with exit code ${code}`))
    worker.unref() // Not before: a listener for messages keeps the process alive.
    return {
      post: (order) => worker.postMessage(order),
      hold: (alive) => (alive ? worker.ref() : worker.unref()),
      end: () => {
        ended = true
        void worker.terminate()
      },
    }
  }
}

/** A worker that imports the program's main file would run the whole program. */
function checkModules(modules: ReadonlySet<string>): void {
  if (!isMainThread && (globalThis as Record<symbol, unknown>)[Symbol.for('nabla.loader-worker')])
    throw new NablaError(
      'argument',
      '[DataLoader] a loader worker has begun to draw from a loader with workers of its own: the module that it imports for its data set does more than to define it; put portable(...) into a module of its own',
    )
  const [, main] = process.argv
  if (main === undefined || !isMainThread) return
  for (const module of modules)
    if (module.startsWith('file:') && fileURLToPath(module) === realpath(main))
      throw new NablaError(
        'argument',
        `[DataLoader] ${pathToFileURL(main).pathname} is the program itself: workers import the modules of their data sets and transforms, and would run it once more; put portable(...) into a module of its own`,
        { module },
      )
}

function realpath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
