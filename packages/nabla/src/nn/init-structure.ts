/** Initialisation with a structure: identities, orthogonal and sparse matrices. In place and unrecorded. */
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'
import { eye, rand, randn, tensor as tensorOf, zeros } from '../tensor/create.js'
import { noGrad } from '../tensor/differentiate.js'
import { where } from '../tensor/functions.js'
import type { Tensor } from '../tensor/tensor.js'

const needs = (op: string, what: string, shape: Shape): NablaError =>
  new NablaError('shape', `[${op}] needs a tensor ${what}, was given ${showShape(shape)}`, { op, shape })

/** The identity, for [rows, columns]: ones on the diagonal. */
export function eye_(tensor: Tensor): Tensor {
  const { shape, device } = tensor
  if (shape.length !== 2) throw needs('eye_', 'of rank 2', shape)
  return noGrad(() => tensor.copy_(eye(shape[0]!, shape[1]!, { device })))
}

/**
 * The identity of convolutions, for [out, in, ...kernel] of rank 3 to 5: as many channels as can go through unchanged. With `groups`, in
 * each group of output channels.
 */
export function dirac_(tensor: Tensor, groups = 1): Tensor {
  const { shape, device } = tensor
  if (shape.length < 3 || shape.length > 5) throw needs('dirac_', 'of rank 3, 4 or 5', shape)
  const [out, channels, ...kernel] = shape as readonly [number, number, ...number[]]
  if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0)
    throw new NablaError('argument', `[dirac_] ${out} output channels cannot be divided into ${groups} groups`, { out, groups })
  const values = new Float32Array(sizeOf(shape))
  const [outStride, inStride, ...strides] = stridesOf(shape) as [number, number, ...number[]]
  const middle = kernel.reduce((sum, n, d) => sum + Math.floor(n / 2) * strides[d]!, 0)
  const each = out / groups
  if (values.length)
    for (let o = 0; o < out; o++) {
      const channel = o % each
      if (channel < channels) values[o * outStride + channel * inStride + middle] = 1
    }
  return noGrad(() => tensor.copy_(tensorOf(values, { shape, device })))
}

/**
 * Normal with deviation `std`, and in each column of [rows, columns] ceil(sparsity rows) zeros, at random. `sparsity` is 0 to 1. Martens
 * 2010.
 */
export function sparse_(tensor: Tensor, sparsity: number, std = 0.01): Tensor {
  const { shape, device } = tensor
  if (shape.length !== 2) throw needs('sparse_', 'of rank 2', shape)
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new NablaError('argument', `[sparse_] sparsity is ${sparsity}; expected 0 to 1`, { sparsity })
  const none = Math.ceil(sparsity * shape[0]!)
  return noGrad(() => {
    // Each column of the sorted order of random numbers is a permutation of the rows.
    const places = rand(shape, { device }).argsort(0)
    return tensor.copy_(where(places.lt(none), zeros([], { device }), randn(shape, { device }).mul(std)))
  })
}

/**
 * Rows (or, if there are more rows than columns, columns) of length `gain`, at right angles, in random directions; a tensor of higher
 * rank counts as [first, all others]. Computed on the host, so not inside a compiled function. Saxe, McClelland and Ganguli 2014.
 */
export function orthogonal_(tensor: Tensor, gain = 1): Tensor {
  const { shape, device, numel } = tensor
  if (shape.length < 2) throw needs('orthogonal_', 'of rank 2 or more', shape)
  if (numel === 0) return tensor
  const rows = shape[0]!
  const columns = numel / rows
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows]
  const vectors = orthonormal(randn([count, length], { dtype: 'float64', device }).dataSync() as Float64Array, count, length)
  return noGrad(() => {
    const matrix = tensorOf(vectors, { shape: [count, length], device })
    return tensor.copy_((rows < columns ? matrix : matrix.t()).mul(gain).reshape(shape))
  })
}

/**
 * `count` vectors of `length` elements made orthonormal, one after the other (Gram and Schmidt, modified; twice, for what rounding has
 * left over). Of normally distributed vectors every orthonormal set is equally likely (Mezzadri 2007).
 */
function orthonormal(values: Float64Array, count: number, length: number): Float64Array {
  const vectors = Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length))
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0
    for (let k = 0; k < length; k++) sum += a[k]! * b[k]!
    return sum
  }
  vectors.forEach((v, i) => {
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) {
        const u = vectors[j]!
        const share = dot(u, v)
        for (let k = 0; k < length; k++) v[k]! -= share * u[k]!
      }
    const size = Math.sqrt(dot(v, v))
    for (let k = 0; k < length; k++) v[k]! /= size
  })
  return values
}
