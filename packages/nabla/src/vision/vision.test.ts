/** What the recorded cases of torchvision do not hold: errors, lists of boxes, laziness, gradients of higher order. */
import { describe, expect, it } from 'vitest'
import { compile } from '../tensor/compile.js'
import { rand, randn, tensor, zeros } from '../tensor/create.js'
import { gradcheck, gradgradcheck } from '../tensor/gradcheck.js'
import type { Tensor } from '../tensor/tensor.js'
import * as vision from './index.js'

const numbers = (t: Tensor): number[] => [...t.dataSync()]
const boxes = tensor([
  [0, 0, 4, 4],
  [1, 1, 5, 5],
  [8, 8, 9, 9],
])

describe('errors', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['boxes', () => vision.boxArea(zeros([3, 5])), /\[3, 5\]; expected \[N, 4\]/],
    ['the second boxes', () => vision.boxIou(boxes, zeros([4])), /boxes2 have shape \[4\]/],
    ['a form', () => vision.boxConvert(boxes, 'xyxy', 'xywz' as 'xywh'), /did you mean "xywh"/],
    ['scores', () => vision.nms(boxes, zeros([2]), 0.5), /expected \[3\], one for each/],
    ['regions', () => vision.roiAlign(zeros([1, 1, 4, 4]), zeros([2, 4]), 2), /expected \[K, 5\]/],
    ['an image', () => vision.roiAlign(zeros([1, 1, 4, 4]), tensor([[1, 0, 0, 2, 2]]), 2), /of image 1, but there are 1 images/],
    ['bins', () => vision.roiPool(zeros([1, 1, 4, 4]), zeros([1, 5]), 0), /outputSize is 0/],
    ['a reduction', () => vision.sigmoidFocalLoss(boxes, boxes, { reduction: 'summ' as 'sum' }), /did you mean "sum"/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })

  it('what reads values says so inside a compiled function', () => {
    expect(() => compile((b: Tensor) => vision.nms(b, b.select(1, 0), 0.5))(boxes)).toThrow(
      /cannot be part of a compiled function/,
    )
  })
})

describe('boxes', () => {
  it('go through every form and back', () => {
    for (const form of ['xywh', 'cxcywh'] as const)
      expect(numbers(vision.boxConvert(vision.boxConvert(boxes, 'xyxy', form), form, 'xyxy'))).toEqual(numbers(boxes))
  })

  it('equal scores: the first wins; NaN comes first', () => {
    expect(numbers(vision.nms(boxes, tensor([1, 1, 1]), 0.3))).toEqual([0, 2])
    expect(numbers(vision.nms(boxes, tensor([1, NaN, 2]), 0.3))).toEqual([1, 2])
    expect(numbers(vision.batchedNms(boxes, tensor([1, 2, 3]), tensor([0, 1, 0], { dtype: 'int32' }), 0.3))).toEqual([2, 1, 0])
  })

  it('around masks; a mask of nothing has none', () => {
    const masks = tensor([
      [
        [0, 0, 0],
        [0, 1, 1],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ])
    expect(numbers(vision.masksToBoxes(masks))).toEqual([1, 1, 2, 1, NaN, NaN, NaN, NaN])
  })
})

describe('regions', () => {
  it('as a list for each image or as rows', () => {
    const input = rand([2, 3, 6, 6])
    const rows = tensor([
      [0, 0, 0, 4, 4],
      [1, 1, 2, 5, 5],
      [1, 0, 0, 2, 3],
    ])
    const list = [
      tensor([[0, 0, 4, 4]]),
      tensor([
        [1, 2, 5, 5],
        [0, 0, 2, 3],
      ]),
    ]
    for (const pool of [vision.roiAlign, vision.roiPool])
      expect(numbers(pool(input, list, 2))).toEqual(numbers(pool(input, rows, 2)))
  })

  it('with a fixed number of samples wait for nothing', () => {
    const align = compile((x: Tensor, rows: Tensor) => vision.roiAlign(x, rows, 2, { samplingRatio: 2 }))
    const input = rand([1, 1, 5, 5])
    const rows = tensor([[0, 0.5, 1, 3, 4]])
    expect(numbers(align(input, rows))).toEqual(numbers(vision.roiAlign(input, rows, 2, { samplingRatio: 2 })))
  })

  it('have gradients of every order', async () => {
    const rows = tensor([
      [0, 0.3, 0.2, 3.1, 2.7],
      [1, 0, 1, 3, 3],
    ])
    for (const pool of [vision.roiAlign, vision.roiPool]) {
      const input = randn([2, 1, 4, 4], { dtype: 'float64' }).realize().requiresGrad_()
      await gradcheck((x) => pool(x!, rows, 2), [input])
      await gradgradcheck((x) => pool(x!, rows, 2).square(), [input])
    }
  })
})
