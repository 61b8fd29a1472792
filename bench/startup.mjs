/**
 * How long a newcomer waits: LeNet's first step ever, compilation included, and the first step of a second process; and what the first
 * step of a deep network takes beyond its arithmetic.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.mjs'

const script = fileURLToPath(new URL('lenet.mjs', import.meta.url))

const trainer = (steps, workload, cache, { threads, device }) =>
  new Child([
    process.execPath,
    [script, String(steps), workload],
    { NABLA_CACHE: cache, NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) },
  ])

/** Seconds from the start of a process until the loss of its first step is known. */
async function firstStep(cache, settings) {
  const start = performance.now()
  const child = trainer(1, 'lenet', cache, settings)
  const { unavailable } = await child.answer(settings.limit)
  const seconds = (performance.now() - start) / 1000
  child.stop()
  return unavailable ? { value: null, note: unavailable } : { value: seconds }
}

/** Seconds of a process's first step beyond those of a later one: tracing, planning, and compiling or loading kernels. */
async function compilation(workload, cache, settings) {
  const child = trainer(4, workload, cache, settings)
  const first = await child.answer(settings.limit)
  const later = first.unavailable ? first : await child.answer(settings.limit)
  child.stop()
  if (later.unavailable) return { value: null, note: later.unavailable }
  return { value: (first.ms - later.ms) / 1000, note: `beside ${later.ms.toFixed(0)} ms of the step itself` }
}

/** The first, and the median of three after it. */
async function firstAndLater(measure) {
  const first = await measure()
  const later = []
  for (let i = 0; i < 3; i++) later.push(await measure())
  return [first, later.find(({ value }) => value === null) ?? later.sort((a, b) => a.value - b.value)[1]]
}

export async function startup(settings) {
  const cache = mkdtempSync(join(tmpdir(), 'nabla-bench-'))
  try {
    const [first, second] = await firstAndLater(() => firstStep(cache, settings))
    const [compiled, loaded] = await firstAndLater(() => compilation('resnet18', cache, settings))
    return [
      { what: 'LeNet, first step ever, empty kernel cache', unit: 's', goal: 4, ...first },
      { what: 'LeNet, first step of a second process', unit: 's', goal: 0.6, ...second },
      { what: 'ResNet-18, compiling the training step', unit: 's', goal: 12, ...compiled },
      { what: 'ResNet-18, the same from the kernel cache', unit: 's', goal: 1, ...loaded },
    ]
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}
