/** Index algebra: whatever it does to an expression, the value stays, and ranges contain it. */
import { describe, expect, it } from 'vitest'
import { type Expr, type Var, binary, index, variable } from './expr.js'
import {
  iadd,
  idiv,
  imod,
  imul,
  isub,
  less,
  normal,
  range,
  ravel,
  strideIn,
  substitute,
  unravel,
  uses,
  within,
} from './simplify.js'

function evaluate(e: Expr, values: ReadonlyMap<Expr, number>): number {
  if (e.kind === 'const') return e.value
  if (e.kind === 'var') return values.get(e)!
  if (e.kind !== 'binary') throw new Error(e.kind)
  const [a, b] = [evaluate(e.a, values), evaluate(e.b, values)]
  switch (e.op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'div':
      return Math.floor(a / b)
    case 'mod':
      return a - b * Math.floor(a / b)
    case 'lt':
      return Number(a < b)
    case 'and':
      return Number(a !== 0 && b !== 0)
    case 'max':
      return Math.max(a, b)
    case 'min':
      return Math.min(a, b)
    default:
      throw new Error(e.op)
  }
}

let state = 7
const pick = (n: number): number => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return Math.floor(((state >>> 8) / 2 ** 24) * n)
}

function randomIndex(vars: readonly Var[], depth: number): Expr {
  if (depth === 0 || pick(5) === 0) return pick(4) === 0 ? index(pick(9) - 3) : vars[pick(vars.length)]!
  const a = randomIndex(vars, depth - 1)
  switch (pick(6)) {
    case 0:
      return binary('mul', a, index(pick(7) - 2))
    case 1:
      return binary('div', a, index(1 + pick(6)))
    case 2:
      return binary('mod', a, index(1 + pick(6)))
    case 3:
      return binary('sub', a, randomIndex(vars, depth - 1))
    default:
      return binary('add', a, randomIndex(vars, depth - 1))
  }
}

describe('index algebra', () => {
  it('keeps values and bounds them, on random expressions', () => {
    for (let round = 0; round < 600; round++) {
      const vars = [variable('i', 0, 5), variable('j', 0, 1 + pick(9)), variable('k', 2, 4)]
      const e = randomIndex(vars, 4)
      const simple = normal(e)
      const bound = pick(12) - 4
      const test = less(e, bound)
      const inside = within(e, 5)
      const [low, high] = range(e)
      for (let trial = 0; trial < 12; trial++) {
        const values = new Map<Expr, number>(vars.map((v) => [v, v.min + pick(v.max - v.min + 1)]))
        const value = evaluate(e, values)
        expect(evaluate(simple, values) === value).toBe(true)
        expect(value).toBeGreaterThanOrEqual(low)
        expect(value).toBeLessThanOrEqual(high)
        expect(evaluate(test, values)).toBe(Number(value < bound))
        expect(evaluate(inside, values)).toBe(Number(value >= 0 && value < 5))
      }
    }
  })

  it('takes a reshape apart and puts it together again', () => {
    const f = variable('f', 0, 6 * 28 * 28 - 1)
    expect(ravel(unravel(f, [6, 28, 28]), [6, 28, 28])).toBe(f)
    expect(ravel(unravel(ravel(unravel(f, [6, 784]), [6, 784]), [4, 14, 84]), [4, 14, 84])).toBe(f)
    expect(isub(iadd(imul(idiv(f, 7), 7), imod(f, 7)), f)).toBe(index(0))
  })

  it('knows strides, uses and what ranges decide', () => {
    const b = variable('b', 0, 15)
    const l = variable('l', 0, 7)
    const n = iadd(imul(b, 8), l)
    expect(idiv(n, 8)).toBe(b)
    expect(imod(n, 8)).toBe(l)
    expect(strideIn(iadd(imul(n, 3), 1), b)).toBe(24)
    expect(strideIn(idiv(n, 3), b)).toBeUndefined()
    expect(uses(idiv(n, 3), l)).toBe(true)
    expect(less(n, 128)).toMatchObject({ kind: 'const', value: 1 })
    expect(less(iadd(n, 200), 128)).toMatchObject({ kind: 'const', value: 0 })
    expect(substitute(n, l, index(3))).toBe(iadd(imul(b, 8), 3))
  })
})
