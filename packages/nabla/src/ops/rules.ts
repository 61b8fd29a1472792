/** Checks that shape rules share. A message says the op, both full shapes, what clashes and what would fit. */
import { type DType, isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sameShape } from '../core/shape.js'
import type { Attrs } from '../graph/node.js'
import type { TensorType } from './op.js'

export function wrongShape(op: string, message: string, ...shapes: Shape[]): never {
  throw new NablaError('shape', `[${op}] ${message}`, { op, shapes })
}

export function wrongDtype(op: string, message: string, ...given: DType[]): never {
  throw new NablaError('dtype', `[${op}] ${message}`, { op, dtypes: given })
}

/** The op takes exactly `n` inputs. */
export function checkCount(op: string, inputs: readonly TensorType[], n: number): void {
  if (inputs.length !== n)
    throw new NablaError('argument', `[${op}] takes ${n} input${n === 1 ? '' : 's'}, was given ${inputs.length}`, {
      op,
      expected: n,
      given: inputs.length,
    })
}

/** Operands of a node have one shape; broadcasting has happened before. */
export function checkSameShape(op: string, a: TensorType, b: TensorType): void {
  if (sameShape(a.shape, b.shape)) return
  const d = a.shape.findIndex((n, i) => n !== b.shape[i])
  wrongShape(
    op,
    a.shape.length === b.shape.length
      ? `shapes ${showShape(a.shape)} and ${showShape(b.shape)} differ at dimension ${d}: ${a.shape[d]} and ${b.shape[d]}; expand one to the other first`
      : `shapes ${showShape(a.shape)} and ${showShape(b.shape)} differ in rank; reshape and expand one to the other first`,
    a.shape,
    b.shape,
  )
}

export function checkSameDtype(op: string, a: TensorType, b: TensorType): void {
  if (a.dtype !== b.dtype)
    wrongDtype(op, `dtypes ${a.dtype} and ${b.dtype} differ; cast one to the other first`, a.dtype, b.dtype)
}

/** Exactly two inputs, of one shape and dtype: the first of them. */
export function checkPair(op: string, inputs: readonly TensorType[]): TensorType {
  checkCount(op, inputs, 2)
  const [a, b] = inputs as [TensorType, TensorType]
  checkSameShape(op, a, b)
  checkSameDtype(op, a, b)
  return a
}

export function checkFloat(op: string, a: TensorType): void {
  if (!isFloat(a.dtype)) wrongDtype(op, `needs a float dtype, not ${a.dtype}; cast it first`, a.dtype)
}

export function checkNumeric(op: string, a: TensorType): void {
  if (a.dtype === 'bool') wrongDtype(op, `is not defined on bool; cast it to int32 first`, a.dtype)
}

export function checkIndex(op: string, a: TensorType): void {
  if (a.dtype !== 'int32') wrongDtype(op, `needs int32 indices, not ${a.dtype}; cast them first`, a.dtype)
}

/** A dimension attribute, in range. */
export function checkDim(op: string, dim: unknown, shape: Shape): number {
  if (typeof dim !== 'number' || !Number.isInteger(dim) || dim < 0 || dim >= shape.length)
    throw new NablaError(
      'index',
      `[${op}] dimension ${String(dim)} is out of range for shape ${showShape(shape)}: expected ${shape.length ? `0 to ${shape.length - 1}` : 'a tensor with at least one dimension'}`,
      { op, dim, shape },
    )
  return dim
}

export function wrongArgument(op: string, message: string, facts: Readonly<Record<string, unknown>> = {}): never {
  throw new NablaError('argument', `[${op}] ${message}`, { op, ...facts })
}

/** The dtype held in an attribute. */
export const dtypeAttr = (attrs: Attrs): DType => attrs['dtype'] as DType
export const shapeAttr = (attrs: Attrs): Shape => attrs['shape'] as Shape
