/**
 * Movement: every output element is an element of the input, or a fill value. The compiler folds these ops into index maps, so
 * a view costs nothing; `source` is that map.
 */
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'
import { type Expr, binary, index } from '../kernel/expr.js'
import { both, iadd, idiv, imod, imul, isub, less, ravel, unravel } from '../kernel/simplify.js'
import type { Attrs } from '../graph/node.js'
import { eachIndex, reader, writer, zeros } from './dense.js'
import type { Dense, MovementOp, Sample, TensorType } from './op.js'
import { checkCount, checkDim, shapeAttr, wrongArgument, wrongShape } from './rules.js'

/** Where output element `at` comes from (flat), or -1 for the fill value. */
export type Origin = (at: readonly number[]) => number

export function moveDense(input: Dense, shape: Shape, origin: Origin, fill = 0): Dense {
  const out = zeros(shape, input.dtype)
  const get = reader(input)
  const set = writer(out)
  eachIndex(shape, (at, flat) => {
    const from = origin(at)
    set(flat, from < 0 ? fill : get(from))
  })
  return out
}

const flatten = (at: readonly number[], strides: readonly number[]): number => at.reduce((sum, i, d) => sum + i * strides[d]!, 0)

const sample = (shape: Shape, attrs: Attrs, dtype: TensorType['dtype'] = 'float32'): Sample => ({
  inputs: [{ shape, dtype }],
  attrs,
})

/** Groups of dimensions of two shapes of one size, cut wherever the products of both agree. */
function matchGroups(from: Shape, to: Shape): { from: [number, number]; to: [number, number] }[] {
  const groups: { from: [number, number]; to: [number, number] }[] = []
  let i = 0
  let j = 0
  while (i < from.length || j < to.length) {
    const start = { i, j }
    let a = i < from.length ? from[i++]! : 1
    let b = j < to.length ? to[j++]! : 1
    while (a !== b) {
      if (a < b && i < from.length) a *= from[i++]!
      else if (j < to.length) b *= to[j++]!
      else a *= from[i++]!
    }
    groups.push({ from: [start.i, i], to: [start.j, j] })
  }
  return groups
}

export type Range = { readonly start: number; readonly stop: number; readonly step: number }

/** The elements that a range takes. */
export const rangeCount = (r: Range): number => Math.max(0, Math.ceil((r.stop - r.start) / r.step))

