/**
 * Samples become a batch, field by field, on the host: a loader's worker can do it without the engine. `collate.ts` makes tensors of it.
 *
 *     numbers                      float32 [N], or as `dtypes` says
 *     booleans                     bool [N]
 *     strings                      an array of strings
 *     typed arrays [L]             [N, L]
 *     rasters [C, H, W]            float32 [N, C, H, W], bytes divided by 255; with an integer type in `dtypes` (masks) as they are
 *     { data, shape }, tensors     [N, ...shape]
 *     tuples and records           the same, entry by entry
 *
 * Where shapes differ and `padValue` names the field, samples are filled up at their ends to the largest, and their own extents stand beside:
 * of a record's field `words` in `wordsLengths`, of a tuple's entries behind the others.
 */
import type { DType, TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import { flattenNested, type Nested } from '../tensor/values.js'
import {
  type Block,
  dtypeOf,
  isRaster,
  isRows,
  isShaped,
  isTensor,
  isWhole,
  place,
  type ViewOf,
  viewOf,
} from './collate-blocks.js'
import type { FieldTypes } from './dataset.js'
import { isNumbers, type NumberArray } from './shared.js'

/** Numbers of a batch that lie in the host's memory. */
export interface HostArray {
  readonly kind: 'array'
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: TypedArray
  /** The extents that samples had before they were filled up: [N], or [N, rank]. */
  readonly lengths?: HostArray
}

/** A batch without tensors. */
export type HostBatch =
  | HostArray
  | { readonly kind: 'list'; readonly items: readonly unknown[] }
  | { readonly kind: 'tuple'; readonly items: readonly HostBatch[] }
  | { readonly kind: 'record'; readonly fields: readonly (readonly [string, HostBatch])[] }

/** How fields become tensors; all by the field's path, as in `label`, `target.boxes`, `1`. */
export interface CollateOptions {
  /** What plain numbers (and rows of them) become, before what the data set says; also the type of a raster that shall keep its values. */
  readonly dtypes?: FieldTypes | undefined
  /** What samples of different shapes are filled up with, for each field that may differ; a number alone where samples have no fields. */
  readonly padValue?: number | Readonly<Record<string, number>> | undefined
  /** Fields that are handed on as arrays, one entry a sample, whatever they hold. */
  readonly lists?: readonly string[] | undefined
}

/** Where arrays of a batch come from: new ones, or places in shared memory. */
export type Allocate = (View: ViewOf, length: number) => TypedArray

const fresh: Allocate = (View, length) => new (View as unknown as new (length: number) => TypedArray)(length)

/** Puts samples together. `rows` are their numbers in the data set, for messages; `types` is what the data set says of its numbers. */
export function collateHost(
  samples: readonly unknown[],
  rows: ArrayLike<number>,
  options: CollateOptions = {},
  types: FieldTypes = {},
  allocate: Allocate = fresh,
): HostBatch {
  const job = new Collation(rows, options, types, allocate)
  const batch = job.collate(samples, '')
  job.checkPaths()
  return batch.kind === 'array' && batch.lengths ? { kind: 'tuple', items: [batch, batch.lengths] } : batch
}

/** What a sample has at some path, as far as collation cares. */
type Kind = 'number' | 'boolean' | 'string' | 'array' | 'tuple' | 'record'

class Collation {
  private readonly seen = new Set<string>()

  constructor(
    private readonly rows: ArrayLike<number>,
    private readonly options: CollateOptions,
    private readonly types: FieldTypes,
    private readonly allocate: Allocate,
  ) {}

  collate(values: readonly unknown[], path: string): HostBatch {
    this.seen.add(path)
    if (this.options.lists?.includes(path)) return { kind: 'list', items: values }
    const kind = this.kindOf(values[0], path, 0)
    for (let i = 1; i < values.length; i++) {
      const other = this.kindOf(values[i], path, i)
      if (other !== kind) throw this.unequal(path, `${article(kind)}`, `${article(other)}`, i)
    }
    if (kind === 'number') return this.numbers(values as readonly number[], path)
    if (kind === 'string') return { kind: 'list', items: values }
    if (kind === 'boolean') {
      const data = this.allocate(Uint8Array as ViewOf, values.length)
      values.forEach((value, i) => (data[i] = value ? 1 : 0))
      return { kind: 'array', dtype: 'bool', shape: [values.length], data }
    }
    if (kind === 'tuple') return this.tuple(values as readonly (readonly unknown[])[], path)
    if (kind === 'record') return this.record(values as readonly Record<string, unknown>[], path)
    return this.blocks(
      values.map((value, i) => this.blockOf(value, path, i)),
      path,
    )
  }

  /** An option for a path that no sample has is a misspelling. */
  checkPaths(): void {
    const { dtypes, padValue, lists } = this.options
    const named = [...Object.keys(dtypes ?? {}), ...(typeof padValue === 'object' ? Object.keys(padValue) : []), ...(lists ?? [])]
    const unknown = named.find((path) => !this.seen.has(path))
    if (unknown !== undefined)
      throw new NablaError(
        'argument',
        `[collate] dtypes, padValue or lists name the field "${unknown}", which samples do not have; they have ${[...this.seen].filter(Boolean).join(', ') || 'no fields'}`,
        { field: unknown },
      )
  }

  private dtypeAt(path: string): DType | undefined {
    return this.options.dtypes?.[path] ?? this.types[path]
  }

  private padAt(path: string): number | undefined {
    const { padValue } = this.options
    return typeof padValue === 'object' ? padValue[path] : path === '' ? padValue : undefined
  }

  private kindOf(value: unknown, path: string, i: number): Kind {
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return typeof value as Kind
    if (isNumbers(value)) return 'array'
    if (Array.isArray(value)) return this.wanted(path) && isRows(value) ? 'array' : 'tuple'
    if (typeof value === 'object' && value !== null) {
      if (isRaster(value) || isShaped(value) || isTensor(value)) return 'array'
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype === Object.prototype || prototype === null) return 'record'
    }
    const what = value === null ? 'null' : typeof value === 'object' ? `a ${value.constructor.name}` : typeof value
    throw new NablaError(
      'data',
      `[collate] ${this.place(path, i)} is ${what}: expected a number, boolean, string, typed array, raster, { data, shape }, tensor, or a record or tuple of those; name the field in "lists" to get it as it is`,
      { path, index: this.rows[i] },
    )
  }

  /** Whether plain arrays of numbers at this path are vectors, and not tuples. */
  private wanted(path: string): boolean {
    return this.dtypeAt(path) !== undefined || this.padAt(path) !== undefined
  }

  private place(path: string, i: number): string {
    return `${path ? `${path} of ` : ''}sample ${this.rows[i]}`
  }

  private unequal(path: string, first: string, other: string, i: number, hint = ''): NablaError {
    return new NablaError(
      'shape',
      `[collate] ${path ? `${path}: ` : ''}sample ${this.rows[0]} has ${first}, sample ${this.rows[i]} has ${other}${hint}`,
      { path, first, other, indices: [this.rows[0], this.rows[i]] },
    )
  }

  private numbers(values: readonly number[], path: string): HostArray {
    const dtype = this.dtypeAt(path) ?? 'float32'
    const data = this.allocate(viewOf(dtype), values.length)
    const whole = isWhole(dtype)
    for (let i = 0; i < values.length; i++) {
      if (whole && !Number.isInteger(values[i])) throw this.notWhole(path, i, values[i]!, dtype)
      data[i] = values[i]!
    }
    return { kind: 'array', dtype, shape: [values.length], data }
  }

  private notWhole(path: string, i: number, value: number, dtype: DType): NablaError {
    return new NablaError(
      'dtype',
      `[collate] ${this.place(path, i)} is ${value}: the field's dtype is ${dtype}, expected a whole number`,
      {
        path,
        index: this.rows[i],
        value,
      },
    )
  }

  private tuple(values: readonly (readonly unknown[])[], path: string): HostBatch {
    const size = values[0]!.length
    const odd = values.findIndex((value) => value.length !== size)
    const hint =
      '; arrays are tuples, put together entry by entry: for rows of numbers use typed arrays, or name the field in padValue or dtypes'
    if (odd > 0) throw this.unequal(path, `an array of ${size}`, `an array of ${values[odd]!.length}`, odd, hint)
    const items: HostBatch[] = []
    const lengths: HostBatch[] = []
    for (let k = 0; k < size; k++) {
      const item = this.collate(
        values.map((value) => value[k]),
        path ? `${path}.${k}` : String(k),
      )
      items.push(item)
      if (item.kind === 'array' && item.lengths) lengths.push(item.lengths)
    }
    return { kind: 'tuple', items: [...items, ...lengths] }
  }

  private record(values: readonly Record<string, unknown>[], path: string): HostBatch {
    const keys = Object.keys(values[0]!)
    const same = (value: Record<string, unknown>): boolean => {
      const own = Object.keys(value)
      return own.length === keys.length && own.every((key) => Object.hasOwn(values[0]!, key))
    }
    const odd = values.findIndex((value) => !same(value))
    if (odd > 0) throw this.unequal(path, `the fields ${keys.join(', ')}`, Object.keys(values[odd]!).join(', ') || 'none', odd)
    const fields: [string, HostBatch][] = []
    for (const key of keys) {
      const item = this.collate(
        values.map((value) => value[key]),
        path ? `${path}.${key}` : key,
      )
      fields.push([key, item])
      if (item.kind !== 'array' || !item.lengths) continue
      const beside = `${key}Lengths`
      if (keys.includes(beside))
        throw new NablaError(
          'data',
          `[collate] ${path} the lengths of "${key}" belong into "${beside}", but samples have that field`,
          { path },
        )
      fields.push([beside, item.lengths])
    }
    return { kind: 'record', fields }
  }

  private blockOf(value: unknown, path: string, i: number): Block {
    const given = this.dtypeAt(path)
    if (isNumbers(value)) return { data: value, shape: [value.length], dtype: given ?? dtypeOf(value) }
    if (Array.isArray(value)) {
      const { shape, values } = flattenNested(value as Nested)
      return { data: values, shape, dtype: given ?? 'float32' }
    }
    const block = blockFrom(value as object, given)
    if (block.data.length === sizeOf(block.shape)) return block
    throw new NablaError(
      'shape',
      `[collate] ${this.place(path, i)}: ${block.data.length} values do not fill ${showShape(block.shape)}`,
      { path, index: this.rows[i], shape: block.shape },
    )
  }

  private blocks(blocks: readonly Block[], path: string): HostArray {
    const { shape, dtype } = blocks[0]!
    const pad = this.padAt(path)
    const target = [...shape]
    blocks.forEach((block, i) => {
      const show = (b: Block): string => (block.dtype === dtype ? showShape(b.shape) : `${b.dtype} ${showShape(b.shape)}`)
      const alike = block.shape.length === shape.length && block.shape.every((extent, d) => extent === shape[d])
      if (block.dtype !== dtype || (!alike && (pad === undefined || block.shape.length !== shape.length)))
        throw this.unequal(path, show(blocks[0]!), show(block), i, alike || pad !== undefined ? '' : hintFor(path))
      block.shape.forEach((extent, d) => (target[d] = Math.max(target[d]!, extent)))
    })
    const size = sizeOf(target)
    const data = this.allocate(viewOf(dtype), size * blocks.length)
    blocks.forEach((block, i) => {
      if (isWhole(dtype) && !holdsWhole(block.data)) {
        const value = Array.from(block.data).find((x) => !Number.isInteger(x))!
        throw this.notWhole(path, i, value, dtype)
      }
      place(block, data, i * size, target, size, pad ?? 0)
    })
    const all = { kind: 'array', dtype, shape: [blocks.length, ...target], data } as const
    // Also where all are equally long by chance: every batch has the same fields.
    return pad === undefined ? all : { ...all, lengths: this.lengths(blocks) }
  }

  private lengths(blocks: readonly Block[]): HostArray {
    const rank = blocks[0]!.shape.length
    const data = this.allocate(Int32Array as ViewOf, blocks.length * rank)
    blocks.forEach((block, i) => data.set(block.shape, i * rank))
    return { kind: 'array', dtype: 'int32', shape: rank === 1 ? [blocks.length] : [blocks.length, rank], data }
  }
}

