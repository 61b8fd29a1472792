/**
 * Reading and adding at computed indices along one dimension. Indices are int32. An index out of range cannot throw from inside a
 * kernel: reading there gives NaN (0 of integers), adding there does nothing.
 */
import { isFloat } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { around, reader, writer, zeros } from './dense.js'
import type { Attrs } from '../graph/node.js'
import type { Dense, Sample, SpecialOp, TensorType } from './op.js'
import {
  checkCount,
  checkDim,
  checkIndex,
  checkNumeric,
  checkSameDtype,
  checkSameShape,
  wrongArgument,
  wrongShape,
} from './rules.js'

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

function inferScatter(op: string, inputs: readonly TensorType[], attrs: Attrs): TensorType {
  checkCount(op, inputs, 3)
  const [a, index, src] = inputs as [TensorType, TensorType, TensorType]
  checkIndex(op, index)
  checkNumeric(op, a)
  checkSameDtype(op, a, src)
  checkSameShape(op, index, src)
  checkAlong(op, a, index, checkDim(op, attrs['dim'], a.shape))
  return { shape: a.shape, dtype: a.dtype }
}

/** Elements of src taken into a, in order; `combine` is handed what is there and what comes. */
function scatterDense([a, index, src]: readonly Dense[], attrs: Attrs, combine: (so: number, x: number) => number): Dense {
  const dim = attrs['dim'] as number
  const { outer, n, inner } = around(a!.shape, dim)
  const count = index!.shape[dim]!
  const out = { ...a!, data: a!.data.slice() }
  const get = reader(out)
  const given = reader(src!)
  const set = writer(out)
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < count; i++)
      for (let k = 0; k < inner; k++) {
        const flat = (o * count + i) * inner + k
        const j = index!.data[flat]!
        const to = (o * n + j) * inner + k
        if (j >= 0 && j < n) set(to, combine(get(to), given(flat)))
      }
  return out
}

const nanStays =
  (better: (x: number, so: number) => boolean) =>
  (so: number, x: number): number =>
    Number.isNaN(so) || Number.isNaN(x) ? NaN : better(x, so) ? x : so

/** How an element that comes meets the one that is there. */
const meetings = {
  set: (_so: number, x: number): number => x,
  prod: (so: number, x: number): number => so * x,
  max: nanStays((x, so) => x > so),
  min: nanStays((x, so) => x < so),
} as const

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
    infer: (inputs, attrs) => inferScatter('scatterAdd', inputs, attrs),
    reference: (inputs, attrs) => scatterDense(inputs, attrs, (so, x) => so + x),
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
  {
    name: 'scatter',
    kind: 'scatter',
    doc: 'a with src[.., i, ..] put at [.., index[.., i, ..], ..] along `dim`, in the order of i: the last of equals stays (attrs.op set), or multiplied (prod), or the larger or smaller of what is there and what comes (max, min; NaN stays). Nothing where the index is out of range.',
    infer(inputs, attrs) {
      if (!Object.hasOwn(meetings, attrs['op'] as string))
        wrongArgument('scatter', `knows ${Object.keys(meetings).join(', ')}, not ${String(attrs['op'])}`, {
          scatter: attrs['op'],
        })
      return inferScatter('scatter', inputs, attrs)
    },
    reference: (inputs, attrs) => scatterDense(inputs, attrs, meetings[attrs['op'] as keyof typeof meetings]),
    samples: Object.keys(meetings).flatMap((op) =>
      samples(true).map((one) => ({ ...one, attrs: { ...one.attrs, op }, differentiable: false })),
    ),
  },
]
