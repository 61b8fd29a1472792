/** Scalar expressions: each operation takes its operands from the stack. An index is an i32; truth is 0 or 1. */
import type { BinaryOp, Expr, UnaryOp, ValueType } from '../../kernel/expr.js'
import { range } from '../../kernel/simplify.js'
import { Addresses, log2 } from './address.js'
import { i32, type ValType } from './bytes.js'
import { valTypes } from './frame.js'
import type { MemoryOp, Op } from './opcodes.js'

/** The index is never negative. */
const isCounting = (e: Expr): boolean => range(e)[0] >= 0
const isFloat = (type: ValueType): boolean => type === 'float32' || type === 'float64'
const short: Readonly<Record<ValueType, 'f32' | 'f64' | 'i32'>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  uint32: 'i32',
  bool: 'i32',
  index: 'i32',
}
const bitwise: Partial<Record<BinaryOp, Op>> = { and: 'i32.and', or: 'i32.or', xor: 'i32.xor', shl: 'i32.shl' }
const rounding: Partial<Record<UnaryOp, 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'nearest'>> = {
  sqrt: 'sqrt',
  floor: 'floor',
  ceil: 'ceil',
  trunc: 'trunc',
  rint: 'nearest',
}
/** How an element of a local lies in memory. */
export const memoryOps: Readonly<Record<'f32' | 'f64' | 'i32', { readonly load: MemoryOp; readonly store: MemoryOp }>> = {
  f32: { load: 'f32.load', store: 'f32.store' },
  f64: { load: 'f64.load', store: 'f64.store' },
  i32: { load: 'i32.load', store: 'i32.store' },
}
export const memoryOpsOf = (type: ValueType): { readonly load: MemoryOp; readonly store: MemoryOp } => memoryOps[short[type]]

export abstract class Scalars extends Addresses {
  protected override scalar(e: Expr): void {
    switch (e.kind) {
      case 'const':
        return this.constant(e.value, e.type)
      case 'var':
        this.code.get(this.variables.get(e)!.local)
        return
      case 'local': {
        const local = this.locals.get(e.name)!
        if (local.registers.length) {
          this.code.get(local.registers[e.index.kind === 'const' ? e.index.value : 0]!)
          return
        }
      }
    }
    this.named(e, 'scalars', () => this.scalarValue(e))
  }

  protected constant(value: number, type: ValueType): void {
    if (type === 'float32') this.code.constF32(value)
    else if (type === 'float64') this.code.constF64(value)
    else this.code.i32(type === 'bool' ? Number(value !== 0) : type === 'uint32' ? value >>> 0 : value)
  }

  private scalarValue(e: Expr): void {
    switch (e.kind) {
      case 'local': {
        const { pointer, offset } = this.placeIn(e.name, e.index, this.hasLanes(e.name) ? this.turn : undefined)
        this.code.get(pointer).memory(memoryOpsOf(e.type).load, offset)
        if (e.type === 'bool') this.code.i32(0).op('i32.ne')
        return
      }
      case 'load':
        return this.scalarLoad(e)
      case 'unary':
        this.scalar(e.a)
        return this.unary(e.op, e.type)
      case 'binary':
        this.scalar(e.a)
        if (e.a.type === 'index' && (e.op === 'div' || e.op === 'mod')) return this.indexDivision(e.op, e.a, e.b)
        this.scalar(e.b)
        return this.binary(e.op, e.a.type, e.b)
      case 'select':
        if (isZeroOtherwise(e)) return this.scalar(e.a)
        this.scalar(e.a)
        this.scalar(e.b)
        this.scalar(e.cond)
        this.code.op('select')
        return
      case 'cast':
        this.scalar(e.a)
        return this.cast(e.a.type, e.type)
      case 'bitcast':
        this.scalar(e.a)
        if (e.type === 'float32') this.code.op('f32.reinterpret_i32')
        else if (e.a.type === 'float32') this.code.op('i32.reinterpret_f32')
        return
      case 'call':
        for (const argument of e.args) this.scalar(argument)
        this.code.call(this.library.math(e.op))
    }
  }

