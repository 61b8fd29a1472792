/**
 * Vector expressions: four 32-bit lanes, a truth value in a lane is 0 or -1. Where WebAssembly has no vector instruction the lanes are
 * computed one by one.
 */
import { type Expr, index, type ValueType } from '../../kernel/expr.js'
import { isub, range, strideIn, substitute } from '../../kernel/simplify.js'
import { log2 } from './address.js'
import { v128 } from './bytes.js'
import { each, isFloat, isNarrow, Lanes } from './lanes.js'
import { bitsOf } from './library.js'
import { LANES } from './unroll.js'
import type { Op } from './opcodes.js'
import { isZeroOtherwise } from './scalar.js'

const suffix = (type: ValueType): 's' | 'u' => (type === 'uint32' ? 'u' : 's')
const isZero = (e: Expr): boolean => e.kind === 'const' && Object.is(e.value, 0)
/** The 32 bits of a constant. */
const patternOf = (value: number, type: ValueType): number =>
  type === 'float32' ? bitsOf(value) : type === 'bool' ? (value ? -1 : 0) : value | 0

const compare = { lt: 'lt', le: 'le' } as const

export abstract class Vectors extends Lanes {
  /** A uniform value is broadcast. */
  protected override vector(e: Expr): void {
    if (e.kind === 'const') return this.pattern(each(() => patternOf(e.value, e.type)))
    if (!this.varies(e)) return this.broadcast(e)
    if (e === this.lane) return this.pattern(each((l) => l))
    if (e.kind === 'local') {
      const { registers } = this.locals.get(e.name)!
      if (registers.length) return void this.code.get(registers[e.index.kind === 'const' ? e.index.value : 0]!)
    }
    this.named(e, 'vectors', () => this.vectorValue(e))
  }

  private broadcast(e: Expr): void {
    if (e.kind === 'load' && this.known(e, 'scalars') === undefined && !isNarrow(this.dtypeOf(e.buffer)))
      return this.named(e, 'vectors', () => {
        const address = this.addressIn(e.buffer, e.index)
        if (e.guard) this.guarded(this.pointerTo(address), () => this.scalar(e.guard!))
        const place = e.guard ? undefined : this.placeOf(address)
        if (place) this.code.get(place.pointer)
        this.code.memory('v128.load32_splat', place?.offset ?? 0)
      })
    this.named(e, 'vectors', () => {
      this.scalar(e)
      this.splat(e.type)
    })
  }
  private vectorValue(e: Expr): void {
    const { code } = this
    switch (e.kind) {
      case 'local': {
        const { pointer, offset } = this.placeIn(e.name, e.index)
        code.get(pointer).memory('v128.load', offset)
        // a plain loop writes 1 for true
        if (e.type === 'bool') code.v128([0, 0, 0, 0]).op('i32x4.ne')
        return
      }
      case 'load':
        return this.vectorLoad(e)
      case 'unary':
        return this.vectorUnary(e)
      case 'binary':
        return this.vectorBinary(e)
      case 'select':
        return this.vectorSelect(e)
      case 'cast':
        if (e.a.type === 'index' && this.affineLanes(e.a)) {
          if (e.type === 'float32') code.op('f32x4.convert_i32x4_s')
          else if (e.type === 'bool') code.v128([0, 0, 0, 0]).op('i32x4.ne')
          return
        }
        return this.vectorCast(e)
      case 'bitcast':
        return this.vector(e.a)
      case 'const':
      case 'var':
      case 'call':
        // constants and variables have been seen to; functions are of float64, which has no lanes
        return
    }
  }

  private vectorUnary(e: Extract<Expr, { kind: 'unary' }>): void {
    this.vector(e.a)
    const { code } = this
    if (e.op === 'not') code.op('v128.not')
    else if (e.op === 'half') code.call(this.library.helper('floatsToHalves')).call(this.library.helper('halvesToFloats'))
    else if (isFloat(e.type)) code.op(`f32x4.${e.op === 'rint' ? 'nearest' : e.op}`)
    else if (e.op === 'neg' || e.type !== 'uint32') code.op(`i32x4.${e.op === 'neg' ? 'neg' : 'abs'}`)
  }

