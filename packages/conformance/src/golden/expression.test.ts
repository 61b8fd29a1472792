import { Tensor, tensor } from 'nabla'
import { expect, test } from 'vitest'
import { evaluate } from './expression.js'

const input = tensor([
  [1, -2, 3],
  [4, 5, -6],
])
const values = (expression: string, args = {}) => {
  const result = evaluate(expression, { input, ...args })
  return result instanceof Tensor ? result.toArraySync() : result
}

test.each([
  ['input.shape', [2, 3]],
  ['1 + 2 * -3 ** 2 / 2', -8],
  ['input.mT', [[1, 4], [-2, 5], [3, -6]]], // biome-ignore format: a matrix
  ['torch.where(input > 0, input, 0.1 * input - 1.0).sum(dim=1, keepdim=True)', [[2.8], [7.4]]],
  ['1 - input.sum()', -4],
  ['torch.nn.functional.relu(-input)', [[0, 2, 0], [0, 0, 6]]], // biome-ignore format: a matrix
  ['matmul(input, input.T)', [[14, -24], [-24, 77]]], // biome-ignore format: a matrix
])('%s', (expression, expected) => {
  const got = values(expression)
  expect(JSON.stringify(got, (_, v) => (typeof v === 'number' ? Number(v.toFixed(5)) : v))).toBe(JSON.stringify(expected))
})

test('methods among the arguments', () => {
  expect(values('second(first(input))', { first: ['transpose', 0, 1], second: ['reshape', [6]] })).toEqual([1, 4, -2, 5, 3, -6])
})

test('what cannot be read says where', () => {
  expect(() => values('input +')).toThrowError(/input \+ cannot be read: expected more/)
  expect(() => values('input ? 1')).toThrowError(/cannot be read from " \? 1"/)
  expect(() => values('unheard_of(input)')).toThrowError('no such call: unheard_of')
  expect(() => values('input input')).toThrowError(/expected the end at "input"/)
})
