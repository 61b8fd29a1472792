/** Computed against recorded values: shape, type, and every element within what is allowed. */
import type { Tensor } from 'nabla'
import type { TensorData } from 'nabla/io'
import type { Check, Mismatch } from './case.js'
import type { Value } from './golden/call.js'

/** How far a value may be from a finite expected one. */
export type Allowance = (got: number, expected: number) => number

/** `atol + rtol |expected|`, as PyTorch and numpy have it. */
export const within =
  (rtol: number, atol: number): Allowance =>
  (_, expected) =>
    atol + rtol * Math.abs(expected)

/** The relative error of the CS231n notebooks: `atol + tolerance max(1e-8, |got| + |expected|)`. */
export const withinRelative =
  (tolerance: number, atol: number): Allowance =>
  (got, expected) =>
    atol + tolerance * Math.max(1e-8, Math.abs(got) + Math.abs(expected))

const exact: Allowance = () => 0

export const show = (value: number): string =>
  Number.isInteger(value) || !Number.isFinite(value) ? String(value) : String(Number(value.toPrecision(8)))

const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** `output[1, 2]` for the element at `flat`. */
function place(what: string, flat: number, shape: readonly number[]): string {
  if (shape.length === 0) return what
  const index = shape.map((extent, d) => Math.floor(flat / shape.slice(d + 1).reduce((a, b) => a * b, 1)) % extent)
  return `${what}${showShape(index)}`
}

/** How far `got` is off: 0 where it is as expected, infinity where only one of them is finite or NaN. */
function errorOf(got: number, expected: number): number {
  if (got === expected || (Number.isNaN(got) && Number.isNaN(expected))) return 0
  const error = Math.abs(got - expected)
  return Number.isFinite(expected) && Number.isFinite(error) ? error : Infinity
}

/** The element that is furthest off among those outside what is allowed. */
export function compareValues(
  what: string,
  got: ArrayLike<number>,
  expected: ArrayLike<number>,
  shape: readonly number[],
  allowance: Allowance,
): Mismatch | undefined {
  let worst = -1
  let largest = 0
  let count = 0
  for (let i = 0; i < expected.length; i++) {
    const error = errorOf(got[i]!, expected[i]!)
    if (error === 0 || (error < Infinity && error <= allowance(got[i]!, expected[i]!))) continue
    count++
    if (error <= largest) continue
    largest = error
    worst = i
  }
  if (count === 0) return undefined
  const [a, b] = [got[worst]!, expected[worst]!]
  const allowed = Number.isFinite(b) ? `, allowed ${allowance(a, b).toExponential(1)}` : ''
  const many = expected.length > 1 ? ` (${count} of ${expected.length} elements)` : ''
  return {
    text: `${place(what, worst, shape)} is ${show(a)}, expected ${show(b)}: error ${largest.toExponential(2)}${allowed}${many}`,
    error: largest,
  }
}

/** A check that fails without a look at values. */
const refuse = (text: string): Check => ({ tensors: [], judge: () => ({ text, error: Infinity }) })

/** Checks one result; numbers of a float type by `allowance`, integers and truth values exactly. */
export function checkValue(what: string, got: Value, expected: TensorData, allowance: Allowance): Check {
  const floats = expected.dtype.startsWith('float') && expected.stored !== 'I64'
  const allowed = floats ? allowance : exact
  if (typeof got !== 'object') {
    if (expected.shape.length)
      return refuse(`${what} is a ${typeof got}, expected a tensor of shape ${showShape(expected.shape)}`)
    return { tensors: [], judge: () => compareValues(what, [Number(got)], expected.data, [], allowed) }
  }
  const found = describe(got)
  const wanted = describe(expected)
  if (found !== wanted) return refuse(`${what} is ${found}, expected ${wanted}`)
  return { tensors: [got], judge: ([data]) => compareValues(what, data!, expected.data, expected.shape, allowed) }
}

const describe = ({ dtype, shape }: Tensor | TensorData): string => `${dtype} ${showShape(shape)}`
