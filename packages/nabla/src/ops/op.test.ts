/**
 * Every sample of every op: the shape rule agrees with the reference, the expression of element-wise ops with both, index maps of
 * movement ops with their references, and gradients with finite differences in float64, to second order.
 */
import { describe, expect, it } from 'vitest'
import { type DType, dtypes, isFloat } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { type Expr, constant, index } from '../kernel/expr.js'
import { builder as b } from './builder.js'
import { denseOf, eachIndex, numbersOf, reader, rounded } from './dense.js'
import { evaluateExpr } from './exprValue.js'
import { bufferNode, makeNode } from './make.js'
import type { Dense, Op, Sample } from './op.js'
import { evaluate } from './reference.js'
import { gradients } from './reverse.js'
import { ops } from './table.js'

/** A small generator of its own, so that samples are the same in every run. */
function random(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    let x = s ^ (s >>> 15)
    x = Math.imul(x, 0x2c1b3c6d)
    x ^= x >>> 12
    return (x >>> 0) / 2 ** 32
  }
}

function valueOf(input: Sample['inputs'][number], dtype: DType, next: () => number): Dense {
  const low = input.low ?? (isFloat(dtype) ? -2 : 0)
  const high = input.high ?? (dtype === 'bool' ? 1 : isFloat(dtype) ? 2 : 9)
  const n = sizeOf(input.shape)
  const values =
    input.values ??
    Array.from({ length: n }, () => {
      const x = low + next() * (high - low)
      return isFloat(dtype) ? x : Math.round(x)
    })
  return denseOf(input.shape, dtype, values)
}

const valueType = (dtype: DType) => (dtype === 'uint8' ? 'int32' : dtype === 'float16' ? 'float32' : dtype)

/** Equal, or as close as two ways of computing float32 may be. */
function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length)
  actual.forEach((x, i) => {
    const y = expected[i]!
    if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) return
    if (!(Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y)))) expect.fail(`${what}: element ${i} is ${x}, expected ${y}`)
  })
}

const show = (op: Op, sample: Sample): string =>
  `${op.name}(${sample.inputs.map((i) => `${i.dtype}[${i.shape.join()}]`).join(', ')}) ${JSON.stringify(sample.attrs ?? {})}`

const tolerances: Readonly<Record<string, number>> = { float16: 2e-3, float32: 2e-6, float64: 1e-12 }

