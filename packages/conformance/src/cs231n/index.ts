/** The CS231n format: a list of functions of the assignments with inputs and expected numbers, computed in float64 and in float32. */
import { type DType, tensor, type Tensor } from 'nabla'
import { BadInput, type Case, type Check, type Mismatch } from '../case.js'
import { checkValue, withinRelative } from '../compare.js'
import type { Arguments } from '../golden/call.js'
import { nameResults } from '../golden/arguments.js'
import { jsonAt, type Read } from '../read.js'
import { functions } from './functions.js'
import type { FunctionTable } from './table.js'

/** Numbers with a shape: all of them, or evenly spaced, or ones with zeros at some places. */
interface ArrayOf {
  readonly shape: readonly number[]
  readonly data?: readonly number[]
  readonly linspace?: readonly [number, number]
  readonly zeros_at?: readonly number[]
  readonly dtype?: 'int'
}

interface Entry {
  readonly name: string
  readonly topic: string
  readonly assignment?: unknown
  readonly function: string
  readonly inputs: Readonly<Record<string, ArrayOf | number>>
  readonly params: Arguments
  readonly expected: Readonly<Record<string, ArrayOf | number>>
  readonly tolerance: number
  readonly tolerance_f32: number
  readonly atol?: number
  readonly atol_f32?: number
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((v) => typeof v === 'number')

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

function isArrayOf(value: unknown): boolean {
  if (!isObject(value) || !isNumbers(value['shape'])) return false
  const { data, linspace, zeros_at } = value
  if (data !== undefined) return isNumbers(data) && data.length === sizeOf(value['shape'])
  return (isNumbers(linspace) && linspace.length === 2) || isNumbers(zeros_at)
}

const isArrays = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((one) => typeof one === 'number' || isArrayOf(one))

const required: Readonly<Record<string, readonly [test: (value: unknown) => boolean, what: string]>> = {
  name: [(value) => typeof value === 'string', 'a text'],
  topic: [(value) => typeof value === 'string', 'a text'],
  function: [(value) => typeof value === 'string', 'a text'],
  inputs: [isArrays, 'arrays by name'],
  params: [isObject, 'an object'],
  expected: [isArrays, 'arrays or numbers by name'],
  tolerance: [(value) => typeof value === 'number', 'a number'],
  tolerance_f32: [(value) => typeof value === 'number', 'a number'],
}

/** The cases of a file, to be computed by `table`: default the library. Throws BadInput where it cannot be read or has another form. */
export async function cs231nCases(path: string, read: Read, table: FunctionTable = functions): Promise<Case[]> {
  const entries = await jsonAt(path, read)
  if (!Array.isArray(entries)) throw new BadInput(`${path}: not a list of cases`)
  return entries.map((raw: unknown, i) => {
    const entry = isObject(raw) ? raw : {}
    const label = `case ${i + 1}${typeof entry['name'] === 'string' ? ` ("${entry['name']}")` : ''}`
    for (const [field, [test, what]] of Object.entries(required))
      if (!test(entry[field])) throw new BadInput(`${path}: ${label}: "${field}" is not ${what}`)
    return caseOf(raw as Entry, table)
  })
}

const caseOf = (entry: Entry, table: FunctionTable): Case => ({
  group: entry.topic,
  name: entry.name,
  call: entry.function,
  ...(typeof entry.assignment === 'string' ? { assignment: entry.assignment } : {}),
  prepare: () => [
    ...prepare(entry, table, 'float64', entry.tolerance, entry.atol ?? 0),
    ...prepare(entry, table, 'float32', entry.tolerance_f32, entry.atol_f32 ?? 0),
  ],
})

function prepare(entry: Entry, table: FunctionTable, dtype: DType, tolerance: number, atol: number): Check[] {
  const call = Object.hasOwn(table, entry.function) ? table[entry.function] : undefined
  if (!call) throw new Error(`no such call: ${entry.function}`)
  const inputs = Object.fromEntries(Object.entries(entry.inputs).map(([name, value]) => [name, load(value, dtype)]))
  const names = Object.keys(entry.expected)
  const results = nameResults(call(inputs, entry.params), names)
  return names.map((name) => {
    const got = results.get(name)!
    const expected = entry.expected[name]!
    const array = typeof expected === 'number' ? { shape: [], data: [expected] } : expected
    const data = Float64Array.from(numbersOf(array))
    const type = typeof got === 'object' ? got.dtype : 'float64'
    const check = checkValue(name, got, { dtype: type, shape: array.shape, data }, withinRelative(tolerance, atol))
    return { ...check, judge: (values) => inType(dtype, check.judge(values)) }
  })
}

const inType = (dtype: DType, mismatch: Mismatch | undefined): Mismatch | undefined =>
  mismatch && { ...mismatch, text: `${mismatch.text}, in ${dtype}` }

function load(value: ArrayOf | number, dtype: DType): Tensor {
  const array: ArrayOf = typeof value === 'number' ? { shape: [], data: [value] } : value
  const data = Float64Array.from(numbersOf(array))
  return tensor(data, { shape: array.shape, dtype: array.dtype === 'int' ? 'int32' : dtype })
}

function numbersOf({ shape, data, linspace, zeros_at }: ArrayOf): readonly number[] {
  if (data) return data
  const n = sizeOf(shape)
  if (linspace) {
    const [a, b] = linspace
    return Array.from({ length: n }, (_, i) => (n === 1 ? a : a + ((b - a) * i) / (n - 1)))
  }
  const zero = new Set(zeros_at)
  return Array.from({ length: n }, (_, i) => (zero.has(i) ? 0 : 1))
}
