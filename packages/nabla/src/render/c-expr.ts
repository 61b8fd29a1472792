/**
 * Expressions in C. What is used more than once in a statement gets a name before it. What has no vector form (gathers, narrow
 * types, integer division) is done lane by lane.
 */
import type { DType } from '../core/dtype.js'
import { children, type Expr, index, type ValueType, type Var } from '../kernel/expr.js'
import { isub, range, strideIn, substitute } from '../kernel/simplify.js'

export const scalarTypes: Record<ValueType, string> = {
  float32: 'float',
  float64: 'double',
  int32: 'int32_t',
  uint32: 'uint32_t',
  bool: 'int',
  index: 'long',
}
export const memoryTypes: Record<DType, string> = {
  float32: 'float',
  float64: 'double',
  float16: 'uint16_t',
  int32: 'int32_t',
  uint32: 'uint32_t',
  uint8: 'uint8_t',
  bool: 'uint8_t',
}
export const infix: Partial<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  shr: '>>',
  lt: '<',
  le: '<=',
  eq: '==',
  ne: '!=',
}

/** The vector loop around a statement. */
export interface Lanes {
  readonly v: Var
  readonly count: number
}

/** The function that an expression is written in. */
export interface Frame {
  /** The C name of a variable or local. */
  name(original: string): string
  /** The C name of a local's element; `scalar` writes an index that is not constant. */
  element(local: string, at: Expr, scalar: (e: Expr) => string): string
  /** Declares a name for a value before the statement being written. */
  temp(type: string, code: string): string
  line(text: string): void
  /** Whether a local has a lane for each iteration of the enclosing vector loop. */
  isLaneLocal(local: string): boolean
  bufferType(buffer: number): DType
}

export const isWide = (dtype: DType): boolean => dtype === 'float32' || dtype === 'int32' || dtype === 'uint32'

export function vectorType(type: ValueType, lanes: number): string {
  return `${type === 'float32' ? 'f32' : type === 'uint32' ? 'u32' : 'i32'}x${lanes}`
}

export const toMemory = (code: string, dtype: DType): string =>
  dtype === 'float16'
    ? `nb_f16_of_f32(${code})`
    : dtype === 'bool'
      ? `(${code}) != 0`
      : dtype === 'uint8'
        ? `(uint8_t)(${code})`
        : code

export const selectVector = (type: ValueType, lanes: number, m: string, a: string, b: string): string =>
  type === 'float32'
    ? `nb_select((i32x${lanes})${m}, ${a}, ${b})`
    : `(${vectorType(type, lanes)})(((i32x${lanes})${m} & (i32x${lanes})${a}) | (~(i32x${lanes})${m} & (i32x${lanes})${b}))`

/** Expressions of one statement: what is used more than once gets a name before the statement. */
export class Scope {
  private readonly names = new Map<Expr, string>()
  private readonly varying = new Map<Expr, boolean>()
  private readonly shared = new Set<Expr>()

  constructor(
    private readonly f: Frame,
    private readonly lanes: Lanes | undefined,
    roots: readonly Expr[],
  ) {
    const seen = new Set<Expr>()
    const visit = (e: Expr): void => {
      if (seen.has(e)) {
        if (children(e).length) this.shared.add(e)
        return
      }
      seen.add(e)
      children(e).forEach(visit)
    }
    roots.forEach(visit)
  }

  /** Whether the value differs from lane to lane. */
  varies(e: Expr): boolean {
    if (!this.lanes) return false
    let v = this.varying.get(e)
    if (v === undefined) {
      v = e === this.lanes.v || (e.kind === 'local' && this.f.isLaneLocal(e.name)) || children(e).some((c) => this.varies(c))
      this.varying.set(e, v)
    }
    return v
  }

  /** C code of a uniform value. */
  scalar(e: Expr): string {
    const known = this.names.get(e)
    if (known) return known
    const code = this.scalarCode(e, (x) => this.scalar(x))
    if (!this.shared.has(e) || e.kind === 'local') return code
    const name = this.f.temp(`const ${scalarTypes[e.type]}`, code)
    this.names.set(e, name)
    return name
  }

