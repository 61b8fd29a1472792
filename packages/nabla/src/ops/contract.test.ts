/** Contractions: values against plain loops, and both gradients as adjoints, to second order, on random geometries. */
import { describe, expect, it } from 'vitest'
import { sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from './builder.js'
import { convolution, convolutionTransposed } from './convolution.js'
import { denseOf, numbersOf } from './dense.js'
import { bufferNode, makeNode } from './make.js'
import type { AffineForm, ContractAttrs, Dense } from './op.js'
import { evaluate } from './reference.js'
import { gradients } from './reverse.js'

/** Seeded, in [0, 1). */
function random(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let x = Math.imul(s ^ (s >>> 15), 1 | s)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}
const whole = (next: () => number, low: number, high: number): number => low + Math.floor(next() * (high - low + 1))

const leaf = (shape: readonly number[]): Node => bufferNode(shape, 'float64', 'test')
const fill = (node: Node, next: () => number): Dense =>
  denseOf(
    node.shape,
    'float64',
    Array.from({ length: sizeOf(node.shape) }, () => next() * 2 - 1),
  )
const dot = (a: Dense, c: Dense): number => numbersOf(a).reduce((sum, x, i) => sum + x * numbersOf(c)[i]!, 0)

/**
 * A contraction is linear in each operand. So for its gradient dA = adjoint(grad, B) must hold <grad, f(A', B)> = <dA, A'> for every A';
 * and dA is linear in grad and B, whose gradients are checked in the same way.
 */
function checkAdjoints(node: Node, x: Node, y: Node, next: () => number): void {
  const seed = leaf(node.shape)
  const bound = new Map([x, y, seed].map((n) => [n, fill(n, next)]))
  const [dx, dy] = gradients(node, seed, [x, y]) as [Node, Node]
  const close = (a: number, c: number, what: string): void => {
    if (!(Math.abs(a - c) <= 1e-9 * Math.max(1, Math.abs(c))))
      expect.fail(`${what}: ${a} and ${c}\n${JSON.stringify(node.attrs)} ${JSON.stringify([x.shape, y.shape])}`)
  }
  const value = (n: Node, values: ReadonlyMap<Node, Dense>): Dense => evaluate([n], values).get(n)!
  const linear = (
    output: Node,
    weight: Dense,
    operand: Node,
    gradient: Node,
    base: ReadonlyMap<Node, Dense>,
    what: string,
  ): void => {
    const other = fill(operand, next)
    close(dot(value(gradient, base), other), dot(weight, value(output, new Map([...base, [operand, other]]))), what)
  }
  linear(node, bound.get(seed)!, x, dx, bound, 'gradient of a')
  linear(node, bound.get(seed)!, y, dy, bound, 'gradient of b')
  for (const [gradient, other, name] of [
    [dx, y, 'a'],
    [dy, x, 'b'],
  ] as const) {
    expect(gradient.shape).toEqual((name === 'a' ? x : y).shape)
    const weight = leaf(gradient.shape)
    const more = new Map([...bound, [weight, fill(weight, next)]])
    const [byOther, bySeed] = gradients(gradient, weight, [other, seed]) as [Node, Node]
    linear(gradient, more.get(weight)!, other, byOther, more, `second order of ${name} by the other operand`)
    linear(gradient, more.get(weight)!, seed, bySeed, more, `second order of ${name} by the gradient`)
  }
}

describe('convolution', () => {
  it.each(Array.from({ length: 60 }, (_, i) => i))('random geometry %i: adjoint to second order', (i) => {
    const next = random(i + 1)
    const rank = 1 + (i % 3)
    const groups = whole(next, 1, 2)
    const dims = Array.from({ length: rank }, () => ({
      n: whole(next, 1, rank === 1 ? 9 : rank === 2 ? 5 : 4),
      k: whole(next, 1, 3),
      stride: whole(next, 1, 3),
      dilation: whole(next, 1, 2),
      before: whole(next, 0, 2),
      after: whole(next, 0, 2),
    }))
    const options = {
      stride: dims.map((d) => d.stride),
      dilation: dims.map((d) => d.dilation),
      padding: dims.map((d) => [d.before, d.after] as const),
      groups,
    }
    const kernel = dims.map((d) => d.k)
    const batch = whole(next, 1, 2)
    const [inner, outs] = [whole(next, 1, 2), whole(next, 1, 2)]
    const fits = dims.map((d) => Math.max(d.n, (d.k - 1) * d.dilation + 1))
    const x = leaf([batch, inner * groups, ...fits])
    const w = leaf([outs * groups, inner, ...kernel])
    checkAdjoints(convolution(x, w, options, b), x, w, next)
    const t = leaf([inner * groups, outs, ...kernel])
    const transposable = dims.every((d) => (d.n - 1) * d.stride + (d.k - 1) * d.dilation + 1 - d.before - d.after >= 1)
    const small = leaf([batch, inner * groups, ...dims.map((d) => d.n)])
    if (transposable)
      checkAdjoints(
        convolutionTransposed(
          small,
          t,
          { ...options, outputPadding: dims.map((d) => whole(next, 0, Math.max(d.stride, d.dilation) - 1)) },
          b,
        ),
        small,
        t,
        next,
      )
  })

  it('is the loop it says', () => {
    const x = leaf([1, 1, 5])
    const w = leaf([1, 1, 3])
    const y = convolution(x, w, { stride: [2], padding: [1] }, b)
    const values = new Map([
      [x, denseOf([1, 1, 5], 'float64', [1, 2, 3, 4, 5])],
      [w, denseOf([1, 1, 3], 'float64', [1, 10, 100])],
    ])
    expect(numbersOf(evaluate([y], values).get(y)!)).toEqual([210, 432, 54])
  })

  it('and its transpose', () => {
    const x = leaf([1, 1, 2])
    const w = leaf([1, 1, 3])
    const y = convolutionTransposed(x, w, { stride: [2] }, b)
    const values = new Map([
      [x, denseOf([1, 1, 2], 'float64', [1, 2])],
      [w, denseOf([1, 1, 3], 'float64', [1, 10, 100])],
    ])
    expect(numbersOf(evaluate([y], values).get(y)!)).toEqual([1, 10, 102, 20, 200])
  })

  it('says what does not fit', () => {
    expect(() => convolution(leaf([1, 3, 8, 8]), leaf([4, 2, 3, 3]), {}, b)).toThrow(
      '[convolution] input [1, 3, 8, 8] has 3 channels, weight [4, 2, 3, 3] with 1 groups takes 2',
    )
    expect(() => convolution(leaf([1, 1, 2]), leaf([1, 1, 3]), {}, b)).toThrow(
      'spans 3 elements in spatial dimension 0, the padded input [1, 1, 2] has 2',
    )
    expect(() => convolution(leaf([1, 3, 8]), leaf([4, 1, 3]), { groups: 2 }, b)).toThrow(
      'groups must divide the 3 input channels',
    )
    expect(() => convolution(leaf([1, 1, 8]), leaf([1, 1, 3]), { stride: [0] }, b)).toThrow(
      'stride must be whole numbers of 1 or more, not 0',
    )
    expect(() => convolutionTransposed(leaf([1, 1, 8]), leaf([1, 1, 3]), { outputPadding: [1] }, b)).toThrow(
      'outputPadding must be less than stride',
    )
  })

  it('gradients stay convolutions: no guard, and as few sums as can be', () => {
    const x = leaf([2, 3, 8, 8])
    const w = leaf([4, 3, 3, 3])
    const y = convolution(x, w, { padding: [1, 1], stride: [2, 2] }, b)
    const [dx, dw] = gradients(y, leaf(y.shape), [x, w]) as [Node, Node]
    expect((dx.attrs as ContractAttrs).reduced).toEqual([4, 3, 3]) // output channels, taps
    expect((dw.attrs as ContractAttrs).reduced).toEqual([2, 4, 4]) // images, positions
    expect(dx.inputs[0]!.shape).toEqual(y.shape)
    expect(dw.inputs[0]!.shape).toEqual(y.shape)
  })
})

describe('any contraction', () => {
  it.each(Array.from({ length: 300 }, (_, i) => i))('random forms %i: adjoint to second order', (i) => {
    const next = random(10_000 + i)
    const out = Array.from({ length: whole(next, 0, 3) }, () => whole(next, 1, 4))
    const reduced = Array.from({ length: whole(next, 0, 2) }, () => whole(next, 1, 3))
    const count = out.length + reduced.length
    const form = (): AffineForm => ({
      offset: whole(next, -2, 3),
      coef: Array.from({ length: count }, () => (next() < 0.5 ? 0 : whole(next, -2, 3))),
      divisor: next() < 0.7 ? 1 : whole(next, 2, 3),
    })
    const operand = (): { shape: number[]; forms: AffineForm[] } => {
      const rank = whole(next, 0, 3)
      return { shape: Array.from({ length: rank }, () => whole(next, 1, 4)), forms: Array.from({ length: rank }, form) }
    }
    const [p, q] = [operand(), operand()]
    const x = leaf(p.shape)
    const y = leaf(q.shape)
    checkAdjoints(b.contract(x, y, { out, reduced, a: p.forms, b: q.forms }), x, y, next)
  })
})

describe('matmul', () => {
  it.each([
    [
      [2, 3],
      [3, 4],
      [2, 4],
    ],
    [
      [5, 2, 3],
      [3, 4],
      [5, 2, 4],
    ],
    [
      [2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [5, 2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [1, 2, 3],
      [5, 3, 4],
      [5, 2, 4],
    ],
    [
      [2, 1, 2, 3],
      [5, 3, 4],
      [2, 5, 2, 4],
    ],
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
    [
      [0, 2],
      [2, 3],
      [0, 3],
    ],
  ])('%j x %j = %j', (left, right, shape) => {
    const x = leaf(left)
    const y = leaf(right)
    const node = b.matmul(x, y)
    expect(node.shape).toEqual(shape)
    checkAdjoints(node, x, y, random(5))
  })
  it('refuses what does not multiply', () => {
    expect(() => b.matmul(leaf([2, 3]), leaf([4, 5]))).toThrow(
      '[matmul] shapes [2, 3] and [4, 5] do not multiply: the inner extents 3 (last of the first) and 4 (last but one of the second) differ; is a transpose missing?',
    )
    expect(() => b.matmul(leaf([3]), leaf([3, 5]))).toThrow('both operands need at least 2 dimensions')
    expect(() => b.matmul(leaf([2, 1, 3]), leaf([4, 3, 5]))).toThrow(
      '[matmul] shapes [2, 1, 3] and [4, 3, 5] do not multiply: their batch dimensions 2 and 4 do not broadcast',
    )
  })
  it('works on integers, and raises small ones', () => {
    const x = bufferNode([1, 2], 'uint8', 'test')
    const node = b.matmul(x, bufferNode([2, 1], 'uint8', 'test'))
    expect(node.dtype).toBe('int32')
    const values = new Map(node.inputs.map((n) => [n, denseOf(n.shape, 'int32', [200, 200])]))
    expect(numbersOf(evaluate([node], values).get(node)!)).toEqual([80000])
  })
})

describe('forms are checked', () => {
  const attrs = (change: Partial<ContractAttrs>): ContractAttrs =>
    ({
      out: [2],
      reduced: [3],
      a: [{ offset: 0, coef: [1, 0], divisor: 1 }],
      b: [{ offset: 0, coef: [0, 1], divisor: 1 }],
      ...change,
    }) as ContractAttrs
  const make = (change: Partial<ContractAttrs>) => (): Node => makeNode('contract', [leaf([2]), leaf([3])], attrs(change))
  it('each in its own words', () => {
    expect(make({})).not.toThrow()
    expect(make({ a: [] })).toThrow('operand a of shape [2] needs 1 index forms, was given 0')
    expect(make({ a: [{ offset: 0, coef: [1], divisor: 1 }] })).toThrow('form 0 of operand a has 1 coefficients for 2 variables')
    expect(make({ b: [{ offset: 0, coef: [1, 0], divisor: 0 }] })).toThrow('divisor of 1 or more')
    expect(make({ out: [1.5] })).toThrow('extents are whole numbers')
  })
})