  private scalarLoad(e: Extract<Expr, { kind: 'load' }>): void {
    const address = this.addressIn(e.buffer, e.index)
    if (e.guard) {
      this.guarded(this.pointerTo(address), () => this.scalar(e.guard!))
      return this.read(e.buffer, 0)
    }
    const { pointer, offset } = this.placeOf(address)
    this.code.get(pointer)
    this.read(e.buffer, offset)
  }

  /** The pointer, or where the condition does not hold that of a zero: memory behind the pointer is not touched. */
  protected guarded(pointer: number, condition: () => void): void {
    this.code.get(pointer).get(this.zeros())
    condition()
    this.code.op('select')
  }
  /** Sixteen bytes of 0, at the begin of the scratch. */
  private zerosMade = false
  protected zeros(): number {
    const base = this.baseOf('scratch')
    if (!this.zerosMade) {
      this.zerosMade = true
      this.blocks[0]!.code.get(base).v128([0, 0, 0, 0]).memory('v128.store')
    }
    return base
  }

  /** Reads the element behind the pointer on the stack. */
  protected read(buffer: number, offset: number): void {
    const { code } = this
    switch (this.dtypeOf(buffer)) {
      case 'float32':
        return void code.memory('f32.load', offset)
      case 'float64':
        return void code.memory('f64.load', offset)
      case 'float16':
        return void code.memory('i32.load16_u', offset).call(this.library.helper('halfToFloat'))
      case 'uint8':
        return void code.memory('i32.load8_u', offset)
      case 'bool':
        return void code.memory('i32.load8_u', offset).i32(0).op('i32.ne')
      default:
        return void code.memory('i32.load', offset)
    }
  }
  /** Writes the value on the stack behind the pointer below it. */
  protected put(buffer: number, offset: number): void {
    const { code } = this
    switch (this.dtypeOf(buffer)) {
      case 'float32':
        return void code.memory('f32.store', offset)
      case 'float64':
        return void code.memory('f64.store', offset)
      case 'float16':
        return void code.call(this.library.helper('floatToHalf')).memory('i32.store16', offset)
      case 'uint8':
      case 'bool':
        return void code.memory('i32.store8', offset)
      default:
        return void code.memory('i32.store', offset)
    }
  }

  protected unary(op: UnaryOp, type: ValueType): void {
    const { code } = this
    if (op === 'not') return void (type === 'bool' ? code.op('i32.eqz') : code.i32(-1).op('i32.xor'))
    if (op === 'half') return void code.call(this.library.helper('floatToHalf')).call(this.library.helper('halfToFloat'))
    if (isFloat(type)) return void code.op(`${short[type] as 'f32'}.${rounding[op] ?? (op as 'neg' | 'abs')}`)
    if (op === 'abs' && type === 'uint32') return
    this.within(i32, (x) => {
      if (op === 'neg') {
        code.set(x).i32(0).get(x).op('i32.sub')
        return
      }
      code.set(x).i32(0).get(x).op('i32.sub').get(x).get(x).i32(0).op('i32.lt_s').op('select')
    })
  }

  /** `divisor` is the second operand, where it is known. */
  protected binary(op: BinaryOp, type: ValueType, divisor?: Expr): void {
    const { code } = this
    const unsigned = type === 'uint32' || type === 'bool'
    const t = short[type]
    switch (op) {
      case 'max':
      case 'min': {
        const better: Op = isFloat(type)
          ? `${t as 'f32'}.${op === 'max' ? 'gt' : 'lt'}`
          : `i32.${op === 'max' ? 'gt' : 'lt'}_${unsigned ? 'u' : 's'}`
        const valType: ValType = valTypes[type]
        return this.within(valType, (a) =>
          this.within(valType, (b) => code.set(b).tee(a).get(b).get(a).get(b).op(better).op('select')),
        )
      }
      case 'lt':
      case 'le':
        return void code.op(isFloat(type) ? `${t as 'f32'}.${op}` : `i32.${op}_${unsigned ? 'u' : 's'}`)
      case 'eq':
      case 'ne':
        return void code.op(`${t}.${op}`)
      case 'add':
      case 'sub':
      case 'mul':
        return void code.op(`${t}.${op}`)
      case 'div':
      case 'mod': {
        if (isFloat(type)) return op === 'div' ? void code.op(`${t as 'f32'}.div`) : this.floatRemainder(type)
        if (divisor?.kind === 'const' && divisor.value !== 0 && (unsigned || divisor.value !== -1))
          return void code.op(`i32.${op === 'div' ? 'div' : 'rem'}_${unsigned ? 'u' : 's'}`)
        return void code.call(this.library.helper(`${op}${unsigned ? 'U32' : 'I32'}`))
      }
      case 'shr':
        return void code.op(unsigned ? 'i32.shr_u' : 'i32.shr_s')
      default:
        return void code.op(bitwise[op]!)
    }
  }

