/** What loaders cost: images a second out of random transforms with two workers, and what shuffling and the boundaries of epochs add to one. */
import { fileURLToPath } from 'node:url'
import { Child } from './child.mjs'

const script = fileURLToPath(new URL('loaded.mjs', import.meta.url))

/** Seconds that all of it may take. */
const patience = 600

export async function loading({ threads, device }) {
  const environment = { NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) }
  const child = new Child([process.execPath, [script, '2'], environment])
  const { unavailable, first, perSecond, boundary, boundaryWithWorkers, shuffle } = await child.answer(patience)
  child.stop()
  const found = (what, unit, goal, value, note) =>
    unavailable ? { what, unit, goal, value: null, note: unavailable } : { what, unit, goal, value, note }
  return [
    found('crop, flip, normalise, 2 workers, an image', 'µs', 125, 1e6 / perSecond, `${Math.round(perSecond)} images a second`),
    found('first batch, the start of 2 workers included', 'ms', 500, first),
    found('boundary of epochs, 60,000 images', 'ms', 10, boundary, `the shuffle is ${shuffle?.toFixed(1)} ms of it`),
    found('the same with 2 workers', 'ms', 10, boundaryWithWorkers),
  ]
}
