/** A column of a table: a name, and values of one kind, any of which may be missing. */
import { NablaError } from '../core/errors.js'

/** Numbers; a missing one is NaN. */
export interface NumberColumn {
  /** What it is called; no two columns of a table share a name. */
  readonly name: string
  /** 'number'. */
  readonly kind: 'number'
  /** One for each row. */
  readonly values: Float64Array
}

/** Text; a missing one is undefined. */
export interface TextColumn {
  /** What it is called; no two columns of a table share a name. */
  readonly name: string
  /** 'text'. */
  readonly kind: 'text'
  /** One for each row. */
  readonly values: readonly (string | undefined)[]
}

/** One column of a table. */
export type Column = NumberColumn | TextColumn

/** What a column can be made of: numbers, text, and undefined or null for what is missing. */
export type ColumnValues = Float64Array | Float32Array | Int32Array | Uint8Array | readonly (number | string | null | undefined)[]

/** A column of plain values: numbers when all that is there are numbers, else text. Throws NablaError('data') when they are mixed. */
export function columnOf(name: string, values: ColumnValues): Column {
  if (!Array.isArray(values)) return { name, kind: 'number', values: Float64Array.from(values as Float64Array) }
  const plain = values as readonly (number | string | null | undefined)[]
  const row = plain.findIndex((value) => value !== null && value !== undefined)
  const kind = typeof (row < 0 ? 0 : plain[row])
  const odd = plain.findIndex((value) => value !== null && value !== undefined && typeof value !== kind)
  if (odd >= 0 || (kind !== 'number' && kind !== 'string'))
    throw new NablaError(
      'data',
      `[table] column "${name}" mixes kinds: row ${row} is ${JSON.stringify(plain[row])}, row ${odd} is ${JSON.stringify(plain[odd])}; expected numbers or text`,
      { column: name, row: odd },
    )
  return kind === 'string'
    ? { name, kind: 'text', values: plain.map((value) => (value ?? undefined) as string | undefined) }
    : { name, kind: 'number', values: Float64Array.from(plain, (value) => (value ?? Number.NaN) as number) }
}

/** Whether the value in this row is missing. */
export const isMissing = ({ kind, values }: Column, row: number): boolean =>
  kind === 'number' ? Number.isNaN(values[row]) : values[row] === undefined

/** The values that are there, in order. */
export const present = ({ values }: NumberColumn): Float64Array => values.filter((value) => !Number.isNaN(value))

/** The column with the rows of these numbers, in this order. */
export function pick(column: Column, rows: ArrayLike<number>): Column {
  return column.kind === 'number'
    ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
    : { ...column, values: Array.from(rows, (row) => column.values[row]) }
}
