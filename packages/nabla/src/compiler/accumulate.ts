/** What reductions and scans start from, and how they take in one more element; the locals that reductions keep. */
import { type DType, isFloat } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import { type Expr, type ValueType, binary, cast, constant, index, local, select } from '../kernel/expr.js'
import type { Stmt } from '../kernel/loop.js'
import { iadd, imul } from '../kernel/simplify.js'
import type { Axis } from './nest.js'
import { valueType } from './pull.js'
import type { Value } from './value.js'

/** The neutral element of a reduction. */
export function startOf(op: string, dtype: DType): number {
  const largest = { int32: 2147483647, uint32: 4294967295, uint8: 255, bool: 1 } as Partial<Record<DType, number>>
  switch (op) {
    case 'prod':
      return 1
    case 'max':
      return isFloat(dtype) ? -Infinity : dtype === 'int32' ? -2147483648 : 0
    case 'min':
      return isFloat(dtype) ? Infinity : largest[dtype]!
    case 'argmax':
    case 'argmin':
      return -1
    default:
      return 0
  }
}

/** `so far` op `x`; a NaN, once seen, stays in max and min. */
export function combine(op: string, soFar: Expr, x: Expr): Expr {
  switch (op) {
    case 'prod':
      return x.type === 'bool' ? binary('and', soFar, x) : binary('mul', soFar, x)
    case 'max':
    case 'min': {
      if (x.type === 'bool') return binary(op === 'max' ? 'or' : 'and', soFar, x)
      const better = op === 'max' ? binary('lt', soFar, x) : binary('lt', x, soFar)
      return select(x.type.startsWith('float') ? binary('or', better, binary('ne', x, x)) : better, x, soFar)
    }
    default:
      return x.type === 'bool' ? binary('or', soFar, x) : binary('add', soFar, x)
  }
}

export const resultName = (r: Value): string => `r${r.id}`
export const laneName = (r: Value): string => `w${r.id}`
export const bestName = (r: Value): string => `m${r.id}`

/** Takes `x`, the element at `at`, into element `slot` of the accumulator `name`. */
export function accumulate(
  r: Value,
  name: string,
  slot: Expr,
  x: Expr,
  at: readonly Expr[],
  innerAxes: readonly Axis[],
  full: Shape,
): Stmt[] {
  const type: ValueType = valueType(r.dtype)
  const zero = index(0)
  if (!r.op.startsWith('arg'))
    return [
      { kind: 'set', name, index: slot, value: combine(r.op, local(name, slot, type), x.type === type ? x : cast(x, type)) },
    ]
  // The first of equals; a NaN beats everything but an earlier NaN. -1 says that nothing has been seen.
  const best = local(bestName(r), zero, x.type)
  const seen = local(name, zero, type)
  let position: Expr = zero
  for (const axis of innerAxes) for (const d of axis.dims) position = iadd(imul(position, full[d]!), at[d]!)
  const better = r.op === 'argmax' ? binary('lt', best, x) : binary('lt', x, best)
  const nan = x.type.startsWith('float') ? binary('and', binary('ne', x, x), binary('eq', best, best)) : undefined
  const taken = binary('or', binary('lt', seen, constant(0, type)), nan ? binary('or', better, nan) : better)
  const takes = `t${name}`
  return [
    { kind: 'declare', name: takes, type: 'bool', size: 1, lanes: 1, init: taken },
    { kind: 'set', name, index: zero, value: select(local(takes, zero, 'bool'), cast(position, type), seen) },
    { kind: 'set', name: bestName(r), index: zero, value: select(local(takes, zero, 'bool'), x, best) },
  ]
}
