/** What the recorded cases of PyTorch do not hold: errors, empty and single extents, views, gradients of higher order, compiled functions. */
import { describe, expect, it } from 'vitest'
import { compile } from '../../tensor/compile.js'
import { arange, rand, randn, tensor, zeros } from '../../tensor/create.js'
import { grad } from '../../tensor/differentiate.js'
import { gradcheck, gradgradcheck } from '../../tensor/gradcheck.js'
import type { Tensor } from '../../tensor/tensor.js'
import * as nn from '../index.js'
import * as f from './index.js'

const numbers = (t: Tensor): number[] => [...t.dataSync()]
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64' }).realize().requiresGrad_()

describe('errors', () => {
  const image = zeros([1, 4, 5, 6])
  it.each<[string, () => unknown, RegExp]>([
    ['groups', () => f.conv2d(image, zeros([6, 2, 3, 3]), null, { groups: 3 }), /groups 3 takes 6/],
    ['a large kernel', () => f.conv2d(image, zeros([1, 4, 7, 3])), /\[7, 3\].*larger than the padded input \[5, 6\]/],
    [
      'a word for padding',
      () => f.conv2d(image, zeros([1, 4, 3, 3]), null, { padding: 'smae' as 'same' }),
      /did you mean "same"/,
    ],
    ['rank', () => f.maxPool2d(zeros([5, 6]), 2), /expected \[N, C, H, W\] or \[C, H, W\]/],
    ['dtype', () => f.maxPool2d(zeros([1, 5, 6], { dtype: 'int32' }), 2), /needs a float tensor, not int32/],
    ['windows that do not fit', () => f.avgPool2d(image, 7), /\[7, 7\] do not fit into \[5, 6\]/],
    ['too much padding', () => f.maxPool2d(image, 3, { padding: 2 }), /more than half the kernel/],
    ['a divisor of 0', () => f.avgPool2d(image, 2, { divisorOverride: 0 }), /divisorOverride is 0/],
    ['output padding', () => f.convTranspose2d(image, zeros([4, 1, 3, 3]), null, { outputPadding: 1 }), /smaller than stride/],
    [
      'an unpooled size',
      () => f.maxUnpool2d(zeros([1, 2, 2]), zeros([1, 2, 2], { dtype: 'int32' }), 2, { outputSize: [7, 4] }),
      /3 to 5, 3 to 5/,
    ],
    ['size and scale', () => f.interpolate(image, { size: 3, scaleFactor: 2 }), /not both/],
    ['neither', () => f.interpolate(image, {}), /there is neither/],
    ['a mode of other rank', () => f.interpolate(image, { size: 3, mode: 'trilinear' }), /takes \[N, C, D, H, W\]/],
    ['an unknown mode', () => f.interpolate(image, { size: 3, mode: 'bilinaer' as 'bilinear' }), /did you mean "bilinear"/],
    ['alignCorners', () => f.interpolate(image, { size: 3, alignCorners: true }), /alignCorners has no meaning/],
    ['nothing left', () => f.interpolate(image, { scaleFactor: 0.1 }), /leaves nothing/],
    ['a grid of another batch', () => f.gridSample(image, zeros([2, 3, 3, 2])), /do not fit/],
    ['columns', () => f.fold(zeros([1, 12, 11]), [4, 5], 2), /expected \[N, C \* 4, 12\]/],
    ['channels to shuffle', () => f.pixelShuffle(image, 3), /4 channels, which 3 squared/],
    ['reflection', () => new nn.ReflectionPad2d(6).forward(image), /too large/],
    ['a layer', () => new nn.Conv2d(4, 6, 3, { groups: 4 }), /divisible into 4 groups/],
    ['a padding mode', () => new nn.Conv2d(4, 6, 3, { paddingMode: 'mirror' as 'reflect' }), /unknown paddingMode "mirror"/],
    [
      'the size of a transposed result',
      () => new nn.ConvTranspose2d(4, 1, 3, { stride: 2 }).forward(image, [11, 15]),
      /11 to 12, 13 to 14/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})

describe('layers', () => {
  it('give indices where they are asked to', () => {
    const { values, indices } = new nn.MaxPool1d(2, { returnIndices: true }).forward(tensor([[1, 3, 2, 2]]))
    expect([numbers(values), numbers(indices)]).toEqual([
      [3, 2],
      [1, 2],
    ])
    expect(numbers(new nn.MaxUnpool1d(2).forward(values, indices))).toEqual([0, 3, 2, 0])
  })

  it('take the size of a transposed result', () => {
    const conv = new nn.Conv2d(2, 3, 3, { stride: 2 })
    const back = new nn.ConvTranspose2d(3, 2, 3, { stride: 2 })
    const x = rand([1, 2, 8, 7])
    expect(back.forward(conv.forward(x), x.shape).shape).toEqual(x.shape)
  })

  it('print their settings', () => {
    expect(String(new nn.MaxPool2d(3, { stride: 2 }))).toBe('MaxPool2d(3, {"stride":2})')
    expect(String(new nn.ZeroPad2d([1, 2, 0, 1]))).toBe('ZeroPad2d([1, 2, 0, 1])')
  })
})

describe('extremes', () => {
  it('padding never wins, nor takes a gradient, even against -Infinity', () => {
    const x = tensor([[-Infinity, -Infinity, -Infinity]], { requiresGrad: true })
    const { values, indices } = f.maxPool1d(x, 2, { stride: 1, padding: 1, returnIndices: true })
    expect(numbers(values)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity])
    expect(numbers(indices)).toEqual([0, 0, 1, 2])
    expect(numbers(grad(values, [x], { gradOutputs: tensor([[1, 2, 4, 8]]) })[0]!)).toEqual([3, 4, 8])
  })

  it('a pooling that does nothing gives a tensor of its own', () => {
    for (const same of [
      (x: Tensor) => f.maxPool1d(x, 1),
      (x: Tensor) => f.interpolate(x.unsqueeze(0), { size: 3 }).squeeze(0),
      (x: Tensor) => f.adaptiveMaxPool1d(x, 3),
    ]) {
      const x = tensor([[1, 2, 3]])
      const y = same(x)
      y.add_(1)
      expect(numbers(x)).toEqual([1, 2, 3])
    }
  })

  it('empty batches', () => {
    const none = zeros([0, 2, 6, 6])
    expect(f.maxPool2d(none, 2).shape).toEqual([0, 2, 3, 3])
    expect(numbers(f.adaptiveMaxPool2d(none, 4))).toEqual([])
    expect(numbers(f.gridSample(none, zeros([0, 2, 2, 2])))).toEqual([])
    expect(f.unfold(none, 3).shape).toEqual([0, 18, 16])
    expect(f.adaptiveAvgPool2d(zeros([1, 2, 3, 3]), [0, 2]).shape).toEqual([1, 2, 0, 2])
  })
})

describe('resizing', () => {
  it('by whole factors, and down to every n-th element, is a view', () => {
    const x = arange(6).float().reshape([1, 1, 6])
    const ops = (t: Tensor) => t.node.op
    expect(ops(f.interpolate(x, { scaleFactor: 2 }))).toBe('reshape')
    expect(ops(f.interpolate(x, { size: 3 }))).toBe('slice')
  })

  it('of integers', () => {
    const x = arange(4).reshape([1, 1, 4])
    expect(numbers(f.interpolate(x, { size: 7 }))).toEqual([0, 0, 1, 1, 2, 2, 3])
    expect(() => f.interpolate(x, { size: 7, mode: 'linear' })).toThrow(/needs a float tensor/)
  })

  it('in a compiled function, as outside', () => {
    const resize = (x: Tensor) => f.interpolate(x, { size: [5, 9], mode: 'bicubic' })
    const compiled = compile(resize)
    for (let i = 0; i < 2; i++) {
      const x = rand([1, 2, 4, 3])
      expect(numbers(compiled(x))).toEqual(numbers(resize(x)))
    }
  })
})

describe('fold', () => {
  it('is the adjoint of unfold', () => {
    const options = { padding: [1, 2], stride: [2, 1], dilation: [1, 2] }
    const x = leaf(2, 3, 6, 7)
    const columns = f.unfold(x, [2, 3], options)
    const y = leaf(...columns.shape)
    const [left, right] = [columns.mul(y).sum(), f.fold(y, [6, 7], [2, 3], options).mul(x).sum()]
    expect(left.itemSync()).toBeCloseTo(right.itemSync(), 10)
  })
})

describe('gradients of gradients', () => {
  it.each<[string, (...inputs: Tensor[]) => Tensor, Tensor[]]>([
    ['maxPool2d', (x) => f.maxPool2d(x!, 3, { stride: 2, padding: 1 }), [leaf(1, 1, 5, 4)]],
    ['avgPool1d', (x) => f.avgPool1d(x!, 3, { padding: 1, countIncludePad: false }), [leaf(1, 2, 5)]],
    ['adaptiveMaxPool1d', (x) => f.adaptiveMaxPool1d(x!, 3), [leaf(1, 2, 7)]],
    ['adaptiveAvgPool1d', (x) => f.adaptiveAvgPool1d(x!, 3), [leaf(1, 2, 7)]],
    ['maxUnpool1d', (x) => f.maxUnpool1d(x!, tensor([[0, 3]], { dtype: 'int32' }), 2), [leaf(1, 2)]],
    ['bicubic', (x) => f.interpolate(x!, { size: [3, 5], mode: 'bicubic' }), [leaf(1, 1, 4, 3)]],
    ['convTranspose1d', (x, w) => f.convTranspose1d(x!, w!, null, { stride: 2 }), [leaf(1, 2, 3), leaf(2, 1, 3)]],
    [
      'gridSample',
      (x, g) => f.gridSample(x!, g!),
      [leaf(1, 1, 4, 3), rand([1, 2, 2, 2], { dtype: 'float64' }).sub(0.5).realize().requiresGrad_()],
    ],
    ['affineGrid', (t) => f.affineGrid(t!, [1, 1, 2, 3]), [leaf(1, 2, 3)]],
  ])('%s', async (_, fn, inputs) => {
    await gradcheck(fn, inputs)
    await gradgradcheck(fn, inputs)
  })
})
