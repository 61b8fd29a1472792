import { tensor } from 'nabla'
import { expect, test } from 'vitest'
import { checkValue, compareValues, within, withinRelative } from './compare.js'

const text = (got: number[], expected: number[], rtol = 0, atol = 0, shape = [got.length]) =>
  compareValues('output', got, expected, shape, within(rtol, atol))?.text

test('NaN equals NaN, infinities must have the same sign, the sign of zero does not matter', () => {
  expect(text([NaN, Infinity, -0], [NaN, Infinity, 0])).toBeUndefined()
  expect(text([NaN], [1], 1, 1)).toBe('output[0] is NaN, expected 1: error Infinity, allowed 2.0e+0')
  expect(text([1], [NaN], 1, 1)).toBe('output[0] is 1, expected NaN: error Infinity')
  expect(text([-Infinity], [Infinity], 1, 1)).toMatch('is -Infinity, expected Infinity')
  expect(text([1e30], [Infinity], 1, 1)).toMatch('expected Infinity')
})

test('the element that is furthest off is shown, by its index', () => {
  expect(text([1, 2.5, 3, 9], [1, 2, 3, 4], 0.1, 0, [2, 2])).toBe(
    'output[1, 1] is 9, expected 4: error 5.00e+0, allowed 4.0e-1 (2 of 4 elements)',
  )
  expect(text([2], [1], 0, 0, [])).toBe('output is 2, expected 1: error 1.00e+0, allowed 0.0e+0')
})

test('the relative error of the notebooks is symmetric', () => {
  expect(compareValues('x', [1.1], [1], [], withinRelative(0.05, 0))).toBeUndefined()
  expect(compareValues('x', [1.2], [1], [], withinRelative(0.05, 0))).toBeDefined()
})

test('shape and type must be equal, integers have no tolerance', () => {
  const expected = { dtype: 'int32' as const, shape: [2], data: Int32Array.of(1, 2) }
  const judge = (got: Parameters<typeof checkValue>[1]) =>
    checkValue('x', got, expected, within(1, 1)).judge([Int32Array.of(1, 3)])
  expect(judge(tensor([1, 2]))?.text).toBe('x is float32 [2], expected int32 [2]')
  expect(judge(3)?.text).toBe('x is a number, expected a tensor of shape [2]')
  expect(judge(tensor([1, 2], { dtype: 'int32' }))?.text).toMatch('x[1] is 3, expected 2')
})