  /** The remainder of float32 is exact, so it can be taken in float64. */
  private floatRemainder(type: ValueType): void {
    const { code } = this
    if (type === 'float64') return void code.call(this.library.math('fmod'))
    this.within(valTypes.float32, (b) => {
      code.set(b).op('f64.promote_f32').get(b).op('f64.promote_f32')
      code.call(this.library.math('fmod')).op('f32.demote_f64')
    })
  }

  /** Divides the index `a`, which is on the stack, by `b`, which is not; rounds down. A remainder has the sign of `a`. */
  protected indexDivision(op: 'div' | 'mod', a: Expr, b: Expr): void {
    const { code } = this
    if (b.kind !== 'const' || b.value <= 0) {
      this.scalar(b)
      return this.anyIndexDivision(op)
    }
    const counting = isCounting(a)
    const shift = log2(b.value)
    if (op === 'mod') {
      if (counting && shift !== undefined) code.i32(b.value - 1).op('i32.and')
      else code.i32(b.value).op(counting ? 'i32.rem_u' : 'i32.rem_s')
    } else if (shift !== undefined) code.i32(shift).op(counting ? 'i32.shr_u' : 'i32.shr_s')
    else if (counting) code.i32(b.value).op('i32.div_u')
    else code.i32(b.value).call(this.library.helper('divIndex'))
  }

  /** Divides one index on the stack by another, which is not negative. */
  protected anyIndexDivision(op: 'div' | 'mod'): void {
    this.code.call(this.library.helper(op === 'div' ? 'divIndex' : 'modI32'))
  }

  protected cast(from: ValueType, to: ValueType): void {
    const { code } = this
    if (to === 'bool') {
      if (from === 'float32') code.constF32(0).op('f32.ne')
      else if (from === 'float64') code.constF64(0).op('f64.ne')
      else code.i32(0).op('i32.ne')
      return
    }
    if (to === 'float32' || to === 'float64') {
      if (from === to) return
      if (isFloat(from)) code.op(to === 'float32' ? 'f32.demote_f64' : 'f64.promote_f32')
      else code.op(`${short[to] as 'f32'}.convert_i32_${from === 'uint32' ? 'u' : 's'}`)
      return
    }
    if (!isFloat(from)) return
    if (to === 'index') return void code.op(`i32.trunc_sat_${short[from] as 'f32'}_s`)
    this.within(valTypes[from], (x) => {
      code.tee(x)
      if (to === 'int32') {
        code
          .op(`i32.trunc_sat_${short[from] as 'f32'}_s`)
          .i32(-2147483648)
          .get(x)
        this.constant(2147483648, from)
      } else {
        code
          .op(`i64.trunc_sat_${short[from] as 'f32'}_s`)
          .op('i32.wrap_i64')
          .i32(0)
          .get(x)
        this.constant(2 ** 63, from)
      }
      // what is too large, or NaN
      code.op(`${short[from] as 'f32'}.lt`).op('select')
    })
  }
}

/** A choice between an element and 0 under the condition that guards the element, which is 0 otherwise anyway. */
export const isZeroOtherwise = (e: Extract<Expr, { kind: 'select' }>): boolean =>
  e.a.kind === 'load' && e.a.guard === e.cond && e.b.kind === 'const' && Object.is(e.b.value, 0)
