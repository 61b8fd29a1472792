import { expect, test } from 'vitest'
import { helpers } from './helpers.js'

const { erf, erfc, lgamma, pow, rint } = helpers

/** To 15 digits. */
const near = (got: number, exact: number): void => expect(Math.abs(got - exact)).toBeLessThanOrEqual(1e-15 * Math.abs(exact))

test('erf and erfc, against tables of 16 digits', () => {
  near(erf(0.5), 0.5204998778130465)
  near(erf(-1), -0.8427007929497149)
  near(erf(2), 0.9953222650189527)
  near(erf(3), 0.9999779095030014)
  near(erf(1e-10), 1.1283791670955126e-10)
  expect(erf(-0)).toBe(-0)
  expect(erf(Infinity)).toBe(1)
  expect(erf(-Infinity)).toBe(-1)
  expect(erf(NaN)).toBeNaN()
  near(erfc(0.5), 0.4795001221869535)
  near(erfc(5), 1.5374597944280349e-12)
  near(erfc(10), 2.088487583762545e-45)
  near(erfc(-2), 1.9953222650189527)
  expect(erfc(Infinity)).toBe(0)
  expect(erfc(-Infinity)).toBe(2)
  expect(erfc(NaN)).toBeNaN()
})

test('lgamma, to an error of 2e-15 where it is small', () => {
  const close = (got: number, exact: number): void =>
    expect(Math.abs(got - exact)).toBeLessThanOrEqual(2e-15 * Math.max(1, Math.abs(exact)))
  close(lgamma(0.5), 0.5723649429247001)
  close(lgamma(1), 0)
  close(lgamma(10), 12.801827480081469)
  close(lgamma(100), 359.1342053695754)
  close(lgamma(-0.5), 1.2655121234846454)
  expect(lgamma(0)).toBe(Infinity)
  expect(lgamma(-3)).toBe(Infinity)
  expect(lgamma(NaN)).toBeNaN()
})

test('pow where C and JavaScript differ', () => {
  expect(pow(1, NaN)).toBe(1)
  expect(pow(1, Infinity)).toBe(1)
  expect(pow(-1, -Infinity)).toBe(1)
  expect(pow(NaN, 0)).toBe(1)
  expect(pow(-8, 1 / 3)).toBeNaN()
})

test('rint takes ties to even and keeps signs', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 4503599627370497, -Infinity].map(rint)).toEqual([
    0,
    2,
    2,
    -0,
    -2,
    0,
    4503599627370497,
    -Infinity,
  ])
})
