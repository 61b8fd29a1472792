/**
 * Factorisations are computed on the host, in float64, matrix by matrix over the leading dimensions: values are read when the
 * function is called, and the results go back to the input's device in its dtype.
 */
import { Matrix } from 'ml-matrix'
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { tensor } from '../tensor/create.js'
import { currentTracer } from '../tensor/handle.js'
import { checkSquare as checkSides, identityLike } from '../tensor/products-tensor.js'
import { Tensor } from '../tensor/tensor.js'

/** A float matrix, or a batch of them. */
export function checkMatrix(op: string, a: Tensor): void {
  if (!isFloat(a.dtype))
    throw new NablaError('dtype', `[${op}] is defined for floating-point matrices, not ${a.dtype}; cast it first: x.float()`, {
      op,
      dtype: a.dtype,
    })
  if (a.ndim < 2)
    throw new NablaError('shape', `[${op}] needs a matrix or a batch of them [..., m, n], was given ${showShape(a.shape)}`, {
      op,
      shape: a.shape,
    })
}

/** Float, square, or a batch of such. */
export function checkSquare(op: string, a: Tensor): void {
  checkMatrix(op, a)
  checkSides(op, a)
}

/** Rows and columns. */
export const sides = (a: Tensor): readonly [rows: number, columns: number] => [a.size(-2), a.size(-1)]

/** The identity, in the shape and dtype of square matrices. */
export const eyeLike = (a: Tensor): Tensor => new Tensor(identityLike(a.node))

/** Leading dimensions. */
export const batchOf = (a: Tensor): Shape => a.shape.slice(0, -2)

/** What is computed of one matrix (of each input): matrices, or lists of numbers. `at` names the matrix for messages. */
export type OneMatrix = (matrices: readonly Matrix[], at: string) => readonly (Matrix | readonly number[])[]

/**
 * Calls `f` for every matrix of a batch. All inputs have the same leading dimensions; `shapes` are those of one matrix's results.
 */
export function onHost(op: string, inputs: readonly Tensor[], shapes: readonly Shape[], f: OneMatrix): Tensor[] {
  if (currentTracer())
    throw new NablaError(
      'compile',
      `[${op}] is computed on the host when it is called, so it cannot be part of a compiled function; call it outside and pass the result in`,
      { op },
    )
  const [first] = inputs as readonly [Tensor]
  const batch = batchOf(first)
  const given = inputs.map((input) => ({ data: input.dataSync(), sides: sides(input) }))
  const results = shapes.map((shape) => new Float64Array(sizeOf(batch) * sizeOf(shape)))
  for (let i = 0; i < sizeOf(batch); i++) {
    const matrices = given.map(({ data, sides: [m, n] }) =>
      Matrix.from1DArray(m, n, data.subarray(i * m * n, (i + 1) * m * n) as ArrayLike<number> as number[]),
    )
    const found = f(matrices, position(batch, i))
    found.forEach((value, r) => results[r]!.set(value instanceof Matrix ? value.to1DArray() : value, i * sizeOf(shapes[r]!)))
  }
  const { dtype, device } = first
  return results.map((data, r) => tensor(data, { shape: [...batch, ...shapes[r]!], dtype, device }))
}

/** ` (matrix [1, 0] of the batch)`; nothing for a single matrix. */
function position(batch: Shape, flat: number): string {
  if (batch.length === 0) return ''
  const index = batch.map((n, d) => Math.floor(flat / sizeOf(batch.slice(d + 1))) % n)
  return ` (matrix ${showShape(index)} of the batch)`
}

/** Iterations that never end on NaN refuse it. */
export function checkFinite(op: string, a: Matrix, at: string): void {
  if (!a.to1DArray().every(Number.isFinite))
    throw new NablaError('argument', `[${op}] the matrix holds NaN or infinity${at}; there is no such factorisation`, { op })
}

/** The distance of 1 to the next number. */
export const epsilonOf = (a: Tensor): number =>
  ({ float64: 2 ** -52, float32: 2 ** -23, float16: 2 ** -10 })[a.dtype as 'float32']
