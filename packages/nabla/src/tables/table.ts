/**
 * A small table: columns of numbers or text, side by side. Tables never change; every operation gives a new one that shares the columns it
 * leaves alone.
 */
import type { DType } from '../core/dtype.js'
import { NablaError, unknownName } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Column, type ColumnValues, columnOf, isMissing, type NumberColumn, pick, type TextColumn } from './column.js'

/** How a table becomes a tensor. */
export interface TableTensorOptions {
  /** Of the tensor. Default float32. */
  readonly dtype?: DType
  /** Let missing numbers through, as NaN. Default false: they are an error that names the first. */
  readonly missing?: boolean
}

/** Columns of equal length with different names. */
export class Table {
  /** All columns, in order. */
  readonly columns: readonly Column[]
  /** Number of rows. */
  readonly length: number
  private readonly byName: ReadonlyMap<string, Column>

  /** Throws NablaError('data') when two columns share a name or differ in length. */
  constructor(columns: readonly Column[]) {
    const byName = new Map<string, Column>()
    const length = columns[0]?.values.length ?? 0
    for (const column of columns) {
      const { name, values } = column
      if (byName.has(name)) throw new NablaError('data', `[table] two columns are called "${name}"`, { column: name })
      if (values.length !== length)
        throw new NablaError(
          'data',
          `[table] column "${name}" has ${values.length} rows, "${columns[0]!.name}" has ${length}: expected equal lengths`,
          { column: name, rows: values.length, expected: length },
        )
      byName.set(name, column)
    }
    this.columns = columns
    this.length = length
    this.byName = byName
  }

  /**
   * A table of plain values by column name: numbers or text, null or undefined for what is missing.
   *
   *     Table.of({ rooms: [2, 4, null], alley: ['Pave', undefined, undefined] })
   */
  static of(columns: Readonly<Record<string, ColumnValues>>): Table {
    return new Table(Object.entries(columns).map(([name, values]) => columnOf(name, values)))
  }

  /** Names of the columns, in order. */
  get names(): string[] {
    return this.columns.map(({ name }) => name)
  }

  /** Whether there is a column of this name. */
  has(name: string): boolean {
    return this.byName.has(name)
  }

  /** The column of this name. Throws NablaError('data') with the nearest name and all names when there is none. */
  column(name: string): Column {
    const column = this.byName.get(name)
    if (!column) throw unknownName('data', 'column', name, this.names)
    return column
  }

  /** The values of a column of numbers, NaN where one is missing. Throws NablaError('data') for a column of text. */
  numbers(name: string): Float64Array {
    return numeric(this.column(name)).values
  }

  /** The values of a column of text, undefined where one is missing. Throws NablaError('data') for a column of numbers. */
  strings(name: string): TextColumn['values'] {
    const column = this.column(name)
    if (column.kind === 'text') return column.values
    throw new NablaError('data', `[table] column "${name}" holds numbers, not text`, { column: name })
  }

  /** Only these columns, in this order. */
  select(...names: readonly string[]): Table {
    return new Table(names.map((name) => this.column(name)))
  }

  /** All columns but these. */
  drop(...names: readonly string[]): Table {
    for (const name of names) this.column(name)
    return new Table(this.columns.filter(({ name }) => !names.includes(name)))
  }

  /** With these columns in the place of those of the same name; new ones come last. */
  with(...columns: readonly Column[]): Table {
    const byName = new Map(this.byName)
    for (const column of columns) byName.set(column.name, column)
    return new Table([...byName.values()])
  }

  /** Rows `start` up to but without `end`; negative numbers count from the end, as in arrays. */
  slice(start = 0, end = this.length): Table {
    return new Table(this.columns.map((column) => ({ ...column, values: column.values.slice(start, end) }) as Column))
  }

  /** The rows of these numbers, in this order; a number may stand more than once. Throws NablaError('index') for a row that is not there. */
  take(rows: ArrayLike<number>): Table {
    for (let i = 0; i < rows.length; i++)
      if (!(Number.isInteger(rows[i]) && rows[i]! >= 0 && rows[i]! < this.length))
        throw new NablaError('index', `[table] row ${rows[i]} is not there: the table has ${this.length} rows`, { row: rows[i] })
    return new Table(this.columns.map((column) => pick(column, rows)))
  }

  /** How many values each column lacks. */
  missing(): Record<string, number> {
    const count = (column: Column): number => {
      let n = 0
      for (let row = 0; row < this.length; row++) if (isMissing(column, row)) n++
      return n
    }
    return Object.fromEntries(this.columns.map((column) => [column.name, count(column)]))
  }

