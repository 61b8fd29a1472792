/**
 * Loop IR to C11 with GCC's vector extensions. Inside a vector loop every value is either uniform (a C scalar) or has a lane for
 * each iteration (a C vector); truth values are masks of 0 and -1 there. What has no vector form (gathers, narrow types, integer
 * division) is done lane by lane.
 */
import type { DType } from '../core/dtype.js'
import { type Expr, type ValueType, type Var, children, index } from '../kernel/expr.js'
import type { Kernel, Stmt } from '../kernel/loop.js'
import { range, strideIn, substitute, uses } from '../kernel/simplify.js'
import { prelude } from './c-prelude.js'

/** The C function `void kernel(char *const *b, long from, long to)`: jobs from..to-1 on buffers b. Equal kernels have equal texts. */
export const renderKernel = (kernel: Kernel): string => new CFunction(kernel).render('kernel')

/** One C file of functions rendered before, each under its own name. */
export const renderFile = (functions: readonly { readonly text: string; readonly name: string }[], machine: { readonly lanes: number }): string =>
  prelude(machine.lanes) + functions.map(({ text, name }) => text.replace('void kernel(', `void ${name}(`)).join('\n')

const scalarTypes: Record<ValueType, string> = { float32: 'float', float64: 'double', int32: 'int32_t', uint32: 'uint32_t', bool: 'int', index: 'long' }
const memoryTypes: Record<DType, string> = { float32: 'float', float64: 'double', float16: 'uint16_t', int32: 'int32_t', uint32: 'uint32_t', uint8: 'uint8_t', bool: 'uint8_t' }
const infix: Partial<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/', and: '&', or: '|', xor: '^', shl: '<<', shr: '>>', lt: '<', le: '<=', eq: '==', ne: '!=' }

/** The vector loop around a statement. */
interface Lanes {
  readonly v: Var
  readonly count: number
}

class CFunction {
  private out = ''
  private depth = 1
  private temps = 0
  private readonly names = new Map<string, string>()
  /** Locals that have a lane for each iteration of the enclosing vector loop. */
  private readonly laneLocals = new Set<string>()

  constructor(private readonly kernel: Kernel) {}

  render(name: string): string {
    const { kernel } = this
    this.line(`void ${name}(char *const *b, long from, long to) { // ${kernel.name.replaceAll(/[^\w\s[\](),.+*-]/g, ' ')}`, 0)
    kernel.buffers.forEach(({ dtype, written }, i) => this.line(`${written ? '' : 'const '}${memoryTypes[dtype]} *buf${i} = (${written ? '' : 'const '}${memoryTypes[dtype]} *)b[${i}];`))
    const job = this.name(kernel.job.name)
    this.line(`for (long ${job} = from; ${job} < to; ${job}++) {`)
    this.block(kernel.body, undefined)
    this.line('}')
    this.line('}', 0)
    return this.out
  }

  /** Variables and locals are numbered as they appear, so that equal kernels have equal texts. */
  name(original: string): string {
    let name = this.names.get(original)
    if (!name) this.names.set(original, (name = `${original.replace(/\d.*/, '')}${this.names.size}`))
    return name
  }

  element(name: string, at: Expr): string {
    return `${this.name(name)}_${at.kind === 'const' ? at.value : 0}`
  }

  line(text: string, depth = this.depth): void {
    this.out += '  '.repeat(depth) + text + '\n'
  }

  private block(stmts: readonly Stmt[], lanes: Lanes | undefined): void {
    this.depth++
    for (const s of stmts) this.statement(s, lanes)
    this.depth--
  }

