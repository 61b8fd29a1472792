/**
 * Algebra of index expressions. An index is kept as an affine form
 *
 *     constant + sum of coefficient * atom        atom: a loop variable, floor(x / n), or anything opaque
 *
 * so that equal addresses are equal objects. x mod n is written x - n * floor(x / n): then a reshape that takes an index apart
 * and another that puts it together cancel by themselves. Ranges of the variables tell which divisions vanish
 * and which bounds tests are always true.
 */
import {
  type Expr,
  type Var,
  binary,
  bitcast,
  call,
  cast,
  constant,
  index,
  load,
  local,
  select,
  unary,
  children,
  factsAbout,
} from './expr.js'

interface Affine {
  readonly constant: number
  readonly terms: ReadonlyMap<Expr, number>
  /** Its writing, once it has been written. */
  expr?: Expr
}

const cache = factsAbout<Expr, Affine>()

function make(constantPart: number, terms: Map<Expr, number>): Affine {
  for (const [atom, c] of terms) if (c === 0) terms.delete(atom)
  return { constant: constantPart, terms }
}

function combine(a: Affine, b: Affine, factor: number): Affine {
  if (b.terms.size === 0) return b.constant === 0 ? a : { constant: a.constant + factor * b.constant, terms: a.terms }
  const terms = new Map(a.terms)
  for (const [atom, c] of b.terms) terms.set(atom, (terms.get(atom) ?? 0) + factor * c)
  return make(a.constant + factor * b.constant, terms)
}

const scale = (a: Affine, factor: number): Affine => (factor === 1 ? a : combine({ constant: 0, terms: new Map() }, a, factor))
const isConstant = (a: Affine): boolean => a.terms.size === 0

function affineOf(e: Expr): Affine {
  let a = cache.get(e)
  if (!a) cache.set(e, (a = computeAffine(e)))
  return a
}

function computeAffine(e: Expr): Affine {
  if (e.kind === 'const') return { constant: e.value, terms: new Map() }
  if (e.kind === 'unary' && e.op === 'neg') return scale(affineOf(e.a), -1)
  if (e.kind === 'binary') {
    const a = affineOf(e.a)
    const b = affineOf(e.b)
    if (e.op === 'add') return combine(a, b, 1)
    if (e.op === 'sub') return combine(a, b, -1)
    if (e.op === 'mul' && isConstant(b)) return scale(a, b.constant)
    if (e.op === 'mul' && isConstant(a)) return scale(b, a.constant)
    if (e.op === 'div' && isConstant(b) && b.constant > 0) return divide(a, b.constant, e)
    if (e.op === 'mod' && isConstant(b) && b.constant > 0) return combine(a, divide(a, b.constant, undefined), -b.constant)
  }
  return { constant: 0, terms: new Map([[e, 1]]) }
}

/** floor(a / n). Terms that n divides come out; what is left vanishes if its range says so. */
function divide(a: Affine, n: number, self: Expr | undefined): Affine {
  if (n === 1) return a
  const whole = new Map<Expr, number>()
  const rest = new Map<Expr, number>()
  for (const [atom, c] of a.terms) {
    if (c % n === 0) whole.set(atom, c / n)
    else rest.set(atom, c)
  }
  const quotient = Math.floor(a.constant / n)
  const remainder = make(a.constant - quotient * n, rest)
  const [low, high] = rangeOf(remainder)
  const outside = make(quotient, whole)
  if (Math.floor(low / n) === Math.floor(high / n))
    return combine(outside, { constant: Math.floor(low / n), terms: new Map() }, 1)
  // A common factor of all terms and of n leaves the division: floor((g r + k) / (g m)) = floor((r + floor(k / g)) / m).
  let g = n
  for (const c of rest.values()) g = gcd(g, Math.abs(c))
  if (g > 1) {
    const reduced = new Map([...rest].map(([atom, c]) => [atom, c / g] as const))
    return combine(outside, divide(make(Math.floor(remainder.constant / g), reduced), n / g, undefined), 1)
  }
  // floor(floor(x / m) / n) = floor(x / (m n))
  const [only] = rest
  if (rest.size === 1 && remainder.constant === 0 && only![1] === 1 && only![0].kind === 'binary' && only![0].op === 'div') {
    const inner = only![0]
    if (inner.b.kind === 'const') return combine(outside, divide(affineOf(inner.a), inner.b.value * n, undefined), 1)
  }
  const expr = toExpr(remainder)
  const atom = self?.kind === 'binary' && self.a === expr ? self : binary('div', expr, index(n))
  if (!cache.has(atom)) cache.set(atom, { constant: 0, terms: new Map([[atom, 1]]) })
  return combine(outside, { constant: 0, terms: new Map([[atom, 1]]) }, 1)
}

