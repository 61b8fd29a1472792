/** Giving the event loop a turn, so that timers, sockets, signals and a page's frames are served in the middle of long work. */

/**
 * Calls `f` after what else waits for its turn: by setImmediate in Node; by a message in a page, where nested timers wait four milliseconds;
 * by a timer elsewhere.
 */
export function later(f: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(f)
  else if (typeof MessageChannel === 'function') {
    const { port1, port2 } = new MessageChannel()
    const heard = (): void => {
      port1.close()
      f()
    }
    Object.assign(port1, { onmessage: heard }) // Node's types have no such property
    port2.postMessage(0)
  } else setTimeout(f, 0)
}

/** Resolves at the next turn of the event loop. */
export const breathe = (): Promise<void> => new Promise((resolve) => later(resolve))
