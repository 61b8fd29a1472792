/** How operands meet: NumPy's broadcasting, PyTorch's promotion, and JS numbers as weak scalars. */
import { type DType, dtypes, isFloat, promote, promoteScalar } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { type Shape, broadcastShapes, sameShape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { constantNode, makeNode } from './make.js'

export type Operand = Node | number

export const castTo = (a: Node, dtype: DType): Node => (a.dtype === dtype ? a : makeNode('cast', [a], { dtype }))

/** `a` broadcast to `shape`, which it is known to fit. */
export function broadcastTo(a: Node, shape: Shape): Node {
  if (sameShape(a.shape, shape)) return a
  const missing = shape.length - a.shape.length
  const aligned = missing > 0 ? makeNode('reshape', [a], { shape: [...new Array<number>(missing).fill(1), ...a.shape] }) : a
  return sameShape(aligned.shape, shape) ? aligned : makeNode('expand', [aligned], { shape })
}

/**
 * The dtype that operands of an op meet in. As in PyTorch, a tensor without dimensions is weaker than one with: it raises the dtype
 * only if its category (bool, integer, float) is higher; a number is weaker still. Throws if all are numbers.
 */
export function meet(op: string, ...operands: readonly Operand[]): DType {
  let strong: DType | undefined
  let weak: DType | undefined
  for (const x of operands) {
    if (typeof x === 'number') continue
    if (x.shape.length) strong = strong ? promote(strong, x.dtype) : x.dtype
    else weak = weak ? promote(weak, x.dtype) : x.dtype
  }
  let dtype = strong && weak ? (dtypes[weak].category > dtypes[strong].category ? weak : strong) : (strong ?? weak)
  if (!dtype)
    throw new NablaError('argument', `[${op}] one operand must be a tensor; all are numbers (${operands.join(', ')})`, {
      op,
      operands,
    })
  for (const x of operands) if (typeof x === 'number') dtype = promoteScalar(dtype, x)
  return dtype
}

const shapeOf = (a: Operand): Shape => (typeof a === 'number' ? [] : a.shape)

/** The one shape of several operands. */
export function meetShape(op: string, ...operands: readonly Operand[]): Shape {
  const shapes = operands.map(shapeOf)
  const first = shapes.find((s) => s.length > 0) ?? []
  return shapes.every((s) => s.length === 0 || sameShape(s, first)) ? first : broadcastShapes(op, ...shapes)
}

/** An operand as a node of this dtype and shape. */
export function as(a: Operand, dtype: DType, shape: Shape, device: string): Node {
  return typeof a === 'number' ? constantNode(a, shape, dtype, device) : broadcastTo(castTo(a, dtype), shape)
}

/** The device of the first tensor among operands. */
export const deviceOf = (...operands: readonly Operand[]): string => (operands.find((o) => typeof o !== 'number') as Node).device

export const toFloat = (dtype: DType): DType => (isFloat(dtype) ? dtype : 'float32')
/** Arithmetic on bools happens in int32. */
export const toNumber = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype)
/** Sums and products of small integers need room. */
export const toSum = (dtype: DType): DType => (dtype === 'bool' || dtype === 'uint8' ? 'int32' : dtype)
/** Order on bools happens in uint8. */
export const toOrder = (dtype: DType): DType => (dtype === 'bool' ? 'uint8' : dtype)
