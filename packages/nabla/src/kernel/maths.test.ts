import { describe, expect, test } from 'vitest'
import { helpers } from '../render/helpers.js'
import { compileJs, renderJs } from '../render/js.js'
import type { Expr, ValueType } from './expr.js'
import { constant, forgetExpressions, load, variable } from './expr.js'
import * as namespace from './maths.js'

const maths = { ...namespace }

type Floats = Float32Array | Float64Array

/** Compiles out[i] = fn(a[i], b[i], ...) for the js renderer and runs it. */
function compute(fn: (...args: Expr[]) => Expr, type: 'float32' | 'float64', ...inputs: Floats[]): Floats {
  forgetExpressions()
  const job = variable('i', 0, 2 ** 30)
  const value = fn(...inputs.map((_, k) => load(k + 1, job, type as ValueType)))
  const buffers = [{ dtype: type, written: true }, ...inputs.map(() => ({ dtype: type, written: false }))]
  const n = inputs[0]!.length
  const body = [{ kind: 'store', buffer: 0, index: job, value } as const]
  const run = compileJs(renderJs({ name: 'test', buffers, job, jobs: n, body, flops: 0, bytes: 0 }))
  const out = type === 'float32' ? new Float32Array(n) : new Float64Array(n)
  run([out, ...inputs], 0, n)
  return out
}

const ulpOf = (x: number): number => (Math.abs(x) < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23))

/** Distance in units of the last place of the exact result; 0 where the correctly rounded value was hit. */
function ulps(got: number, exact: number): number {
  if (Object.is(got, Math.fround(exact))) return 0
  const d = Math.abs(got - exact) / ulpOf(exact)
  return d >= 0 && d < Infinity ? d : Infinity
}

/** Every step-th float32 of all 2^32 whose size is at most `limit`. */
function everyFloat(step: number, limit = Infinity): Float32Array {
  const words = new Uint32Array(Math.floor(2 ** 32 / step)).map((_, k) => k * step)
  return new Float32Array(words.buffer).filter((x) => Math.abs(x) <= limit)
}

function worst(got: Floats, inputs: Floats[], exact: (...x: number[]) => number): { ulps: number; at: number[] } {
  let result = { ulps: 0, at: [] as number[] }
  got.forEach((y, k) => {
    const at = inputs.map((x) => x[k]!)
    const d = ulps(y, exact(...at))
    if (d > result.ulps) result = { ulps: d, at }
  })
  return result
}

const { erf, pow } = helpers
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
/** Name, reference in float64, accepted error in ulp. */
const functions: [name: keyof typeof maths, exact: (x: number) => number, bound: number][] = [
  ['exp', Math.exp, 1],
  ['exp2', (x) => 2 ** x, 1.1],
  ['expm1', Math.expm1, 1.5],
  ['log', Math.log, 1],
  ['log2', Math.log2, 1.5],
  ['log1p', Math.log1p, 1],
  ['sigmoid', sigmoid, 2.5],
  ['sinh', Math.sinh, 1.7],
  ['cosh', Math.cosh, 1.5],
  ['tanh', Math.tanh, 1.4],
  ['erf', erf, 1.1],
  ['asin', Math.asin, 2],
  ['acos', Math.acos, 1.4],
  ['atan', Math.atan, 1.4],
]
const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  Infinity,
  -Infinity,
  NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
]
const unary = (name: keyof typeof maths) => maths[name] as (x: Expr) => Expr

