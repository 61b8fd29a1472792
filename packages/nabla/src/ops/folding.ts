/**
 * Nodes that need not be made: views of views, operations with a neutral number, operations on constants. None of these rules
 * changes a value, not even the sign of a zero or a NaN: x * 0 is not 0, and x + 0 is not x (-0 + 0 is 0), but x - 0 is.
 */
import { type DType, isFloat } from '../core/dtype.js'
import { sameShape } from '../core/shape.js'
import type { Attrs, Node } from '../graph/node.js'
import { denseOf, reader } from './dense.js'
import { constantNode } from './make.js'
import { type Range, rangeCount } from './movement.js'
import { opOf } from './table.js'

/** Whether a rule may look at what a node is made of (see createBuilder). */
export type Through = (node: Node) => boolean

/** The number that a node is everywhere, if that is known and may be used. */
export const constantOf = (node: Node, through: Through): number | undefined =>
  node.op === 'constant' && through(node) ? Number(node.attrs['value']) : undefined

/** Whether `a op value` is `a`, exactly. */
export function isNeutral(op: string, value: number, dtype: DType): boolean {
  switch (op) {
    case 'add':
      return isFloat(dtype) ? Object.is(value, -0) : value === 0
    case 'sub':
      return isFloat(dtype) ? Object.is(value, 0) : value === 0
    case 'mul':
    case 'div':
      return value === 1
    case 'or':
    case 'xor':
    case 'shl':
    case 'shr':
      return value === 0
    default:
      return false
  }
}

/** An element-wise op of constants is a constant: by its own reference, on one element. */
export function foldConstants(op: string, inputs: readonly Node[], attrs: Attrs, through: Through): Node | undefined {
  const definition = opOf(op)
  if (definition.kind !== 'elementwise') return undefined
  const values: number[] = []
  for (const input of inputs) {
    const value = constantOf(input, through)
    if (value === undefined) return undefined
    values.push(value)
  }
  const first = inputs[0]!
  const result = definition.reference(
    inputs.map((input, i) => denseOf([1], input.dtype, [values[i]!])),
    attrs,
  )
  return constantNode(reader(result)(0), first.shape, result.dtype, first.device)
}

const exactCasts: Readonly<Record<DType, readonly DType[]>> = {
  bool: ['uint8', 'int32', 'uint32', 'float16', 'float32', 'float64'],
  uint8: ['int32', 'uint32', 'float16', 'float32', 'float64'],
  int32: ['float64'],
  uint32: ['float64'],
  float16: ['float32', 'float64'],
  float32: ['float64'],
  float64: [],
}

/** A movement or cast of a node that is one itself: the two as one, on the node behind, or a constant of the new shape. */
export function foldMovement(
  op: string,
  a: Node,
  attrs: Attrs,
  through: Through,
): { op: string; input: Node; attrs: Attrs } | Node | undefined {
  const inner = a.inputs[0]
  const value = constantOf(a, through)
  if (value !== undefined && (op === 'reshape' || op === 'expand'))
    return constantNode(value, attrs['shape'] as readonly number[], a.dtype, a.device)
  if (value !== undefined && op === 'permute')
    return constantNode(
      value,
      (attrs['dims'] as readonly number[]).map((d) => a.shape[d]!),
      a.dtype,
      a.device,
    )
  if (value !== undefined && op === 'slice')
    return constantNode(value, (attrs['ranges'] as readonly Range[]).map(rangeCount), a.dtype, a.device)
  if (value !== undefined && op === 'flip') return a
  if (a.op !== op || !inner || !through(a)) return undefined
  switch (op) {
    case 'reshape':
    case 'expand':
      return { op, input: inner, attrs }
    case 'permute': {
      const before = a.attrs['dims'] as readonly number[]
      return { op, input: inner, attrs: { dims: (attrs['dims'] as readonly number[]).map((d) => before[d]!) } }
    }
    case 'slice': {
      const before = a.attrs['ranges'] as readonly Range[]
      const ranges = (attrs['ranges'] as readonly Range[]).map((r, d) => {
        const { start, step } = before[d]!
        const count = rangeCount(r)
        const from = start + r.start * step
        return { start: count ? from : 0, stop: count ? from + (count - 1) * r.step * step + 1 : 0, step: r.step * step }
      })
      return { op, input: inner, attrs: { ranges } }
    }
    case 'flip':
      return sameShape(attrs['dims'] as readonly number[], a.attrs['dims'] as readonly number[]) ? inner : undefined
    case 'neg':
    case 'not':
      return inner
    case 'cast':
      return exactCasts[inner.dtype].includes(a.dtype) ? { op, input: inner, attrs } : undefined
    default:
      return undefined
  }
}