describe.each(
  Object.values(ops)
    .filter((op) => op.samples.length > 0)
    .map((op) => [op.name, op] as const),
)('%s', (_name, op) => {
  const cases = op.samples.map((sample, i) => [i, show(op, sample), sample] as const)

  it.each(cases)('sample %i: %s', (i, what, sample) => {
    const next = random(i + 1)
    const values = sample.inputs.map((input) => valueOf(input, input.dtype, next))
    const inferred = op.infer(sample.inputs, sample.attrs ?? {})
    const value = op.reference(values, sample.attrs ?? {})
    expect({ shape: value.shape, dtype: value.dtype }, what).toEqual({ shape: inferred.shape, dtype: inferred.dtype })
    expect(value.data.length).toBe(sizeOf(value.shape))
    expect(value.data).toBeInstanceOf(dtypes[value.dtype].array)

    const expected = numbersOf(value)
    if (op.kind === 'elementwise') {
      const readers = values.map(reader)
      const actual = expected.map((_, e) => {
        const args = values.map((v, k) => constant(readers[k]!(e), valueType(v.dtype)))
        return rounded(evaluateExpr(op.expr(args, sample.attrs ?? {}, valueType(value.dtype))), value.dtype)
      })
      expectClose(actual, expected, tolerances[value.dtype] ?? 0, what)
    }
    if (op.kind === 'movement') {
      const [input] = values
      const get = reader(input!)
      eachIndex(value.shape, (at, flat) => {
        const from = op.source(
          at.map((n) => index(n)),
          { attrs: sample.attrs ?? {}, shape: value.shape, input: input!.shape },
        )
        const valid = from.valid === undefined || evaluateExpr(from.valid) !== 0
        const where = from.at.map((e) => evaluateExpr(e)).reduce((sum, n, d) => sum * input!.shape[d]! + n, 0)
        expect(valid ? get(where) : from.fill, `${what} at ${at.join()}`).toBe(expected[flat])
      })
    }
    if (op.kind === 'source') {
      const load =
        (k: number) =>
        (at: readonly Expr[]): Expr =>
          constant(numbersOf(values[k]!)[at.length ? evaluateExpr(at[0]!) : 0]!, valueType(values[k]!.dtype))
      const actual = expected.map((_, e) =>
        rounded(
          evaluateExpr(
            op.expr(
              index(e),
              sample.attrs ?? {},
              valueType(value.dtype),
              values.map((_v, k) => load(k)),
            ),
          ),
          value.dtype,
        ),
      )
      expectClose(actual, expected, 0, what)
    }
  })

  const smooth = cases.filter(
    ([, , s]) =>
      op.gradient &&
      s.differentiable !== false &&
      s.inputs.some((i) => isFloat(i.dtype)) &&
      sizeOf(op.infer(s.inputs, s.attrs ?? {}).shape) > 0,
  )
  it.runIf(smooth.length > 0).each(smooth)('gradient of sample %i: %s', (i, what, sample) => {
    const next = random(1000 + i)
    const wide = sample.inputs.map((input) => ({ ...input, dtype: isFloat(input.dtype) ? ('float64' as const) : input.dtype }))
    const attrs =
      sample.attrs && sample.attrs['dtype'] !== undefined && isFloat(sample.attrs['dtype'] as DType)
        ? { ...sample.attrs, dtype: 'float64' }
        : sample.attrs
    const leaves = wide.map((input) => bufferNode(input.shape, input.dtype, 'test'))
    const values = wide.map((input) => valueOf(input, input.dtype, next))
    const node = makeNode(op.name, leaves, attrs)
    const wrt = leaves.filter((leaf) => isFloat(leaf.dtype))
    const seed = bufferNode(node.shape, 'float64', 'test')
    const bound = new Map([
      ...leaves.map((leaf, k) => [leaf, values[k]!] as const),
      [seed, valueOf(seed, 'float64', next)] as const,
    ])

    const first = gradients(node, seed, wrt)
    checkAgainstDifferences(node, seed, wrt, first, bound, `${what}, first order`)

    // Second order: the gradients are functions of their own, also of the seed.
    first.forEach((grad, k) => {
      if (!grad || sizeOf(grad.shape) === 0) return
      const second = bufferNode(grad.shape, 'float64', 'test')
      const more = new Map([...bound, [second, valueOf(second, 'float64', next)]])
      const both = [...wrt, seed]
      checkAgainstDifferences(grad, second, both, gradients(grad, second, both), more, `${what}, second order through input ${k}`)
    })
  })
})

/** d/dx sum(node * seed), by central differences of the references, for every element of every leaf. */
function checkAgainstDifferences(
  node: Node,
  seed: Node,
  wrt: readonly Node[],
  grads: readonly (Node | undefined)[],
  bound: ReadonlyMap<Node, Dense>,
  what: string,
): void {
  const weights = numbersOf(bound.get(seed)!)
  const loss = (values: ReadonlyMap<Node, Dense>): number =>
    numbersOf(evaluate([node], values).get(node)!).reduce((sum, x, i) => sum + x * weights[i]!, 0)
  const known = evaluate(
    grads.filter((g) => g !== undefined),
    bound,
  )
  wrt.forEach((leaf, k) => {
    const value = bound.get(leaf)!
    const grad = grads[k]
    if (grad) {
      expect(grad.shape, `${what}: shape of the gradient of input ${k}`).toEqual(leaf.shape)
      expect(grad.dtype).toBe(leaf.dtype)
    }
    const actual = grad ? numbersOf(known.get(grad)!) : new Array<number>(value.data.length).fill(0)
    const h = 1e-5
    const expected = actual.map((_, i) => {
      const moved = (by: number): number => {
        const data = value.data.slice()
        data[i] = data[i]! + by
        return loss(new Map([...bound, [leaf, { ...value, data }]]))
      }
      return (moved(h) - moved(-h)) / (2 * h)
    })
    expectClose(actual, expected, 2e-7 * Math.max(1, ...expected.map(Math.abs)), `${what}: gradient of input ${k}`)
  })
}