  private vectorBinary(e: Extract<Expr, { kind: 'binary' }>): void {
    const { code } = this
    const { op } = e
    const type = e.a.type
    if (type === 'index') {
      if (e.type === 'bool') return this.compareIndices(e)
      if (this.affineLanes(e)) return
      if (op === 'div' || op === 'mod') {
        const shift = e.b.kind === 'const' ? log2(e.b.value) : undefined
        if (e.b.kind !== 'const') return this.laneByLane(e, [e.a, e.b], () => this.anyIndexDivision(op))
        if (shift === undefined || op === 'mod') return this.laneByLane(e, [e.a], () => this.indexDivision(op, e.a, e.b))
        this.vector(e.a)
        return void code.i32(shift).op('i32x4.shr_s')
      }
    }
    if (isFloat(type) && (op === 'add' || op === 'sub') && this.fused(e)) return
    if (op === 'mod' || (op === 'div' && !isFloat(type))) return this.laneByLane(e, [e.a, e.b], () => this.binary(op, type, e.b))
    if (op === 'shl' || op === 'shr') {
      if (this.varies(e.b)) return this.laneByLane(e, [e.a, e.b], () => this.binary(op, type))
      this.vector(e.a)
      this.scalar(e.b)
      return void code.op(op === 'shl' ? 'i32x4.shl' : `i32x4.shr_${suffix(type)}`)
    }
    if (isFloat(type) && (op === 'max' || op === 'min')) {
      this.vector(e.b)
      this.vector(e.a)
      return void code.op(op === 'max' ? 'f32x4.pmax' : 'f32x4.pmin')
    }
    if (type === 'bool' && (op === 'lt' || op === 'le')) {
      // false < true: not a and b; not a or b
      this.vector(op === 'lt' ? e.b : e.a)
      if (op === 'le') code.op('v128.not')
      this.vector(op === 'lt' ? e.a : e.b)
      return void code.op(op === 'lt' ? 'v128.andnot' : 'v128.or')
    }
    this.vector(e.a)
    this.vector(e.b)
    code.op(this.vectorOp(op, type))
  }

  protected vectorOp(op: Extract<Expr, { kind: 'binary' }>['op'], type: ValueType): Op {
    const f = isFloat(type)
    switch (op) {
      case 'and':
      case 'or':
      case 'xor':
        return `v128.${op}`
      case 'lt':
      case 'le':
        return f ? `f32x4.${compare[op]}` : `i32x4.${compare[op]}_${suffix(type)}`
      case 'eq':
      case 'ne':
        return f ? `f32x4.${op}` : `i32x4.${op}`
      case 'max':
      case 'min':
        return f ? `f32x4.p${op}` : `i32x4.${op}_${suffix(type)}`
      case 'div':
        return 'f32x4.div'
      default:
        return `${f ? 'f32x4' : 'i32x4'}.${op as 'add' | 'sub' | 'mul'}`
    }
  }

  /** x + a * b and x - a * b in one, where the engine has it. */
  private fused(e: Extract<Expr, { kind: 'binary' }>): boolean {
    if (!this.options.relaxed) return false
    const isProduct = (x: Expr): boolean =>
      x.kind === 'binary' && x.op === 'mul' && this.varies(x) && !this.facts.isShared(x) && this.depthOf(x) === this.top.depth
    const [sum, product] = isProduct(e.b) ? [e.a, e.b] : e.op === 'add' && isProduct(e.a) ? [e.b, e.a] : []
    if (!sum || product?.kind !== 'binary') return false
    this.vector(product.a)
    this.vector(product.b)
    this.vector(sum)
    this.code.op(e.op === 'add' ? 'f32x4.relaxed_madd' : 'f32x4.relaxed_nmadd')
    return true
  }

