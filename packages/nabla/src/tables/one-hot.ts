/** Columns of text as numbers: one column of 0 and 1 for each category, or the number of the class. */
import { NablaError, nearest } from '../core/errors.js'
import type { Column, TextColumn } from './column.js'
import type { Table } from './table.js'

/** How categories become columns. */
export interface OneHotOptions {
  /** Which columns. Default all that hold text. */
  readonly columns?: readonly string[]
  /** Give every one of them a column `<name>_nan` too, 1 where the value is missing (as `pandas.get_dummies(dummy_na=True)`). Default false: all 0 there. */
  readonly missing?: boolean
  /** What to do with a value that was not among the learned ones: stop, or leave all of its columns 0. Default 'stop'. */
  readonly unknown?: 'stop' | 'zero'
}

/** Turns categories into columns as they were learned from one table. Plain data. */
export class OneHotEncoder {
  constructor(
    /** The categories of each column, in the order of the columns they become. */
    readonly categories: Readonly<Record<string, readonly string[]>>,
    /** As it was given to `fit`. */
    readonly options: Pick<OneHotOptions, 'missing' | 'unknown'> = {},
  ) {}

  /** Learns the categories of a table, sorted. Numbers that stand for categories must be read as text: `readCsv(text, { types: { MSSubClass: 'text' } })`. */
  static fit(table: Table, { columns, ...options }: OneHotOptions = {}): OneHotEncoder {
    const chosen = columns ?? table.columns.flatMap(({ name, kind }) => (kind === 'text' ? [name] : []))
    return new OneHotEncoder(Object.fromEntries(chosen.map((name) => [name, categoriesOf(table.strings(name))])), options)
  }

  /**
   * The other columns as they are, then `<column>_<category>` for each column and category, and `<column>_nan` where asked for.
   * Throws NablaError('data') for a value that was not among the learned ones, unless `unknown` is 'zero'.
   */
  apply(table: Table): Table {
    const { missing = false, unknown = 'stop' } = this.options
    const made = Object.entries(this.categories).flatMap(([name, categories]): Column[] => {
      const values = categorical(table, name)
      if (unknown === 'stop') codes(name, values, categories)
      const indicator = (label: string, is: (value: string | undefined) => boolean): Column => ({
        name: `${name}_${label}`,
        kind: 'number',
        values: Float64Array.from(values, (value) => Number(is(value))),
      })
      const all = categories.map((category) => indicator(category, (value) => value === category))
      return missing ? [...all, indicator('nan', (value) => value === undefined)] : all
    })
    return table.drop(...Object.keys(this.categories)).with(...made)
  }
}

/** The table with its text as columns of 0 and 1, by its own categories: `OneHotEncoder.fit(table, options).apply(table)`. */
export const oneHot = (table: Table, options?: OneHotOptions): Table => OneHotEncoder.fit(table, options).apply(table)

/**
 * A column of text as class numbers: [rows], and the classes, in the order of their numbers. `classes` gives that order (default: sorted).
 * Throws NablaError('data') that names the row for a value that is missing or outside of the classes.
 */
export function labelsOf(
  table: Table,
  column: string,
  classes?: readonly string[],
): { labels: Int32Array; classes: readonly string[] } {
  const values = table.strings(column)
  const names = classes ?? categoriesOf(values)
  const labels = codes(column, values, names)
  const row = labels.indexOf(-1)
  if (row >= 0) throw new NablaError('data', `[labelsOf] column "${column}" lacks a value in row ${row}`, { column, row })
  return { labels, classes: names }
}

const categoriesOf = (values: TextColumn['values']): string[] =>
  [...new Set(values.filter((value) => value !== undefined))].sort((a, b) => (a < b ? -1 : 1))

/** A column's text. One that is all missing reads as numbers, and is text with nothing in it. */
function categorical(table: Table, name: string): TextColumn['values'] {
  const column = table.column(name)
  const none = column.kind === 'number' && column.values.every(Number.isNaN)
  return none ? Array<undefined>(table.length).fill(undefined) : table.strings(name)
}

/** The place of each value among the names, -1 for what is missing. */
function codes(column: string, values: TextColumn['values'], names: readonly string[]): Int32Array {
  const place = new Map(names.map((name, i) => [name, i]))
  return Int32Array.from(values, (value, row) => {
    if (value === undefined) return -1
    const code = place.get(value)
    if (code !== undefined) return code
    const near = nearest(value, names)
    throw new NablaError(
      'data',
      `[table] column "${column}", row ${row}: ${JSON.stringify(value)} is none of the ${names.length} classes${near === undefined ? '' : `; did you mean "${near}"?`} Known: ${names.join(', ')}`,
      { column, row, value, classes: names },
    )
  })
}