  /** C code of one lane's value, with the lane variable in scope as a number. */
  laneScalar(e: Expr): string {
    if (!this.varies(e)) return this.scalar(e)
    if (e.kind === 'local')
      return this.laneOf(
        this.f.element(e.name, e.index, (x) => this.scalar(x)),
        e.type,
      )
    return this.scalarCode(e, (x) => this.laneScalar(x))
  }

  private laneOf(name: string, type: ValueType): string {
    const lane = `${name}[${this.f.name(this.lanes!.v.name)}]`
    return type === 'bool' ? `(-${lane})` : lane
  }

  private scalarCode(e: Expr, sub: (e: Expr) => string): string {
    switch (e.kind) {
      case 'const':
        return constantCode(e.value, e.type)
      case 'var':
        return this.f.name(e.name)
      case 'local':
        return this.f.element(e.name, e.index, (x) => this.scalar(x))
      case 'load': {
        const dtype = this.f.bufferType(e.buffer)
        const raw = `buf${e.buffer}[${sub(e.index)}]`
        const value = dtype === 'float16' ? `nb_f32_of_f16(${raw})` : dtype === 'bool' ? `(${raw} != 0)` : raw
        return e.guard ? `(${sub(e.guard)} ? ${value} : 0)` : value
      }
      case 'unary': {
        const a = sub(e.a)
        const suffix = e.type === 'float32' ? 'f' : ''
        switch (e.op) {
          case 'neg':
            return e.type === 'int32' || e.type === 'uint32' ? `(0 - ${a})` : `(-${a})`
          case 'not':
            return e.type === 'bool' ? `(!${a})` : `(~${a})`
          case 'half':
            return `nb_half(${a})`
          case 'abs':
            return e.type === 'int32' ? `(${a} < 0 ? 0 - ${a} : ${a})` : e.type === 'uint32' ? a : `__builtin_fabs${suffix}(${a})`
          default:
            return `__builtin_${e.op}${suffix}(${a})`
        }
      }
      case 'binary':
        return this.scalarBinary(e, sub(e.a), sub(e.b))
      case 'select':
        return `(${sub(e.cond)} ? ${sub(e.a)} : ${sub(e.b)})`
      case 'cast':
        return castCode(sub(e.a), e.a.type, e.type)
      case 'bitcast':
        return e.type === 'float32'
          ? `nb_f32_bits((int32_t)${sub(e.a)})`
          : e.a.type === 'float32'
            ? `(${scalarTypes[e.type]})nb_bits_f32(${sub(e.a)})`
            : `(${scalarTypes[e.type]})${sub(e.a)}`
      case 'call':
        return `__builtin_${e.op}(${e.args.map(sub).join(', ')})`
    }
  }

  private scalarBinary(e: Extract<Expr, { kind: 'binary' }>, a: string, b: string): string {
    const type = e.a.type
    const float = type === 'float32' || type === 'float64'
    if (e.op === 'max') return `(${a} > ${b} ? ${a} : ${b})`
    if (e.op === 'min') return `(${a} < ${b} ? ${a} : ${b})`
    if (e.op === 'mod' && float) return `__builtin_fmod${type === 'float32' ? 'f' : ''}(${a}, ${b})`
    if (e.op === 'div' || e.op === 'mod') {
      if (type === 'int32') return `nb_${e.op}_i32(${a}, ${b})`
      if (type === 'uint32') return `nb_${e.op}_u32(${a}, ${b})`
      if (type === 'index' && e.op === 'div' && range(e.a)[0] < 0) return `nb_floordiv(${a}, ${b})`
      if (e.op === 'mod') return `(${a} % ${b})`
    }
    if (e.op === 'shl' && type === 'int32') return `(int32_t)((uint32_t)${a} << (${b} & 31))`
    if (e.op === 'shl' || e.op === 'shr') return `(${a} ${infix[e.op]!} (${b} & 31))`
    return `(${a} ${infix[e.op]!} ${b})`
  }

