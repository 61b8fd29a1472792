/** The value of a scalar expression of constants: a second opinion in tests, independent of every renderer. */
import { NablaError } from '../core/errors.js'
import { numberToHalf, halfToNumber } from '../core/half.js'
import type { BinaryOp, CallOp, Expr, UnaryOp, ValueType } from '../kernel/expr.js'
import { erf } from './special.js'

const word = new DataView(new ArrayBuffer(4))

/** A number as a value type holds it. */
function hold(x: number, type: ValueType): number {
  switch (type) {
    case 'float32':
      return Math.fround(x)
    case 'float64':
      return x
    case 'int32':
      return x | 0
    case 'uint32':
      return x >>> 0
    case 'bool':
      return x !== 0 ? 1 : 0
    case 'index':
      return x
  }
}

function unaryValue(op: UnaryOp, a: number, type: ValueType): number {
  switch (op) {
    case 'neg':
      return -a
    case 'abs':
      return Math.abs(a)
    case 'sqrt':
      return Math.sqrt(a)
    case 'floor':
      return Math.floor(a)
    case 'ceil':
      return Math.ceil(a)
    case 'trunc':
      return Math.trunc(a)
    case 'rint': {
      const floor = Math.floor(a)
      const rest = a - floor
      const near = rest < 0.5 ? floor : rest > 0.5 ? floor + 1 : rest === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : a
      return near === 0 && (a < 0 || Object.is(a, -0)) ? -0 : near
    }
    case 'not':
      return type === 'bool' ? 1 - a : ~a
    case 'half':
      return halfToNumber(numberToHalf(a))
  }
}

function binaryValue(op: BinaryOp, a: number, b: number, type: ValueType): number {
  const float = type === 'float32' || type === 'float64'
  switch (op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return float || type === 'index' ? a * b : Math.imul(a, b)
    case 'div':
      return float ? a / b : Math.trunc(a / b)
    case 'mod':
      return a % b
    case 'max':
      return a > b ? a : b
    case 'min':
      return a < b ? a : b
    case 'and':
      return a & b
    case 'or':
      return a | b
    case 'xor':
      return a ^ b
    case 'shl':
      return a << b
    case 'shr':
      return type === 'uint32' ? a >>> b : a >> b
    case 'lt':
      return Number(a < b)
    case 'le':
      return Number(a <= b)
    case 'eq':
      return Number(a === b)
    case 'ne':
      return Number(a !== b)
  }
}

function callValue(op: CallOp, [a, b]: readonly number[]): number {
  if (op === 'erf') return erf(a!)
  if (op === 'erfc') return 1 - erf(a!)
  if (op === 'atan2') return Math.atan2(a!, b!)
  if (op === 'pow') return a === 1 || (a === -1 && (b === Infinity || b === -Infinity)) ? 1 : a! ** b!
  if (op === 'lgamma') throw new NablaError('argument', '[lgamma] has no plain value here', { op })
  return Math[op](a!)
}

/** Computed as the value types say: float32 rounds at every step, integers wrap. Variables, loads and locals have no value. */
export function evaluateExpr(e: Expr, known = new Map<Expr, number>()): number {
  const before = known.get(e)
  if (before !== undefined) return before
  const value = compute(e, (x) => evaluateExpr(x, known))
  known.set(e, value)
  return value
}

function compute(e: Expr, v: (e: Expr) => number): number {
  switch (e.kind) {
    case 'const':
      return hold(e.value, e.type)
    case 'unary':
      return hold(unaryValue(e.op, v(e.a), e.type), e.type)
    case 'binary':
      return hold(binaryValue(e.op, v(e.a), v(e.b), e.a.type), e.type)
    case 'select':
      return v(e.cond) ? v(e.a) : v(e.b)
    case 'cast':
      return hold(
        e.type === 'bool' ? v(e.a) : e.a.type.startsWith('float') && !e.type.startsWith('float') ? Math.trunc(v(e.a)) : v(e.a),
        e.type,
      )
    case 'bitcast': {
      if (e.a.type === 'float32') word.setFloat32(0, v(e.a))
      else word.setUint32(0, v(e.a) >>> 0)
      return e.type === 'float32' ? word.getFloat32(0) : e.type === 'int32' ? word.getInt32(0) : word.getUint32(0)
    }
    case 'call':
      return callValue(e.op, e.args.map(v))
    case 'var':
    case 'load':
    case 'local':
      throw new NablaError('argument', `a ${e.kind} has no value of its own`, { kind: e.kind })
  }
}
