/** The builder: broadcasting, promotion, nodes left out, errors at the call; and values recorded from PyTorch 1.13. */
import { describe, expect, it } from 'vitest'
import type { DType } from '../core/dtype.js'
import { type Node, topological } from '../graph/node.js'
import { builder as b } from './builder.js'
import { convolution, convolutionTransposed } from './convolution.js'
import { denseOf, numbersOf } from './dense.js'
import { bufferNode, makeNode } from './make.js'
import type { ContractAttrs } from './op.js'
import { evaluate } from './reference.js'
import { gradients } from './reverse.js'
import { threefryNumber } from './source.js'

const leaf = (shape: readonly number[], dtype: DType = 'float32'): Node => bufferNode(shape, dtype, 'js')
/** The value of a function of small tensors, by the references. */
function run(
  f: (...nodes: Node[]) => Node,
  dtype: DType,
  ...given: (number[] | { shape: number[]; values: number[]; dtype?: DType })[]
): number[] {
  const operands = given.map((g) => (Array.isArray(g) ? { shape: [g.length], values: g } : g)) as {
    shape: number[]
    values: number[]
    dtype?: DType
  }[]
  const nodes = operands.map((g) => leaf(g.shape, g.dtype ?? dtype))
  const out = f(...nodes)
  return numbersOf(evaluate([out], new Map(nodes.map((n, i) => [n, denseOf(n.shape, n.dtype, operands[i]!.values)]))).get(out)!)
}
const ops = (node: Node): string[] => topological([node]).map((n) => n.op)

