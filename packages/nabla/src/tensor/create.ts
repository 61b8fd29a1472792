/** Making tensors: from data, filled, counted, random. Float32 on the default device unless told. */
import { defaultDevice, deviceByName } from '../compiler/devices.js'
import { type DType, dtypes, isFloat, type TypedArray } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { checkShape, type Shape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { bernoulliNode, integersNode, normalNode, permutationNode, uniformNode } from './random.js'
import { dataNode } from './source.js'
import { Tensor } from './tensor.js'
import { triangleIndices } from './triangles.js'
import { encode, flattenNested, type Nested } from './values.js'

/** What a new tensor is. */
export interface TensorOptions {
  /** Type of the elements. Default float32; for data: that of a typed array, bool for booleans. */
  readonly dtype?: DType
  /** Gather gradients in `grad`. Default false. */
  readonly requiresGrad?: boolean
  /** Name of the device, 'native' or 'js'. Default: see `defaultDevice()`. */
  readonly device?: string
}

/** What a tensor made of data is. */
export interface DataOptions extends TensorOptions {
  /** Row-major extents of flat data. */
  readonly shape?: Shape
}

function finish(node: Node, options: TensorOptions): Tensor {
  const made = new Tensor(node)
  if (options.requiresGrad) made.requiresGrad = true
  return made
}

/** The device of a new tensor; throws on a name that is none, or of a device that is not here. */
const placeOf = ({ device }: TensorOptions): string => (device === undefined ? defaultDevice() : deviceByName(device).name)

const settle = (options: TensorOptions): { dtype: DType; device: string } => ({
  dtype: options.dtype ?? 'float32',
  device: placeOf(options),
})

/** The dtype that a typed array stands for; plain numbers become float32. */
function dtypeOfArray(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint32Array) return 'uint32'
  if (data instanceof Uint8Array) return 'uint8'
  throw new NablaError(
    'argument',
    `[tensor] ${(data as object).constructor.name} has no dtype of its own; use Float32Array, Float64Array, Int32Array, Uint32Array or Uint8Array`,
  )
}

const isTyped = (data: unknown): data is TypedArray => ArrayBuffer.isView(data) && !(data instanceof DataView)

/** Copies in numbers: nested arrays (`[[1, 2], [3, 4]]`), a typed array with a `shape`, a number, or another tensor's values. */
export function tensor(data: Nested | TypedArray | Tensor, options: DataOptions = {}): Tensor {
  const device = placeOf(options)
  if (data instanceof Tensor) {
    const moved = data.detach().to(options.device ?? data.device)
    const copy = options.dtype ? moved.type(options.dtype) : moved.clone()
    if (options.requiresGrad) copy.requiresGrad = true
    return options.shape ? finish(copy.reshape(options.shape).node, options) : copy
  }
  if (isTyped(data)) {
    const dtype = options.dtype ?? dtypeOfArray(data)
    const shape = options.shape ?? [data.length]
    checkShape('tensor', shape)
    // What is stored as it is given goes to the device without a copy in between: a batch of images is large.
    const stored = data instanceof dtypes[dtype].array && dtype !== 'bool' && dtype !== 'float16' ? data : encode(data, dtype)
    return finish(dataNode(stored, shape, dtype, device), options)
  }
  const { shape, values, boolean } = flattenNested(data)
  const dtype = options.dtype ?? (boolean ? 'bool' : 'float32')
  if (options.shape) checkShape('tensor', options.shape)
  return finish(dataNode(encode(values, dtype), options.shape ?? shape, dtype, device), options)
}

/** Every element is `value`. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  checkShape('full', shape)
  const { dtype, device } = settle(options)
  return finish(b.constant(value, shape, dtype, device), options)
}

/** Every element is 0. */
export const zeros = (shape: Shape, options: TensorOptions = {}): Tensor => full(shape, 0, options)
/** Every element is 1. */
export const ones = (shape: Shape, options: TensorOptions = {}): Tensor => full(shape, 1, options)

/** Options that default to another tensor's dtype and device. */
const as = (like: Tensor, options: TensorOptions): TensorOptions => ({ dtype: like.dtype, device: like.device, ...options })

/** Zeros of another tensor's shape, dtype and device. */
export const zerosLike = (like: Tensor, options: TensorOptions = {}): Tensor => zeros(like.shape, as(like, options))
/** Ones of another tensor's shape, dtype and device. */
export const onesLike = (like: Tensor, options: TensorOptions = {}): Tensor => ones(like.shape, as(like, options))
/** Every element is `value`; shape, dtype and device are another tensor's. */
export const fullLike = (like: Tensor, value: number, options: TensorOptions = {}): Tensor =>
  full(like.shape, value, as(like, options))
/** Uniform in [0, 1), of another tensor's shape, dtype and device. */
export const randLike = (like: Tensor, options: TensorOptions = {}): Tensor => rand(like.shape, as(like, options))
/** Standard normal, of another tensor's shape, dtype and device. */
export const randnLike = (like: Tensor, options: TensorOptions = {}): Tensor => randn(like.shape, as(like, options))

