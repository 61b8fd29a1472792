/** Reductions over attrs.dims; the reduced dimensions stay with extent 1. */
import { isFloat } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'
import type { Attrs, Node } from '../graph/node.js'
import { eachIndex, reader, writer, zeros } from './dense.js'
import type { Builder, Dense, ReduceOp, Sample, TensorType } from './op.js'
import { checkCount, checkDim, checkNumeric, wrongArgument, wrongShape } from './rules.js'

const dimsOf = (attrs: Attrs): readonly number[] => attrs['dims'] as readonly number[]
const kept = (shape: Shape, dims: readonly number[]): number[] => shape.map((n, d) => (dims.includes(d) ? 1 : n))

/** Checks attrs.dims and gives the reduced shape; `needs` an element: there is no maximum of nothing. */
function reducedShape(op: string, inputs: readonly TensorType[], attrs: Attrs, needs: boolean): number[] {
  checkCount(op, inputs, 1)
  const a = inputs[0]!
  checkNumeric(op, a)
  const dims = dimsOf(attrs)
  dims.forEach((d, i) => {
    checkDim(op, d, a.shape)
    if (i > 0 && dims[i - 1]! >= d)
      wrongArgument(op, `dimensions must be given once each, in order, not ${showShape(dims)}`, { dims })
    if (needs && a.shape[d] === 0)
      wrongShape(op, `dimension ${d} of shape ${showShape(a.shape)} is empty, and there is no ${op} of nothing`, a.shape)
  })
  return kept(a.shape, dims)
}

/** Folds each group of elements that share an output, in row-major order: `step` takes the value so far, the next one and its index. */
function reduceDense(
  a: Dense,
  dims: readonly number[],
  dtype: TensorType['dtype'],
  start: number,
  step: (so: number, x: number, i: number) => number,
): Dense {
  const out = zeros(kept(a.shape, dims), dtype)
  const get = reader(a)
  const totals = new Float64Array(out.data.length).fill(start)
  const strides = stridesOf(out.shape).map((s, d) => (dims.includes(d) ? 0 : s))
  eachIndex(a.shape, (at, flat) => {
    const o = at.reduce((sum, i, d) => sum + i * strides[d]!, 0)
    totals[o] = step(totals[o]!, get(flat), at[dims[0] ?? 0] ?? 0)
  })
  const set = writer(out)
  totals.forEach((value, i) => set(i, value))
  return out
}

const sample = (shape: Shape, dims: readonly number[], dtype: TensorType['dtype'] = 'float32'): Sample => ({
  inputs: [{ shape, dtype, ...(dtype === 'uint8' ? { low: 0, high: 9 } : dtype === 'int32' ? { low: -9, high: 9 } : {}) }],
  attrs: { dims },
})

const shapes: readonly Sample[] = [
  sample([2, 3], [1]),
  sample([2, 3], [0]),
  sample([2, 3, 4], [0, 2]),
  sample([5], [0]),
  sample([1], [0]),
  sample([2, 1, 3], [1]),
  sample([], []),
  sample([0, 3], [1]),
  sample([3, 4], [0, 1], 'float64'),
  sample([3, 4], [1], 'int32'),
  sample([4], [0], 'uint8'),
  { ...sample([3, 4], [1], 'float16'), differentiable: false },
]
const special: Sample = {
  inputs: [
    { shape: [5, 3], dtype: 'float32', values: [1, NaN, 2, -Infinity, -Infinity, 3, Infinity, 1, -Infinity, 0, -0, 0, 2, 2, 2] },
  ],
  attrs: { dims: [1] },
  differentiable: false,
}
const empty: readonly Sample[] = [sample([3, 0], [1]), sample([0], [0])]

/** Ties share equally, as torch.amax; NaN gives NaN. */
function extremeGradient(node: Node, grad: Node, b: Builder): readonly Node[] {
  const a = node.inputs[0]!
  const chosen = b.cast(b.eq(a, b.expand(node, a.shape)), a.dtype)
  const share = b.div(grad, b.sum(chosen, dimsOf(node.attrs)))
  return [b.mul(chosen, b.expand(share, a.shape))]
}

/**
 * The gradient of a product in x_i is the product of all others: of those before, times that of those after. No division, so zeros
 * are right, to every order.
 */
function productGradient(node: Node, grad: Node, b: Builder): readonly Node[] {
  const a = node.inputs[0]!
  const dims = dimsOf(node.attrs)
  const free = a.shape.flatMap((_, d) => (dims.includes(d) ? [] : [d]))
  const order = [...free, ...dims]
  const n = sizeOf(dims.map((d) => a.shape[d]!))
  const rows = free.map((d) => a.shape[d]!)
  if (n === 0) return [a]
  const line = b.reshape(b.permute(a, order), [...rows, n])
  const last = rows.length
  const before = exclusiveProduct(line, last, b)
  const after = b.flip(exclusiveProduct(b.flip(line, [last]), last, b), [last])
  const others = b.permute(
    b.reshape(
      b.mul(before, after),
      order.map((d) => a.shape[d]!),
    ),
    a.shape.map((_, d) => order.indexOf(d)),
  )
  return [b.mul(others, b.expand(grad, a.shape))]
}

