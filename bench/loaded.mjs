/**
 * A process that draws from loaders: `node loaded.mjs WORKERS`. Says how many images a second come out of random crop, flip and normalise on images of
 * CIFAR's size, how long the workers took to begin, and what shuffling and the boundaries of epochs cost on as many images as MNIST has.
 */
import { DataLoader, ImageDataset, permutation } from 'nabla/data'
import { compose, normalize, randomCrop, randomHorizontalFlip } from 'nabla/transforms'
import { integers } from './data.mjs'

const workers = Number(process.argv[2])
const classes = Array.from({ length: 10 }, (_, i) => String(i))

function images(count, shape) {
  const size = count * shape.reduce((a, b) => a * b)
  const bytes = Uint8Array.from(integers(size, 256))
  return new ImageDataset({ images: bytes, labels: Uint8Array.from(integers(count, 10)), shape, classes })
}

/** Milliseconds that `work` takes. */
async function timed(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const middle = (times) => times.sort((a, b) => a - b)[times.length >> 1]

async function augmented() {
  const steps = compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip(), normalize([0.49, 0.48, 0.45], [0.25, 0.24, 0.26]))
  const count = 20_000
  const loader = new DataLoader(images(count, [3, 32, 32]).map(steps, 0), { batchSize: 128, shuffle: true, workers })
  const epoch = async () => {
    for await (const [x] of loader) x.dispose()
  }
  const first = await timed(async () => {
    for await (const _ of loader) break
  })
  await epoch()
  const times = []
  for (let i = 0; i < 3; i++) times.push(await timed(epoch))
  await loader.close()
  return { first, perSecond: count / (middle(times) / 1000) }
}

/** From the last batch of an epoch to the first of the next, less what lies between two batches of one epoch. */
async function boundary(workers) {
  const loader = new DataLoader(images(60_000, [1, 28, 28]), { batchSize: 256, shuffle: true, workers })
  const [between, within] = [[], []]
  let last
  for (let epoch = 0; epoch < 12; epoch++) {
    let first = true
    for await (const [x] of loader.batches(epoch)) {
      const now = performance.now()
      if (epoch > 1) (first ? between : within).push(now - last)
      ;[first, last] = [false, now]
      x.dispose()
    }
  }
  await loader.close()
  return middle(between) - middle(within)
}

async function shuffle() {
  const orders = []
  for (let i = 0; i < 21; i++) orders.push(await timed(() => permutation(60_000, 1, i)))
  return middle(orders)
}

const found = { boundary: await boundary(0), boundaryWithWorkers: await boundary(workers), shuffle: await shuffle() }
process.stdout.write(`${JSON.stringify({ ...(await augmented()), ...found })}\n`)