/** Numbers from `start` (default 0) to before `end` by `step` (default 1): int32 if all three are whole, else float32. */
export function arange(end: number, options?: TensorOptions): Tensor
export function arange(start: number, end: number, options?: TensorOptions): Tensor
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor
export function arange(...given: (number | TensorOptions | undefined)[]): Tensor {
  const numbers = given.filter((g): g is number => typeof g === 'number')
  const options = given.find((g): g is TensorOptions => typeof g === 'object') ?? {}
  const [start, end, step] = numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0]!, numbers[1]!, numbers[2] ?? 1]
  const count = Math.ceil((end - start) / step)
  if (!Number.isFinite(count) || count < 0)
    throw new NablaError(
      'argument',
      `[arange] from ${start} to ${end} by ${step} there is no sequence: the step leads away from the end`,
      { start, end, step },
    )
  const { dtype, device } = settle({ dtype: [start, end, step].every(Number.isInteger) ? 'int32' : 'float32', ...options })
  const wide = dtype === 'float64' || dtype === 'int32' ? dtype : isFloat(dtype) ? 'float32' : 'int32'
  const steps = b.iota([count], wide, device)
  const scaled = step === 1 ? steps : b.mul(steps, step)
  const node = start === 0 ? scaled : b.add(scaled, start)
  return finish(node.dtype === dtype ? node : b.cast(node, dtype), options)
}

/** `count` numbers evenly spaced from `start` to `end`, both included. */
export function linspace(start: number, end: number, count: number, options: TensorOptions = {}): Tensor {
  checkShape('linspace', [count])
  const { dtype, device } = settle(options)
  const step = count > 1 ? (end - start) / (count - 1) : 0
  const i = b.iota([count], isFloat(dtype) ? dtype : 'float32', device)
  const half = Math.floor(count / 2) // from either end, so that both ends are exact
  const node = b.where(b.lt(i, half), b.add(b.mul(i, step), start), b.sub(end, b.mul(b.sub(count - 1, i), step)))
  return finish(count === 1 ? b.constant(start, [1], dtype, device) : node.dtype === dtype ? node : b.cast(node, dtype), options)
}

/** `count` numbers whose logarithms are evenly spaced: base (default 10) to the power of each of `linspace(start, end, count)`. */
export function logspace(
  start: number,
  end: number,
  count: number,
  options: TensorOptions & { readonly base?: number } = {},
): Tensor {
  const { base = 10, ...rest } = options
  const { dtype, device } = settle(rest)
  const exponents = linspace(start, end, count, { dtype: 'float64', device })
  return finish(b.cast(b.pow(base, exponents.node), dtype), rest)
}

/** Rows and columns [2, count] of the lower triangle of a matrix, in row-major order, int32; see `tril`. */
export const trilIndices = (rows: number, columns: number, offset = 0, options: TensorOptions = {}): Tensor =>
  triangle('trilIndices', rows, columns, offset, false, options)

/** Rows and columns [2, count] of the upper triangle of a matrix, in row-major order, int32; see `triu`. */
export const triuIndices = (rows: number, columns: number, offset = 0, options: TensorOptions = {}): Tensor =>
  triangle('triuIndices', rows, columns, offset, true, options)

function triangle(op: string, rows: number, columns: number, offset: number, upper: boolean, options: TensorOptions): Tensor {
  checkShape(op, [rows, columns])
  const { dtype, device } = settle({ dtype: 'int32', ...options })
  const lists = triangleIndices(rows, columns, offset, upper)
  return finish(dataNode(encode(lists.flat(), dtype), [2, lists[0].length], dtype, device), options)
}

/** Ones on the diagonal, zeros elsewhere. */
export function eye(rows: number, columns: number | undefined = rows, options: TensorOptions = {}): Tensor {
  checkShape('eye', [rows, columns])
  const { dtype, device } = settle(options)
  const i = b.reshape(b.iota([rows], 'int32', device), [rows, 1])
  return finish(b.cast(b.eq(i, b.iota([columns], 'int32', device)), dtype), options)
}

/** Uniform in [0, 1). */
export function rand(shape: Shape, options: TensorOptions = {}): Tensor {
  checkShape('rand', shape)
  const { dtype, device } = settle(options)
  return finish(uniformNode(shape, dtype, device), options)
}

/** Standard normal. */
export function randn(shape: Shape, options: TensorOptions = {}): Tensor {
  checkShape('randn', shape)
  const { dtype, device } = settle(options)
  return finish(normalNode(shape, dtype, device), options)
}

/** Whole numbers in [low, high), int32 unless told. */
export function randint(low: number, high: number, shape: Shape, options: TensorOptions = {}): Tensor {
  checkShape('randint', shape)
  const { dtype, device } = settle({ dtype: 'int32', ...options })
  return finish(integersNode(low, high, shape, dtype, device), options)
}

/** 0 to n - 1 in random order, int32. */
export function randperm(n: number, options: TensorOptions = {}): Tensor {
  checkShape('randperm', [n])
  const { dtype, device } = settle({ dtype: 'int32', ...options })
  const order = permutationNode(n, device)
  return finish(dtype === 'int32' ? order : b.cast(order, dtype), options)
}

/** 1 with probability `p`, else 0, element by element. */
export function bernoulli(p: number, shape: Shape, options: TensorOptions = {}): Tensor {
  checkShape('bernoulli', shape)
  if (!(p >= 0 && p <= 1)) throw new NablaError('argument', `[bernoulli] the probability is ${p}; expected 0 to 1`, { p })
  const { dtype, device } = settle(options)
  return finish(b.cast(bernoulliNode(p, shape, device), dtype), options)
}
