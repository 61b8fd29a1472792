import { beforeAll, describe, expect, test } from 'vitest'
import {
  gradcheck,
  gradgradcheck,
  manualSeed,
  ones,
  pow,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
  zeros,
} from '../index.js'
import * as F from '../nn/functional/index.js'

beforeAll(() => setDefaultDevice('js'))

const values = async (x: Tensor) => [...(await x.data())]
const doubles = (...shape: number[]) => randn(shape, { dtype: 'float64' }).realize().requiresGrad_()

describe('special points', () => {
  test('inverse hyperbolic functions of the very large and the very small', async () => {
    const x = tensor([1e-20, -1e-7, 1e20, -1e20, 0], { dtype: 'float64' })
    const expected = [...(await x.data())].map(Math.asinh)
    for (const [i, y] of (await values(x.asinh())).entries()) expect(y).toBeCloseTo(expected[i]!, 12)
    expect((await values(tensor([1, 1 + 1e-12, 1e300], { dtype: 'float64' }).acosh()))[2]).toBeCloseTo(Math.acosh(1e300), 10)
    expect(await values(tensor([1, -1, 2]).atanh())).toEqual([Infinity, -Infinity, NaN])
    expect(Object.is((await values(tensor([-0]).asinh()))[0], -0)).toBe(true)
  })

  test('erfinv undoes erf', async () => {
    const y = tensor([-1, -0.999999, -0.3, 0, 1e-9, 0.5, 0.9999999, 1, 1.5], { dtype: 'float64' })
    const back = await values(y.erfinv().erf())
    const given = await values(y)
    given.slice(0, -1).forEach((value, i) => expect(back[i]).toBeCloseTo(value, 13))
    expect(back.at(-1)).toBeNaN()
  })

  test('powers', async () => {
    expect(await values(pow(2, tensor([-1, 0, 3])))).toEqual([0.5, 1, 8])
    const x = tensor([0, -2], { requiresGrad: true })
    const y = x.pow(0)
    expect(await values(y)).toEqual([1, 1])
    y.sum().backward()
    expect(await values(x.grad!)).toEqual([0, 0])
  })

  test('integers divide exactly', async () => {
    const x = tensor([2147483647, -7, 7], { dtype: 'int32' })
    const by = tensor([1, 2, -2], { dtype: 'int32' })
    expect(await values(x.div(by, { roundingMode: 'trunc' }))).toEqual([2147483647, -3, -3])
    expect(await values(x.div(by, { roundingMode: 'floor' }))).toEqual([2147483647, -4, -4])
    expect(x.div(by).dtype).toBe('float32')
  })

  test('rounding to digits, replacing NaN, signs of zero', async () => {
    expect(await values(tensor([125, 15]).round({ decimals: -1 }))).toEqual([120, 20])
    expect(await values(tensor([NaN, Infinity, 2]).nanToNum({ nan: 1, posinf: 3 }))).toEqual([1, 3, 2])
    expect(await values(tensor([0, -0, -1]).signbit())).toEqual([0, 1, 1])
    expect(() => ones([1]).round({ decimals: 0.5 })).toThrow(/decimals is 0.5/)
  })

  test('bad arguments', () => {
    expect(() => F.celu(ones([1]), 0)).toThrow(/alpha is 0/)
    expect(() => F.glu(ones([3]))).toThrow(/even number/)
    expect(() => F.prelu(ones([2, 3]), ones([2]))).toThrow(/each of the 3 channels/)
    expect(() => F.softshrink(ones([1]), -1)).toThrow(/lambd is -1/)
    expect(() => F.pad(ones([2, 3]), [3, 0], { mode: 'reflect' })).toThrow(/it is 2 at most/)
    expect(() => F.pad(ones([3]), [1])).toThrow(/before, after/)
    expect(() => F.pad(ones([3]), [-2, -2])).toThrow(/leaves nothing/)
    expect(() => ones([3]).norm(NaN)).toThrow(/expected a number/)
  })
})

describe('gradients, of both orders', () => {
  const positive = (x: Tensor) => x.abs().add(0.2)
  const cases: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
    asinh: (x) => x.asinh(),
    acosh: (x) => positive(x).add(1).acosh(),
    atanh: (x) => x.tanh().mul(0.9).atanh(),
    erfinv: (x) => x.tanh().mul(0.9).erfinv(),
    logit: (x) => x.sigmoid().logit(1e-6),
    sinc: (x) => x.sinc(),
    rsqrt: (x) => positive(x).rsqrt(),
    exp2: (x) => x.exp2(),
    log2: (x) => positive(x).log2(),
    hypot: (x, y) => x.hypot(y),
    logaddexp: (x, y) => x.logaddexp(y),
    logaddexp2: (x, y) => x.logaddexp2(y),
    xlogy: (x, y) => x.xlogy(positive(y)),
    clamp: (x, y) => x.clamp(y.sub(0.4), y.add(0.3)).exp(),
    norm3: (x) => x.norm(3, 1),
    normHalf: (x) => x.norm(0.5, 1),
    cosine: (x, y) => F.cosineSimilarity(x, y),
    distance: (x, y) => F.pairwiseDistance(x, y, { p: 3 }),
    normalize: (x) => F.normalize(x, { dim: 0 }),
    celu: (x) => F.celu(x, 0.7),
    glu: (x) => F.glu(x),
    hardswish: (x) => F.hardswish(x),
    mish: (x) => F.mish(x),
    std: (x) => x.std(1),
    reflect: (x) => F.pad(x, [2, 1, 1, 0], { mode: 'reflect' }).exp(),
    circular: (x) => F.pad(x, [2, 1], { mode: 'circular' }).exp(),
    diagEmbed: (x) => x.diagEmbed(1).exp(),
  }
  test.each(Object.entries(cases))('%s', async (_, f) => {
    manualSeed(9)
    const inputs = [doubles(3, 4), doubles(3, 4)]
    expect(await gradcheck(f, inputs)).toBe(true)
    expect(await gradgradcheck(f, inputs)).toBe(true)
  })

  test('a weight learns nothing from infinite inputs on its other side', async () => {
    const weight = tensor([0.25], { requiresGrad: true })
    F.prelu(tensor([Infinity, -2]), weight)
      .sum()
      .backward()
    expect(await values(weight.grad!)).toEqual([-2])
  })
})

test('reductions of nothing', async () => {
  expect(await values(zeros([0, 2]).norm(2, 0))).toEqual([0, 0])
  expect(await values(zeros([0]).nanmean())).toEqual([NaN])
  expect(zeros([3, 0]).softmax(1).shape).toEqual([3, 0])
  expect(rand([0, 3]).cumsum(0).shape).toEqual([0, 3])
  expect(() => zeros([0]).amax()).toThrow(/no elements/)
})
