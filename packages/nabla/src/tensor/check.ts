/**
 * Checks of values, where they cost little and nothing has to be waited for: of data that lies ready on the host, at the call; of
 * what a compiled function is called with, at each call. Values still to be computed are not looked at: there an index out of
 * range shows as NaN in the result (ops/indexing.ts).
 */
import { deviceByName } from '../compiler/devices.js'
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { currentTracer } from './handle.js'
import { decode } from './values.js'

export interface IndexRange {
  /** What they are indices of, for the message: 'the classes', 'the rows of the table'. */
  readonly of: string
  /** One more value that is right: the index of what is ignored. */
  readonly allow?: number | undefined
  /** Counts from the end are right too: -count to -1. Default false. */
  readonly negative?: boolean
}

/**
 * Whole numbers from 0 to `count` - 1, as far as they are at hand:
 * `checkIndices('embedding', 'index', index.node, table.shape[0], { of: 'the rows of the table' })`.
 * Throws "[embedding] index 12 at [0, 3] is outside of the rows of the table 0..9".
 */
export function checkIndices(op: string, name: string, index: Node, count: number, { of, allow, negative }: IndexRange): void {
  const low = negative ? -count : 0
  checkRange(index, low, count - 1, allow, (value, at) => {
    const range = count > 0 ? `${low}..${count - 1}` : '(there are none)'
    return new NablaError('index', `[${op}] ${name} ${value}${place(at)} is outside of ${of} ${range}`, {
      op,
      value,
      index: at,
      count,
    })
  })
}

/** Numbers from `low` to `high`, both included, as far as they are at hand. NaN is outside. */
export function checkWithin(op: string, name: string, values: Node, low: number, high: number, hint = ''): void {
  checkRange(
    values,
    low,
    high,
    undefined,
    (value, at) =>
      new NablaError('argument', `[${op}] ${name} ${value}${place(at)} is outside of ${low}..${high}${hint}`, {
        op,
        value,
        index: at,
        low,
        high,
      }),
  )
}

type Fault = (value: number, index: Shape) => NablaError

/** Throws `fault` of the first value for which `holds` does not. */
export function checkValues(node: Node, holds: (value: number) => boolean, fault: Fault): void {
  const { shape } = node
  look(node, (values) => {
    for (let i = 0; i < values.length; i++) if (!holds(values[i]!)) throw fault(values[i]!, position(i, shape))
  })
}

/** The same for values from `low` to `high`, which costs a nanosecond each. */
function checkRange(node: Node, low: number, high: number, allow: number | undefined, fault: Fault): void {
  const { shape } = node
  look(node, (values) => {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (!(value >= low && value <= high) && value !== allow) throw fault(value, position(i, shape))
    }
  })
}

/** Shows the values, if they are at hand, to `check`; inside a compiled function those of every call. */
function look(node: Node, check: (values: ArrayLike<number>) => void): void {
  const source = origin(node)
  const tracer = currentTracer()
  if (tracer && source.op === 'buffer' && !source.storage) tracer.check(source, (given) => check(atHand(origin(given))))
  else check(atHand(source))
}

/** The node whose elements these are: behind changes of shape, and casts that change no value. */
function origin(node: Node): Node {
  for (;;) {
    const [input] = node.inputs
    if (node.storage || !input) return node
    const same = node.op === 'reshape' || (node.op === 'cast' && node.dtype === 'int32' && !isFloat(input.dtype))
    if (!same) return node
    node = input
  }
}

/** The values of a node that has them on the host; of any other none. Of a constant, one for all. */
function atHand(node: Node): ArrayLike<number> {
  if (node.storage) return decode(deviceByName(node.device).peek(node.storage) ?? new Uint8Array(), node.dtype)
  return node.op === 'constant' && sizeOf(node.shape) > 0 ? [Number(node.attrs['value'])] : []
}

const place = (at: Shape): string => (at.length ? ` at ${showShape(at)}` : '')

const position = (flat: number, shape: Shape): number[] =>
  stridesOf(shape).map((stride, d) => Math.floor(flat / stride) % shape[d]!)
