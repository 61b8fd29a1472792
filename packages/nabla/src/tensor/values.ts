/** Between JavaScript values and dense arrays: nested arrays in, nested arrays and pretty printing out. */
import { type DType, dtypes, isFloat, type TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { halfToNumber, numberToHalf } from '../core/half.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'

/** Numbers or truth values, nested to any depth, every level of one length. */
export type Nested = number | boolean | readonly Nested[]

/** Extents of a nested array, by its first elements. */
function extentsOf(data: Nested): number[] {
  const shape: number[] = []
  for (let level: Nested = data; Array.isArray(level); level = level[0] as Nested) {
    shape.push(level.length)
    if (level.length === 0) break
  }
  return shape
}

/** Row-major numbers of a nested array, checked to be rectangular. */
export function flattenNested(data: Nested): { shape: number[]; values: number[]; boolean: boolean } {
  const shape = extentsOf(data)
  const values: number[] = []
  let truths = 0
  const ragged = (path: readonly number[], found: string): never => {
    throw new NablaError(
      'shape',
      `[tensor] the nested array is not rectangular: its first elements have shape ${showShape(shape)}, but at [${path.join('][')}] there is ${found}`,
      { shape, path },
    )
  }
  const walk = (level: Nested, depth: number, path: number[]): void => {
    if (Array.isArray(level)) {
      if (depth >= shape.length || level.length !== shape[depth]) ragged(path, `an array of ${level.length}`)
      for (let i = 0; i < level.length; i++) walk(level[i] as Nested, depth + 1, [...path, i])
    } else {
      if (depth !== shape.length) ragged(path, `${String(level)} where an array of ${shape[depth]} was expected`)
      if (typeof level !== 'number' && typeof level !== 'boolean')
        throw new NablaError(
          'argument',
          `[tensor] elements are numbers or booleans, but at [${path.join('][')}] there is ${typeof level}`,
          { path },
        )
      if (typeof level === 'boolean') truths++
      values.push(Number(level))
    }
  }
  walk(data, 0, [])
  return { shape, values, boolean: values.length > 0 && truths === values.length }
}

/** Values as the array type in which `dtype` is stored. */
export function encode(values: ArrayLike<number>, dtype: DType): TypedArray {
  if (dtype === 'float16') return Uint16Array.from(values as ArrayLike<number>, numberToHalf)
  if (dtype === 'bool') return Uint8Array.from(values as ArrayLike<number>, (v) => (v ? 1 : 0))
  return new dtypes[dtype].array(values)
}

/** What users see of stored data: half precision as float32. */
export function decode(data: TypedArray, dtype: DType): TypedArray {
  return dtype === 'float16' ? Float32Array.from(data as ArrayLike<number>, halfToNumber) : data
}

/** Row-major data as nested arrays; truth values as booleans. A tensor of rank 0 gives its value. */
export function nest(data: ArrayLike<number>, shape: Shape, dtype: DType): Nested {
  const strides = stridesOf(shape)
  const build = (d: number, offset: number): Nested => {
    if (d === shape.length) return dtype === 'bool' ? data[offset] !== 0 : data[offset]!
    return Array.from({ length: shape[d]! }, (_, i) => build(d + 1, offset + i * strides[d]!))
  }
  return build(0, 0)
}

/** Elements shown at either end of a long dimension. */
const edge = 3

/** As PyTorch prints: brackets by rank, columns aligned, the middle of large tensors left out. */
export function format(data: ArrayLike<number>, shape: Shape, dtype: DType): string {
  const summarise = sizeOf(shape) > 1000
  const strides = stridesOf(shape)
  const shown = (n: number): (number | undefined)[] =>
    summarise && n > 2 * edge
      ? [...Array.from({ length: edge }, (_, i) => i), undefined, ...Array.from({ length: edge }, (_, i) => n - edge + i)]
      : Array.from({ length: n }, (_, i) => i)
  const visible: number[] = []
  const visit = (d: number, offset: number): void => {
    if (d === shape.length) visible.push(data[offset]!)
    else for (const i of shown(shape[d]!)) if (i !== undefined) visit(d + 1, offset + i * strides[d]!)
  }
  visit(0, 0)
  const write = writer(visible, dtype)
  const width = Math.max(0, ...visible.map((v) => write(v).length))
  const print = (d: number, offset: number): string => {
    if (d === shape.length) return write(data[offset]!).padStart(width)
    const parts = shown(shape[d]!).map((i) => (i === undefined ? '...' : print(d + 1, offset + i * strides[d]!)))
    const gap = d === shape.length - 1 ? ', ' : `,${'\n'.repeat(shape.length - 1 - d)}${' '.repeat(d + 8)}`
    return `[${parts.join(gap)}]`
  }
  return shape.length === 0 ? print(0, 0).trim() : print(0, 0)
}

function writer(values: readonly number[], dtype: DType): (value: number) => string {
  if (dtype === 'bool') return (v) => (v ? 'true' : 'false')
  if (!isFloat(dtype)) return String
  const finite = values.filter(Number.isFinite)
  if (finite.every(Number.isInteger) && finite.every((v) => Math.abs(v) < 1e8))
    return (v) => (Number.isFinite(v) ? `${v}.` : word(v))
  const sizes = finite.filter((v) => v !== 0).map(Math.abs)
  const scientific =
    sizes.length > 0 && (Math.max(...sizes) >= 1e8 || Math.min(...sizes) < 1e-4 || Math.max(...sizes) / Math.min(...sizes) > 1e3)
  return (v) => (Number.isFinite(v) ? (scientific ? v.toExponential(4) : v.toFixed(4)) : word(v))
}

const word = (v: number): string => (Number.isNaN(v) ? 'nan' : v > 0 ? 'inf' : '-inf')