  private statement(s: Stmt, lanes: Lanes | undefined): void {
    switch (s.kind) {
      case 'for': {
        if (s.loop === 'vector' && s.to.kind === 'const' && s.from.kind === 'const' && s.to.value - s.from.value > 1) {
          this.line('{')
          this.block(s.body, { v: s.v, count: s.to.value - s.from.value })
          this.line('}')
          return
        }
        const scope = new Scope(this, lanes, [s.from, s.to])
        if (s.loop === 'unroll') this.line('#pragma GCC unroll 64')
        const v = this.name(s.v.name)
        this.line(`for (long ${v} = ${scope.scalar(s.from)}, ${v}_end = ${scope.scalar(s.to)}; ${v} < ${v}_end; ${v} += ${s.step}) {`)
        this.block(s.body, lanes)
        this.line('}')
        return
      }
      case 'if': {
        if (lanes && uses(s.cond, lanes.v)) return this.masked(s, lanes)
        const scope = new Scope(this, lanes, [s.cond])
        this.line(`if (${scope.scalar(s.cond)}) {`)
        this.block(s.then, lanes)
        this.line('}')
        return
      }
      case 'declare': {
        const inLanes = lanes !== undefined && s.lanes === 1
        const count = inLanes ? lanes.count : s.lanes
        if (count > 1) this.laneLocals.add(s.name)
        else this.laneLocals.delete(s.name)
        const type = count > 1 ? vectorType(s.type, count) : scalarTypes[s.type]
        const scope = new Scope(this, lanes, s.init ? [s.init] : [])
        for (let i = 0; i < s.size; i++) {
          const value = !s.init ? '' : ` = ${count > 1 ? scope.vector(s.init, count) : scope.scalar(s.init)}`
          this.line(`${type} ${this.element(s.name, index(i))}${value};${s.keep && count > 1 ? ` KEEP(${this.element(s.name, index(i))});` : ''}`)
        }
        return
      }
      case 'set': {
        const scope = new Scope(this, lanes, [s.value])
        const name = this.element(s.name, s.index)
        const vector = this.laneLocals.has(s.name)
        this.line(`${name} = ${vector && lanes ? scope.vector(s.value, lanes.count) : scope.scalar(s.value)};`)
        return
      }
      case 'store': {
        const { dtype } = this.kernel.buffers[s.buffer]!
        const scope = new Scope(this, lanes, [s.index, s.value])
        if (!lanes || (!uses(s.index, lanes.v) && !scope.varies(s.value))) {
          this.line(`buf${s.buffer}[${scope.scalar(s.index)}] = ${toMemory(scope.scalar(s.value), dtype)};`)
        } else if (strideIn(s.index, lanes.v) === 1 && isWide(dtype)) {
          const at = scope.scalar(substitute(s.index, lanes.v, index(0)))
          this.line(`*(${vectorType(dtype as ValueType, lanes.count)}u *)(buf${s.buffer} + ${at}) = ${scope.vector(s.value, lanes.count)};`)
        } else {
          const value = this.temp(vectorType(s.value.type, lanes.count), scope.vector(s.value, lanes.count))
          const l = this.name(lanes.v.name)
          this.line(`for (long ${l} = 0; ${l} < ${lanes.count}; ${l}++) buf${s.buffer}[${scope.laneScalar(s.index)}] = ${toMemory(`${value}[${l}]`, dtype)};`)
        }
        return
      }
      case 'reduce': {
        const from = this.element(s.from, s.index)
        const declared = this.declared(s.from)
        const type = vectorType(declared.type, declared.lanes)
        const v = this.temp(type, from)
        for (let n = declared.lanes / 2; n >= 1; n /= 2) {
          const order = Array.from({ length: declared.lanes }, (_, l) => (l + n) % declared.lanes)
          const other = `__builtin_shuffle(${v}, (i32x${declared.lanes}){${order.join(', ')}})`
          if (s.op === 'add' || s.op === 'mul') this.line(`${v} = ${v} ${infix[s.op]!} ${other};`)
          else {
            const w = this.temp(type, other)
            const better = s.op === 'max' ? `${v} < ${w}` : `${w} < ${v}`
            this.line(`${v} = ${selectVector(declared.type, declared.lanes, `((${better}) | (${w} != ${w}))`, w, v)};`)
          }
        }
        this.line(`${this.element(s.into, s.at)} = ${v}[0];`)
        return
      }
    }
  }

