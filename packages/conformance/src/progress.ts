/** A bar on a terminal for runs that take more than two seconds; nothing elsewhere. */
import { Presets, SingleBar } from 'cli-progress'

export interface Progress {
  /** One more case is done. */
  advance(failed: boolean): void
  /** Takes the bar away: before a line is written, and at the end. */
  hide(): void
}

const patience = 2000

export function progressOf(total: number, out: NodeJS.WriteStream = process.stderr): Progress {
  const start = performance.now()
  let bar: SingleBar | undefined
  let done = 0
  let failures = 0
  const hide = (): void => {
    bar?.stop()
    bar = undefined
  }
  return {
    advance(failed) {
      done++
      if (failed) failures++
      if (!out.isTTY || performance.now() - start < patience) return
      if (!bar) {
        const format = '{bar} {value}/{total} cases, {failures} failed'
        bar = new SingleBar(
          { format, stream: out, hideCursor: true, clearOnComplete: true, fps: 10, linewrap: false, barsize: 24 },
          Presets.shades_classic,
        )
        bar.start(total, done, { failures })
      } else bar.update(done, { failures })
    },
    hide,
  }
}