/** 1, x_0, x_0 x_1, ... along `dim`. */
function exclusiveProduct(x: Node, dim: number, b: Builder): Node {
  const n = x.shape[dim]!
  const ranges = x.shape.map((m, d) => ({ start: 0, stop: d === dim ? n - 1 : m, step: 1 }))
  return b.pad(
    b.scan(b.slice(x, ranges), dim, 'prod'),
    x.shape.map((_, d) => (d === dim ? [1, 0] : [0, 0])),
    1,
  )
}

const arg = (name: 'argmax' | 'argmin', doc: string, better: (x: number, best: number) => boolean): ReduceOp => ({
  name,
  kind: 'reduce',
  op: name,
  doc,
  infer(inputs, attrs) {
    if (dimsOf(attrs).length !== 1)
      wrongArgument(name, `goes over exactly one dimension, was given ${showShape(dimsOf(attrs))}`, { dims: dimsOf(attrs) })
    return { shape: reducedShape(name, inputs, attrs, true), dtype: 'int32' }
  },
  reference([a], attrs) {
    const [dim] = dimsOf(attrs)
    const out = zeros(kept(a!.shape, [dim!]), 'int32')
    const get = reader(a!)
    const strides = stridesOf(a!.shape)
    eachIndex(out.shape, (at, flat) => {
      const base = at.reduce((sum, i, d) => sum + i * strides[d]!, 0)
      let best = 0
      for (let i = 1; i < a!.shape[dim!]!; i++) {
        const x = get(base + i * strides[dim!]!)
        const so = get(base + best * strides[dim!]!)
        if (!Number.isNaN(so) && (Number.isNaN(x) || better(x, so))) best = i
      }
      out.data[flat] = best
    })
    return out
  },
  samples: [
    sample([2, 3], [1]),
    sample([2, 3], [0]),
    sample([2, 3, 2], [1]),
    sample([1], [0]),
    sample([0, 3], [1]),
    sample([3, 4], [1], 'int32'),
    sample([3, 4], [1], 'float64'),
    special,
    { inputs: [{ shape: [4], dtype: 'float32', values: [NaN, 1, NaN, 2] }], attrs: { dims: [0] } },
    { inputs: [{ shape: [3], dtype: 'float32', values: [-0, 0, -0] }], attrs: { dims: [0] } },
  ],
})

const nanWins =
  (better: (x: number, y: number) => boolean) =>
  (so: number, x: number): number =>
    Number.isNaN(so) || Number.isNaN(x) ? NaN : better(x, so) ? x : so

const extreme = (name: 'max' | 'min', doc: string, start: number, better: (x: number, y: number) => boolean): ReduceOp => ({
  name,
  kind: 'reduce',
  op: name,
  doc,
  infer: (inputs, attrs) => ({ shape: reducedShape(name, inputs, attrs, true), dtype: inputs[0]!.dtype }),
  reference: ([a], attrs) => reduceDense(a!, dimsOf(attrs), a!.dtype, start, nanWins(better)),
  gradient: extremeGradient,
  samples: [
    ...shapes,
    special,
    {
      inputs: [{ shape: [2, 4], dtype: 'float32', values: [1, 3, 3, 0, 2, 2, 2, 2] }],
      attrs: { dims: [1] },
      differentiable: false,
    },
    { inputs: [{ shape: [3], dtype: 'int32', values: [-2147483648, -2147483648, -2147483648] }], attrs: { dims: [0] } },
    { inputs: [{ shape: [3], dtype: 'int32', values: [2147483647, 2147483647, 2147483647] }], attrs: { dims: [0] } },
  ],
})

export const reduceOps: readonly ReduceOp[] = [
  {
    name: 'sum',
    kind: 'reduce',
    op: 'sum',
    doc: 'The sum over `dims`; of nothing 0. Integers wrap around.',
    infer: (inputs, attrs) => ({ shape: reducedShape('sum', inputs, attrs, false), dtype: inputs[0]!.dtype }),
    reference: ([a], attrs) =>
      reduceDense(a!, dimsOf(attrs), a!.dtype, 0, isFloat(a!.dtype) ? (so, x) => so + x : (so, x) => (so + x) | 0),
    gradient: (node, grad, b) => [b.expand(grad, node.inputs[0]!.shape)],
    samples: [...shapes, special, ...empty],
  },
  {
    name: 'prod',
    kind: 'reduce',
    op: 'prod',
    doc: 'The product over `dims`; of nothing 1. Integers wrap around. The gradient is right where elements are 0.',
    infer: (inputs, attrs) => ({ shape: reducedShape('prod', inputs, attrs, false), dtype: inputs[0]!.dtype }),
    reference: ([a], attrs) => reduceDense(a!, dimsOf(attrs), a!.dtype, 1, isFloat(a!.dtype) ? (so, x) => so * x : Math.imul),
    gradient: productGradient,
    samples: [
      ...shapes,
      special,
      ...empty,
      { inputs: [{ shape: [3, 3], dtype: 'float32', values: [2, 0, 3, 0, 0, 5, 1, 2, 3] }], attrs: { dims: [1] } },
    ],
  },
  extreme('max', 'The largest over `dims`; NaN if there is one. Equals share the gradient evenly.', -Infinity, (x, y) => x > y),
  extreme('min', 'The smallest over `dims`; NaN if there is one. Equals share the gradient evenly.', Infinity, (x, y) => x < y),
  arg('argmax', 'int32 index of the largest along one dimension: the first of equals; NaN counts as largest.', (x, y) => x > y),
  arg('argmin', 'int32 index of the smallest along one dimension: the first of equals; NaN counts as smallest.', (x, y) => x < y),
]
