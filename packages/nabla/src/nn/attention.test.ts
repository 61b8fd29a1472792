import { beforeAll, describe, expect, test } from 'vitest'
import { gradcheck, manualSeed, ones, randn, setDefaultDevice, type Tensor, tensor, zeros } from '../index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))
const F = nn.functional

const close = async (actual: Tensor, expected: Tensor, digits = 5) => {
  expect(actual.shape).toEqual(expected.shape)
  const [a, e] = [await actual.data(), await expected.data()]
  a.forEach((value, i) => expect(value).toBeCloseTo(e[i]!, digits))
}

describe('scaledDotProductAttention', () => {
  test('masks of bools and floats and the causal one agree', async () => {
    manualSeed(0)
    const [q, k, v] = [randn([2, 3, 4, 5]), randn([2, 3, 4, 5]), randn([2, 3, 4, 6])]
    const causal = F.scaledDotProductAttention(q, k, v, { isCausal: true })
    expect(causal.shape).toEqual([2, 3, 4, 6])
    await close(F.scaledDotProductAttention(q, k, v, { attnMask: ones([4, 4]).tril().bool() }), causal)
    await close(F.scaledDotProductAttention(q, k, v, { attnMask: nn.Transformer.generateSquareSubsequentMask(4) }), causal)
    await close(causal.select(2, 0), v.select(2, 0)) // the first query sees one key
    await close(F.scaledDotProductAttention(q, k, v, { scale: 0 }), v.mean(2, { keepdim: true }).expand([2, 3, 4, 6]))
  })

  test('gradients, and NaN where no key is left', async () => {
    const double = (...shape: number[]) => randn(shape, { dtype: 'float64', requiresGrad: true })
    await gradcheck(
      (q, k, v, bias) => F.scaledDotProductAttention(q, k, v, { attnMask: bias }),
      [double(2, 3), double(4, 3), double(4, 2), double(2, 4)],
    )
    const mask = tensor([
      [false, false],
      [true, false],
    ])
    const y = await F.scaledDotProductAttention(ones([2, 3]), ones([2, 3]), ones([2, 1]), { attnMask: mask }).data()
    expect([...y]).toEqual([NaN, 1])
    expect(() => F.scaledDotProductAttention(ones([2, 3]), ones([2, 4]), ones([2, 4]))).toThrow(/query \[2, 3\], key \[2, 4\]/)
    expect(() => F.scaledDotProductAttention(ones([2, 3]), ones([5, 3]), ones([5, 3]), { attnMask: ones([5, 2]) })).toThrow(
      /do not broadcast/,
    )
  })
})

