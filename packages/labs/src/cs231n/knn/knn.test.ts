import { setDefaultDevice, tensor } from 'nabla'
import { beforeAll, expect, test } from 'vitest'
import { distances, distancesOfRow, distancesPairByPair } from './distances.js'
import { nearest, share, vote } from './vote.js'

beforeAll(() => setDefaultDevice('js'))

const train = Uint8Array.from({ length: 6 * 12 }, (_, i) => (i * 71) % 256)
const test_ = Uint8Array.from({ length: 3 * 12 }, (_, i) => (i * 113 + 5) % 256)

test('three forms of the distances are one', async () => {
  const [x, t] = [tensor(Float32Array.from(test_), { shape: [3, 12] }), tensor(Float32Array.from(train), { shape: [6, 12] })]
  const product = await distances(x, t).data()
  for (let i = 0; i < 3; i++) {
    const pairs = distancesPairByPair(test_.subarray(i * 12, (i + 1) * 12), train)
    const row = await distancesOfRow(x.narrow(0, i, 1).flatten(), t).data()
    pairs.forEach((d, j) => {
      expect(row[j]).toBeCloseTo(d, 3)
      expect(product[i * 6 + j]).toBeCloseTo(d, 2)
    })
  }
})

test('an image is its own nearest neighbour, at distance 0', async () => {
  const t = tensor(Float32Array.from(train), { shape: [6, 12] })
  const found = await nearest(t, t, 2)
  for (let i = 0; i < 6; i++) expect(found[2 * i]).toBe(i)
})

test('the majority wins; of equals the smaller class', () => {
  const labels = [2, 0, 1, 1, 2]
  const neighbours = [0, 1, 2, 3, /* next */ 4, 1, 0, 2]
  expect([...vote(neighbours, 4, 1, labels, 3)]).toEqual([2, 2])
  expect([...vote(neighbours, 4, 2, labels, 3)]).toEqual([0, 0])
  expect([...vote(neighbours, 4, 4, labels, 3)]).toEqual([1, 2])
  expect(share([1, 2], [1, 0])).toBe(0.5)
})
