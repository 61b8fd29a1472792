/** Comparisons, selection, conversion, and the bits of integers. */
import { type DType, dtypes, isFloat } from '../core/dtype.js'
import { type Expr, binary as e, bitcast, cast, select } from '../kernel/expr.js'
import { mapDense, same } from './elementwise.js'
import type { Dense, ElementwiseOp, Sample, TensorType } from './op.js'
import { checkCount, checkPair, checkSameDtype, checkSameShape, dtypeAttr, wrongArgument, wrongDtype } from './rules.js'

const points = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5]
const left = points.flatMap((a) => points.map(() => a))
const right = points.flatMap(() => points)

const pair = (dtype: DType, a: readonly number[], b: readonly number[]): Sample => ({
  inputs: [
    { shape: [a.length], dtype, values: a },
    { shape: [b.length], dtype, values: b },
  ],
})

const compareSamples: readonly Sample[] = [
  pair('float32', left, right),
  pair('float64', left, right),
  pair('float16', left, right),
  pair('int32', [1, 2, 3, -2147483648, 2147483647], [1, 3, 2, 2147483647, -2147483648]),
  pair('uint32', [1, 4294967295, 0], [1, 0, 4294967295]),
  pair('uint8', [0, 255, 3], [255, 0, 3]),
  pair('bool', [0, 0, 1, 1], [0, 1, 0, 1]),
  {
    inputs: [
      { shape: [2, 0], dtype: 'float32' },
      { shape: [2, 0], dtype: 'float32' },
    ],
  },
  {
    inputs: [
      { shape: [], dtype: 'float32' },
      { shape: [], dtype: 'float32' },
    ],
  },
]

const compare = (
  name: string,
  doc: string,
  f: (a: number, b: number) => boolean,
  expr: (a: Expr, b: Expr) => Expr,
): ElementwiseOp => ({
  name,
  kind: 'elementwise',
  doc,
  infer: (inputs) => ({ shape: checkPair(name, inputs).shape, dtype: 'bool' }),
  expr([a, b]) {
    const [x, y] = a!.type === 'bool' ? [cast(a!, 'int32'), cast(b!, 'int32')] : [a!, b!]
    return expr(x, y)
  },
  reference: (inputs) => mapDense(inputs, 'bool', (a, b) => Number(f(a, b))),
  samples: compareSamples,
})

const bits = (
  name: string,
  doc: string,
  bools: boolean,
  f: (a: number, b: number, dtype: DType) => number,
  expr: (a: Expr, b: Expr) => Expr,
): ElementwiseOp => ({
  name,
  kind: 'elementwise',
  doc,
  infer(inputs) {
    const a = checkPair(name, inputs)
    if (isFloat(a.dtype) || (a.dtype === 'bool' && !bools))
      wrongDtype(name, `is defined on integers${bools ? ' and bools' : ''}, not on ${a.dtype}; cast it first`, a.dtype)
    return { shape: a.shape, dtype: a.dtype }
  },
  expr: (args) => expr(args[0]!, args[1]!),
  reference(inputs) {
    const { dtype } = inputs[0]!
    return mapDense(inputs, dtype, (a, b) => f(a, b, dtype))
  },
  samples: [
    pair('int32', [12, -1, 5, -2147483648, 1, 7], [10, 3, 0, 31, 31, 33]),
    pair('uint32', [12, 4294967295, 5, 2147483648], [10, 3, 0, 31]),
    pair('uint8', [12, 255, 5, 200], [10, 3, 0, 1]),
    ...(bools ? [pair('bool', [0, 0, 1, 1], [0, 1, 0, 1])] : []),
    {
      inputs: [
        { shape: [2, 0], dtype: 'int32' },
        { shape: [2, 0], dtype: 'int32' },
      ],
    },
    {
      inputs: [
        { shape: [], dtype: 'int32', values: [6] },
        { shape: [], dtype: 'int32', values: [3] },
      ],
    },
  ],
})

/** Shift amounts count modulo 32, so that every amount is defined on every device. */
const amount = (b: Expr): Expr => (b.kind === 'const' && b.value >= 0 && b.value < 32 ? b : e('and', b, same(31, b)))

