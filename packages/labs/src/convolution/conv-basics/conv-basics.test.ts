import { expect, test } from 'vitest'
import { corr2d, corr2dIn, outputSize, padded, strided, turned } from './by-hand.js'
import { sightsOf, stacks } from './receptive-field.js'

const grid = (rows: number, columns: number, from = 0): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => from + i * columns + j))

test('cross-correlation by hand: the examples of the books', () => {
  expect(corr2d(grid(3, 3), grid(2, 2))).toEqual([
    [19, 25],
    [37, 43],
  ])
  expect(corr2dIn([grid(3, 3), grid(3, 3, 9)], [grid(2, 2), grid(2, 2, 4)])).toEqual([
    [268, 296],
    [352, 380],
  ])
  expect(turned(grid(1, 2))).toEqual([[1, 0]])
  expect(() => corr2d(grid(2, 2), grid(3, 1))).toThrowError(/a window of 3 x 1 does not fit into 2 x 2/)
})

test('sizes are those of the formula', () => {
  expect(padded([[1]], 1, 2)).toEqual([
    [0, 0, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, 0, 0, 0],
  ])
  expect(strided(grid(3, 4), 2, 3)).toEqual([
    [0, 3],
    [8, 11],
  ])
  expect(outputSize(224, 11, 2, 4)).toBe(55)
})

test('two windows of 3 x 3 see as far as one of 5 x 5', () => {
  expect(sightsOf(stacks['two of 3 x 3']!).at(-1)).toEqual({ field: 5, step: 1 })
  expect(sightsOf(stacks['LeNet-5']!).at(-1)).toEqual({ field: 16, step: 4 })
  expect(sightsOf(stacks.AlexNet!).at(-1)).toEqual({ field: 195, step: 32 })
})