function gcd(a: number, b: number): number {
  while (b) [a, b] = [b, a % b]
  return a
}

/** Terms by age of the atom, constant last: one writing for one value. */
function toExpr(a: Affine): Expr {
  return (a.expr ??= write(a))
}

function write(a: Affine): Expr {
  let sum: Expr | undefined
  const terms = [...a.terms]
  if (terms.length > 1) terms.sort((x, y) => x[0].id - y[0].id)
  for (const [atom, c] of terms) {
    const term = c === 1 ? atom : binary('mul', atom, index(c))
    sum = sum ? binary('add', sum, term) : term
  }
  const e = sum === undefined ? index(a.constant) : a.constant === 0 ? sum : binary('add', sum, index(a.constant))
  if (!cache.has(e)) cache.set(e, a)
  return e
}

/** Inclusive bounds. x - n floor(x / n) is recognised as lying in [0, n - 1]. */
function rangeOf(a: Affine): readonly [number, number] {
  for (const [atom, c] of a.terms) {
    if (c >= 0 || atom.kind !== 'binary' || atom.op !== 'div' || atom.b.kind !== 'const' || c % atom.b.value !== 0) continue
    const n = atom.b.value
    const k = -c / n
    const inner = affineOf(atom.a)
    if (![...inner.terms].every(([t, ct]) => a.terms.get(t) === k * ct)) continue
    const others = combine(combine(a, { constant: 0, terms: new Map([[atom, 1]]) }, -c), inner, -k)
    const [low, high] = rangeOf(others)
    return [low, high + k * (n - 1)]
  }
  let low = a.constant
  let high = a.constant
  for (const [atom, c] of a.terms) {
    const [l, h] = atomRange(atom)
    low += c > 0 ? c * l : c * h
    high += c > 0 ? c * h : c * l
  }
  return [low, high]
}

function atomRange(e: Expr): readonly [number, number] {
  if (e.kind === 'var') return [e.min, e.max]
  if (e.kind === 'binary' && e.op === 'div' && e.b.kind === 'const') {
    const [l, h] = rangeOf(affineOf(e.a))
    return [Math.floor(l / e.b.value), Math.floor(h / e.b.value)]
  }
  if (e.kind === 'binary' && (e.op === 'min' || e.op === 'max')) {
    const f = e.op === 'min' ? Math.min : Math.max
    const [al, ah] = range(e.a)
    const [bl, bh] = range(e.b)
    return [f(al, bl), f(ah, bh)]
  }
  return [-Infinity, Infinity]
}

/** Inclusive bounds of an index expression, as far as they can be told. */
export const range = (e: Expr): readonly [number, number] => rangeOf(affineOf(e))

export const iadd = (a: Expr, b: Expr | number): Expr =>
  toExpr(combine(affineOf(a), affineOf(typeof b === 'number' ? index(b) : b), 1))
export const isub = (a: Expr, b: Expr | number): Expr =>
  toExpr(combine(affineOf(a), affineOf(typeof b === 'number' ? index(b) : b), -1))
export const imul = (a: Expr, n: number): Expr => toExpr(scale(affineOf(a), n))
/** floor(a / n), n > 0. */
export const idiv = (a: Expr, n: number): Expr => toExpr(divide(affineOf(a), n, undefined))
/** a - n floor(a / n), n > 0. */
export const imod = (a: Expr, n: number): Expr => {
  const x = affineOf(a)
  return toExpr(combine(x, divide(x, n, undefined), -n))
}
export function imax(a: Expr, b: Expr): Expr {
  const [al, ah] = range(a)
  const [bl, bh] = range(b)
  return al >= bh ? a : bl >= ah ? b : binary('max', a, b)
}
export function imin(a: Expr, b: Expr): Expr {
  const [al, ah] = range(a)
  const [bl, bh] = range(b)
  return ah <= bl ? a : bh <= al ? b : binary('min', a, b)
}

/** Normal form of an index expression that was built with the raw constructors. */
export const normal = (e: Expr): Expr => (e.type === 'index' ? toExpr(affineOf(e)) : e)