  /** C code of a vector; a uniform value is broadcast. */
  vector(e: Expr, count: number): string {
    const type = vectorType(e.type, count)
    if (!this.varies(e)) {
      const code = this.scalar(e)
      return e.type === 'bool'
        ? `nb_splat_${type}(-(${code}))`
        : `nb_splat_${type}(${e.type === 'index' ? '(int32_t)' : ''}${code})`
    }
    const known = this.names.get(e)
    if (known) return known
    const code = this.vectorCode(e, count)
    if (!this.shared.has(e) || e.kind === 'local') return code
    const name = this.f.temp(`const ${type}`, code)
    this.names.set(e, name)
    return name
  }

  private vectorCode(e: Expr, count: number): string {
    const type = vectorType(e.type, count)
    const v = (x: Expr): string => this.vector(x, count)
    const ints = `i32x${count}`
    switch (e.kind) {
      case 'local':
        return this.f.element(e.name, e.index, (x) => this.scalar(x))
      case 'load': {
        const lane = this.lanes!.v
        const first = substitute(e.index, lane, index(0))
        const stride = this.varies(first) ? undefined : strideIn(e.index, lane)
        const masked = e.guard !== undefined && this.varies(e.guard)
        if (!isWide(this.f.bufferType(e.buffer)) || (stride !== 1 && (stride !== 2 || masked))) return this.gathered(e, count)
        const at = this.scalar(first)
        if (masked) return `(${type})nb_load_masked((const float *)(buf${e.buffer} + ${at}), ${v(e.guard!)})`
        const whole = (from: string) => `*(const ${type}u *)(buf${e.buffer} + ${from})`
        const even = Array.from({ length: count }, (_, l) => 2 * l).join(', ')
        const code =
          stride === 1 ? whole(at) : `__builtin_shuffle(${whole(at)}, ${whole(`${at} + ${count}`)}, (${ints}){${even}})`
        return e.guard ? `(${this.scalar(e.guard)} ? (${type})${code} : (${type}){0})` : `(${type})${code}`
      }
      case 'unary':
        switch (e.op) {
          case 'neg':
            return `(-${v(e.a)})`
          case 'not':
            return `(~${v(e.a)})`
          case 'half':
            return this.gathered(e, count)
          case 'abs':
            return e.type === 'float32' ? `nb_abs_${type}(${v(e.a)})` : this.gathered(e, count)
          default:
            return e.type === 'float32' ? `nb_${e.op}_${type}(${v(e.a)})` : this.gathered(e, count)
        }
      case 'binary': {
        const operand = e.a.type
        if (operand === 'index' && e.type === 'bool') {
          const difference = this.laneIndex(isub(e.a, e.b), count)
          if (difference) return `(${ints})(${difference} ${infix[e.op]!} 0)`
        }
        if (operand === 'index' || e.op === 'mod' || (e.op === 'div' && operand !== 'float32' && operand !== 'float64'))
          return this.gathered(e, count)
        const [a, b] = [v(e.a), v(e.b)]
        if (e.op === 'max') return selectVector(operand, count, `(${a} > ${b})`, a, b)
        if (e.op === 'min') return selectVector(operand, count, `(${a} < ${b})`, a, b)
        if (e.op === 'shl' || e.op === 'shr') return `(${a} ${infix[e.op]!} (${b} & 31))`
        if (e.type === 'bool' && operand !== 'bool') return `(${ints})(${a} ${infix[e.op]!} ${b})`
        return `(${a} ${infix[e.op]!} ${b})`
      }
      case 'select':
        if (!this.varies(e.cond)) return `(${this.scalar(e.cond)} ? ${v(e.a)} : ${v(e.b)})`
        return selectVector(e.type, count, v(e.cond), v(e.a), v(e.b))
      case 'cast': {
        const from = e.a.type
        if (from === 'index') {
          const ints32 = e.type === 'int32' || e.type === 'float32' ? this.laneIndex(e.a, count) : undefined
          if (!ints32) return this.gathered(e, count)
          return e.type === 'int32' ? `(${ints32})` : `__builtin_convertvector(${ints32}, ${type})`
        }
        if (e.type === 'index') return this.gathered(e, count)
        const a = v(e.a)
        if (e.type === 'bool') return `(${ints})(${a} != 0)`
        if (from === 'bool') return e.type === 'float32' ? `(${type})(${a} & 0x3f800000)` : `(${type})(-${a})`
        if ((from === 'int32' && e.type === 'uint32') || (from === 'uint32' && e.type === 'int32')) return `(${type})${a}`
        if (from === 'float32' && e.type === 'uint32') return this.gathered(e, count)
        return `__builtin_convertvector(${a}, ${type})`
      }
      case 'bitcast':
        return `(${type})${v(e.a)}`
      default:
        return this.gathered(e, count)
    }
  }