describe('MultiheadAttention', () => {
  test('names, shapes and start of the parameters', async () => {
    const shapes = (options: nn.MultiheadAttentionOptions) =>
      Object.fromEntries(Object.entries(new nn.MultiheadAttention(6, 2, options).stateDict()).map(([name, t]) => [name, t.shape]))
    expect(shapes({ addBiasKv: true })).toEqual({
      inProjWeight: [18, 6],
      inProjBias: [18],
      biasK: [1, 1, 6],
      biasV: [1, 1, 6],
      'outProj.weight': [6, 6],
      'outProj.bias': [6],
    })
    expect(shapes({ kdim: 3, vdim: 5, bias: false })).toEqual({
      qProjWeight: [6, 6],
      kProjWeight: [6, 3],
      vProjWeight: [6, 5],
      'outProj.weight': [6, 6],
    })
    const { outProj, inProjBias } = new nn.MultiheadAttention(6, 2)
    expect(await outProj.bias!.abs().sum().item()).toBe(0)
    expect(await inProjBias!.abs().sum().item()).toBe(0)
  })

  test('isCausal is the causal mask; packed and separate projections agree', async () => {
    manualSeed(2)
    const layer = new nn.MultiheadAttention(6, 2, { batchFirst: true })
    const x = randn([2, 4, 6])
    const mask = nn.Transformer.generateSquareSubsequentMask(4)
    const [y, weights] = layer.forward(x, x, x, { isCausal: true })
    await close(y, layer.forward(x, x, x, { attnMask: mask })[0])
    await close(y, layer.forward(x, x.clone(), x.clone(), { attnMask: mask.eq(-Infinity), needWeights: false })[0])
    await close(weights!.sum(-1), ones([2, 4]))
  })

  test('what does not fit is refused', () => {
    expect(() => new nn.MultiheadAttention(6, 4)).toThrow(/embedDim is 6, which is not divisible into 4 heads/)
    expect(() => new nn.MultiheadAttention(6, 2, { dropout: -1 })).toThrow(/0 to 1/)
    const layer = new nn.MultiheadAttention(6, 2)
    const x = ones([4, 2, 6])
    expect(() => layer.forward(x, ones([5, 2, 6]), x)).toThrow(
      /value \[4, 2, 6\] do not fit: expected query \[L, N, 6\], key \[S, N, 6\], value \[S, N, 6\]/,
    )
    expect(() => layer.forward(ones([4, 2, 5]), x, x)).toThrow(/query \[4, 2, 5\]/)
    expect(() => layer.forward(x, x, x, { attnMask: ones([3, 4, 4]) })).toThrow(
      /attnMask has shape \[3, 4, 4\]; expected \[4, 4\] or \[4, 4, 4\]/,
    )
    expect(() => layer.forward(x, x, x, { keyPaddingMask: zeros([4, 2]).bool() })).toThrow(/expected \[2, 4\]/)
    expect(() => layer.forward(x, x, x, { keyPaddingMask: zeros([2, 4]).int() })).toThrow(/int32; expected bools, or floats/)
  })
})

describe('Transformers', () => {
  test('an encoder copies its layer; the copies are independent', async () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 6, dropout: 0 })
    const encoder = new nn.TransformerEncoder(layer, 2, new nn.LayerNorm(4))
    expect(Object.keys(encoder.stateDict())).toContain('layers.1.selfAttn.outProj.weight')
    const [first, second] = [...encoder.layers] as nn.TransformerEncoderLayer[]
    await close(first!.linear1.weight, second!.linear1.weight)
    expect(first!.linear1.weight).not.toBe(layer.linear1.weight)
    const x = randn([3, 2, 4])
    const one = (y: Tensor) => layer.forward(y, { isCausal: true })
    await close(encoder.forward(x, { isCausal: true }), F.layerNorm(one(one(x)), [4]))
  })

  test('a decoder with a function, an activation of one own, no biases', async () => {
    const settings = { dimFeedforward: 6, dropout: 0, bias: false, activation: (x: Tensor) => x.tanh(), batchFirst: true }
    const decoder = new nn.TransformerDecoder(() => new nn.TransformerDecoderLayer(4, 2, settings), 2)
    expect(decoder.namedParameters().some(([name]) => name.endsWith('ias'))).toBe(false)
    expect(decoder.forward(ones([2, 3, 4]), ones([2, 5, 4]), { tgtIsCausal: true }).shape).toEqual([2, 3, 4])
    expect(() => new nn.TransformerEncoderLayer(4, 2, { activation: 'swish' as 'gelu' })).toThrow(/known: relu, gelu/)
    expect(() => new nn.Transformer(4, 2, settings).forward(ones([2, 3, 4]), ones([2, 3, 5]))).toThrow(
      /tgt has shape \[2, 3, 5\]/,
    )
  })

  test('positions: sines and cosines in turn', async () => {
    const layer = new nn.PositionalEncoding(3, { dropout: 0, batchFirst: true })
    const rate = 10000 ** (-2 / 3)
    const expected = [0, 1, 2].map((p) => [Math.sin(p), Math.cos(p), Math.sin(p * rate)])
    await close(layer.forward(zeros([1, 3, 3])), tensor([expected]))
    await close(layer.forward(zeros([3, 3])), tensor(expected))
    expect(() => layer.forward(zeros([3, 4]))).toThrow(/\[L, 3\]/)
  })
})
