/** Rows as text in columns. */
import { padTo, widthOf } from './width.js'

export type Cell = string | number | null

/** A number in few digits: whole ones as they are, others with five significant ones. */
export const shown = (value: Cell): string =>
  typeof value !== 'number' || Number.isInteger(value) ? String(value ?? '') : String(Number(value.toPrecision(5)))

/** Rows under their headings, two spaces between columns; columns of numbers stand to the right. A line each, the headings first. */
export function tableLines(headings: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const cells = [headings, ...rows.map((row) => row.map(shown))]
  const right = headings.map((_, i) => rows.length > 0 && rows.every((row) => typeof (row[i] ?? null) !== 'string'))
  return alignedLines(
    cells,
    right.map((on) => (on ? 'left' : 'right')),
  )
}

/** Texts in columns; `fill` says on which side of a column spaces are put. */
export function alignedLines(cells: readonly (readonly string[])[], fill: readonly ('left' | 'right')[]): string[] {
  const count = Math.max(...cells.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))))
  return cells.map((row) =>
    widths
      .map((width, i) => padTo(row[i] ?? '', width, fill[i] ?? 'right'))
      .join('  ')
      .trimEnd(),
  )
}
