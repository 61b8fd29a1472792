/**
 * Columns of numbers to a common scale, three ways:
 *
 *     minMax    (x - min) / (max - min)       into 0..1
 *     mean      (x - mean) / (max - min)      around 0, within -1..1
 *     zScore    (x - mean) / std              mean 0, standard deviation 1
 *
 * Learned from training rows and applied to any others, so that nothing of the test rows leaks into what a model sees.
 */
import { NablaError } from '../core/errors.js'
import { type NumberColumn, present } from './column.js'
import { mean } from './missing.js'
import { numeric, type Table } from './table.js'

/** Which of the three. */
export type Scaling = 'minMax' | 'mean' | 'zScore'

/** `x` becomes `(x - shift) / scale`. */
export interface ColumnScale {
  /** Subtracted first. */
  readonly shift: number
  /** Divided by after that; not 0. */
  readonly scale: number
}

/** What to scale, and how the standard deviation is counted. */
export interface ScaleOptions {
  /** Which columns. Default all that hold numbers. */
  readonly columns?: readonly string[]
  /** The standard deviation divides by n minus this, as `std` of tensors does. Default 1; 0 for that of the rows themselves. */
  readonly correction?: number
}

/** Scales columns as it was learned from one table. Plain data: `new Scaler(JSON.parse(text).columns)` gives it back. */
export class Scaler {
  constructor(
    /** Shift and scale by column. */
    readonly columns: Readonly<Record<string, ColumnScale>>,
  ) {}

  /**
   * Learns shift and scale from a table. Missing values do not count; a column that does not vary is only shifted.
   * Throws NablaError('data') for a column that holds text, infinities, or nothing at all.
   */
  static fit(table: Table, scaling: Scaling, { columns, correction = 1 }: ScaleOptions = {}): Scaler {
    if (!['minMax', 'mean', 'zScore'].includes(scaling))
      throw new NablaError('argument', `[Scaler] unknown scaling "${String(scaling)}": expected minMax, mean or zScore`, {
        scaling,
      })
    const chosen = columns?.map((name) => numeric(table.column(name))) ?? table.columns.filter((c) => c.kind === 'number')
    return new Scaler(Object.fromEntries(chosen.map((column) => [column.name, scaleOf(column, scaling, correction)])))
  }

  /** The table with its columns scaled. What is missing stays missing. */
  apply(table: Table): Table {
    return this.map(table, (x, { shift, scale }) => (x - shift) / scale)
  }

  /** Back to the units of the table that was learned from; columns that this one lacks (it may hold predictions alone) are passed over. */
  invert(table: Table): Table {
    return this.map(table, (x, { shift, scale }) => x * scale + shift, true)
  }

  private map(table: Table, f: (x: number, by: ColumnScale) => number, partial = false): Table {
    const entries = Object.entries(this.columns).filter(([name]) => !partial || table.has(name))
    return table.with(
      ...entries.map(([name, by]): NumberColumn => ({ name, kind: 'number', values: table.numbers(name).map((x) => f(x, by)) })),
    )
  }
}

/** The table scaled by itself: `Scaler.fit(table, scaling, options).apply(table)`. */
export const scale = (table: Table, scaling: Scaling, options?: ScaleOptions): Table =>
  Scaler.fit(table, scaling, options).apply(table)

function scaleOf(column: NumberColumn, scaling: Scaling, correction: number): ColumnScale {
  const values = present(column)
  const what = !values.length ? 'has no value at all' : values.every(Number.isFinite) ? undefined : 'holds an infinite value'
  if (what)
    throw new NablaError(
      'data',
      `[Scaler] column "${column.name}" ${what}, so it cannot be scaled: drop it, or name the columns to scale`,
      {
        column: column.name,
      },
    )
  const [low, high, middle] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b)), mean(values)]
  const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / Math.max(values.length - correction, 1))
  const width = scaling === 'zScore' ? spread : high - low
  return { shift: scaling === 'minMax' ? low : middle, scale: low < high ? width : 1 }
}
