/** What the element-wise families share: their shape rules, and references from a function of numbers. */
import type { DType } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import { type Expr, constant } from '../kernel/expr.js'
import { reader, writer, zeros } from './dense.js'
import type { Dense, Sample, TensorType } from './op.js'

/** A constant of the type of `like`. */
export const same = (value: number, like: Expr): Expr => constant(value, like.type)

/** Whether an expression's arithmetic is that of floats. */
export const floats = (e: Expr): boolean => e.type === 'float32' || e.type === 'float64'

/** `f` of each element; the dtype of the result may differ from the inputs'. */
export function mapDense(inputs: readonly Dense[], dtype: DType, f: (...values: number[]) => number): Dense {
  const [a, b, c] = inputs
  const out = zeros(a!.shape, dtype)
  const set = writer(out)
  const x = reader(a!)
  const n = out.data.length
  if (c) {
    const y = reader(b!)
    const z = reader(c)
    for (let i = 0; i < n; i++) set(i, f(x(i), y(i), z(i)))
  } else if (b) {
    const y = reader(b)
    for (let i = 0; i < n; i++) set(i, f(x(i), y(i)))
  } else for (let i = 0; i < n; i++) set(i, f(x(i)))
  return out
}

const float = (shape: Shape, values?: readonly number[]): TensorType & { values?: readonly number[] } =>
  values ? { shape, dtype: 'float32', values } : { shape, dtype: 'float32' }

const specials = [0, -0, 1, -1, Infinity, -Infinity, NaN, 0.5]

/** Ordinary shapes, a scalar, size one, empty, float64, float16, and the special values (forward only). */
export function unarySamples(low: number, high: number, points: readonly number[] = []): Sample[] {
  const typed = (shape: Shape, dtype: DType): Sample => ({ inputs: [{ shape, dtype, low, high }] })
  return [
    typed([2, 3], 'float32'),
    typed([], 'float32'),
    typed([1], 'float32'),
    typed([0, 3], 'float32'),
    typed([5], 'float64'),
    { ...typed([5], 'float16'), differentiable: false },
    { inputs: [float([specials.length + points.length], [...specials, ...points])], differentiable: false },
  ]
}

/** The same for two operands, with every pair of special values. */
export function binarySamples(low: number, high: number, ...integers: DType[]): Sample[] {
  const typed = (shape: Shape, dtype: DType): Sample => ({
    inputs: [
      { shape, dtype, low, high },
      { shape, dtype, low, high },
    ],
  })
  const left = specials.flatMap((a) => specials.map(() => a))
  const right = specials.flatMap(() => specials)
  return [
    typed([2, 3], 'float32'),
    typed([], 'float32'),
    typed([1, 1], 'float32'),
    typed([3, 0], 'float32'),
    typed([5], 'float64'),
    { ...typed([5], 'float16'), differentiable: false },
    { inputs: [float([left.length], left), float([left.length], right)], differentiable: false },
    ...integers.map((dtype): Sample => {
      const shape = [integerPairs[dtype === 'int32' ? 'signed' : 'unsigned'][0]!.length]
      const [a, b] = integerPairs[dtype === 'int32' ? 'signed' : 'unsigned']
      return {
        inputs: [
          { shape, dtype, values: a! },
          { shape, dtype, values: b! },
        ],
      }
    }),
  ]
}

const integerPairs = {
  signed: [
    [7, -7, 7, -7, 0, 5, -5, 2147483647, -2147483648, -2147483648, 3, 1],
    [3, 3, -3, -3, 4, 0, 0, 2, -1, 3, 5, 31],
  ],
  unsigned: [
    [7, 200, 255, 0, 1, 9, 3],
    [3, 100, 255, 4, 0, 9, 5],
  ],
} as const

/** A sample of one operand of integers. */
export const integerSample = (dtype: DType, values: readonly number[]): Sample => ({
  inputs: [{ shape: [values.length], dtype, values }],
})