export const movementOps: readonly MovementOp[] = [
  {
    name: 'reshape',
    kind: 'movement',
    doc: 'The same elements, in row-major order, in another shape.',
    infer([a, ...more], attrs) {
      checkCount('reshape', [a!, ...more], 1)
      const shape = shapeAttr(attrs)
      if (sizeOf(shape) !== sizeOf(a!.shape))
        wrongShape(
          'reshape',
          `shape ${showShape(a!.shape)} of ${sizeOf(a!.shape)} elements does not fit ${showShape(shape)} of ${sizeOf(shape)}`,
          a!.shape,
          shape,
        )
      return { shape, dtype: a!.dtype }
    },
    source(at, { shape, input }) {
      if (sizeOf(shape) === 0) return { at: input.map(() => index(0)) }
      const from: Expr[] = []
      for (const group of matchGroups(input, shape)) {
        const flat = ravel(at.slice(...group.to), shape.slice(...group.to))
        from.push(...unravel(flat, input.slice(...group.from)))
      }
      return { at: from }
    },
    reference: ([a], attrs) => ({ ...a!, shape: shapeAttr(attrs), data: a!.data.slice() }),
    gradient: (node, grad, b) => [b.reshape(grad, node.inputs[0]!.shape)],
    samples: [
      sample([2, 6], { shape: [3, 4] }),
      sample([6], { shape: [1, 2, 3, 1] }),
      sample([1, 1], { shape: [] }),
      sample([], { shape: [1] }),
      sample([0, 3], { shape: [5, 0] }),
      sample([2, 3, 4], { shape: [6, 4] }, 'int32'),
      sample([2, 3, 4], { shape: [2, 12] }, 'bool'),
    ],
  },
  {
    name: 'permute',
    kind: 'movement',
    doc: 'Dimension d of the result is dimension dims[d] of the input.',
    infer([a], attrs) {
      const dims = attrs['dims'] as readonly number[]
      const { shape } = a!
      if (dims.length !== shape.length || [...dims].sort((x, y) => x - y).some((d, i) => d !== i))
        wrongShape(
          'permute',
          `${showShape(dims)} is not an order of the dimensions of shape ${showShape(shape)}: each of 0 to ${shape.length - 1} must occur once`,
          shape,
        )
      return { shape: dims.map((d) => shape[d]!), dtype: a!.dtype }
    },
    source(at, { attrs }) {
      const dims = attrs['dims'] as readonly number[]
      return { at: dims.map((_, d) => at[dims.indexOf(d)]!) }
    },
    reference([a], attrs) {
      const dims = attrs['dims'] as readonly number[]
      const strides = stridesOf(a!.shape)
      return moveDense(
        a!,
        dims.map((d) => a!.shape[d]!),
        (at) => at.reduce((sum, i, d) => sum + i * strides[dims[d]!]!, 0),
      )
    },
    gradient(node, grad, b) {
      const dims = node.attrs['dims'] as readonly number[]
      return [
        b.permute(
          grad,
          dims.map((_, d) => dims.indexOf(d)),
        ),
      ]
    },
    samples: [
      sample([2, 3], { dims: [1, 0] }),
      sample([2, 3, 4], { dims: [2, 0, 1] }),
      sample([], { dims: [] }),
      sample([1], { dims: [0] }),
      sample([0, 3], { dims: [1, 0] }),
      sample([2, 3, 4], { dims: [1, 2, 0] }, 'uint8'),
    ],
  },
  {
    name: 'expand',
    kind: 'movement',
    doc: 'Dimensions of extent 1 repeated; the rank stays (the builder adds leading dimensions by reshape).',
    infer([a], attrs) {
      const shape = shapeAttr(attrs)
      const from = a!.shape
      const clash = from.findIndex((n, d) => n !== 1 && n !== shape[d])
      if (from.length !== shape.length || clash >= 0)
        wrongShape(
          'expand',
          from.length !== shape.length
            ? `shape ${showShape(from)} has another rank than ${showShape(shape)}; reshape it first`
            : `shape ${showShape(from)} does not expand to ${showShape(shape)}: dimension ${clash} is ${from[clash]}, and only 1 can become ${shape[clash]}`,
          from,
          shape,
        )
      return { shape, dtype: a!.dtype }
    },
    source: (at, { input, shape }) => ({ at: at.map((e, d) => (input[d] === 1 && shape[d] !== 1 ? index(0) : e)) }),
    reference([a], attrs) {
      const strides = stridesOf(a!.shape).map((s, d) => (a!.shape[d] === 1 ? 0 : s))
      return moveDense(a!, shapeAttr(attrs), (at) => flatten(at, strides))
    },
    gradient(node, grad, b) {
      const from = node.inputs[0]!.shape
      return [
        b.sum(
          grad,
          from.flatMap((n, d) => (n === 1 && node.shape[d] !== 1 ? [d] : [])),
        ),
      ]
    },
    samples: [
      sample([1, 3], { shape: [2, 3] }),
      sample([1], { shape: [4] }),
      sample([2, 1, 3], { shape: [2, 4, 3] }),
      sample([], { shape: [] }),
      sample([1, 2], { shape: [0, 2] }),
      sample([1, 1], { shape: [2, 2] }, 'int32'),
    ],
  },
  {
    name: 'pad',
    kind: 'movement',
    doc: 'padding[d] = [before, after] elements of `value` around dimension d, and interior[d] (default 0) between neighbours.',
    infer([a], attrs) {
      const { padding, interior } = padAttrs(attrs, a!.shape)
      if (padding.length !== a!.shape.length)
        wrongArgument(
          'pad',
          `shape ${showShape(a!.shape)} needs ${a!.shape.length} pairs of padding, was given ${padding.length}`,
          { padding },
        )
      for (const n of [...padding.flat(), ...interior])
        if (!Number.isInteger(n) || n < 0)
          wrongArgument('pad', `padding must be whole numbers of 0 or more, not ${n}`, { padding, interior })
      return { shape: a!.shape.map((n, d) => paddedExtent(n, padding[d]!, interior[d]!)), dtype: a!.dtype }
    },
    source(at, { attrs, input }) {
      const { padding, interior } = padAttrs(attrs, input)
      let valid: Expr | undefined
      const from = at.map((e, d) => {
        const [before, after] = padding[d]!
        const step = interior[d]! + 1
        if (before === 0 && after === 0 && step === 1) return e
        const position = isub(e, before)
        valid = both(valid, both(less(index(-1), position), less(position, Math.max(0, (input[d]! - 1) * step + 1))))
        if (step > 1) valid = both(valid, binary('eq', imod(position, step), index(0)))
        return idiv(position, step)
      })
      return { at: from, ...(valid && { valid }), fill: Number(attrs['value']) }
    },
    reference([a], attrs) {
      const { padding, interior } = padAttrs(attrs, a!.shape)
      const strides = stridesOf(a!.shape)
      const origin: Origin = (at) => {
        let flat = 0
        for (let d = 0; d < at.length; d++) {
          const position = at[d]! - padding[d]![0]
          const i = position / (interior[d]! + 1)
          if (!Number.isInteger(i) || i < 0 || i >= a!.shape[d]!) return -1
          flat += i * strides[d]!
        }
        return flat
      }
      return moveDense(
        a!,
        a!.shape.map((n, d) => paddedExtent(n, padding[d]!, interior[d]!)),
        origin,
        Number(attrs['value']),
      )
    },
    gradient(node, grad, b) {
      const from = node.inputs[0]!.shape
      const { padding, interior } = padAttrs(node.attrs, from)
      return [
        b.slice(
          grad,
          from.map((n, d) => {
            const start = padding[d]![0]
            const step = interior[d]! + 1
            return { start, stop: n ? start + (n - 1) * step + 1 : start, step }
          }),
        ),
      ]
    },
    samples: [
      sample([2, 3], {
        padding: [
          [1, 0],
          [0, 2],
        ],
        value: 0,
      }),
      sample([3], { padding: [[2, 1]], value: -1.5 }),
      sample([], { padding: [], value: 0 }),
      sample([0], { padding: [[2, 1]], value: 3 }),
      { ...sample([3], { padding: [[1, 1]], value: '-Infinity' }), differentiable: false },
      sample([3, 2], {
        padding: [
          [1, 2],
          [0, 0],
        ],
        value: 0,
        interior: [2, 0],
      }),
      sample([1], { padding: [[0, 0]], value: 0, interior: [3] }),
      sample([0], { padding: [[0, 1]], value: 0, interior: [3] }),
      sample(
        [2, 2],
        {
          padding: [
            [1, 1],
            [1, 1],
          ],
          value: 7,
        },
        'int32',
      ),
    ],
  },
  {
    name: 'slice',
    kind: 'movement',
    doc: 'Of each dimension the elements start, start + step, ... below stop.',
    infer([a], attrs) {
      const ranges = attrs['ranges'] as readonly Range[]
      if (ranges.length !== a!.shape.length)
        wrongArgument('slice', `shape ${showShape(a!.shape)} needs ${a!.shape.length} ranges, was given ${ranges.length}`, {
          ranges,
        })
      ranges.forEach(({ start, stop, step }, d) => {
        if (!Number.isInteger(step) || step < 1)
          wrongArgument('slice', `a step must be a whole number of 1 or more, not ${step} (flip first to go backwards)`, {
            ranges,
          })
        if (!Number.isInteger(start) || !Number.isInteger(stop) || start < 0 || stop < start || stop > a!.shape[d]!)
          throw new NablaError(
            'index',
            `[slice] range ${start} to ${stop} is outside dimension ${d} of shape ${showShape(a!.shape)}: expected 0 <= start <= stop <= ${a!.shape[d]}`,
            { op: 'slice', ranges, shape: a!.shape },
          )
      })
      return { shape: ranges.map(rangeCount), dtype: a!.dtype }
    },
    source(at, { attrs }) {
      const ranges = attrs['ranges'] as readonly Range[]
      return { at: at.map((e, d) => iadd(imul(e, ranges[d]!.step), ranges[d]!.start)) }
    },
    reference([a], attrs) {
      const ranges = attrs['ranges'] as readonly Range[]
      const strides = stridesOf(a!.shape)
      return moveDense(a!, ranges.map(rangeCount), (at) =>
        at.reduce((sum, i, d) => sum + (ranges[d]!.start + i * ranges[d]!.step) * strides[d]!, 0),
      )
    },
    gradient(node, grad, b) {
      const ranges = node.attrs['ranges'] as readonly Range[]
      const from = node.inputs[0]!.shape
      return [
        b.pad(
          grad,
          ranges.map(({ start, step }, d) => {
            const count = node.shape[d]!
            return count ? [start, from[d]! - start - (count - 1) * step - 1] : [0, from[d]!]
          }),
          0,
          ranges.map((r) => r.step - 1),
        ),
      ]
    },
    samples: [
      sample([4, 5], {
        ranges: [
          { start: 1, stop: 3, step: 1 },
          { start: 0, stop: 5, step: 1 },
        ],
      }),
      sample([7], { ranges: [{ start: 1, stop: 7, step: 3 }] }),
      sample([7], { ranges: [{ start: 0, stop: 6, step: 2 }] }),
      sample([3], { ranges: [{ start: 2, stop: 2, step: 1 }] }),
      sample([], { ranges: [] }),
      sample([1], { ranges: [{ start: 0, stop: 1, step: 1 }] }),
      sample(
        [6, 4],
        {
          ranges: [
            { start: 5, stop: 6, step: 4 },
            { start: 0, stop: 4, step: 2 },
          ],
        },
        'int32',
      ),
    ],
  },
  {
    name: 'after',
    kind: 'movement',
    doc: 'The first input, not to be read before the second has been computed: what is made of it is computed anew, and late.',
    infer: ([a]) => a!,
    source: (at) => ({ at }),
    reference: ([a]) => a!,
    gradient: (_node, grad) => [grad, undefined],
    samples: [
      {
        inputs: [
          { shape: [2, 3], dtype: 'float32' },
          { shape: [4], dtype: 'float32' },
        ],
        attrs: {},
      },
    ],
  },
  {
    name: 'flip',
    kind: 'movement',
    doc: 'The order of elements turned along `dims`.',
    infer([a], attrs) {
      for (const d of attrs['dims'] as readonly number[]) checkDim('flip', d, a!.shape)
      return { shape: a!.shape, dtype: a!.dtype }
    },
    source(at, { attrs, input }) {
      const dims = attrs['dims'] as readonly number[]
      return { at: at.map((e, d) => (dims.includes(d) ? isub(index(input[d]! - 1), e) : e)) }
    },
    reference([a], attrs) {
      const dims = attrs['dims'] as readonly number[]
      const strides = stridesOf(a!.shape)
      return moveDense(a!, a!.shape, (at) =>
        at.reduce((sum, i, d) => sum + (dims.includes(d) ? a!.shape[d]! - 1 - i : i) * strides[d]!, 0),
      )
    },
    gradient: (node, grad, b) => [b.flip(grad, node.attrs['dims'] as readonly number[])],
    samples: [
      sample([3], { dims: [0] }),
      sample([2, 3], { dims: [0, 1] }),
      sample([2, 3], { dims: [1] }),
      sample([1], { dims: [0] }),
      sample([0, 2], { dims: [0] }),
      sample([4], { dims: [0] }, 'int32'),
    ],
  },
]

const paddedExtent = (n: number, [before, after]: readonly [number, number], interior: number): number =>
  before + after + Math.max(0, (n - 1) * (interior + 1) + 1)

export function padAttrs(
  attrs: Attrs,
  shape: Shape,
): { padding: readonly (readonly [number, number])[]; interior: readonly number[] } {
  const { padding, interior } = attrs as unknown as {
    padding: readonly (readonly [number, number])[]
    interior?: readonly number[]
  }
  return { padding, interior: interior ?? shape.map(() => 0) }
}