/** The cast of a number, before it is stored in the new dtype. */
const convert =
  (from: DType, to: DType) =>
  (x: number): number =>
    to === 'bool' ? Number(x !== 0) : isFloat(from) && !isFloat(to) ? Math.trunc(x) : x

export const logicOps: readonly ElementwiseOp[] = [
  compare(
    'lt',
    'a < b; false with NaN.',
    (a, b) => a < b,
    (a, b) => e('lt', a, b),
  ),
  compare(
    'le',
    'a <= b; false with NaN.',
    (a, b) => a <= b,
    (a, b) => e('le', a, b),
  ),
  compare(
    'gt',
    'a > b; false with NaN.',
    (a, b) => a > b,
    (a, b) => e('lt', b, a),
  ),
  compare(
    'ge',
    'a >= b; false with NaN.',
    (a, b) => a >= b,
    (a, b) => e('le', b, a),
  ),
  compare(
    'eq',
    'a = b; false with NaN.',
    (a, b) => a === b,
    (a, b) => e('eq', a, b),
  ),
  compare(
    'ne',
    'a != b; true with NaN.',
    (a, b) => a !== b,
    (a, b) => e('ne', a, b),
  ),
  bits(
    'and',
    'Bits of integers, truth of bools.',
    true,
    (a, b) => a & b,
    (a, b) => e('and', a, b),
  ),
  bits(
    'or',
    'Bits of integers, truth of bools.',
    true,
    (a, b) => a | b,
    (a, b) => e('or', a, b),
  ),
  bits(
    'xor',
    'Bits of integers, truth of bools.',
    true,
    (a, b) => a ^ b,
    (a, b) => e('xor', a, b),
  ),
  bits(
    'shl',
    'Bits of a moved up by b modulo 32.',
    false,
    (a, b) => a << b,
    (a, b) => e('shl', a, amount(b)),
  ),
  bits(
    'shr',
    'Bits of a moved down by b modulo 32; int32 keeps its sign.',
    false,
    (a, b, dtype) => (dtype === 'uint32' ? a >>> b : a >> b),
    (a, b) => e('shr', a, amount(b)),
  ),
  {
    name: 'where',
    kind: 'elementwise',
    doc: 'cond ? a : b; cond is bool, a and b have one dtype.',
    infer(inputs) {
      checkCount('where', inputs, 3)
      const [cond, a, b] = inputs as [TensorType, TensorType, TensorType]
      if (cond.dtype !== 'bool')
        wrongDtype('where', `the condition must be bool, not ${cond.dtype}; compare it with 0 first`, cond.dtype)
      checkSameShape('where', cond, a)
      checkSameShape('where', a, b)
      checkSameDtype('where', a, b)
      return { shape: a.shape, dtype: a.dtype }
    },
    expr: ([cond, a, b]) => select(cond!, a!, b!),
    reference: (inputs) => mapDense(inputs, inputs[1]!.dtype, (cond, a, b) => (cond ? a! : b!)),
    gradient(node, grad, b) {
      const cond = node.inputs[0]!
      return [undefined, b.where(cond, grad, 0), b.where(cond, 0, grad)]
    },
    samples: [
      ...(['float32', 'int32', 'bool', 'float64', 'uint8'] as const).map(
        (dtype): Sample => ({
          inputs: [
            { shape: [2, 2], dtype: 'bool', values: [1, 0, 0, 1] },
            { shape: [2, 2], dtype },
            { shape: [2, 2], dtype },
          ],
        }),
      ),
      {
        inputs: [
          { shape: [4], dtype: 'bool', values: [1, 0, 1, 0] },
          { shape: [4], dtype: 'float32', values: [NaN, NaN, -0, 1] },
          { shape: [4], dtype: 'float32', values: [1, -0, Infinity, -Infinity] },
        ],
        differentiable: false,
      },
      {
        inputs: [
          { shape: [0], dtype: 'bool' },
          { shape: [0], dtype: 'float32' },
          { shape: [0], dtype: 'float32' },
        ],
      },
      {
        inputs: [
          { shape: [], dtype: 'bool', values: [1] },
          { shape: [], dtype: 'float32' },
          { shape: [], dtype: 'float32' },
        ],
      },
    ],
  },
  {
    name: 'cast',
    kind: 'elementwise',
    doc: "The value as attrs.dtype: floats to integers lose their fraction (undefined outside the integer's range), integers wrap, anything but 0 is true.",
    infer(inputs, attrs) {
      checkCount('cast', inputs, 1)
      return { shape: inputs[0]!.shape, dtype: dtypeAttr(attrs) }
    },
    expr: ([a], _attrs, type) => cast(a!, type),
    reference: (inputs, attrs) => mapDense(inputs, dtypeAttr(attrs), convert(inputs[0]!.dtype, dtypeAttr(attrs))),
    gradient(node, grad, b) {
      const from = node.inputs[0]!.dtype
      return [isFloat(from) ? b.cast(grad, from) : undefined]
    },
    samples: (Object.keys(dtypes) as DType[])
      .flatMap((from) =>
        (Object.keys(dtypes) as DType[])
          .filter((to) => to !== from)
          .map(
            (to): Sample => ({
              inputs: [
                {
                  shape: [5],
                  dtype: from,
                  values: isFloat(from) && to !== 'uint8' && to !== 'uint32' ? [0, 1, -1.75, 2.5, 100] : [0, 1, 2, 3, 255],
                },
              ],
              attrs: { dtype: to },
              differentiable: false,
            }),
          ),
      )
      .concat([
        { inputs: [{ shape: [2, 2], dtype: 'float32', low: -2, high: 2 }], attrs: { dtype: 'float64' } },
        { inputs: [{ shape: [0], dtype: 'float32' }], attrs: { dtype: 'int32' } },
        { inputs: [{ shape: [4], dtype: 'float32', values: [NaN, Infinity, -0, 1e-30] }], attrs: { dtype: 'bool' } },
        {
          inputs: [{ shape: [4], dtype: 'float64', values: [NaN, Infinity, -0, 1e300] }],
          attrs: { dtype: 'float32' },
          differentiable: false,
        },
        {
          inputs: [{ shape: [6], dtype: 'float32', values: [65504, 65519, 65520, 6e-8, 2e-8, -0.1] }],
          attrs: { dtype: 'float16' },
          differentiable: false,
        },
        { inputs: [{ shape: [3], dtype: 'int32', values: [-1, 256, 300] }], attrs: { dtype: 'uint8' } },
        { inputs: [{ shape: [3], dtype: 'int32', values: [-1, -2147483648, 300] }], attrs: { dtype: 'uint32' } },
      ]),
  },
  {
    name: 'bitcast',
    kind: 'elementwise',
    doc: 'The same 32 bits read as attrs.dtype: float32, int32 or uint32.',
    infer(inputs, attrs) {
      checkCount('bitcast', inputs, 1)
      const words: readonly DType[] = ['float32', 'int32', 'uint32']
      const to = dtypeAttr(attrs)
      for (const dtype of [inputs[0]!.dtype, to])
        if (!words.includes(dtype))
          wrongArgument('bitcast', `reads 32 bits as float32, int32 or uint32; ${dtype} is none of them`, { dtype })
      return { shape: inputs[0]!.shape, dtype: to }
    },
    expr: ([a], _attrs, type) => bitcast(a!, type),
    reference([a], attrs): Dense {
      const dtype = dtypeAttr(attrs)
      const words = a!.data.slice()
      return { shape: a!.shape, dtype, data: new dtypes[dtype].array(words.buffer, words.byteOffset, words.length) }
    },
    samples: [
      { inputs: [{ shape: [4], dtype: 'float32', values: [1, -0, Infinity, 0.1] }], attrs: { dtype: 'int32' } },
      { inputs: [{ shape: [2], dtype: 'int32', values: [1065353216, -1] }], attrs: { dtype: 'uint32' } },
      { inputs: [{ shape: [2], dtype: 'uint32', values: [1065353216, 3212836864] }], attrs: { dtype: 'float32' } },
      { inputs: [{ shape: [0], dtype: 'float32' }], attrs: { dtype: 'int32' } },
    ],
  },
]