  private vectorSelect(e: Extract<Expr, { kind: 'select' }>): void {
    const { code } = this
    if (isZeroOtherwise(e)) return this.vector(e.a)
    if (!this.varies(e.cond)) {
      this.vector(e.a)
      this.vector(e.b)
      this.scalar(e.cond)
      return void code.op('select')
    }
    if (isZero(e.a) || isZero(e.b)) {
      this.vector(isZero(e.a) ? e.b : e.a)
      this.vector(e.cond)
      return void code.op(isZero(e.a) ? 'v128.andnot' : 'v128.and')
    }
    this.vector(e.a)
    this.vector(e.b)
    this.vector(e.cond)
    this.choose()
  }
  private vectorCast(e: Extract<Expr, { kind: 'cast' }>): void {
    const { code } = this
    const from = e.a.type
    const to = e.type
    if (from === 'float32' && to === 'uint32') return this.laneByLane(e, [e.a], () => this.cast(from, to))
    this.vector(e.a)
    if (to === 'bool') return void code.v128([0, 0, 0, 0]).op(isFloat(from) ? 'f32x4.ne' : 'i32x4.ne')
    if (from === 'bool') {
      if (!isFloat(to)) return void code.op('i32x4.neg')
      this.pattern(each(() => 0x3f800000))
      return void code.op('v128.and')
    }
    if (isFloat(to)) return void code.op(`f32x4.convert_i32x4_${suffix(from)}`)
    if (!isFloat(from)) return
    if (to === 'index') return void code.op('i32x4.trunc_sat_f32x4_s')
    this.within(v128, (x) => {
      code.tee(x).op('i32x4.trunc_sat_f32x4_s')
      this.pattern(each(() => -2147483648))
      code.get(x)
      this.pattern(each(() => bitsOf(2147483648)))
      code.op('f32x4.lt')
      this.choose()
    })
  }

  /** An index that grows by the same from lane to lane; false (and nothing written) where it does not. */
  private affineLanes(e: Expr): boolean {
    const stride = strideIn(e, this.lane!)
    const first = substitute(e, this.lane!, index(0))
    if (stride === undefined || this.varies(first)) return false
    if (first.kind === 'const') this.pattern(each((l) => first.value + l * stride))
    else {
      this.vector(first)
      this.pattern(each((l) => l * stride))
      this.code.op('i32x4.add')
    }
    return true
  }

  private compareIndices(e: Extract<Expr, { kind: 'binary' }>): void {
    const difference = isub(e.a, e.b)
    const [low, high] = range(difference)
    if (low >= -(2 ** 31) && high < 2 ** 31 && this.affineLanes(difference)) this.code.v128([0, 0, 0, 0])
    else {
      this.vector(e.a)
      this.vector(e.b)
    }
    this.code.op(this.vectorOp(e.op, 'index'))
  }

  /** The vector of what `compute` makes of each lane's operands, which stand on the stack. */
  private laneByLane(e: Expr, operands: readonly Expr[], compute: () => void): void {
    const { code } = this
    const taken = operands.map((operand) => {
      const local = this.take(v128)
      this.vector(operand)
      code.set(local)
      return { local, type: operand.type }
    })
    this.within(v128, (result) => {
      for (let l = 0; l < LANES; l++) {
        if (l > 0) code.get(result)
        for (const { local, type } of taken) {
          code.get(local)
          this.extract(type, l)
        }
        compute()
        if (l === 0) this.splat(e.type)
        else {
          if (e.type === 'bool') this.negateTruth()
          code.lane(isFloat(e.type) ? 'f32x4.replace_lane' : 'i32x4.replace_lane', l)
        }
        if (l < LANES - 1) code.set(result)
      }
    })
    for (const { local } of taken) this.release(v128, local)
  }
}
