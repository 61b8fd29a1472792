import { manualSeed, noGrad, rand, setDefaultDevice } from 'nabla'
import { beforeAll, expect, test } from 'vitest'
import { contender } from './network.js'

beforeAll(() => setDefaultDevice('js'))

test('with and without begin as the same function, and only one of them learns a map', async () => {
  const make = (key: 'with' | 'without') => {
    manualSeed(4)
    return contender(key, { numClasses: 10, dropout: 0 })
  }
  const [own, plain] = [make('with'), make('without')]
  const x = rand([2, 1, 28, 28]).realize()
  const [a, b] = await Promise.all([own, plain].map(({ model }) => noGrad(() => model.forward(x)).data()))
  for (const [i, value] of a!.entries()) expect(value).toBeCloseTo(Number(b![i]), 4)
  expect(plain.localizer).toEqual([])
  expect(own.localizer.length + own.classifier.length).toBe(own.model.parameters().length)
  expect(plain.classifier.length).toBe(own.classifier.length)
})
