/** How far a run is: a bar on a terminal, a line now and then elsewhere. Also for data that is being fetched. */
import type { Progress } from '@nabla/labs'
import { Presets, SingleBar } from 'cli-progress'
import type { Report } from 'nabla/data'

export interface Out {
  write(text: string): unknown
  readonly isTTY?: boolean
}

export interface ProgressView {
  show(progress: Progress): void
  /** How far work is that is no training: so many of so many. */
  doing(text: string, done: number, total: number): void
  /** A line of text, above the bar where there is one. */
  line(text: string): void
  readonly report: Report
  /** Takes the bar away. */
  end(): void
}

/** `75 s`, `4 min 10 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  const s = Math.round(seconds)
  if (s < 100) return `${s} s`
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const describe = (p: Progress): string =>
  `loss ${p.loss.toFixed(4)}, accuracy ${percent(p.accuracy)}, ${Math.round(p.imagesPerSecond)} images/s, ${duration(p.secondsLeft)} left`

export const progressView = (out: Out & NodeJS.WritableStream): ProgressView => (out.isTTY ? terminalView(out) : plainView(out))

/** Milliseconds between two lines where there is no terminal, at least. */
const quiet = 10_000

/** Lines: the start of a fetch and its end, and a sign of life when there was nothing to say for ten seconds. */
export function plainView(out: Out, now: () => number = () => performance.now()): ProgressView {
  let last = now()
  let fetching = ''
  const clock = leftClock(now)
  const line = (text: string): void => {
    out.write(`${text}\n`)
    last = now()
  }
  return {
    show(p) {
      if (now() - last >= quiet) line(`epoch ${p.epoch}/${p.epochs}, step ${p.step}/${p.steps}: ${describe(p)}`)
    },
    doing(text, done, total) {
      const left = clock(text, done, total)
      if (now() - last >= quiet) line(`${text}: ${done} of ${total}, ${duration(left)} left`)
    },
    line,
    report(event) {
      if (event.kind === 'note') return line(event.text)
      const label = `${event.dataSet}: ${event.source.endsWith(event.file) ? '' : `${event.file} from `}${event.source}`
      if (event.done) line(`${label}: ${megabytes(event.loaded)}, done`)
      else if (label !== fetching) line(`${label} ...`)
      fetching = event.done ? '' : label
    },
    end() {},
  }
}

/** Seconds left of a work by what it has done since it was first heard of. */
function leftClock(now: () => number): (text: string, done: number, total: number) => number {
  let [current, since, from] = ['', 0, 0]
  return (text, done, total) => {
    if (text !== current || done < from) [current, since, from] = [text, now(), done]
    return (((now() - since) / (done - from)) * (total - done)) / 1000
  }
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

function terminalView(out: Out & NodeJS.WritableStream): ProgressView {
  let bar: SingleBar | undefined
  let kind = ''
  const clock = leftClock(() => performance.now())
  const open = (next: string, format: string, total: number, payload: object): SingleBar => {
    if (bar && kind === next) return bar
    end()
    kind = next
    bar = new SingleBar(
      { format, stream: out, hideCursor: true, clearOnComplete: true, fps: 10, linewrap: false, barsize: 24 },
      Presets.shades_classic,
    )
    bar.start(total, 0, payload)
    return bar
  }
  function end(): void {
    bar?.stop()
    bar = undefined
    kind = ''
  }
  return {
    show(p) {
      const payload = { epoch: `${p.epoch}/${p.epochs}`, text: describe(p) }
      open('train', ' epoch {epoch} {bar} {text}', p.steps, payload).update(p.step, payload)
    },
    doing(text, done, total) {
      const payload = { text, left: duration(clock(text, done, total)) }
      open(`doing ${text}`, ' {text} {bar} {value}/{total}, {left} left', total, payload).update(done, payload)
      if (done >= total) end()
    },
    line(text) {
      end() // the bar comes back with the next step
      out.write(`${text}\n`)
    },
    report(event) {
      if (event.kind === 'note') {
        end()
        out.write(`${event.text}\n`)
        return
      }
      const payload = { text: event.total ? `${megabytes(event.loaded)} of ${megabytes(event.total)}` : megabytes(event.loaded) }
      const current = open(
        `data ${event.source}`,
        ` ${event.dataSet} from ${event.source} {bar} {text}`,
        event.total ?? 1,
        payload,
      )
      if (event.total) current.setTotal(event.total)
      current.update(event.total ? event.loaded : 0, payload)
      if (event.done) {
        end()
        out.write(`${event.dataSet} from ${event.source}: ${megabytes(event.loaded)}\n`)
      }
    },
    end,
  }
}
