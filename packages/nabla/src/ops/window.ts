/** The sliding view, and its adjoint: windows added back into the line they were taken from. */
import { showShape } from '../core/errors.js'
import { type Shape, stridesOf } from '../core/shape.js'
import { iadd, imul } from '../kernel/simplify.js'
import type { Attrs } from '../graph/node.js'
import { around, reader, writer, zeros } from './dense.js'
import { moveDense } from './movement.js'
import type { MovementOp, Sample, SpecialOp } from './op.js'
import { checkCount, checkDim, checkNumeric, wrongArgument, wrongShape } from './rules.js'

const view = (shape: Shape, attrs: Attrs, dtype: 'float32' | 'int32' = 'float32'): Sample => ({
  inputs: [{ shape, dtype }],
  attrs,
})
const sample = (
  shape: readonly number[],
  dim: number,
  n: number,
  stride: number,
  dilation: number,
  dtype: 'float32' | 'int32' | 'float64' = 'float32',
): Sample => ({
  inputs: [{ shape, dtype, ...(dtype === 'int32' && { low: -5, high: 5 }) }],
  attrs: { dim, n, stride, dilation },
})

/** Elements that a window of `size` covers. */
export const windowSpan = (size: number, dilation: number): number => (size - 1) * dilation + 1
export const windowCount = (n: number, size: number, stride: number, dilation: number): number =>
  Math.floor((n - windowSpan(size, dilation)) / stride) + 1

export function windowAttrs(op: string, attrs: Attrs): { size: number; stride: number; dilation: number } {
  const { size = 1, stride, dilation } = attrs as { size?: number; stride: number; dilation: number }
  for (const [name, n] of Object.entries({ size, stride, dilation }))
    if (!Number.isInteger(n) || n < 1) wrongArgument(op, `${name} must be a whole number of 1 or more, not ${n}`, { [name]: n })
  return { size, stride, dilation }
}

export const windowOps: readonly MovementOp[] = [
  {
    name: 'window',
    kind: 'movement',
    doc: 'The sliding view: dimension `dim` becomes the count of windows, a new last dimension their size; element i, j is i * stride + j * dilation.',
    infer([a], attrs) {
      const { size, stride, dilation } = windowAttrs('window', attrs)
      const dim = checkDim('window', attrs['dim'], a!.shape)
      const n = a!.shape[dim]!
      if (windowSpan(size, dilation) > n)
        wrongShape(
          'window',
          `windows of ${size} elements${dilation > 1 ? `, dilation ${dilation},` : ''} do not fit dimension ${dim} of shape ${showShape(a!.shape)}: they span ${windowSpan(size, dilation)}; pad it first`,
          a!.shape,
        )
      return {
        shape: [...a!.shape.map((m, d) => (d === dim ? windowCount(m, size, stride, dilation) : m)), size],
        dtype: a!.dtype,
      }
    },
    source(at, { attrs, input }) {
      const { stride, dilation } = windowAttrs('window', attrs)
      return {
        at: input.map((_, d) => (d === attrs['dim'] ? iadd(imul(at[d]!, stride), imul(at[input.length]!, dilation)) : at[d]!)),
      }
    },
    reference([a], attrs) {
      const { size, stride, dilation } = windowAttrs('window', attrs)
      const dim = attrs['dim'] as number
      const strides = stridesOf(a!.shape)
      const shape = [...a!.shape.map((m, d) => (d === dim ? windowCount(m, size, stride, dilation) : m)), size]
      const s = strides[dim]!
      return moveDense(a!, shape, (at) =>
        strides.reduce((sum, n, d) => sum + at[d]! * n * (d === dim ? stride : 1), at[at.length - 1]! * dilation * s),
      )
    },
    gradient(node, grad, b) {
      const { stride, dilation } = windowAttrs('window', node.attrs)
      const dim = node.attrs['dim'] as number
      return [b.fold(grad, dim, node.inputs[0]!.shape[dim]!, stride, dilation)]
    },
    samples: [
      view([7], { dim: 0, size: 3, stride: 2, dilation: 1 }),
      view([2, 8], { dim: 1, size: 3, stride: 1, dilation: 2 }),
      view([5, 2], { dim: 0, size: 2, stride: 3, dilation: 1 }),
      view([1], { dim: 0, size: 1, stride: 1, dilation: 1 }),
      view([0, 4], { dim: 1, size: 2, stride: 2, dilation: 1 }),
      view([6], { dim: 0, size: 6, stride: 1, dilation: 1 }, 'int32'),
    ],
  },
]

