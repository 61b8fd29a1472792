/** Puts MNIST where the page asks for it: the folder `public/mnist`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encodeIdx, imageSetEntry, mnist } from 'nabla/data'

const folder = fileURLToPath(new URL('public/mnist/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [split, { images, labels }] of Object.entries(imageSetEntry('mnist').splits)) {
  if (existsSync(folder + labels.name)) continue
  const set = await mnist(split)
  writeFileSync(folder + images.name, encodeIdx({ shape: [set.length, 28, 28], data: set.images }))
  writeFileSync(folder + labels.name, encodeIdx({ shape: [set.length], data: set.labels }))
}