export const truth = constant(1, 'bool')
export const falsehood = constant(0, 'bool')
export const isTrue = (e: Expr): boolean => e.kind === 'const' && e.value !== 0
export const isFalse = (e: Expr): boolean => e.kind === 'const' && e.value === 0

export function both(a: Expr | undefined, b: Expr | undefined): Expr {
  if (!a || isTrue(a)) return b ?? truth
  if (!b || isTrue(b) || a === b) return a
  return isFalse(a) || isFalse(b) ? falsehood : binary('and', a, b)
}

/** a < b on indices, decided where the ranges allow. */
export function less(a: Expr, b: Expr | number): Expr {
  const difference = affineOf(isub(a, b))
  const [low, high] = rangeOf(difference)
  if (high < 0) return truth
  if (low >= 0) return falsehood
  return binary('lt', normal(a), typeof b === 'number' ? index(b) : normal(b))
}

/** 0 <= a < n. */
export const within = (a: Expr, n: number): Expr => both(less(index(-1), a), less(a, n))

/** Index expressions raw in any position (also under comparisons) brought to normal form; other expressions rebuilt. */
export function rewrite(e: Expr, replace: (e: Expr) => Expr | undefined, memo = new Map<Expr, Expr>()): Expr {
  const done = memo.get(e)
  if (done) return done
  const result = replace(e) ?? rebuild(e, (x) => rewrite(x, replace, memo))
  memo.set(e, result)
  return result
}

function rebuild(e: Expr, f: (e: Expr) => Expr): Expr {
  switch (e.kind) {
    case 'const':
    case 'var':
      return e
    case 'load':
      return load(e.buffer, f(e.index), e.type, e.guard && f(e.guard))
    case 'local':
      return local(e.name, f(e.index), e.type)
    case 'unary':
      return unary(e.op, f(e.a))
    case 'cast':
      return cast(f(e.a), e.type)
    case 'bitcast':
      return bitcast(f(e.a), e.type)
    case 'select':
      return select(f(e.cond), f(e.a), f(e.b))
    case 'call':
      return call(e.op, ...e.args.map(f))
    case 'binary': {
      const a = f(e.a)
      const b = f(e.b)
      if (a.type === 'index') {
        if (e.op === 'lt') return less(a, b)
        if (e.op === 'le') return less(a, iadd(b, 1))
        if (e.op === 'min') return imin(a, b)
        if (e.op === 'max') return imax(a, b)
        if (e.type === 'index') return normal(binary(e.op, a, b))
      }
      if (e.op === 'and' && e.type === 'bool') return both(a, b)
      return binary(e.op, a, b)
    }
  }
}

export const substitute = (e: Expr, v: Var, by: Expr): Expr => rewrite(e, (x) => (x === v ? by : undefined))

/** How `e` grows with `v`: its coefficient where e is affine in v, undefined where v is inside a division or opaque. */
export function strideIn(e: Expr, v: Var): number | undefined {
  const a = affineOf(e)
  for (const atom of a.terms.keys()) if (atom !== v && uses(atom, v)) return undefined
  return a.terms.get(v) ?? 0
}

const useCache = factsAbout<Expr, Map<Expr, boolean>>()
/** Whether `v` occurs in `e`. */
export function uses(e: Expr, v: Expr): boolean {
  if (e === v) return true
  if (e.id < v.id) return false // an expression is younger than its parts
  if (e.kind === 'const' || e.kind === 'var') return false
  let known = useCache.get(v)
  if (!known) useCache.set(v, (known = new Map()))
  let result = known.get(e)
  if (result === undefined) known.set(e, (result = children(e).some((c) => uses(c, v))))
  return result
}

/** The flat row-major offset of `at` in `shape`. */
export function ravel(at: readonly Expr[], shape: readonly number[]): Expr {
  let flat: Expr = index(0)
  shape.forEach((n, d) => (flat = iadd(imul(flat, n), at[d]!)))
  return flat
}

/** The indices of the flat row-major offset `flat` in `shape`. */
export function unravel(flat: Expr, shape: readonly number[]): Expr[] {
  const at: Expr[] = []
  let stride = 1
  for (let d = shape.length - 1; d >= 0; d--) {
    const q = idiv(flat, stride)
    at[d] = d === 0 ? q : imod(q, shape[d]!)
    stride *= Math.max(1, shape[d]!)
  }
  return at
}
