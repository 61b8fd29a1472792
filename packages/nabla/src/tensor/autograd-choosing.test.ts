/** Gradients, of first and second order, through what chooses, orders and writes. */
import { beforeAll, describe, expect, test } from 'vitest'
import { gradcheck, gradgradcheck, manualSeed, noGrad, randn, setDefaultDevice, tensor, type Tensor, where } from '../index.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(8)
})

const random = (...shape: number[]) =>
  noGrad(() => randn(shape, { dtype: 'float64' }))
    .realize()
    .requiresGrad_()
const int = (data: number[] | number[][]) => tensor(data, { dtype: 'int32' })
const mask = () => tensor([true, false, true])

type Case = [name: string, f: (x: Tensor, y: Tensor) => Tensor | Tensor[]]

/** x is [3, 4], y is [2, 4]; what they give is squared or multiplied, so that the second order is not zero. */
const choosing: Case[] = [
  ['a subscript', (x) => x.at([1, null], [0, 4, 2]).pow(3)],
  ['a subscript of indices that repeat', (x) => x.at(int([2, 0, 2, 2])).exp()],
  ['a subscript of a mask', (x) => x.at(mask()).exp()],
  [
    'gather',
    (x) =>
      x
        .gather(
          1,
          int([
            [0, 0, 3],
            [1, 1, 1],
            [2, 0, 2],
          ]),
        )
        .exp(),
  ],
  [
    'take',
    (x) =>
      x
        .take(
          int([
            [0, 11],
            [5, 5],
          ]),
        )
        .exp(),
  ],
  ['indexSelect', (x) => x.indexSelect(1, int([3, 3, 0])).pow(2)],
  ['maskedSelect', (x) => x.maskedSelect(x.detach().gt(0)).pow(3)],
  ['where', (x) => where(x.detach().gt(0), x.exp(), x.pow(2))],
  ['maskedFill', (x) => x.exp().maskedFill(x.detach().lt(0), 2).pow(2)],
  ['diagonal', (x) => x.exp().diagonal(1)],
  ['tril', (x) => x.tril(1).pow(3)],
  ['roll', (x) => x.roll([1, 2], [0, 1]).mul(x)],
  ['flip and cat', (x) => x.flip(0, 1).mul(x).matmul(x.t())],
  ['unfold', (x) => x.unfold(1, 2, 1).pow(3)],
]
const ordering: Case[] = [
  ['sort', (x) => x.sort(1).values.mul(x)],
  ['sort, descending, along rows', (x) => x.sort(0, { descending: true }).values.pow(3)],
  ['topk', (x) => x.topk(2, 1).values.exp()],
  ['kthvalue', (x) => x.kthvalue(2, 1).values.exp()],
  ['median', (x) => x.median(1).values.exp()],
  ['median of all', (x) => x.median().exp()],
  ['quantile', (x) => x.quantile(0.3, 1).exp()],
  ['max', (x) => [x.max(1).values.exp(), x.amax().pow(3)]],
  ['cummax', (x) => x.cummax(1).values.exp()],
  ['cumsum', (x) => x.cumsum(1).exp()],
  ['cumprod', (x) => x.cumprod(0)],
  ['prod', (x) => x.prod(1)],
  ['logcumsumexp', (x) => x.logcumsumexp(1)],
]
const writing: Case[] = [
  ['scatter', (x, y) => x.exp().scatter(0, int([[0, 1, 2, 0]]), y.exp())],
  [
    'scatterAdd',
    (x, y) =>
      x
        .scatterAdd(
          0,
          int([
            [0, 1, 2, 0],
            [0, 1, 1, 1],
          ]),
          y.exp(),
        )
        .pow(2),
  ],
  ['indexAdd', (x, y) => x.indexAdd(0, int([1, 1]), y.exp(), { alpha: 2 }).pow(2)],
  [
    'indexCopy',
    (x, y) =>
      x
        .exp()
        .indexCopy(0, int([2, 0]), y.exp())
        .pow(2),
  ],
  [
    'indexPut',
    (x, y) =>
      x
        .exp()
        .indexPut([int([2, 0])], y.exp())
        .pow(2),
  ],
  [
    'indexPut, accumulating',
    (x, y) =>
      x
        .exp()
        .indexPut([int([1, 1])], y.exp(), { accumulate: true })
        .pow(2),
  ],
  ['maskedScatter', (x, y) => x.exp().maskedScatter(mask().unsqueeze(1), y.exp()).pow(2)],
  ['in-place arithmetic', (x) => x.clone().mul_(2).add_(x).pow_(3)],
  ['in-place by a row of another', (x, y) => x.clone().mul_(y.at(1)).exp_().mul_(x)],
  [
    'in-place, a value used before',
    (x) => {
      const z = x.exp()
      const w = z.mul(z)
      z.add_(w).sigmoid_()
      return [z.mul(w), z]
    },
  ],
  [
    'setAt of a part',
    (x, y) =>
      x
        .exp()
        .setAt([[1, 3], null], y.exp())
        .pow(2),
  ],
  ['setAt of an element', (x, y) => x.mul(2).setAt([1, 2], y.at(0, 0)).pow(3)],
  ['setAt of a mask', (x, y) => x.mul(2).setAt([mask()], y.exp()).pow(2)],
  [
    'copy_',
    (x, y) => {
      const z = x.mul(3)
      z.copy_(y.at(0).exp())
      return z.mul(x)
    },
  ],
  ['maskedFill_ and clamp_', (x) => x.mul(2).maskedFill_(x.detach().lt(-0.5), 1).clamp_(-3, 3).pow(2)],
  [
    'scatterAdd_',
    (x, y) =>
      x
        .mul(2)
        .scatterAdd_(0, int([[0, 1, 2, 0]]), y.exp())
        .pow(2),
  ],
]

describe.each([
  ['choosing', choosing],
  ['ordering', ordering],
  ['writing', writing],
])('%s', (_, cases) => {
  test.each(cases)('%s', async (_, f) => {
    const inputs = [random(3, 4), random(2, 4)]
    const whole = (x: Tensor, y: Tensor) => [f(x, y)].flat()
    expect(await gradcheck(whole as (...all: Tensor[]) => Tensor[], inputs)).toBe(true)
    expect(await gradgradcheck(whole as (...all: Tensor[]) => Tensor[], inputs)).toBe(true)
  })
})
