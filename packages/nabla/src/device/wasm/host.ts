/** What the wasm device asks of the world around it, in browsers; `host.node.ts` is the same for Node. */

/** Threads that a computation may use. */
export const threadCount = (): number =>
  (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1

/** Milliseconds that a run may take on the thread that asks for it: on the main one of a page, less than a frame. */
export const shortRun = 4

/** A thread that runs a script. */
export interface Worker {
  post(message: object): void
  /** Whether it keeps the process alive; it does not unless told. */
  hold(alive: boolean): void
  end(): void
}

export interface WorkerEvents {
  message(data: unknown): void
  /** It could not start, or has ended by itself. */
  failure(reason: string): void
}

interface BrowserWorker {
  onmessage: (event: { readonly data: unknown }) => void
  onerror: (event: { readonly message?: string; preventDefault(): void }) => void
  postMessage(message: object): void
  terminate(): void
}

/** Starts a worker on a script; throws where that is forbidden. */
export function startWorker(script: string, name: string, { message, failure }: WorkerEvents): Worker {
  const page = globalThis as unknown as {
    readonly Worker: new (url: string, options: { name: string }) => BrowserWorker
  }
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  const worker = new page.Worker(url, { name })
  worker.onmessage = ({ data }) => message(data)
  worker.onerror = (event) => {
    event.preventDefault()
    failure(event.message ?? "the page's content security policy may forbid it: allow blob: in worker-src")
  }
  return {
    post: (data) => worker.postMessage(data),
    hold: () => {},
    end: () => {
      worker.terminate()
      URL.revokeObjectURL(url)
    },
  }
}

/** Finds what nobody holds any more, here and now; gives whether that is possible. */
export function collectGarbage(): boolean {
  return false
}
collectGarbage.possible = false
