/**
 * `node --import probe.mjs COMMAND` watches the main thread's event loop: the longest wait of a timer, and when the longest few
 * happened, are written to the file `$NABLA_PROBE` as the process exits. Loading the command's own modules is counted too.
 */
import { writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const resolution = 1
const shown = 5

if (isMainThread && process.env.NABLA_PROBE) {
  const delay = monitorEventLoopDelay({ resolution })
  delay.enable()
  let last = performance.now()
  let times = []
  const beat = setInterval(() => {
    const now = performance.now()
    const ms = now - last - resolution
    if (times.length < shown || ms > times.at(-1).ms)
      times = [...times, { at: last, ms }].sort((a, b) => b.ms - a.ms).slice(0, shown)
    last = now
  }, resolution)
  beat.unref()
  process.on('exit', () =>
    writeFileSync(process.env.NABLA_PROBE, JSON.stringify({ longest: delay.max / 1e6 - resolution, times })),
  )
}