describe("gradients at kinks are PyTorch's", () => {
  const at = (build: (...nodes: Node[]) => Node, ...points: number[][]): number[][] => {
    const leaves = points.map((p) => bufferNode([p.length], 'float64', 'test'))
    const node = build(...leaves)
    const grads = gradients(node, b.like(node, 1), leaves) as Node[]
    const bound = new Map(leaves.map((leaf, i) => [leaf, denseOf(leaf.shape, 'float64', points[i]!)]))
    const known = evaluate(grads, bound)
    return grads.map((g) => numbersOf(known.get(g)!))
  }
  it('abs, relu and sqrt', () => {
    expect(at(b.abs, [0, -0, -1, 1])).toEqual([[0, 0, -1, 1]])
    expect(at(b.relu, [0, -0, NaN, -1, 1])).toEqual([[0, 0, 1, 0, 1]])
    expect(at(b.sqrt, [0, 4])).toEqual([[Infinity, 0.25]])
    expect(at(b.asin, [1, -1])).toEqual([[Infinity, Infinity]])
  })
  it('maximum and minimum share between equals', () => {
    expect(at(b.maximum, [1, 0, 2, NaN], [1, -0, 1, 1])).toEqual([
      [0.5, 0.5, 1, 1],
      [0.5, 0.5, 0, 1],
    ])
    expect(at(b.minimum, [1, 0, 2], [1, -0, 1])).toEqual([
      [0.5, 0.5, 0],
      [0.5, 0.5, 1],
    ])
  })
  it('max and min over a dimension share between equals', () => {
    expect(at((x) => b.max(x, [0]), [1, 3, 3, 0])).toEqual([[0, 0.5, 0.5, 0]])
    expect(at((x) => b.min(x, [0]), [2, 2, 2, 2])).toEqual([[0.25, 0.25, 0.25, 0.25]])
    expect(at((x) => b.max(x, [0]), [1, NaN, 1])).toEqual([[NaN, NaN, NaN]])
  })
  it('pow at base 0 and below', () => {
    const [base, exponent] = at(b.pow, [0, 0, 0, 0, -2, 2, 0, -2], [0, 1, 2, 0.5, 2, 0, -1, 0])
    expect(base).toEqual([0, 1, 0, Infinity, -4, 0, -Infinity, 0])
    expect(exponent).toEqual([0, 0, 0, 0, NaN, Math.log(2), -Infinity, NaN])
    expect(at((x) => b.pow(x, 2), [0, -3])).toEqual([[0, -6]])
    expect(at((x) => b.pow(x, 0.5), [4])).toEqual([[0.25]])
  })
  it('products with zeros', () => {
    expect(at((x) => b.prod(x, [0]), [2, 0, 3])).toEqual([[0, 6, 0]])
    expect(at((x) => b.prod(x, [0]), [2, 0, 0])).toEqual([[0, 0, 0]])
    expect(at((x) => b.scan(x, 0, 'prod'), [2, 0, 3, 0, 5])).toEqual([[1, 8, 0, 0, 0]])
  })
  it('running extremes go to the latest of equals', () => {
    expect(at((x) => b.scan(x, 0, 'max'), [1, 3, 3, 2, 4])).toEqual([[1, 1, 2, 0, 1]])
    expect(at((x) => b.scan(x, 0, 'min'), [3, 3, 1, 2, 1])).toEqual([[1, 1, 2, 0, 1]])
  })
  it('fmod and remainder', () => {
    expect(at(b.fmod, [5, -5, 5, -5], [3, 3, -3, -3])).toEqual([
      [1, 1, 1, 1],
      [-1, 1, 1, -1],
    ])
    expect(at(b.remainder, [5, -5, 5, -5], [3, 3, -3, -3])).toEqual([
      [1, 1, 1, 1],
      [-1, 2, 2, -1],
    ])
  })
  it('rounding has none', () => {
    const x = bufferNode([2], 'float64', 'test')
    for (const f of [b.floor, b.ceil, b.trunc, b.round, b.sign]) expect(gradients(f(x), b.like(x, 1), [x])).toEqual([undefined])
  })
  it('erf at 0', () => {
    expect(at(b.erf, [0])[0]![0]).toBeCloseTo(2 / Math.sqrt(Math.PI), 15)
  })
})
