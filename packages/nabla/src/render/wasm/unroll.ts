/**
 * Loops written out. Short ones are, with their variable known; loops of one turn become blocks; vector loops begin at 0.
 *
 * The innermost loop of a product is long, and one turn of it costs as much in counting and checking as in a few multiplications. So
 * four turns are written side by side. But V8 before 12.8 moves all loads of a stretch of code to its front, and for four turns
 * there are not enough registers: between the turns stands a seam, a branch that is never taken. Measured with Node 20: 8% of a LeNet-5 training step.
 */
import { type Expr, index, type Var, variable } from '../../kernel/expr.js'
import type { Stmt } from '../../kernel/loop.js'
import { iadd, rewrite, uses } from '../../kernel/simplify.js'

export type For = Extract<Stmt, { kind: 'for' }>

export const LANES = 4

/** Statements that one short loop may become. */
const MOST_WRITTEN_OUT = { inOrder: 400, plain: 24 } as const

/** Branches that are never taken: engines that move loads to the front of a stretch of code move none across them. */
export interface Seams {
  /** Blocks that begin with one, with the labels between them and the block that it would leave. */
  readonly seams: Map<Stmt, number>
  /** Blocks that have seams. */
  readonly seamed: Set<Stmt>
}

/** The same statements, of other expressions. */
function mapped(body: readonly Stmt[], f: (e: Expr) => Expr): Stmt[] {
  return body.map((s): Stmt => {
    switch (s.kind) {
      case 'for':
        return { ...s, from: f(s.from), to: f(s.to), body: mapped(s.body, f) }
      case 'if':
        return { ...s, cond: f(s.cond), then: mapped(s.then, f) }
      case 'declare':
        return s.init ? { ...s, init: f(s.init) } : s
      case 'set':
      case 'store':
        return { ...s, index: f(s.index), value: f(s.value) }
      case 'reduce':
        return { ...s, at: f(s.at), index: f(s.index) }
    }
  })
}

function substituted(body: readonly Stmt[], v: Var, by: Expr): Stmt[] {
  const memo = new Map<Expr, Expr>()
  return mapped(body, (e) => (uses(e, v) ? rewrite(e, (x) => (x === v ? by : uses(x, v) ? undefined : x), memo) : e))
}

const statements = (body: readonly Stmt[]): number =>
  body.reduce((n, s) => n + (s.kind === 'for' ? 1 + statements(s.body) : s.kind === 'if' ? 1 + statements(s.then) : 1), 0)

/** Turns of a loop whose bounds are constant. */
export const turnsOf = (s: For): number | undefined =>
  s.from.kind === 'const' && s.to.kind === 'const' ? Math.max(0, Math.ceil((s.to.value - s.from.value) / s.step)) : undefined

/** A loop of one turn over nothing: what is declared in it ends with it. */
export const isBlock = (s: Stmt): s is For => s.kind === 'for' && s.loop === 'serial' && s.v.min === s.v.max && turnsOf(s) === 1

const blockOf = (body: readonly Stmt[]): Stmt => ({
  kind: 'for',
  loop: 'serial',
  v: variable('once', 0, 0),
  from: index(0),
  to: index(1),
  step: 1,
  body,
})

/** Turns of a loop of sums that are written out side by side. */
const AT_ONCE = 4
/** So few turns of such a loop are all written out. */
const FEW = 8
/** Fewer sums in registers than this leave a loop as it is; with more than so many statements it gets too long. */
const SUMS = 4
const LONGEST = 40

/** Whether statements do nothing but add to registers, vectors of them: the innermost loop of a product. */
function onlySums(body: readonly Stmt[]): boolean {
  const sums = (body: readonly Stmt[]): number =>
    body.reduce((n, s) => {
      if (s.kind === 'set') return n + 1
      if (s.kind === 'declare') return n
      return s.kind === 'for' && s.loop === 'vector' && turnsOf(s) === LANES ? n + LANES * sums(s.body) : Number.NaN
    }, 0)
  return sums(body) >= SUMS * LANES && statements(body) <= LONGEST
}

/** Turns of a loop of sums side by side, with seams between them, in a block that seams would leave. */
function sideBySide(s: For, inner: readonly Stmt[], turns: number, { seams, seamed }: Seams): Stmt {
  const from = (s.from as { value: number }).value
  const piece = (at: Expr, labels?: number): Stmt => {
    const block = blockOf(substituted(inner, s.v, at))
    if (labels !== undefined) seams.set(block, labels)
    return block
  }
  const whole = turns <= FEW ? 0 : turns - (turns % AT_ONCE)
  const body: Stmt[] = []
  if (whole) {
    const v = variable(s.v.name, from, from + (whole - AT_ONCE) * s.step)
    const pieces = Array.from({ length: AT_ONCE }, (_, k) => piece(iadd(v, k * s.step), k ? 1 : undefined))
    body.push({ ...s, v, to: index(from + whole * s.step), step: AT_ONCE * s.step, body: pieces })
  }
  for (let k = whole; k < turns; k++) body.push(piece(index(from + k * s.step), k ? 0 : undefined))
  const block = blockOf(body)
  seamed.add(block)
  return block
}

/** Writes out what is short: `most` statements at most come from one loop; with `seams`, sums side by side. */
function expand(body: readonly Stmt[], most: number, seams?: Seams): Stmt[] {
  return body.flatMap((s): Stmt[] => {
    if (s.kind === 'if') return [{ ...s, then: expand(s.then, most, seams) }]
    if (s.kind !== 'for') return [s]
    const inner = expand(s.body, most, seams)
    const turns = turnsOf(s)
    const from = s.from.kind === 'const' ? s.from.value : 0
    if (turns === 0) return []
    if (turns === 1) return [blockOf(substituted(inner, s.v, s.from))]
    if (seams && turns !== undefined && s.loop !== 'vector' && onlySums(inner)) return [sideBySide(s, inner, turns, seams)]
    if (turns !== undefined && s.loop === 'unroll' && turns * statements(inner) <= most)
      return Array.from({ length: turns }, (_, k) => blockOf(substituted(inner, s.v, index(from + k * s.step))))
    if (s.loop === 'vector' && turns !== undefined && from !== 0) {
      const v = variable('l', 0, turns - 1)
      return [{ ...s, v, from: index(0), to: index(turns), body: substituted(inner, s.v, iadd(v, from)) }]
    }
    return [{ ...s, body: inner }]
  })
}

/** A kernel's body with its loops written out, for engines that keep loads where they stand (`inOrder`), and for others. */
export function writtenOut(body: readonly Stmt[], inOrder: boolean): { readonly body: readonly Stmt[] } & Seams {
  const seams: Seams = { seams: new Map(), seamed: new Set() }
  return {
    body: inOrder ? expand(body, MOST_WRITTEN_OUT.inOrder) : expand(body, MOST_WRITTEN_OUT.plain, seams),
    ...seams,
  }
}
