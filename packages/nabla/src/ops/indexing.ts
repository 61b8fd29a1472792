/**
 * Reading and adding at computed indices along one dimension. Indices are int32. An index out of range cannot throw from inside a
 * kernel: reading there gives NaN (0 of integers), adding there does nothing.
 */
import { isFloat } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { around, reader, writer, zeros } from './dense.js'
import type { Sample, SpecialOp, TensorType } from './op.js'
import { checkCount, checkDim, checkIndex, checkNumeric, checkSameDtype, checkSameShape, wrongShape } from './rules.js'

/** index has the shape of a, but for `dim`. */
function checkAlong(op: string, a: TensorType, index: TensorType, dim: number): void {
  const clash = a.shape.length === index.shape.length ? a.shape.findIndex((n, d) => d !== dim && n !== index.shape[d]) : 0
  if (clash >= 0)
    wrongShape(
      op,
      a.shape.length !== index.shape.length
        ? `the index has shape ${showShape(index.shape)}, of another rank than ${showShape(a.shape)}; reshape it to that rank`
        : `shapes ${showShape(a.shape)} and ${showShape(index.shape)} (the index) differ at dimension ${clash}: ${a.shape[clash]} and ${index.shape[clash]}; only dimension ${dim} may differ`,
      a.shape,
      index.shape,
    )
}

const sample = (
  shape: readonly number[],
  dim: number,
  indexShape: readonly number[],
  values: readonly number[],
  source: boolean,
  dtype: TensorType['dtype'] = 'float32',
): Sample => ({
  inputs: [
    { shape, dtype, ...(dtype === 'int32' && { low: -5, high: 5 }) },
    { shape: indexShape, dtype: 'int32', values },
    ...(source ? [{ shape: indexShape, dtype, ...(dtype === 'int32' && { low: -5, high: 5 }) }] : []),
  ],
  attrs: { dim },
})

const samples = (source: boolean): Sample[] => [
  sample([4], 0, [3], [3, 0, 3], source),
  sample([3, 2], 0, [4, 2], [0, 1, 2, 2, 1, 0, 0, 0], source),
  sample([2, 3], 1, [2, 2], [2, 0, 1, 1], source),
  sample([2, 3, 2], 1, [2, 1, 2], [2, 0, 1, 1], source),
  sample([1], 0, [1], [0], source),
  sample([3], 0, [0], [], source),
  sample([0, 2], 1, [0, 3], [], source),
  sample([3], 0, [4], [0, -1, 3, 1], source, 'int32'),
  sample([4], 0, [3], [1, 1, 1], source, 'float64'),
  { ...sample([3], 0, [4], [0, -1, 3, 1], source), differentiable: false },
]

export const indexingOps: readonly SpecialOp[] = [
  {
    name: 'gather',
    kind: 'gather',
    doc: 'out[.., i, ..] = a[.., index[.., i, ..], ..] along `dim`, as torch.gather; NaN (0 of integers) where the index is out of range.',
    infer(inputs, attrs) {
      checkCount('gather', inputs, 2)
      const [a, index] = inputs as [TensorType, TensorType]
      checkIndex('gather', index)
      checkAlong('gather', a, index, checkDim('gather', attrs['dim'], a.shape))
      return { shape: index.shape, dtype: a.dtype }
    },
    reference([a, index], attrs) {
      const dim = attrs['dim'] as number
      const { outer, n, inner } = around(a!.shape, dim)
      const count = index!.shape[dim]!
      const out = zeros(index!.shape, a!.dtype)
      const get = reader(a!)
      const set = writer(out)
      const missing = isFloat(a!.dtype) ? NaN : 0
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < count; i++)
          for (let k = 0; k < inner; k++) {
            const flat = (o * count + i) * inner + k
            const j = index!.data[flat]!
            set(flat, j >= 0 && j < n ? get((o * n + j) * inner + k) : missing)
          }
      return out
    },
    gradient(node, grad, b) {
      const [a, index] = node.inputs as [typeof node, typeof node]
      return [b.scatterAdd(b.constant(0, a.shape, a.dtype, a.device), node.attrs['dim'] as number, index, grad), undefined]
    },
    samples: [
      ...samples(false),
      {
        inputs: [
          { shape: [3], dtype: 'bool', values: [1, 0, 1] },
          { shape: [4], dtype: 'int32', values: [2, 1, 0, 5] },
        ],
        attrs: { dim: 0 },
      },
    ],
  },
  {
    name: 'scatterAdd',
    kind: 'scatter',
    doc: 'a plus src[.., i, ..] added at [.., index[.., i, ..], ..] along `dim`, in the order of i, as torch.scatter_add; nothing where the index is out of range.',
    infer(inputs, attrs) {
      checkCount('scatterAdd', inputs, 3)
      const [a, index, src] = inputs as [TensorType, TensorType, TensorType]
      checkIndex('scatterAdd', index)
      checkNumeric('scatterAdd', a)
      checkSameDtype('scatterAdd', a, src)
      checkSameShape('scatterAdd', index, src)
      checkAlong('scatterAdd', a, index, checkDim('scatterAdd', attrs['dim'], a.shape))
      return { shape: a.shape, dtype: a.dtype }
    },
    reference([a, index, src], attrs) {
      const dim = attrs['dim'] as number
      const { outer, n, inner } = around(a!.shape, dim)
      const count = index!.shape[dim]!
      const out = { ...a!, data: a!.data.slice() }
      const get = reader(out)
      const add = reader(src!)
      const set = writer(out)
      for (let o = 0; o < outer; o++)
        for (let i = 0; i < count; i++)
          for (let k = 0; k < inner; k++) {
            const flat = (o * count + i) * inner + k
            const j = index!.data[flat]!
            const to = (o * n + j) * inner + k
            if (j >= 0 && j < n) set(to, get(to) + add(flat))
          }
      return out
    },
    gradient(node, grad, b) {
      const dim = node.attrs['dim'] as number
      const index = node.inputs[1]!
      // What was added nowhere has no gradient.
      const n = grad.shape[dim]!
      const inside = b.and(b.ge(index, 0), b.lt(index, n))
      return [grad, undefined, b.where(inside, b.gather(grad, dim, index), 0)]
    },
    samples: samples(true),
  },
]