export const foldOps: readonly SpecialOp[] = [
  {
    name: 'fold',
    kind: 'fold',
    doc: 'Dimension `dim` counts windows and the last dimension their elements: out[i * stride + j * dilation] sums in[i, j]; extent n, zero where no window reaches.',
    infer([a, ...more], attrs) {
      checkCount('fold', [a!, ...more], 1)
      checkNumeric('fold', a!)
      const rank = a!.shape.length
      const dim = checkDim('fold', attrs['dim'], a!.shape)
      if (dim === rank - 1)
        wrongArgument('fold', 'the last dimension holds the elements of the windows; `dim` must be one before it', { dim })
      const { stride, dilation } = windowAttrs('fold', attrs)
      const n = attrs['n'] as number
      const count = a!.shape[dim]!
      const reach = count === 0 ? 0 : (count - 1) * stride + windowSpan(a!.shape[rank - 1]!, dilation)
      if (!Number.isInteger(n) || n < reach)
        wrongShape(
          'fold',
          `${count} windows of ${a!.shape[rank - 1]} elements (shape ${showShape(a!.shape)}) reach ${reach} elements, more than n = ${n}`,
          a!.shape,
        )
      return { shape: a!.shape.slice(0, -1).map((m, d) => (d === dim ? n : m)), dtype: a!.dtype }
    },
    reference([a], attrs) {
      const { dim, n, stride, dilation } = attrs as { dim: number; n: number; stride: number; dilation: number }
      const size = a!.shape.at(-1)!
      const { outer, n: count, inner } = around(a!.shape.slice(0, -1), dim)
      const out = zeros(
        a!.shape.slice(0, -1).map((m, d) => (d === dim ? n : m)),
        a!.dtype,
      )
      const get = reader(a!)
      const set = writer(out)
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < inner; k++) {
          const line = new Float64Array(n)
          for (let i = 0; i < count; i++)
            for (let j = 0; j < size; j++) line[i * stride + j * dilation]! += get(((o * count + i) * inner + k) * size + j)
          line.forEach((value, i) => set((o * n + i) * inner + k, value))
        }
      return out
    },
    gradient(node, grad, b) {
      const { dim, stride, dilation } = node.attrs as { dim: number; stride: number; dilation: number }
      const from = node.inputs[0]!.shape
      const size = from.at(-1)!
      if (from[dim] === 0) return [b.expand(b.constant(0, [], node.dtype, node.device), from)]
      const windows = b.window(grad, dim, size, stride, dilation)
      return [
        b.slice(
          windows,
          windows.shape.map((m, d) => ({ start: 0, stop: d === dim ? from[dim]! : m, step: 1 })),
        ),
      ]
    },
    samples: [
      sample([3, 3], 0, 7, 2, 1),
      sample([3, 3], 0, 9, 2, 1),
      sample([2, 3, 2], 1, 6, 1, 2),
      sample([2, 2, 3], 0, 8, 4, 1),
      sample([2, 4, 2], 0, 9, 5, 2),
      sample([1, 1], 0, 1, 1, 1),
      sample([0, 2], 0, 3, 1, 1),
      sample([3, 0, 2], 0, 4, 1, 1),
      sample([3, 2], 0, 4, 1, 1, 'int32'),
      sample([3, 2], 0, 6, 2, 1, 'float64'),
    ],
  },
]
