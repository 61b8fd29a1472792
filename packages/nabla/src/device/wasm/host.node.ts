/** What the wasm device asks of the world around it, in Node; browser bundles get `host.ts` in its place. */
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker as Thread } from 'node:worker_threads'
import type { Worker, WorkerEvents } from './host.js'

export type { Worker, WorkerEvents } from './host.js'

/** `NABLA_THREADS`, or the number of cores this process may use. */
export function threadCount(environment: NodeJS.ProcessEnv = process.env): number {
  const wanted = Number(environment.NABLA_THREADS)
  return Number.isInteger(wanted) && wanted > 0 ? wanted : availableParallelism()
}

/** Milliseconds that a run may take on the thread that asks for it. */
export const shortRun = 12

/** Starts a worker on a script. */
export function startWorker(script: string, name: string, { message, failure }: WorkerEvents): Worker {
  const worker = new Thread(script, { eval: true, name, execArgv: [], env: {} })
  let ended = false
  worker.on('message', message)
  worker.on('error', (error) => failure(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => ended || failure(`it ended with exit code ${code}`))
  worker.unref() // Not before: a listener for messages keeps the process alive.
  return {
    post: (data) => worker.postMessage(data),
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    end: () => {
      ended = true
      void worker.terminate()
    },
  }
}

let collect: (() => void) | undefined

/** Finds what nobody holds any more, here and now; gives whether that is possible. */
export function collectGarbage(): boolean {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  // What a weak reference was made to, or asked for, stays until microtasks have run; those of an empty context will do.
  runInNewContext('0', {}, { microtaskMode: 'afterEvaluate' })
  collect()
  return true
}
collectGarbage.possible = true