describe('float32', () => {
  const xs = everyFloat(60013)
  const special = Float32Array.from(specials)

  test.each(functions)('%s is right to the last bits, everywhere', (name, exact, bound) => {
    for (const x of [xs, special]) {
      const { ulps, at } = worst(compute(unary(name), 'float32', x), [x], exact)
      expect(ulps, `${name}(${at})`).toBeLessThanOrEqual(bound)
    }
  })

  test.each(functions)('%s is right between -4 and 4, where it is used', (name, exact, bound) => {
    const x = Float32Array.from({ length: 40001 }, (_, k) => (k - 20000) / 5000)
    const { ulps, at } = worst(compute(unary(name), 'float32', x), [x], exact)
    expect(ulps, `${name}(${at})`).toBeLessThanOrEqual(bound)
  })

  test.each([
    ['sin', Math.sin, 1.1],
    ['cos', Math.cos, 1.1],
    ['tan', Math.tan, 1.7],
  ] as const)('%s', (name, exact, bound) => {
    const near = everyFloat(30011, 100)
    const { ulps: found, at } = worst(compute(maths[name], 'float32', near), [near], exact)
    expect(found, `${name}(${at})`).toBeLessThanOrEqual(bound)
    // further out a result close to 0 is right to an absolute error
    for (const [limit, error, more] of [
      [2 ** 16 - 1, 2 ** -33, 0],
      [Infinity, 2 ** -28, 1],
    ] as const) {
      const x = everyFloat(50021, limit).filter(Number.isFinite)
      const y = compute(maths[name], 'float32', x)
      const bad = x.findIndex((v, k) => {
        const t = exact(v)
        return !(
          Math.abs(y[k]! - t) <=
          (bound + (name === 'tan' ? 2 : 1) * more) * ulpOf(t) + error * (name === 'tan' ? 1 + t * t : 1)
        )
      })
      expect(bad, `${name}(${x[bad]}) = ${y[bad]}`).toBe(-1)
    }
    const s = compute(maths[name], 'float32', special)
    special.forEach((x, k) => {
      const t = exact(x)
      if (Math.abs(x) < 1e38 || !Number.isFinite(x)) expect(ulps(s[k]!, t), `${name}(${x})`).toBeLessThanOrEqual(bound)
    })
  })

  test('limits are exact', () => {
    const at = (name: keyof typeof maths, x: number): number => compute(unary(name), 'float32', Float32Array.of(x))[0]!
    expect(at('exp', -Infinity)).toBe(0)
    expect(at('exp', -104)).toBe(0)
    expect(at('exp', 88.72283)).toBeLessThan(Infinity)
    expect(at('exp', 88.8)).toBe(Infinity)
    expect(at('exp', -100)).toBe(Math.fround(Math.exp(-100))) //  subnormal
    expect(at('log', 0)).toBe(-Infinity)
    expect(at('log', -0)).toBe(-Infinity)
    expect(at('log', -1)).toBeNaN()
    expect(at('log1p', -1)).toBe(-Infinity)
    expect(at('tanh', -0)).toBe(-0)
    expect(at('tanh', Infinity)).toBe(1)
    expect(at('erf', -Infinity)).toBe(-1)
    expect(at('sin', -0)).toBe(-0)
    expect(at('sin', Infinity)).toBeNaN()
    expect(at('expm1', -0)).toBe(-0)
    expect(at('expm1', -Infinity)).toBe(-1)
    expect(at('sigmoid', -Infinity)).toBe(0)
    expect(at('sigmoid', -100)).toBe(Math.fround(Math.exp(-100)))
    expect(at('asin', 1.0000001)).toBeNaN()
    expect(at('acos', 1)).toBe(0)
    for (const [name] of functions) expect(at(name, NaN), name).toBeNaN()
  })

  test('sin of huge arguments', () => {
    const x = Float32Array.of(1e5, 1e10, -1e20, 3.4028234663852886e38)
    // by long division with 60 digits of pi
    const exact = [0.035748797972016507, -0.4875060250875107, 0.9873554332804195, -0.5218765099474597]
    compute(maths.sin, 'float32', x).forEach((y, k) => expect(Math.abs(y - Math.sin(x[k]!))).toBeLessThan(1e-7))
    expect(Math.sin(1e5)).toBeCloseTo(exact[0]!, 12)
    expect(Math.sin(1e10)).toBeCloseTo(exact[1]!, 12)
  })

  const values = [...specials, 2, -2, 3, -3, 2.5, -2.5, 1e10, -1e10, 2 ** 24, 2 ** 24 - 1, 1 - 2 ** 24, 0.99999994, 1.00000012]
  const first = Float32Array.from(values.flatMap((a) => values.map(() => a)))
  const second = Float32Array.from(values.flatMap(() => values))

  /** A small reproducible generator, for test points only. */
  const random = (seed: number) => () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32

  test.each([
    ['pow', pow, 1.3],
    ['atan2', Math.atan2, 1.7],
  ] as const)('%s of all pairs of special values', (name, exact, bound) => {
    const { ulps, at } = worst(compute(maths[name], 'float32', first, second), [first, second], exact)
    expect(ulps, `${name}(${at})`).toBeLessThanOrEqual(bound)
  })

  test.each([
    ['small numbers', (r) => [r() * 10, r() * 40 - 20]],
    ['bases near 1', (r) => [1 + (r() - 0.5) * 0.01, (r() - 0.5) * 30000]],
    ['bases of all sizes', (r) => [2 ** (r() * 298 - 149), r() * 2 - 1]],
    ['negative bases, whole powers', (r) => [-(2 ** (r() * 20 - 10)), Math.floor(r() * 20 - 10)]],
  ] as [string, (r: () => number) => [number, number]][])('pow: %s', (_, draw) => {
    const r = random(7)
    const pairs = Array.from({ length: 50000 }, () => draw(r))
    const [a, b] = [0, 1].map((side) => Float32Array.from(pairs, (p) => p[side]!)) as [Float32Array, Float32Array]
    const { ulps, at } = worst(compute(maths.pow, 'float32', a, b), [a, b], pow)
    expect(ulps, `pow(${at})`).toBeLessThanOrEqual(1.3)
  })

  test('pow with a constant exponent', () => {
    const x = Float32Array.from(values)
    for (const n of [0, 1, 2, 3, -1, 0.5]) {
      const y = compute((a) => maths.pow(a, constant(n, a.type)), 'float32', x)
      const { ulps, at } = worst(y, [x], (v) => pow(v, n))
      expect(ulps, `pow(${at}, ${n})`).toBeLessThanOrEqual(1.3)
    }
  })

  test('atan2 all around', () => {
    const r = random(3)
    const y = Float32Array.from({ length: 50000 }, () => r() - 0.5)
    const x = Float32Array.from({ length: 50000 }, () => r() - 0.5)
    expect(worst(compute(maths.atan2, 'float32', y, x), [y, x], Math.atan2).ulps).toBeLessThanOrEqual(1.7)
  })
})

