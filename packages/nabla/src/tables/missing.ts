/** What is missing in a table: filled in, or its rows left out. */
import { NablaError } from '../core/errors.js'
import { type Column, isMissing, present } from './column.js'
import { numeric, type Table } from './table.js'

/** What to put where a value is missing: the column's mean or median of what is there, or a constant (a number, or text for columns of text). */
export type Filling = 'mean' | 'median' | { readonly constant: number | string }

/** Fills missing values as they were learned from one table (of training rows) in any table with those columns. Plain data: it can be kept as JSON. */
export class Filler {
  constructor(
    /** What is put into each column. */
    readonly values: Readonly<Record<string, number | string>>,
  ) {}

  /**
   * Learns from `table` what its columns are filled with. By default all columns that the filling suits: numbers for mean, median and a number,
   * text for text. Throws NablaError('data') for a named column that it does not suit, or whose mean or median is that of nothing.
   */
  static fit(table: Table, filling: Filling, columns?: readonly string[]): Filler {
    const kind = typeof filling === 'object' && typeof filling.constant === 'string' ? 'text' : 'number'
    const suited = columns?.map((name) => table.column(name)) ?? table.columns.filter((column) => column.kind === kind)
    return new Filler(Object.fromEntries(suited.map((column) => [column.name, fillingOf(column, filling, kind)])))
  }

  /** The table with nothing missing in the columns that were learned. */
  apply(table: Table): Table {
    return table.with(
      ...Object.entries(this.values).map(([name, value]): Column => {
        const column = table.column(name)
        if (typeof value === 'number') {
          const { values } = numeric(column)
          return { name, kind: 'number', values: values.map((x) => (Number.isNaN(x) ? value : x)) }
        }
        return { name, kind: 'text', values: table.strings(name).map((x) => x ?? value) }
      }),
    )
  }
}

/** The table with its missing values filled from itself: `Filler.fit(table, filling, columns).apply(table)`. */
export const fillMissing = (table: Table, filling: Filling, columns?: readonly string[]): Table =>
  Filler.fit(table, filling, columns).apply(table)

/** The table without the rows that lack a value in any of these columns (default: in any column). */
export function dropMissing(table: Table, columns: readonly string[] = table.names): Table {
  const looked = columns.map((name) => table.column(name))
  const rows = Array.from({ length: table.length }, (_, row) => row)
  return table.take(rows.filter((row) => !looked.some((column) => isMissing(column, row))))
}

function fillingOf(column: Column, filling: Filling, kind: Column['kind']): number | string {
  if (column.kind !== kind)
    throw new NablaError(
      'data',
      `[fillMissing] column "${column.name}" holds ${column.kind}s, the filling is a ${kind}`.replace('texts', 'text'),
      {
        column: column.name,
      },
    )
  if (typeof filling === 'object') return filling.constant
  const values = present(numeric(column))
  if (!values.length)
    throw new NablaError(
      'data',
      `[fillMissing] column "${column.name}" has no value at all, so it has no ${filling}: fill it with a constant, or drop it`,
      { column: column.name },
    )
  return filling === 'mean' ? mean(values) : median(values)
}

/** Sum over count; summed around the first value, so that large offsets cost no digits. */
export function mean(values: Float64Array): number {
  const origin = values[0] ?? Number.NaN
  if (!Number.isFinite(origin)) return values.reduce((sum, x) => sum + x, 0) / values.length
  return origin + values.reduce((sum, x) => sum + (x - origin), 0) / values.length
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort()
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
