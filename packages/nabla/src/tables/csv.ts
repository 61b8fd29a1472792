/** Text of rows and fields (CSV) to tables and back, by Papa Parse. What is wrong is told with its line. */
import Papa from 'papaparse'
import { NablaError, unknownName } from '../core/errors.js'
import { type Column, isMissing } from './column.js'
import { decodeText } from './decode.js'
import { Table } from './table.js'

/** How CSV text is read. */
export interface CsvOptions {
  /** As it stands in messages: a file's name. Default `text`. */
  readonly name?: string
  /** Between fields. Default a comma. */
  readonly delimiter?: string
  /** Whether the first row holds the names. Default true; false where `names` are given. Without either, columns are called '0', '1', ... */
  readonly header?: boolean
  /** Names of the columns, for text that has none. */
  readonly names?: readonly string[]
  /** Only these columns, in this order. Default all. */
  readonly columns?: readonly string[]
  /** What columns hold. Default: numbers when every value that is there is one, else text. */
  readonly types?: Readonly<Record<string, 'number' | 'text'>>
  /** What stands for a missing value. Default: nothing at all, NA, N/A, #N/A, NaN, nan, NULL, null, n/a, <NA>. */
  readonly missing?: readonly string[]
  /** Of bytes: a label that `TextDecoder` knows, such as windows-1252. Default utf-8. */
  readonly encoding?: string
}

const missingMarks = ['', 'NA', 'N/A', '#N/A', 'NaN', 'nan', '-NaN', '-nan', 'NULL', 'null', 'n/a', '<NA>']
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const infinity = /^([+-]?)inf(?:inity)?$/i

/** The number that a field is, or undefined. Blanks around it do not count. */
function numberOf(field: string): number | undefined {
  const text = field.trim()
  if (number.test(text)) return Number(text)
  const sign = infinity.exec(text)?.[1]
  return sign === undefined ? undefined : sign === '-' ? -Infinity : Infinity
}

/**
 * Reads a table from CSV text: fields in quotes may hold delimiters, line ends and doubled quotes; blank lines are left out.
 *
 *     const table = readCsv('NumRooms,Alley,Price\nNA,Pave,127500\n2,NA,106000\n')
 *
 * Throws NablaError('data') with the line for a row with another number of fields than the names, a quote that is not closed, a value that is
 * no number in a column that `types` says holds numbers; with the nearest name for a column in `columns` or `types` that is not there.
 */
export function readCsv(source: string | Uint8Array, options: CsvOptions = {}): Table {
  const { name = 'text', delimiter = ',', names, header = names === undefined } = options
  const text = typeof source === 'string' ? source.replace(/^\ufeff/, '') : decodeText(source, name, options.encoding)
  const { data, errors } = Papa.parse<string[]>(text.replace(/\r\n?/g, '\n'), { delimiter, newline: '\n', skipEmptyLines: false })

  // The line that each row begins on: a field in quotes may run over several.
  let line = 1
  const lines = data.map((row) => {
    const first = line
    for (const field of row) for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) line++
    line++
    return first
  })
  const fail = (row: number, what: string, facts: Readonly<Record<string, unknown>> = {}): never => {
    throw new NablaError('data', `[readCsv] ${name}, line ${lines[row] ?? line}: ${what}`, { name, line: lines[row], ...facts })
  }
  const broken = errors.find(({ type }) => type === 'Quotes')
  if (broken) fail(broken.row ?? 0, broken.code === 'MissingQuotes' ? 'a quote is not closed' : broken.message)

  const rows = data.flatMap((row, i) => (row.length === 1 && row[0] === '' ? [] : [i]))
  if (!rows.length && !names)
    throw new NablaError('data', `[readCsv] ${name} is empty${header ? ': expected a line of column names' : ''}`, { name })
  const head = header ? rows.shift() : undefined
  const titles = names ?? (head !== undefined ? titled(data[head]!) : data[rows[0]!]!.map((_, i) => String(i)))
  const twice = titles.findIndex((title, i) => titles.indexOf(title) !== i)
  if (twice >= 0) fail(head ?? 0, `two columns are called "${titles[twice]}"`, { column: titles[twice] })
  for (const row of rows) {
    const { length } = data[row]!
    if (length === titles.length) continue
    const list = titles.length <= 8 ? titles.join(', ') : `${titles.slice(0, 6).join(', ')}, ... ${titles.at(-1)}`
    fail(row, `${length} field${length === 1 ? '' : 's'}, expected ${titles.length} (${list})`, {
      fields: length,
      expected: titles.length,
    })
  }

  const { columns = titles, types = {}, missing = missingMarks } = options
  for (const wanted of [...columns, ...Object.keys(types)])
    if (!titles.includes(wanted)) throw unknownName('data', 'column', wanted, titles)
  const absent = new Set(missing)
  return new Table(
    columns.map((title): Column => {
      const c = titles.indexOf(title)
      const fields = rows.map((row) => data[row]![c]!)
      const read = types[title] === 'text' ? undefined : numbers(fields, absent)
      if (read instanceof Float64Array) return { name: title, kind: 'number', values: read }
      if (types[title] === 'number' && read !== undefined)
        fail(rows[read]!, `column "${title}" holds numbers, but here ${JSON.stringify(fields[read])}`, { column: title })
      return { name: title, kind: 'text', values: fields.map((field) => (absent.has(field) ? undefined : field)) }
    }),
  )
}

/** Names as they stand in the header; a column without one is called by its place, as `Unnamed: 0`. */
const titled = (row: readonly string[]): string[] => row.map((title, i) => title.trim() || `Unnamed: ${i}`)

/** All fields as numbers, or the place of the first that is none. */
function numbers(fields: readonly string[], absent: ReadonlySet<string>): Float64Array | number {
  const values = new Float64Array(fields.length)
  for (const [i, field] of fields.entries()) {
    const value = absent.has(field) ? Number.NaN : numberOf(field)
    if (value === undefined) return i
    values[i] = value
  }
  return values
}

/** A table as CSV text with a header line; what is missing is an empty field. `readCsv` reads it back. */
export function writeCsv(table: Table, { delimiter = ',' }: { readonly delimiter?: string } = {}): string {
  const rows = Array.from({ length: table.length }, (_, row) =>
    table.columns.map((column) => (isMissing(column, row) ? '' : column.values[row]!)),
  )
  return `${Papa.unparse([table.names, ...rows], { delimiter, newline: '\n' })}\n`
}
