/**
 * A kernel made ready to be written: its loops written out (unroll.ts), and what the writer has to know beforehand: which vector loops become
 * vector instructions, and which locals live in memory.
 *
 * A vector loop runs in vector instructions if it has four turns and everything in it fits 32-bit lanes; otherwise it is a plain loop, and
 * the vectors that it touches are arrays in memory. Also in memory is what is declared so, or has another number of lanes.
 */
import type { Expr, ValueType } from '../../kernel/expr.js'
import type { Kernel, Stmt } from '../../kernel/loop.js'
import { type Facts, MEMORY } from './facts.js'
import { type For, LANES, type Seams, turnsOf, writtenOut } from './unroll.js'

export type Declare = Extract<Stmt, { kind: 'declare' }>

export interface Prepared extends Seams {
  readonly body: readonly Stmt[]
  /** Vector loops that are vector instructions. */
  readonly vector: ReadonlySet<Stmt>
  /** Declarations of locals in memory. */
  readonly inMemory: ReadonlySet<Stmt>
}

/** Calls `f` with every expression that stands in a statement. */
export function expressionsOf(body: readonly Stmt[], f: (e: Expr) => void): void {
  for (const s of body)
    switch (s.kind) {
      case 'for':
        f(s.from)
        f(s.to)
        expressionsOf(s.body, f)
        break
      case 'if':
        f(s.cond)
        expressionsOf(s.then, f)
        break
      case 'declare':
        if (s.init) f(s.init)
        break
      case 'set':
        f(s.index)
        f(s.value)
        break
      case 'store':
        f(s.index)
        f(s.value)
        break
      case 'reduce':
        f(s.at)
        f(s.index)
    }
}

const wide = (type: ValueType): boolean => type !== 'float64'

/** Whether a vector loop can be vector instructions; `lanes` tells locals that have several, from the statements around. */
function fitsVectors(s: For, facts: Facts, lanes: (name: string) => boolean): boolean {
  if (turnsOf(s) !== LANES || s.step !== 1) return false
  const inside = new Set<string>()
  const varies = (e: Expr): boolean => {
    const { vars, locals } = facts.of(e)
    return vars.includes(s.v) || locals.some(({ name }) => inside.has(name) || lanes(name))
  }
  const fits = (e: Expr): boolean => facts.of(e).fits
  const check = (body: readonly Stmt[], masked: boolean): boolean =>
    body.every((t) => {
      switch (t.kind) {
        case 'for':
          return !masked && !varies(t.from) && !varies(t.to) && fits(t.from) && fits(t.to) && check(t.body, false)
        case 'if':
          return fits(t.cond) && check(t.then, masked || varies(t.cond))
        case 'declare':
          inside.add(t.name)
          return wide(t.type) && (!t.init || fits(t.init))
        case 'set':
        case 'store':
          return fits(t.index) && fits(t.value)
        case 'reduce':
          return false
      }
    })
  return check(s.body, false)
}

export function prepare(kernel: Kernel, facts: Facts, inOrder: boolean): Prepared {
  const { body, ...seams } = writtenOut(kernel.body, inOrder)
  const vector = new Set<Stmt>()
  const inMemory = new Set<Stmt>()
  const scan = (body: readonly Stmt[], outer: ReadonlyMap<string, Declare>, mode: 'scalar' | 'lanes' | 'turns'): void => {
    const locals = new Map(outer)
    const touch = (name: string, at: Expr): void => {
      const local = locals.get(name)
      if (local && (at.kind !== 'const' || (mode === 'turns' && local.lanes > 1))) inMemory.add(local)
    }
    const visit = (e: Expr): void => {
      for (const { name, index } of facts.of(e).locals) touch(name, index)
    }
    for (const s of body)
      switch (s.kind) {
        case 'for': {
          visit(s.from)
          visit(s.to)
          const isVector = s.loop === 'vector'
          const fits = isVector && fitsVectors(s, facts, (name) => (locals.get(name)?.lanes ?? 1) > 1)
          if (fits) vector.add(s)
          scan(s.body, locals, fits ? 'lanes' : isVector ? 'turns' : mode)
          break
        }
        case 'if':
          visit(s.cond)
          scan(s.then, locals, mode)
          break
        case 'declare':
          if (s.init) visit(s.init)
          if (s.array || (s.lanes !== 1 && (s.lanes !== LANES || !wide(s.type)))) inMemory.add(s)
          locals.set(s.name, s)
          break
        case 'set':
          visit(s.index)
          visit(s.value)
          touch(s.name, s.index)
          break
        case 'store':
          visit(s.index)
          visit(s.value)
          break
        case 'reduce':
          visit(s.at)
          visit(s.index)
          touch(s.into, s.at)
          touch(s.from, s.index)
      }
  }
  scan(body, new Map(), 'scalar')
  return { body, vector, inMemory, ...seams }
}

/** The names of locals that statements declare or set, and MEMORY where they store. */
export function assignedIn(body: readonly Stmt[], into = new Set<string>()): Set<string> {
  for (const s of body)
    switch (s.kind) {
      case 'for':
        assignedIn(s.body, into)
        break
      case 'if':
        assignedIn(s.then, into)
        break
      case 'store':
        into.add(MEMORY)
        break
      case 'reduce':
        into.add(s.into)
        break
      default:
        into.add(s.name)
    }
  return into
}