  /** An index that is affine in the lane and fits 32 bits, as a vector of integers. */
  private laneIndex(e: Expr, count: number): string | undefined {
    const lane = this.lanes!.v
    const stride = strideIn(e, lane)
    const [low, high] = range(e)
    const start = substitute(e, lane, index(0))
    if (stride === undefined || this.varies(start) || low < -(2 ** 31) || high >= 2 ** 31) return undefined
    const first = this.scalar(start)
    const steps = Array.from({ length: count }, (_, l) => l * stride).join(', ')
    return `(nb_splat_i32x${count}((int32_t)${first}) + (i32x${count}){${steps}})`
  }

  /** Lane by lane, for what vectors cannot do: operands that are vectors by nature are computed first, addresses stay scalar. */
  private gathered(e: Expr, count: number): string {
    const l = this.f.name(this.lanes!.v.name)
    const operands = new Map<Expr, string>()
    const lane = (x: Expr): string => {
      if (!this.varies(x)) return this.scalar(x)
      if (x.kind === 'local' || x.kind === 'var') return this.laneScalar(x)
      if (x.type === 'index' || isIndexLogic(x)) return this.scalarCode(x, lane)
      let name = operands.get(x)
      if (!name)
        operands.set(x, (name = this.names.get(x) ?? this.f.temp(`const ${vectorType(x.type, count)}`, this.vector(x, count))))
      return this.laneOf(name, x.type)
    }
    const code = this.scalarCode(e, lane)
    const name = this.f.temp(vectorType(e.type, count), '{0}')
    this.f.line(`for (long ${l} = 0; ${l} < ${count}; ${l}++) ${name}[${l}] = ${e.type === 'bool' ? `-(${code})` : code};`)
    return name
  }
}

/** Comparisons of indices, and what is made of them: better computed as scalars, lane by lane. */
const isIndexLogic = (e: Expr): boolean =>
  e.kind === 'binary' && e.type === 'bool' && (e.a.type === 'index' || (isIndexLogic(e.a) && isIndexLogic(e.b)))

function constantCode(value: number, type: ValueType): string {
  if (type === 'float32' || type === 'float64') {
    const f = type === 'float32' ? 'f' : ''
    if (Number.isNaN(value)) return `__builtin_nan${f}("")`
    if (!Number.isFinite(value)) return `${value < 0 ? '-' : ''}__builtin_inf${f}()`
    const text = String(type === 'float32' ? Math.fround(value) : value)
    const sign = Object.is(value, -0) ? '-' : ''
    const code = `${sign}${/[.e]/.test(text) ? text : `${text}.0`}${f}`
    return code.startsWith('-') ? `(${code})` : code
  }
  if (type === 'uint32') return `${value >>> 0}u`
  if (type === 'bool') return value ? '1' : '0'
  if (type === 'int32')
    return (value | 0) === -2147483648 ? '(-2147483647 - 1)' : value < 0 ? `(${value | 0})` : String(value | 0)
  return value < 0 ? `(${value})` : `${value}`
}

function castCode(a: string, from: ValueType, to: ValueType): string {
  if (to === 'bool') return `(${a} != 0)`
  if (to === 'int32' && from === 'float32') return `nb_i32_of_float(${a})`
  if (to === 'int32' && from === 'float64') return `nb_i32_of_double(${a})`
  if (to === 'uint32' && (from === 'float32' || from === 'float64')) return `nb_u32_of_double(${a})`
  return `(${scalarTypes[to]})(${a})`
}