const article = (kind: Kind): string => `${kind === 'array' ? 'an' : 'a'} ${kind === 'array' ? 'array of numbers' : kind}`

const hintFor = (path: string): string =>
  `; give padValue${path ? `: { ${/^\w+$/.test(path) ? path : `'${path}'`}: 0 }` : ': 0'} to fill up the smaller ones${path ? ', or name the field in "lists" to get them as they are' : ''}`

function blockFrom(value: object, given: DType | undefined): Block {
  if (isTensor(value)) return { data: value.dataSync(), shape: value.shape, dtype: given ?? value.dtype }
  if (isShaped(value)) return { data: value.data, shape: value.shape, dtype: given ?? value.dtype ?? dtypeOf(value.data) }
  const { data, channels, height, width } = value as { data: NumberArray; channels: number; height: number; width: number }
  const pixels = !(data instanceof Float32Array) && !(given && isWhole(given))
  return { data, shape: [channels, height, width], dtype: given ?? 'float32', pixels }
}

/** Whether numbers that go into whole ones lose nothing. */
const holdsWhole = (data: ArrayLike<number>): boolean =>
  !(data instanceof Float32Array || data instanceof Float64Array || Array.isArray(data)) ||
  (data as Float32Array).every((x: number) => Number.isInteger(x))
