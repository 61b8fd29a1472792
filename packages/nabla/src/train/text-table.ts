/** Rows as text in columns. */

/** A number in few digits: whole ones as they are, others with `digits` significant ones. */
export const shortNumber = (value: number, digits = 4): string =>
  Number.isInteger(value) && Math.abs(value) < 1e9 ? String(value) : String(Number(value.toPrecision(digits)))

const cell = (value: unknown): string =>
  typeof value === 'number'
    ? shortNumber(value)
    : typeof value === 'string'
      ? value
      : value === undefined
        ? ''
        : JSON.stringify(value)

/** Rows under their headings, two spaces between columns; columns of numbers stand to the right. */
export function textTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [headings, ...rows.map((row) => row.map(cell))]
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const right = headings.map((_, column) => rows.every((row) => row[column] === undefined || typeof row[column] === 'number'))
  const line = (row: readonly string[]) =>
    widths
      .map((width, i) => (right[i] ? (row[i] ?? '').padStart(width) : (row[i] ?? '').padEnd(width)))
      .join('  ')
      .trimEnd()
  return cells.map(line).join('\n')
}