describe('float64', () => {
  const x = Float64Array.from({ length: 201 }, (_, k) => (k - 100) / 13)

  test.each([...functions, ['sin', Math.sin, 1], ['cos', Math.cos, 1], ['tan', Math.tan, 1]] as typeof functions)(
    '%s',
    (name, exact) => {
      const y = compute(unary(name), 'float64', x)
      x.forEach((v, k) => {
        const t = exact(v)
        if (!Object.is(y[k], t)) expect(Math.abs(y[k]! - t)).toBeLessThanOrEqual(1e-15 * Math.abs(t))
      })
    },
  )

  test('pow, atan2', () => {
    const a = Float64Array.of(2, 1, -1, -8, 0)
    const b = Float64Array.of(0.5, NaN, Infinity, 1 / 3, -1)
    expect([...compute(maths.pow, 'float64', a, b)]).toEqual([Math.SQRT2, 1, 1, NaN, Infinity])
    expect([...compute(maths.atan2, 'float64', a, b)]).toEqual(Array.from(a, (y, k) => Math.atan2(y, b[k]!)))
  })
})

test('other types are refused by name', () => {
  const v = load(0, variable('i', 0, 1), 'int32')
  expect(() => maths.exp(v)).toThrow('[exp] is defined for float32 and float64, not for int32: cast first')
  expect(() => maths.pow(v, v)).toThrow('[pow]')
  expect(() => maths.atan2(v, v)).toThrow('[atan2]')
})
