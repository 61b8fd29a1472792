import { rand, setDefaultDevice } from 'nabla'
import { beforeAll, expect, test } from 'vitest'
import { againstLayer } from './check.js'
import { lenetWith } from './network.js'

beforeAll(() => setDefaultDevice('js'))

test('batch normalisation by hand has the outputs, gradients and averages of the layer', async () => {
  const { worst, table } = await againstLayer(3)
  expect(table.rows).toHaveLength(6)
  expect(worst).toBeLessThan(1e-9)
})

test.each([
  ['none', 61_706],
  ['layer', 62_158],
  ['by-hand', 62_158],
] as const)('LeNet with %s has %i parameters', (norm, parameters) => {
  const network = lenetWith(norm, 'sigmoid')
  expect(network.parameters().reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(parameters)
  expect(network.forward(rand([2, 1, 28, 28])).shape).toEqual([2, 10])
})
