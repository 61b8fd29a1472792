/** What reductions and scans start from, and how they take in one more element. */
import { type DType, isFloat } from '../core/dtype.js'
import { type Expr, binary, select } from '../kernel/expr.js'

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
