import { describe, expect, expectTypeOf, test } from 'vitest'
import { flagOf, type OptionValues, resolveOptions } from './options.js'

const specs = {
  data: { kind: 'choice', help: '', values: ['mnist', 'fashion-mnist'], default: 'mnist' },
  epochs: { kind: 'number', help: '', whole: true, atLeast: 1, default: 10 },
  lr: { kind: 'number', help: '', above: 0, default: 0.1 },
  decay: { kind: 'number', help: '', atLeast: 0, shown: 'by optimizer' },
  momentum: { kind: 'number', help: '', atLeast: 0, below: 1, default: 0 },
} as const

test('defaults for what is not given, numbers from texts', () => {
  const values = resolveOptions(specs, { epochs: '3', lr: '1e-2', data: undefined })
  expect(values).toEqual({ data: 'mnist', epochs: 3, lr: 0.01, decay: undefined, momentum: 0 })
  expectTypeOf(values.data).toEqualTypeOf<'mnist' | 'fashion-mnist'>()
  expectTypeOf<OptionValues<typeof specs>['lr']>().toEqualTypeOf<number>()
  expectTypeOf<OptionValues<typeof specs>['decay']>().toEqualTypeOf<number | undefined>()
  expect(flagOf('batchSize')).toBe('--batch-size')
})

describe('bad values', () => {
  test.each([
    ['lr', '-0.1', '--lr -0.1: expected a number above 0'],
    ['lr', '0', 'above 0'],
    ['lr', 'NaN', '--lr NaN: expected a number above 0'],
    ['lr', 'Infinity', 'expected a number above 0'],
    ['lr', '', 'expected a number above 0'],
    ['lr', '0.1x', 'expected a number above 0'],
    ['epochs', '0', '--epochs 0: expected a whole number of 1 or more'],
    ['epochs', '2.5', 'expected a whole number of 1 or more'],
    ['momentum', '1', 'expected a number of 0 or more and below 1'],
    ['data', 'mnits', 'unknown value for --data: "mnits"; did you mean "mnist"?'],
    ['momentun', 0.5, 'unknown option "momentun"; did you mean "momentum"?'],
  ])('%s %s', (name, value, message) => {
    expect(() => resolveOptions(specs, { [name]: value })).toThrowError(message)
    expect(() => resolveOptions(specs, { [name]: value })).toThrowError(expect.objectContaining({ kind: 'argument' }))
  })
})
