/** Products: what the recorded cases do not hold. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  chainMatmul,
  einsum,
  eye,
  gradgradcheck,
  manualSeed,
  multiDot,
  ones,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
  tensordot,
  zeros,
} from '../index.js'
import { bilinear, linear } from '../nn/functional/linear.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(2)
})

const random = (...shape: number[]) => randn(shape, { dtype: 'float64' }).realize().requiresGrad_()

describe('einsum', () => {
  test('labels that sum, repeat, broadcast and stay', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(await einsum('ii', x).item()).toBe(5)
    expect(await einsum('ii->i', [x]).toArray()).toEqual([1, 4])
    expect(await einsum('ba', x).toArray()).toEqual(await x.t().toArray())
    expect(einsum('...ij,kj', ones([5, 2, 3]), ones([4, 3])).shape).toEqual([5, 2, 4])
    expect(einsum('i...->...', ones([5, 2, 3])).shape).toEqual([2, 3])
    expect(await einsum('ij,jk->ik', ones([2, 0]), ones([0, 2])).toArray()).toEqual(await zeros([2, 2]).toArray())
  })

  test('errors say what does not fit', () => {
    const x = ones([2, 3])
    const bad = (equation: string, operands: Tensor[], message: RegExp) =>
      expect(() => einsum(equation, operands)).toThrow(message)
    bad('ij,jk', [x], /names 2 operands, was given 1/)
    bad('i', [x], /has 2 dimensions, but "i" has 1 labels/)
    bad('ij->ik', [x], /label "k" of the result is in no operand/)
    bad('ij->ii', [x], /twice in the result/)
    bad('ii', [x], /a diagonal needs equal ones/)
    bad('ij,jk', [x, ones([2, 2])], /label "j" is 3 in one operand and 2 in another/)
    bad('i.j', [x], /not a list of letters/)
  })
})

describe('ranks and shapes', () => {
  const m = () => ones([2, 3])
  test.each<[string, () => unknown, RegExp]>([
    ['matmul of a scalar', () => tensor(1).matmul(m()), /\[matmul\] needs tensors of rank 1 or more/],
    ['matmul', () => m().matmul(m()), /\[matmul\] \[2, 3\] and \[2, 3\] do not fit/],
    ['matmul of batches', () => ones([2, 3, 4]).matmul(ones([3, 4, 5])), /batch dimensions 2 and 3 do not broadcast/],
    ['mm', () => m().mm(ones([3])), /\[mm\] the second operand must be a matrix \(rank 2\), but has shape \[3\]/],
    ['mv', () => m().mv(ones([3, 1])), /\[mv\] the second operand must be a vector/],
    ['dot', () => m().dot(m()), /\[dot\] the first operand must be a vector/],
    ['bmm', () => ones([2, 3, 4]).bmm(ones([1, 4, 5])), /\[bmm\].*batches of 2 and 1 matrices/],
    ['addmm', () => ones([4]).addmm(m(), ones([3, 5])), /\[addmm\] input \[4\] does not broadcast to \[2, 5\]/],
    ['addmm of ints', () => zeros([2, 2]).int().addmm(m().int(), m().t().int(), { alpha: 0.5 }), /alpha is 0.5/],
    ['addbmm', () => ones([2, 2]).addbmm(ones([2, 2, 3]), ones([2, 2, 2])), /\[addbmm\].*do not multiply/],
    ['outer', () => m().outer(ones([2])), /\[outer\]/],
    ['inner', () => m().inner(ones([2])), /equal last dimensions/],
    ['trace', () => ones([2]).trace(), /\[trace\] the operand must be a matrix/],
    ['cross', () => ones([2]).cross(ones([2])), /have no dimension of 3/],
    ['cross along', () => ones([3, 2]).cross(ones([3, 2]), 1), /3 elements along dimension 1/],
    ['tensordot', () => tensordot(m(), m(), 1), /\[tensordot\] dimension 1 of \[2, 3\] and dimension 0/],
    ['tensordot lists', () => tensordot(m(), m(), [[0, 1], [0]]), /name 2 dimensions of the first and 1 of the second/],
    ['tensordot count', () => tensordot(m(), m(), 3), /expected 0 to 2/],
    ['multiDot', () => multiDot([m(), m()]), /factor 0 \[2, 3\] has 3 columns, but factor 1/],
    ['multiDot of one', () => multiDot([m()]), /two tensors or more/],
    ['matrixPower', () => m().matrixPower(2), /needs a square matrix/],
    ['matrixPower of a negative', () => eye(2).matrixPower(-1), /nabla\/linalg/],
    ['linear', () => linear(m(), ones([4, 2])), /\[linear\] input \[2, 3\] does not fit weight \[4, 2\]/],
    ['linear with a bias', () => linear(m(), ones([4, 3]), ones([3])), /bias \[3\] does not fit 4 output features/],
    ['bilinear', () => bilinear(m(), m(), ones([4, 3, 2])), /must be \[..., 3\] and \[..., 2\]/],
  ])('%s', (_, call, message) => expect(call).toThrow(message))
})

describe('values', () => {
  test('beta 0 leaves NaN behind, and a gradient of zeros', async () => {
    const input = tensor([NaN, Infinity], { requiresGrad: true })
    const out = input.addmm(ones([2, 3]), ones([3, 2]), { beta: 0, alpha: 2 })
    expect(await out.toArray()).toEqual([
      [6, 6],
      [6, 6],
    ])
    out.sum().backward()
    expect(await input.grad!.toArray()).toEqual([0, 0])
  })

  test('whole numbers stay whole', async () => {
    const x = tensor([[1, 2]], { dtype: 'int32' })
    for (const y of [x.mm(x.t()), x.kron(x), x.squeeze(0).outer(x.squeeze(0)), x.t().mm(x).matrixPower(2), einsum('ij->j', x)])
      expect(y.dtype).toBe('int32')
    expect(await x.t().mm(x).trace().item()).toBe(5)
  })

  test('chains do the cheapest first, and give the same', async () => {
    const factors = [
      [10, 1],
      [1, 10],
      [10, 1],
      [1, 3],
    ].map(([m, n]) => random(m!, n!))
    const expected = factors.reduce((a, b) => a.matmul(b))
    expect(await multiDot(factors).isclose(expected).all().item()).toBe(1)
    expect(multiDot([ones([3]), ones([3, 4]), ones([4])]).shape).toEqual([])
    expect(chainMatmul(factors[0]!).shape).toEqual([10, 1])
  })

  test('powers', async () => {
    const x = tensor([
      [1, 1],
      [0, 1],
    ])
    expect(await x.matrixPower(13).toArray()).toEqual([
      [1, 13],
      [0, 1],
    ])
    expect(await ones([2, 1, 1]).matrixPower(0).toArray()).toEqual([[[1]], [[1]]])
  })
})

test.each<[string, (x: Tensor, y: Tensor, z: Tensor) => Tensor]>([
  ['matmul', (x, y) => x.matmul(y.t())],
  ['einsum', (x, y, z) => einsum('ij,kj,kl->il', x, y, z)],
  ['addmm', (x, y, z) => x.addmm(z, y, { beta: 2, alpha: -1 })],
  ['kron', (x, y) => x.kron(y)],
  ['tensordot', (x, y) => tensordot(x, y, [[0], [0]])],
  ['cross', (x, y) => x.cross(y, 1)],
  ['matrixPower', (x, y) => x.mm(y.t()).matrixPower(3)],
  ['bilinear', (x, y, z) => bilinear(x, y, z.unsqueeze(-1).expand(3, 3, 3))],
])('%s has gradients of gradients', async (_, f) => {
  const [x, y, z] = [random(3, 3), random(3, 3), random(3, 3)]
  expect(await gradgradcheck(f as (...all: Tensor[]) => Tensor, [x!, y!, z!])).toBe(true)
})
