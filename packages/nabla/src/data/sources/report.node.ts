/** What fetching data says by default: one line that is rewritten on a terminal, a line at the start and at the end elsewhere. Node only. */
import type { Report } from './source.js'

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** A report that writes to `out`; `terminal` says whether a line can be rewritten there. */
export function lineReport(
  out: { write(text: string): unknown; columns?: number },
  terminal: boolean,
  now: () => number = Date.now,
): Report {
  let running = ''
  let last = 0
  return (event) => {
    if (event.kind === 'note') {
      out.write(`${terminal && running ? '\n' : ''}nabla: ${event.text}\n`)
      running = ''
      return
    }
    const { dataSet, source, file, loaded, total, done } = event
    const label = `nabla: ${dataSet}: ${source.endsWith(file) ? '' : `${file} from `}${source}`
    if (terminal) {
      if (!done && running === label && now() - last < 100) return
      const share = total ? `${Math.floor((100 * loaded) / total)} % of ${megabytes(total)}` : megabytes(loaded)
      const line = `${label}: ${share}`.slice(0, (out.columns ?? 80) - 1) // a wrapped line could not be rewritten
      out.write(`\r\u001b[K${line}${done ? '\n' : ''}`)
    } else if (done) out.write(`${label}: ${megabytes(loaded)}, done\n`)
    else if (running !== label) out.write(`${label}${total ? `: ${megabytes(total)}` : ''} ...\n`)
    running = done ? '' : label
    last = now()
  }
}

export const standardErrorReport = (): Report => lineReport(process.stderr, process.stderr.isTTY === true)
