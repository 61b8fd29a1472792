/**
 * Scalar expressions: what a kernel computes for one element. They are hash-consed (equal expressions are the same
 * object), so shared work is found by identity and printed once.
 *
 * Value types are those that arithmetic happens in: a uint8 load is an int32, a float16 load a float32; `index` is the
 * type of loop variables and addresses (64 bits in C, a number in JS; never negative where it is divided).
 */
export type ValueType = 'float32' | 'float64' | 'int32' | 'uint32' | 'bool' | 'index'

export type UnaryOp = 'neg' | 'abs' | 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'rint' | 'not' | 'half'
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div' //  true division of floats; of integers: truncated
  | 'mod' //  sign of the dividend, as C's % and fmod
  | 'max'
  | 'min' //  a > b ? a : b and a < b ? a : b; whoever wants NaN to win says so with a select
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr' //  bits of integers (shr is logical on uint32, arithmetic on int32), truth of bools
  | 'lt'
  | 'le'
  | 'eq'
  | 'ne' //  give bool
/** Library functions, for float64 only: float32 has expression trees of its own (see maths.ts). */
export type CallOp =
  | 'exp'
  | 'log'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'tanh'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'erf'
  | 'erfc'
  | 'log1p'
  | 'expm1'
  | 'lgamma'
  | 'pow'
  | 'atan2'

export type Expr =
  | { readonly id: number; readonly kind: 'const'; readonly type: ValueType; readonly value: number }
  | {
      readonly id: number
      readonly kind: 'var'
      readonly type: 'index'
      readonly name: string
      readonly min: number
      readonly max: number
    }
  /** An element of a buffer; where `guard` is false nothing is read and the value is 0. */
  | {
      readonly id: number
      readonly kind: 'load'
      readonly type: ValueType
      readonly buffer: number
      readonly index: Expr
      readonly guard: Expr | undefined
    }
  /** An element of a local array (see loop.ts). */
  | { readonly id: number; readonly kind: 'local'; readonly type: ValueType; readonly name: string; readonly index: Expr }
  | { readonly id: number; readonly kind: 'unary'; readonly type: ValueType; readonly op: UnaryOp; readonly a: Expr }
  | {
      readonly id: number
      readonly kind: 'binary'
      readonly type: ValueType
      readonly op: BinaryOp
      readonly a: Expr
      readonly b: Expr
    }
  | {
      readonly id: number
      readonly kind: 'select'
      readonly type: ValueType
      readonly cond: Expr
      readonly a: Expr
      readonly b: Expr
    }
  /** Value conversion: float to integer truncates, anything to bool is `!= 0`, bool to a number is 0 or 1. */
  | { readonly id: number; readonly kind: 'cast'; readonly type: ValueType; readonly a: Expr }
  /** The same 32 bits, read as another type. */
  | { readonly id: number; readonly kind: 'bitcast'; readonly type: ValueType; readonly a: Expr }
  | { readonly id: number; readonly kind: 'call'; readonly type: 'float64'; readonly op: CallOp; readonly args: readonly Expr[] }

export type Var = Extract<Expr, { kind: 'var' }>

/** Numbers below are those of expressions that modules hold on to (`truth`, 0, ...). */
const FIRST = 65_536
let count = 0

/** Tables of known expressions: by the numbers of one or two parts where that says it all, by text elsewhere. */
let byText = new Map<string, Expr>()
let byNumbers = new Map<string, Map<number, Expr>>()

const others: Map<unknown, unknown>[] = []

/** A map of facts about expressions that is emptied when they are forgotten. */
export function factsAbout<K, V>(): Map<K, V> {
  const map = new Map<K, V>()
  others.push(map)
  return map
}

/** Forget all expressions made so far; those of one program must not meet those of the next. Called between programs. */
export function forgetExpressions(): void {
  byText = new Map()
  byNumbers = new Map()
  for (const map of others) map.clear()
  count = FIRST
}

