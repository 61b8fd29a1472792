import { describe, expect, expectTypeOf, test } from 'vitest'
import { allowed, flagOf, type OptionSpecs, type OptionValues, resolveOptions, shownDefault } from './options.js'

const specs = {
  data: { kind: 'choice', help: '', values: ['mnist', 'fashion-mnist'], default: 'mnist' },
  epochs: { kind: 'number', help: '', whole: true, atLeast: 1, default: 10 },
  lr: { kind: 'number', help: '', above: 0, default: 0.1 },
  decay: { kind: 'number', help: '', atLeast: 0, shown: 'by optimizer' },
  momentum: { kind: 'number', help: '', atLeast: 0, below: 1, default: 0 },
  nesterov: { kind: 'boolean', help: '', default: false },
  rates: { kind: 'numbers', help: '', above: 0, default: [0.1, 1] },
} as const

test('defaults for what is not given, numbers from texts', () => {
  const values = resolveOptions(specs, { epochs: '3', lr: '1e-2', data: undefined })
  expect(values).toEqual({
    data: 'mnist',
    epochs: 3,
    lr: 0.01,
    decay: undefined,
    momentum: 0,
    nesterov: false,
    rates: [0.1, 1],
  })
  expectTypeOf(values.data).toEqualTypeOf<'mnist' | 'fashion-mnist'>()
  expectTypeOf<OptionValues<typeof specs>['lr']>().toEqualTypeOf<number>()
  expectTypeOf<OptionValues<typeof specs>['decay']>().toEqualTypeOf<number | undefined>()
  expectTypeOf(values.nesterov).toEqualTypeOf<boolean>()
  expectTypeOf(values.rates).toEqualTypeOf<readonly number[]>()
  expect(flagOf('batchSize')).toBe('--batch-size')
})

test('texts are read as what is wanted; defaults and what is allowed can be shown', () => {
  expect(resolveOptions(specs, { nesterov: 'true', rates: '1e-3, 2', lr: 1 })).toMatchObject({
    nesterov: true,
    rates: [0.001, 2],
    lr: 1,
  })
  expect(resolveOptions(specs, { rates: 5 }).rates).toEqual([5])
  const known: OptionSpecs = specs
  expect(Object.keys(known).map((name) => `${name} ${shownDefault(known[name]!)}: ${allowed(known[name]!)}`)).toEqual([
    'data mnist: one of mnist, fashion-mnist',
    'epochs 10: a whole number of 1 or more',
    'lr 0.1: a number above 0',
    'decay by optimizer: a number of 0 or more',
    'momentum 0: a number of 0 or more and below 1',
    'nesterov false: true or false',
    'rates 0.1,1: numbers with commas between them, each above 0',
  ])
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
    ['nesterov', 'yes', '--nesterov yes: expected true or false'],
    ['nesterov', 1, '--nesterov 1: expected true or false'],
    ['rates', '0.1,,2', '--rates 0.1,,2: expected numbers with commas between them, each above 0'],
    ['rates', [1, -1], '--rates 1,-1: expected numbers'],
    ['rates', '', 'expected numbers'],
    ['lr', true, '--lr true: expected a number above 0'],
    ['momentun', 0.5, 'unknown option "momentun"; did you mean "momentum"?'],
  ])('%s %s', (name, value, message) => {
    expect(() => resolveOptions(specs, { [name]: value })).toThrowError(message)
    expect(() => resolveOptions(specs, { [name]: value })).toThrowError(expect.objectContaining({ kind: 'argument' }))
  })
})
