/** How long a newcomer waits: LeNet's first step ever, compilation included, and the first step of a second process. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.mjs'

const script = fileURLToPath(new URL('lenet.mjs', import.meta.url))

/** Seconds from the start of a process until the loss of its first step is known. */
async function firstStep(cache, { threads, limit, device }) {
  const environment = { NABLA_CACHE: cache, NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) }
  const start = performance.now()
  const child = new Child([process.execPath, [script, '1'], environment])
  const { unavailable } = await child.answer(limit)
  const seconds = (performance.now() - start) / 1000
  child.stop()
  return unavailable ? { value: null, note: unavailable } : { value: seconds }
}

export async function startup(settings) {
  const cache = mkdtempSync(join(tmpdir(), 'nabla-bench-'))
  try {
    const first = await firstStep(cache, settings)
    const later = []
    for (let i = 0; i < 3; i++) later.push(await firstStep(cache, settings))
    const second = later.find(({ value }) => value === null) ?? later.sort((a, b) => a.value - b.value)[1]
    return [
      { what: 'LeNet, first step ever, empty kernel cache', unit: 's', goal: 4, ...first },
      { what: 'LeNet, first step of a second process', unit: 's', goal: 0.6, ...second },
    ]
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}
