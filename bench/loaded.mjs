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

/** Between the last batch of an epoch and the first of the next there is an order to draw, and the batch itself, which is not counted. */
async function boundary() {
  const set = images(60_000, [1, 28, 28])
  const loader = new DataLoader(set, { batchSize: 256, shuffle: true })
  const begin = (epoch) => timed(async () => void (await loader.batches(epoch).next()))
  const rows = permutation(set.length, 1).slice(0, 256)
  for (let i = 0; i < 5; i++) await begin(i)
  const [begins, batches, orders] = [[], [], []]
  for (let i = 0; i < 21; i++) {
    begins.push(await begin(i))
    batches.push(await timed(() => set.batch(rows)))
    orders.push(await timed(() => permutation(set.length, 1, i)))
  }
  return { boundary: middle(begins) - middle(batches), shuffle: middle(orders) }
}

process.stdout.write(`${JSON.stringify({ ...(await augmented()), ...(await boundary()) })}\n`)