  /** One row as a record; undefined where a value is missing. */
  row(row: number): Record<string, number | string | undefined> {
    const one = this.take([row])
    return Object.fromEntries(one.columns.map((c) => [c.name, isMissing(c, 0) ? undefined : c.values[0]]))
  }

  /**
   * All columns as one tensor [rows, columns]. Throws NablaError('data') that names the column and row of the first value that is text, or missing:
   * `oneHot` turns text into numbers, `fillMissing` and `dropMissing` deal with what is missing.
   */
  toTensor(options: TableTensorOptions = {}): Tensor {
    const { dtype = 'float32' } = options
    const width = this.columns.length
    const values = new Float64Array(this.length * width)
    for (const [c, column] of this.columns.entries()) {
      const from = complete(numeric(column), options)
      for (let row = 0; row < this.length; row++) values[row * width + c] = from[row]!
    }
    return tensor(values, { shape: [this.length, width], dtype })
  }

  /** One column as a tensor [rows]. Errors as `toTensor`. */
  tensor(name: string, options: TableTensorOptions = {}): Tensor {
    return tensor(complete(numeric(this.column(name)), options), { shape: [this.length], dtype: options.dtype ?? 'float32' })
  }

  /** The first rows as aligned text, for people. */
  toString(rows = 10): string {
    const shown = Math.min(rows, this.length)
    const cell = (column: Column, row: number): string => (isMissing(column, row) ? 'NA' : String(column.values[row]))
    const texts = this.columns.map((c) => [c.name, ...Array.from({ length: shown }, (_, row) => cell(c, row))])
    const widths = texts.map((column) => Math.max(...column.map((text) => text.length)))
    const line = (row: number): string => texts.map((column, c) => column[row]!.padStart(widths[c]!)).join('  ')
    const more = this.length > shown ? `\n... ${this.length} rows` : ''
    return Array.from({ length: shown + 1 }, (_, row) => line(row)).join('\n') + more
  }
}

/** The tables one below the other. They must have the same columns, of the same kinds; the order is the first one's. */
export function concatRows(...tables: readonly Table[]): Table {
  const [first] = tables
  if (!first) throw new NablaError('argument', '[concatRows] expected one or more tables, got none')
  for (const [i, table] of tables.entries()) {
    const lacks = first.names.find((name) => !table.has(name))
    const extra = table.names.find((name) => !first.has(name))
    if (lacks !== undefined || extra !== undefined)
      throw new NablaError(
        'data',
        lacks !== undefined
          ? `[concatRows] table ${i} has no column "${lacks}", which table 0 has`
          : `[concatRows] table ${i} has a column "${extra}" that table 0 lacks`,
        { table: i, column: lacks ?? extra },
      )
  }
  return new Table(first.names.map((name) => joined(name, tables)))
}

/** A column of all tables. One that is all missing reads as numbers; it follows the kind of the others. */
function joined(name: string, tables: readonly Table[]): Column {
  const parts = tables.map((table) => table.column(name))
  if (parts.every((part) => part.kind === 'number'))
    return { name, kind: 'number', values: Float64Array.from(parts.flatMap(({ values }) => Array.from(values as Float64Array))) }
  const texts = parts.map((part, i) => {
    if (part.kind === 'text') return part.values
    if (part.values.every(Number.isNaN)) return Array<undefined>(part.values.length).fill(undefined)
    throw new NablaError('data', `[concatRows] column "${name}" holds numbers in table ${i} and text in another`, {
      column: name,
      table: i,
    })
  })
  return { name, kind: 'text', values: texts.flat() }
}

/** The column, if it holds numbers. */
export function numeric(column: Column): NumberColumn {
  if (column.kind === 'number') return column
  const { name, values } = column
  const row = values.findIndex((value) => value !== undefined)
  throw new NablaError(
    'data',
    `[table] column "${name}" holds text, not numbers (row ${row} is ${JSON.stringify(values[row])})`,
    {
      column: name,
      row,
    },
  )
}

function complete({ name, values }: NumberColumn, { missing }: TableTensorOptions): Float64Array {
  const row = missing ? -1 : values.findIndex(Number.isNaN)
  if (row < 0) return values
  throw new NablaError(
    'data',
    `[table] column "${name}" lacks a value in row ${row}: fill it (fillMissing), drop the row (dropMissing), or pass { missing: true } for NaN`,
    { column: name, row },
  )
}