  /** Stores under a condition that differs from lane to lane. */
  private masked(s: Extract<Stmt, { kind: 'if' }>, lanes: Lanes): void {
    for (const inner of s.then) {
      if (inner.kind !== 'store') {
        this.statement(inner, lanes)
        continue
      }
      const scope = new Scope(this, lanes, [inner.value])
      const value = this.temp(vectorType(inner.value.type, lanes.count), scope.vector(inner.value, lanes.count))
      const l = this.name(lanes.v.name)
      this.line(`for (long ${l} = 0; ${l} < ${lanes.count}; ${l}++) if (${scope.laneScalar(s.cond)}) buf${inner.buffer}[${scope.laneScalar(inner.index)}] = ${toMemory(`${value}[${l}]`, this.kernel.buffers[inner.buffer]!.dtype)};`)
    }
  }

  temp(type: string, code: string): string {
    const name = `t${this.temps++}_`
    this.line(`${type} ${name} = ${code};`)
    return name
  }

  isLaneLocal(name: string): boolean {
    return this.laneLocals.has(name)
  }

  bufferType(buffer: number): DType {
    return this.kernel.buffers[buffer]!.dtype
  }

  private declared(name: string): { type: ValueType; lanes: number } {
    const find = (stmts: readonly Stmt[]): { type: ValueType; lanes: number } | undefined => {
      for (const s of stmts) {
        if (s.kind === 'declare' && s.name === name) return s
        const found = s.kind === 'for' ? find(s.body) : s.kind === 'if' ? find(s.then) : undefined
        if (found) return found
      }
      return undefined
    }
    return find(this.kernel.body)!
  }
}

const isWide = (dtype: DType): boolean => dtype === 'float32' || dtype === 'int32' || dtype === 'uint32'

function vectorType(type: ValueType, lanes: number): string {
  return `${type === 'float32' ? 'f32' : type === 'uint32' ? 'u32' : 'i32'}x${lanes}`
}

const toMemory = (code: string, dtype: DType): string =>
  dtype === 'float16' ? `nb_f16_of_f32(${code})` : dtype === 'bool' ? `(${code}) != 0` : dtype === 'uint8' ? `(uint8_t)(${code})` : code

const selectVector = (type: ValueType, lanes: number, m: string, a: string, b: string): string =>
  type === 'float32' ? `nb_select((i32x${lanes})${m}, ${a}, ${b})`
  : `(${vectorType(type, lanes)})(((i32x${lanes})${m} & (i32x${lanes})${a}) | (~(i32x${lanes})${m} & (i32x${lanes})${b}))`

/** Expressions of one statement: what is used more than once gets a name before the statement. */
class Scope {
  private readonly names = new Map<Expr, string>()
  private readonly varying = new Map<Expr, boolean>()
  private readonly shared = new Set<Expr>()

  constructor(
    private readonly f: CFunction,
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
    if (e.kind === 'local') return this.laneOf(this.f.element(e.name, e.index), e.type)
    return this.scalarCode(e, (x) => this.laneScalar(x))
  }

  private laneOf(name: string, type: ValueType): string {
    const lane = `${name}[${this.f.name(this.lanes!.v.name)}]`
    return type === 'bool' ? `(-${lane})` : lane
  }