function intern<E extends Expr>(key: string, make: (id: number) => E): E {
  let e = byText.get(key)
  if (!e) byText.set(key, (e = make(count++)))
  return e as E
}

/** Unique while ids are below 2^26; the largest programs make some millions of expressions. */
const pair = (a: number, b: number): number => a * 67108864 + b

function tableOf(kind: string): Map<number, Expr> {
  let table = byNumbers.get(kind)
  if (!table) byNumbers.set(kind, (table = new Map()))
  return table
}

export function constant(value: number, type: ValueType): Expr {
  if (type !== 'index')
    return intern(`c${type}:${Object.is(value, -0) ? '-0' : value}`, (id) => ({ id, kind: 'const', type, value }))
  const table = tableOf('index')
  let e = table.get(value)
  if (!e) table.set(value, (e = { id: count++, kind: 'const', type, value }))
  return e
}
export const index = (value: number): Expr => constant(value === 0 ? 0 : value, 'index')

/** A loop variable with its inclusive range; every call makes a new one. */
export function variable(name: string, min: number, max: number): Var {
  const id = count++
  return { id, kind: 'var', type: 'index', name: `${name}${id}`, min, max }
}

export const load = (buffer: number, at: Expr, type: ValueType, guard?: Expr): Expr =>
  guard?.kind === 'const' && guard.value === 0
    ? constant(0, type)
    : intern(`l${buffer},${at.id},${type},${guard && guard.kind !== 'const' ? guard.id : ''}`, (id) => ({
        id,
        kind: 'load',
        type,
        buffer,
        index: at,
        guard: guard?.kind === 'const' ? undefined : guard,
      }))
export const local = (name: string, at: Expr, type: ValueType): Expr =>
  intern(`v${name},${at.id},${type}`, (id) => ({ id, kind: 'local', type, name, index: at }))

/** The raw constructors; `simplify.ts` wraps those for index arithmetic with algebra. */
export const unary = (op: UnaryOp, a: Expr): Expr =>
  intern(`u${op},${a.id}`, (id) => ({ id, kind: 'unary', type: a.type, op, a }))
export function binary(op: BinaryOp, a: Expr, b: Expr): Expr {
  const table = tableOf(op)
  const key = pair(a.id, b.id)
  let e = table.get(key)
  if (!e) {
    const type: ValueType = op === 'lt' || op === 'le' || op === 'eq' || op === 'ne' ? 'bool' : a.type
    table.set(key, (e = { id: count++, kind: 'binary', type, op, a, b }))
  }
  return e
}
export const select = (cond: Expr, a: Expr, b: Expr): Expr =>
  cond.kind === 'const'
    ? cond.value
      ? a
      : b
    : a === b
      ? a
      : intern(`s${cond.id},${a.id},${b.id}`, (id) => ({ id, kind: 'select', type: a.type, cond, a, b }))
export const cast = (a: Expr, type: ValueType): Expr =>
  a.type === type ? a : intern(`t${type},${a.id}`, (id) => ({ id, kind: 'cast', type, a }))
export const bitcast = (a: Expr, type: ValueType): Expr =>
  a.type === type ? a : intern(`r${type},${a.id}`, (id) => ({ id, kind: 'bitcast', type, a }))
export const call = (op: CallOp, ...args: Expr[]): Expr =>
  intern(`f${op},${args.map((a) => a.id).join()}`, (id) => ({ id, kind: 'call', type: 'float64', op, args }))

/** The direct subexpressions. */
export function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'const':
    case 'var':
      return []
    case 'load':
      return e.guard ? [e.index, e.guard] : [e.index]
    case 'local':
      return [e.index]
    case 'unary':
    case 'cast':
    case 'bitcast':
      return [e.a]
    case 'binary':
      return [e.a, e.b]
    case 'select':
      return [e.cond, e.a, e.b]
    case 'call':
      return e.args
  }
}