describe('broadcasting and promotion', () => {
  it('broadcasts as NumPy', () => {
    expect(b.add(leaf([2, 1, 3]), leaf([4, 1])).shape).toEqual([2, 4, 3])
    expect(b.mul(leaf([]), leaf([2, 3])).shape).toEqual([2, 3])
    expect(b.add(leaf([0, 1]), leaf([1, 3])).shape).toEqual([0, 3])
    expect(b.where(leaf([3], 'bool'), leaf([2, 1]), 0).shape).toEqual([2, 3])
    expect(run((x, y) => b.sub(x, y), 'float32', { shape: [2, 1], values: [10, 20] }, [1, 2, 3])).toEqual([9, 8, 7, 19, 18, 17])
  })
  it('numbers are weak', () => {
    expect(b.add(leaf([2], 'int32'), 1).dtype).toBe('int32')
    expect(b.add(leaf([2], 'int32'), 1.5).dtype).toBe('float32')
    expect(b.add(leaf([2], 'float16'), 1.5).dtype).toBe('float16')
    expect(b.add(leaf([2], 'float64'), 1.5).dtype).toBe('float64')
    expect(b.mul(leaf([2], 'bool'), 2).dtype).toBe('int32')
    expect(b.sub(1, leaf([2], 'uint8')).dtype).toBe('uint8')
    expect(b.where(leaf([2], 'bool'), 1, 0).dtype).toBe('int32')
    expect(b.where(leaf([2], 'bool'), 1, 0.5).dtype).toBe('float32')
  })
  it('tensors meet as in PyTorch', () => {
    expect(b.add(leaf([2], 'int32'), leaf([2])).dtype).toBe('float32')
    expect(b.add(leaf([2], 'float16'), leaf([2])).dtype).toBe('float32')
    expect(b.add(leaf([2], 'bool'), leaf([2], 'uint8')).dtype).toBe('uint8')
    // Without dimensions a tensor raises only the category.
    expect(b.add(leaf([2], 'float32'), leaf([], 'float64')).dtype).toBe('float32')
    expect(b.add(leaf([2], 'int32'), leaf([], 'float64')).dtype).toBe('float64')
    expect(b.add(leaf([], 'float32'), leaf([], 'float64')).dtype).toBe('float64')
  })
  it('any op by its name, by the same rules', () => {
    expect(b.elementwise('exp', leaf([2], 'int32'))).toMatchObject({ op: 'exp', dtype: 'float32' })
    expect(b.elementwise('add', leaf([2, 1], 'int32'), leaf([3], 'uint8'))).toMatchObject({
      op: 'add',
      dtype: 'int32',
      shape: [2, 3],
    })
    expect(b.elementwise('atan2', leaf([2], 'int32'), 1)).toMatchObject({ op: 'atan2', dtype: 'float32' })
    expect(b.elementwise('sub', 1, leaf([2], 'float64'))).toMatchObject({ op: 'sub', dtype: 'float64' })
  })
  it('division and functions give floats, sums of small integers int32', () => {
    expect(b.div(leaf([2], 'int32'), 2).dtype).toBe('float32')
    expect(b.exp(leaf([2], 'int32')).dtype).toBe('float32')
    expect(b.floor(leaf([2], 'int32')).dtype).toBe('int32')
    expect(b.sum(leaf([2], 'bool'), [0]).dtype).toBe('int32')
    expect(b.sum(leaf([2], 'float16'), [0]).dtype).toBe('float16')
    expect(b.max(leaf([2], 'bool'), [0]).dtype).toBe('bool')
    expect(b.lt(leaf([2]), leaf([2], 'int32')).dtype).toBe('bool')
    expect(b.argmax(leaf([2]), 0).dtype).toBe('int32')
  })
  it('bools are truth values', () => {
    expect(run(b.add, 'bool', [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 1, 1, 1])
    expect(run(b.mul, 'bool', [0, 0, 1, 1], [0, 1, 0, 1])).toEqual([0, 0, 0, 1])
    expect(run(b.maximum, 'bool', [0, 1], [0, 0])).toEqual([0, 1])
    expect(run((x) => b.max(x, [0]), 'bool', [0, 1])).toEqual([1])
    expect(run((x) => b.sum(x, [0]), 'bool', [1, 0, 1])).toEqual([2])
    expect(() => b.sub(leaf([1], 'bool'), leaf([1], 'bool'))).toThrow('[sub] is not defined on two bools; use xor')
  })
  it('numbers that a dtype cannot hold are still compared', () => {
    expect(run((x) => b.lt(x, 300), 'uint8', [255, 0])).toEqual([1, 1])
    expect(run((x) => b.gt(x, -1), 'uint8', [255, 0])).toEqual([1, 1])
    expect(run((x) => b.lt(x, 2 ** 31), 'int32', [2147483647])).toEqual([1])
    expect(run((x) => b.lt(x, 1.5), 'int32', [1, 2])).toEqual([1, 0])
  })
})

describe('nodes that need not be made', () => {
  const x = leaf([2, 3])
  it('views that change nothing', () => {
    expect(b.reshape(x, [2, 3])).toBe(x)
    expect(b.permute(x, [0, 1])).toBe(x)
    expect(b.expand(x, [2, 3])).toBe(x)
    expect(
      b.pad(x, [
        [0, 0],
        [0, 0],
      ]),
    ).toBe(x)
    expect(
      b.slice(x, [
        { start: 0, stop: 2, step: 1 },
        { start: 0, stop: 3, step: 1 },
      ]),
    ).toBe(x)
    expect(b.flip(x, [])).toBe(x)
    expect(b.flip(leaf([1, 3]), [0]).op).toBe('buffer')
    expect(b.cast(x, 'float32')).toBe(x)
    expect(b.sum(x, [])).toBe(x)
    expect(b.sum(leaf([1, 3]), [0]).op).toBe('buffer')
    expect(b.cat([x], 0)).toBe(x)
    expect(b.window(x, 1, 1, 1).op).toBe('reshape')
  })
  it('views of views', () => {
    expect(ops(b.reshape(b.reshape(x, [6]), [3, 2]))).toEqual(['buffer', 'reshape'])
    expect(b.reshape(b.reshape(x, [6]), [2, 3])).toBe(x)
    expect(b.permute(b.permute(x, [1, 0]), [1, 0])).toBe(x)
    expect(b.permute(b.permute(leaf([2, 3, 4]), [1, 2, 0]), [1, 0, 2])).toMatchObject({
      shape: [4, 3, 2],
      attrs: { dims: [2, 1, 0] },
    })
    expect(b.flip(b.flip(x, [1]), [1])).toBe(x)
    expect(b.neg(b.neg(x))).toBe(x)
    expect(ops(b.cast(b.cast(x, 'float64'), 'float32'))).toEqual(['buffer'])
    expect(ops(b.cast(b.cast(x, 'int32'), 'float32'))).toEqual(['buffer', 'cast', 'cast'])
    const twice = b.slice(b.slice(leaf([20]), [{ start: 2, stop: 20, step: 3 }]), [{ start: 1, stop: 6, step: 2 }])
    expect(twice).toMatchObject({ attrs: { ranges: [{ start: 5, stop: 18, step: 6 }] }, shape: [3] })
    expect(ops(twice)).toEqual(['buffer', 'slice'])
  })
  it('neutral numbers, but none that changes a zero, a NaN or a dtype', () => {
    expect(b.mul(x, 1)).toBe(x)
    expect(b.div(x, 1)).toBe(x)
    expect(b.sub(x, 0)).toBe(x)
    expect(b.add(x, -0)).toBe(x)
    expect(b.add(x, 0).op).toBe('add') // -0 + 0 is 0
    expect(b.sub(x, -0).op).toBe('sub')
    expect(b.mul(x, 0).op).toBe('mul') // NaN * 0 is NaN
    expect(b.add(leaf([2], 'int32'), 0).op).toBe('buffer')
    expect(b.mul(leaf([2], 'bool'), 1)).toMatchObject({ op: 'cast', dtype: 'int32' })
    expect(b.mul(leaf([3]), b.constant(1, [2, 1], 'float32', 'js'))).toMatchObject({ op: 'expand', shape: [2, 3] })
    expect(b.pow(x, 1)).toBe(x)
    expect(b.pow(x, 2).op).toBe('mul')
    expect(b.pow(x, 0.5).op).toBe('sqrt')
  })
  it('operations on constants', () => {
    const one = b.constant(1, [2, 3], 'float32', 'js')
    expect(b.add(one, 0.5)).toMatchObject({ op: 'constant', attrs: { value: 1.5 } })
    expect(b.exp(b.like(x, 0))).toMatchObject({ op: 'constant', attrs: { value: 1 }, shape: [2, 3] })
    expect(b.lt(one, 2)).toMatchObject({ op: 'constant', attrs: { value: 1 }, dtype: 'bool' })
    expect(b.div(one, 0)).toMatchObject({ op: 'constant', attrs: { value: 'Infinity' } })
    expect(b.permute(one, [1, 0])).toMatchObject({ op: 'constant', shape: [3, 2] })
    expect(b.where(b.lt(one, 2), x, 0)).toBe(x)
    expect(b.constant(0.1, [], 'float32', 'js').attrs['value']).toBe(Math.fround(0.1))
    expect(b.constant(NaN, [], 'float32', 'js').attrs['value']).toBe('NaN')
    expect(b.constant(-0, [], 'float32', 'js').attrs['value']).toBe('-0')
    expect(b.constant(-1, [], 'uint8', 'js').attrs['value']).toBe(255)
  })
  it('never goes past a node that gradients flow through', () => {
    const p = b.constant(1, [3], 'float32', 'js')
    p.tracked = true
    const y = leaf([3])
    const product = b.mul(y, p)
    expect(product.op).toBe('mul')
    expect(gradients(product, y, [p])).not.toEqual([undefined])
    const q = leaf([2, 3])
    q.tracked = true
    const middle = b.reshape(q, [6])
    expect(b.reshape(middle, [3, 2]).inputs).toEqual([middle])
    // Where a gradient was stopped it stays stopped.
    const stopped = makeNode('reshape', [q], { shape: [2, 3] })
    stopped.tracked = false
    const after = b.reshape(stopped, [3, 2])
    expect(after.inputs).toEqual([stopped])
    expect(after.tracked).toBe(false)
  })
  it('never goes past a value that is there', () => {
    const y = b.reshape(leaf([6]), [2, 3])
    y.storage = { device: 'js', dtype: 'float32', size: 6 }
    y.inputs = []
    expect(b.reshape(y, [3, 2]).inputs).toEqual([y])
  })
})

describe('errors at the call', () => {
  it.each([
    [
      () => b.add(leaf([2, 3]), leaf([4])),
      '[add] shapes [2, 3] and [4] do not broadcast: dimension -1 is 3 in one and 4 in another; they must be equal, or one of them 1',
    ],
    [
      () => b.expand(leaf([2, 3]), [4, 3]),
      '[expand] shape [2, 3] does not expand to [4, 3]: dimension 0 is 2, and only 1 can become 4',
    ],
    [() => b.expand(leaf([2, 3]), [3]), '[expand] shape [2, 3] has more dimensions than [3]'],
    [() => b.reshape(leaf([2, 3]), [4]), '[reshape] shape [2, 3] of 6 elements does not fit [4] of 4'],
    [() => b.reshape(leaf([2, 3]), [-1]), '[reshape] [-1] is not a shape'],
    [
      () => b.permute(leaf([2, 3]), [0, 0]),
      '[permute] [0, 0] is not an order of the dimensions of shape [2, 3]: each of 0 to 1 must occur once',
    ],
    [
      () => b.slice(leaf([3]), [{ start: 1, stop: 5, step: 1 }]),
      '[slice] range 1 to 5 is outside dimension 0 of shape [3]: expected 0 <= start <= stop <= 3',
    ],
    [() => b.slice(leaf([3]), []), '[slice] shape [3] needs 1 ranges, was given 0'],
    [() => b.sum(leaf([2]), [1]), '[sum] dimension 1 is out of range for shape [2]: expected 0 to 0'],
    [() => b.max(leaf([0]), [0]), '[max] dimension 0 of shape [0] is empty, and there is no max of nothing'],
    [
      () => b.window(leaf([3]), 0, 4, 1),
      '[window] windows of 4 elements do not fit dimension 0 of shape [3]: they span 4; pad it first',
    ],
    [
      () => b.gather(leaf([2, 3]), 1, leaf([3, 1], 'int32')),
      '[gather] shapes [2, 3] and [3, 1] (the index) differ at dimension 0: 2 and 3; only dimension 1 may differ',
    ],
    [() => b.gather(leaf([2]), 0, leaf([2])), '[gather] needs int32 indices, not float32; cast them first'],
    [() => b.where(leaf([2]), 1, leaf([2])), '[where] the condition must be bool, not float32; compare it with 0 first'],
    [() => b.and(leaf([2]), 1), '[and] is defined on integers and bools, not on float32; cast it first'],
    [() => b.neg(leaf([2], 'bool')), '[neg] is not defined on bool; cast it to int32 first'],
    [
      () => b.cat([leaf([2, 3]), leaf([2, 4])], 0),
      '[cat] shapes [2, 3] and [2, 4] differ at dimension 1: 3 and 4; only dimension 0 may differ',
    ],
    [() => b.sub(1, 2), '[sub] one operand must be a tensor; all are numbers (1, 2)'],
    [
      () => b.add(leaf([2]), bufferNode([2], 'float32', 'native')),
      "[add] the inputs are on different devices: [2] on js and [2] on native; move one with .to('js')",
    ],
    [() => makeNode('ad', []), 'a node without inputs needs the name of a device'],
    [() => makeNode('ad', [leaf([1])]), 'unknown op "ad"; did you mean "add"?'],
    [() => makeNode('add', [leaf([1])]), '[add] takes 2 inputs, was given 1'],
    [() => b.randomBits(leaf([2]), [3], 0), '[randomBits] the state must be uint32, not float32'],
  ])('%#', (f, message) => {
    expect(f).toThrow(message)
  })
})

describe('composites', () => {
  it('cat', () => {
    expect(run((x, y) => b.cat([x, y], 0), 'float32', [1, NaN], [-0, 4, 5])).toEqual([1, NaN, -0, 4, 5])
    expect(
      run((x, y) => b.cat([x, y, x], 1), 'float32', { shape: [2, 1], values: [1, 2] }, { shape: [2, 2], values: [3, 4, 5, 6] }),
    ).toEqual([1, 3, 4, 1, 2, 5, 6, 2])
    expect(b.cat([leaf([0, 2]), leaf([3, 2])], 0).op).toBe('buffer')
    expect(b.cat([leaf([2], 'int32'), leaf([2])], 0).dtype).toBe('float32')
    const [x, y] = [leaf([2]), leaf([3])]
    const whole = b.cat([x, y], 0)
    const seed = leaf([5])
    const grads = gradients(whole, seed, [x, y]) as Node[]
    const known = evaluate(
      grads,
      new Map([
        [x, denseOf([2], 'float32', [0, 0])],
        [y, denseOf([3], 'float32', [0, 0, 0])],
        [seed, denseOf([5], 'float32', [1, 2, 3, 4, 5])],
      ]),
    )
    expect(grads.map((g) => numbersOf(known.get(g)!))).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
  })
  it('negative padding cuts off', () => {
    expect(run((x) => b.pad(x, [[-1, 2]], 9), 'float32', [1, 2, 3])).toEqual([2, 3, 9, 9])
  })
  it('gather and scatterAdd take a smaller index, as PyTorch', () => {
    const index = { shape: [1, 2], values: [1, 0], dtype: 'int32' as const }
    expect(run((x, i) => b.gather(x, 1, i), 'float32', { shape: [2, 2], values: [1, 2, 3, 4] }, index)).toEqual([2, 1])
    expect(
      run((x, i, s) => b.scatterAdd(x, 1, i, s), 'float32', { shape: [2, 2], values: [1, 2, 3, 4] }, index, {
        shape: [2, 2],
        values: [10, 20, 30, 40],
      }),
    ).toEqual([21, 12, 3, 4])
  })
})

describe('values as PyTorch has them', () => {
  const a = [5, -5, 5, -5, 7.5, -7.5, 1, -1, 0, -0, Infinity, 5, -5, 5, 0.3, 1e10]
  const c = [3, 3, -3, -3, 2, 2, 0.1, 0.1, 3, 3, 3, Infinity, Infinity, 0, 0.1, 3]
  it('floorDiv, remainder, fmod, pow', () => {
    expect(run(b.floorDiv, 'float64', a, c)).toEqual([1, -2, -2, 1, 3, -4, 9, -10, 0, -0, NaN, 0, -1, Infinity, 2, 3333333333])
    expect(run(b.remainder, 'float64', a, c)).toEqual([
      2,
      1,
      -1,
      -2,
      1.5,
      0.5,
      0.09999999999999995,
      5.551115123125783e-17,
      0,
      -0,
      NaN,
      5,
      Infinity,
      NaN,
      0.09999999999999998,
      1,
    ])
    expect(run(b.fmod, 'float64', a, c)).toEqual([
      2,
      -2,
      2,
      -2,
      1.5,
      -1.5,
      0.09999999999999995,
      -0.09999999999999995,
      0,
      -0,
      NaN,
      5,
      -5,
      NaN,
      0.09999999999999998,
      1,
    ])
    const powers = run(b.pow, 'float64', a, c)
    const expected = [
      125,
      -125,
      0.008,
      -0.008,
      56.25,
      56.25,
      1,
      NaN,
      0,
      -0,
      Infinity,
      Infinity,
      Infinity,
      1,
      0.8865681505652133,
      1e30,
    ]
    powers.forEach((p, i) =>
      expect(p === expected[i] || Number.isNaN(p) ? 0 : Math.abs(p / expected[i]! - 1)).toBeLessThan(1e-15),
    )
  })
  it('of integers', () => {
    const [x, y] = [
      [7, -7, 7, -7, 0, -2147483648, 2147483647],
      [3, 3, -3, -3, 4, 3, 2],
    ]
    expect(run(b.floorDiv, 'int32', x, y)).toEqual([2, -3, -3, 2, 0, -715827883, 1073741823])
    expect(run(b.remainder, 'int32', x, y)).toEqual([1, 2, -2, -1, 0, 1, 1])
    expect(run(b.fmod, 'int32', x, y)).toEqual([1, -1, 1, -1, 0, -2, 1])
    expect(run(b.pow, 'int32', x, [3, 3, 2, 0, 4, 2, 5])).toEqual([343, -343, 49, 1, 0, 0, 2147483647])
    expect(run(b.pow, 'int32', [2, -1, 3, 1], [-1, -3, -2, -5])).toEqual([0, -1, 0, 1])
    expect(run(b.floorDiv, 'int32', [5, -2147483648], [0, -1])).toEqual([0, -2147483648])
  })
  it('sorting and extremes with NaN and equals', () => {
    expect(run((x) => b.argsort(x, 0, true), 'float32', [1, NaN, -1, NaN, 1])).toEqual([1, 3, 0, 4, 2])
    expect(run((x) => b.argsort(x, 0, false), 'float32', [1, NaN, -1, NaN])).toEqual([2, 0, 1, 3])
    expect(run((x) => b.argmax(x, 0), 'float32', [1, NaN, NaN, 2])).toEqual([1])
    expect(run((x) => b.scan(x, 0, 'max'), 'float32', [1, 3, 3, 2, NaN, 1])).toEqual([1, 3, 3, 3, NaN, NaN])
    expect(run(b.round, 'float32', [0.5, 1.5, -0.5, 2.5])).toEqual([0, 2, -0, 2])
    expect(run(b.sign, 'float32', [NaN, -0, 0, Infinity])).toEqual([0, 0, 0, 1])
    expect(run(b.relu, 'float32', [-0, NaN])).toEqual([-0, NaN])
  })
  it('grouped, strided, dilated, padded convolution and its transpose', () => {
    const counted = (shape: number[], modulus: number, shift: number) => ({
      shape,
      values: Array.from({ length: shape.reduce((p, n) => p * n, 1) }, (_, i) => (i % modulus) - shift),
    })
    const x = counted([2, 4, 5, 6], 7, 3)
    const y = run(
      (p, q) => convolution(p, q, { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 }, b),
      'float64',
      x,
      counted([6, 2, 3, 2], 5, 2),
    )
    expect(y.length).toBe(2 * 6 * 3 * 8)
    expect(y.slice(0, 24)).toEqual([-9, 5, 14, 1, 2, -11, -1, -7, -12, 1, -18, 21, 18, 1, -5, -7, 3, 5, -10, 4, -10, 4, 3, 1])
    expect(y.slice(-24)).toEqual([-9, -2, -16, 13, 14, 1, -3, -2, 4, 3, -19, -1, -18, 21, 13, -3, -1, 1, 4, 4, -10, 4, -7, 5])
    const t = run(
      (p, q) =>
        convolutionTransposed(p, q, { stride: [2, 3], padding: [1, 1], outputPadding: [1, 0], dilation: [1, 2], groups: 2 }, b),
      'float64',
      x,
      counted([4, 3, 3, 2], 5, 2),
    )
    expect(t.length).toBe(2 * 6 * 10 * 16)
    expect(t.slice(0, 16)).toEqual([0, -2, 0, 0, -2, -2, 0, -2, -4, 0, -2, -6, 0, -2, 6, 0])
    expect(t.slice(-16)).toEqual([0, -2, -2, 0, -2, -4, 0, -2, -6, 0, -2, 6, 0, 5, 4, 0])
  })
  it('threefry: the published answer for all zeros', () => {
    expect(threefryNumber(0, 0, 0)).toBe(0x6b200159)
  })
})

describe('contractions stay small', () => {
  it('a gradient of a product is a product', () => {
    const [x, y] = [leaf([5, 2, 3]), leaf([3, 4])]
    const node = b.matmul(x, y)
    const [dx, dy] = gradients(node, leaf(node.shape), [x, y]) as [Node, Node]
    expect((dx.attrs as ContractAttrs).reduced).toEqual([4])
    expect((dy.attrs as ContractAttrs).reduced).toEqual([5, 2])
    for (const g of [dx, dy]) expect(ops(g).filter((op) => op !== 'buffer')).toEqual(['contract'])
  })
})