  private scalarCode(e: Expr, sub: (e: Expr) => string): string {
    switch (e.kind) {
      case 'const': return constantCode(e.value, e.type)
      case 'var': return this.f.name(e.name)
      case 'local': return this.f.element(e.name, e.index)
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
          case 'neg': return e.type === 'int32' || e.type === 'uint32' ? `(0 - ${a})` : `(-${a})`
          case 'not': return e.type === 'bool' ? `(!${a})` : `(~${a})`
          case 'half': return `nb_half(${a})`
          case 'abs': return e.type === 'int32' ? `(${a} < 0 ? 0 - ${a} : ${a})` : e.type === 'uint32' ? a : `__builtin_fabs${suffix}(${a})`
          default: return `__builtin_${e.op}${suffix}(${a})`
        }
      }
      case 'binary': return this.scalarBinary(e, sub(e.a), sub(e.b))
      case 'select': return `(${sub(e.cond)} ? ${sub(e.a)} : ${sub(e.b)})`
      case 'cast': return castCode(sub(e.a), e.a.type, e.type)
      case 'bitcast':
        return e.type === 'float32' ? `nb_f32_bits((int32_t)${sub(e.a)})` : e.a.type === 'float32' ? `(${scalarTypes[e.type]})nb_bits_f32(${sub(e.a)})` : `(${scalarTypes[e.type]})${sub(e.a)}`
      case 'call': return `__builtin_${e.op}(${e.args.map(sub).join(', ')})`
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
      return e.type === 'bool' ? `nb_splat_${type}(-(${code}))` : `nb_splat_${type}(${e.type === 'index' ? '(int32_t)' : ''}${code})`
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
      case 'local': return this.f.element(e.name, e.index)
      case 'load': {
        const lane = this.lanes!.v
        if (!isWide(this.f.bufferType(e.buffer)) || strideIn(e.index, lane) !== 1 || (e.guard && this.varies(e.guard))) return this.gathered(e, count)
        const at = this.scalar(substitute(e.index, lane, index(0)))
        const code = `*(const ${type}u *)(buf${e.buffer} + ${at})`
        return e.guard ? `(${this.scalar(e.guard)} ? (${type})${code} : (${type}){0})` : `(${type})${code}`
      }
      case 'unary':
        switch (e.op) {
          case 'neg': return `(-${v(e.a)})`
          case 'not': return `(~${v(e.a)})`
          case 'half': return this.gathered(e, count)
          case 'abs': return e.type === 'float32' ? `nb_abs_${type}(${v(e.a)})` : this.gathered(e, count)
          default: return e.type === 'float32' ? `nb_${e.op}_${type}(${v(e.a)})` : this.gathered(e, count)
        }
      case 'binary': {
        const operand = e.a.type
        if (operand === 'index' || e.op === 'mod' || (e.op === 'div' && operand !== 'float32' && operand !== 'float64')) return this.gathered(e, count)
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
        if (from === 'index') return this.gathered(e, count)
        if (e.type === 'index') return this.gathered(e, count)
        const a = v(e.a)
        if (e.type === 'bool') return `(${ints})(${a} != 0)`
        if (from === 'bool') return e.type === 'float32' ? `(${type})(${a} & 0x3f800000)` : `(${type})(-${a})`
        if ((from === 'int32' && e.type === 'uint32') || (from === 'uint32' && e.type === 'int32')) return `(${type})${a}`
        if (from === 'float32' && e.type === 'uint32') return this.gathered(e, count)
        return `__builtin_convertvector(${a}, ${type})`
      }
      case 'bitcast': return `(${type})${v(e.a)}`
      default: return this.gathered(e, count)
    }
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
      if (!name) operands.set(x, (name = this.names.get(x) ?? this.f.temp(`const ${vectorType(x.type, count)}`, this.vector(x, count))))
      return this.laneOf(name, x.type)
    }
    const code = this.scalarCode(e, lane)
    const name = this.f.temp(vectorType(e.type, count), '{0}')
    this.f.line(`for (long ${l} = 0; ${l} < ${count}; ${l}++) ${name}[${l}] = ${e.type === 'bool' ? `-(${code})` : code};`)
    return name
  }
}

/** Comparisons of indices, and what is made of them: better computed as scalars, lane by lane. */
const isIndexLogic = (e: Expr): boolean => e.kind === 'binary' && e.type === 'bool' && (e.a.type === 'index' || (isIndexLogic(e.a) && isIndexLogic(e.b)))

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
  if (type === 'int32') return (value | 0) === -2147483648 ? '(-2147483647 - 1)' : value < 0 ? `(${value | 0})` : String(value | 0)
  return value < 0 ? `(${value})` : `${value}`
}

function castCode(a: string, from: ValueType, to: ValueType): string {
  if (to === 'bool') return `(${a} != 0)`
  if (to === 'int32' && from === 'float32') return `nb_i32_of_float(${a})`
  if (to === 'int32' && from === 'float64') return `nb_i32_of_double(${a})`
  if (to === 'uint32' && (from === 'float32' || from === 'float64')) return `nb_u32_of_double(${a})`
  return `(${scalarTypes[to]})(${a})`
}
