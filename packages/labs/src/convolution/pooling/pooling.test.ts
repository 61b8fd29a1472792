import { expect, test } from 'vitest'
import { pool2d, pool2dBackward } from './by-hand.js'

const nine = [
  [0, 1, 2],
  [3, 4, 5],
  [6, 7, 8],
]

test('the largest and the mean of each window', () => {
  expect(pool2d(nine, { mode: 'max', window: [2, 2], stride: [1, 1] })).toEqual([
    [4, 5],
    [7, 8],
  ])
  expect(pool2d(nine, { mode: 'avg', window: [2, 2], stride: [1, 1] })).toEqual([
    [2, 3],
    [5, 6],
  ])
  expect(pool2d(nine, { mode: 'max', window: [2, 2] })).toEqual([[4]])
  expect(() => pool2d(nine, { mode: 'max', window: [4, 1] })).toThrowError(/a window of 4 x 1 does not fit into 3 x 3/)
})

test('gradients add up where windows overlap; of equals the first wins', () => {
  const how = { mode: 'max', window: [2, 2], stride: [1, 1] } as const
  const all = [
    [1, 1],
    [1, 1],
  ]
  expect(
    pool2dBackward(
      [
        [1, 10],
        [100, 1000],
      ],
      nine,
      how,
    )[2],
  ).toEqual([0, 100, 1000])
  expect(pool2dBackward([[1]], all, how)).toEqual([
    [1, 0],
    [0, 0],
  ])
  expect(pool2dBackward([[1]], all, { mode: 'avg', window: [2, 2] }).flat()).toEqual([0.25, 0.25, 0.25, 0.25])
})
