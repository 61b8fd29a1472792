/**
 * Decides which values are computed together. Values that must exist (stored ones and reductions) join, in topological order, a
 * group whose loops already pass over the elements they need:
 *
 *     an element-wise value joins the contraction it ends (epilogue), the reductions it uses (softmax), or a map over the same domain
 *     a reduction joins reductions over the same rows
 *
 * if every value of the group is read exactly at the element being computed, and nothing the newcomer needs waits for the group.
 */
import { type Shape, sameShape } from '../core/shape.js'
import { binary, type Expr, index, load, variable } from '../kernel/expr.js'
import type { Arranged } from './arrange.js'
import { isProduct, isReduction, isSpecial } from './kinds.js'
import { vectorTypes } from './buffers.js'
import { formAt, formsOf } from './contraction.js'
import { layoutKey } from './layout.js'
import { Puller, foldSource, valueType } from './pull.js'
import { type Value, ordered } from './value.js'

export interface Group {
  readonly kind: 'loops' | 'contract' | 'special'
  readonly full: Shape
  readonly inner: readonly number[]
  readonly members: Value[]
  /** Groups that must run before. */
  readonly after: Set<Group>
  /** Stored values that it reads, its own among them. */
  readonly reads: Set<Value>
}

interface Access {
  readonly value: Value
  readonly at: readonly Expr[]
}

/** More buffers than this in one kernel help nobody. */
const MOST_MEMBERS = 12

export function* group(arranged: Arranged): Generator<void, { groups: Group[]; stored: Set<Value> }> {
  const grouping = new Grouping(arranged)
  for (const v of ordered(arranged.outputs)) {
    if (!grouping.isMember(v)) continue
    grouping.place(v)
    yield
  }
  return { groups: grouping.sorted(), stored: grouping.storedMembers() }
}

class Grouping {
  private readonly groupOf = new Map<Value, Group>()
  private readonly groups: Group[] = []
  private readonly accesses = new Map<Value, Access[]>()
  private readonly domains = new Map<string, Expr[]>()
  /** Values that can be computed in vectors of one width. */
  private readonly vectorised = new Set<Value>()

  constructor(private readonly arranged: Arranged) {}

  isMember(v: Value): boolean {
    return v.op !== 'leaf' && (this.arranged.stored.has(v) || isReduction(v))
  }

  /** One index for every domain, so that accesses can be compared by identity. */
  private domain(shape: Shape): Expr[] {
    const key = shape.join()
    let at = this.domains.get(key)
    if (!at) this.domains.set(key, (at = shape.map((n) => (n === 1 ? index(0) : variable('d', 0, n - 1)))))
    return at
  }

  private fullOf(v: Value): Shape {
    return !isReduction(v) ? v.shape : v.op === 'fold' ? [...v.shape, v.inputs[0]!.shape.at(-1)!] : v.inputs[0]!.shape
  }

  private innerOf(v: Value): readonly number[] {
    if (!isReduction(v)) return []
    return v.op === 'fold' ? [v.shape.length] : ((v.attrs['dims'] as readonly number[] | undefined) ?? [v.attrs['dim'] as number])
  }

  place(v: Value): void {
    if (v.op === 'whole' || v.op === 'excerpt') return // there when what they are made of is
    const { accesses, vectors, triggers } = this.read(v)
    this.accesses.set(v, accesses)
    if (vectors) this.vectorised.add(v)
    const home = isSpecial(v) || isProduct(v) || triggers.length ? undefined : this.home(v, accesses)
    const g = home ?? this.open(v)
    if (home) home.members.push(v)
    this.groupOf.set(v, g)
    for (const { value } of accesses) g.reads.add(value)
    for (const value of [...accesses.map((a) => a.value), ...triggers])
      for (const other of this.groupsBehind(value)) if (other !== g) g.after.add(other)
  }

  /** The groups that write what is read with `value`: of a whole, all of its parts'; of an excerpt, those of what it is taken from. */
  private groupsBehind(value: Value): Group[] {
    if (value.op === 'whole' || value.op === 'excerpt') return value.inputs.flatMap((part) => this.groupsBehind(part))
    const g = this.groupOf.get(value)
    return g ? [g] : []
  }

  private open(v: Value): Group {
    const kind = isProduct(v) ? 'contract' : isSpecial(v) ? 'special' : 'loops'
    const g: Group = { kind, full: this.fullOf(v), inner: this.innerOf(v), members: [v], after: new Set(), reads: new Set() }
    this.groups.push(g)
    return g
  }

  /** What computing `v` reads of leaves and members, and where; and whether it can be computed in vectors of one width. */
  private read(v: Value): { accesses: Access[]; vectors: boolean; triggers: Value[] } {
    const accesses: Access[] = []
    const triggers: Value[] = []
    const read: Expr[] = []
    const resolve = (value: Value, at: readonly Expr[]): Expr | undefined => {
      if (value.op === 'after') triggers.push(value.inputs[1]!)
      if (value === v || (value.op !== 'leaf' && !this.isMember(value))) return undefined
      accesses.push({ value, at })
      const address = at.reduce<Expr>((sum, e, i) => binary('add', sum, binary('mul', e, index(i + 1))), index(0))
      return load(value.id, address, valueType(value.dtype))
    }
    const puller = new Puller(resolve)
    if (v.op === 'contract') {
      const extents = [...(v.attrs['out'] as number[]), ...(v.attrs['reduced'] as number[])]
      const vars = extents.map((n) => variable('c', 0, Math.max(0, n - 1)))
      const at = formsOf(v).map((forms) => forms.map((f) => formAt(f, vars)))
      v.inputs.forEach((operand, side) => read.push(puller.at(operand, at[side]!)))
    } else if (isSpecial(v) || v.op === 'winograd') {
      for (const i of v.inputs) read.push(puller.at(i, this.domain(i.shape)))
    } else if (isReduction(v)) {
      const at = this.domain(this.fullOf(v))
      if (v.op === 'fold') {
        const { at: from, valid } = foldSource(v, at.slice(0, -1), at.at(-1)!)
        read.push(puller.at(v.inputs[0]!, from, valid))
      } else read.push(puller.at(v.inputs[0]!, at))
    } else read.push(puller.at(v, this.domain(v.shape)))
    return { accesses, vectors: vectorTypes(read), triggers }
  }

  /** The group that `v` can join, the nearest first. */
  private home(v: Value, accesses: readonly Access[]): Group | undefined {
    const candidates = new Set<Group>()
    for (const { value } of [...accesses].reverse()) {
      const g = this.groupOf.get(value)
      if (g) candidates.add(g)
    }
    // Sharing a read is a reason too, among maps and among reductions over the same rows.
    const read = new Set(accesses.map((a) => a.value))
    for (const g of [...this.groups].reverse())
      if (
        g.kind === 'loops' &&
        sameShape(g.full, this.fullOf(v)) &&
        g.members.some((m) => this.accesses.get(m)!.some((a) => read.has(a.value)))
      )
        candidates.add(g)
    for (const g of candidates) if (this.fits(v, accesses, g)) return g
    return undefined
  }

  private fits(v: Value, accesses: readonly Access[], g: Group): boolean {
    if (g.kind === 'special' || g.members.length >= MOST_MEMBERS) return false
    const first = g.members[0]!
    const layout = (m: Value) => layoutKey(this.arranged.layouts.get(m))
    if (g.kind === 'contract') {
      if (isReduction(v) || !sameShape(v.shape, first.shape) || layout(v) !== layout(first) || !this.vectorised.has(v))
        return false
      if (this.arranged.tiles.get(first)!.lanes === 1 && v.dtype !== first.dtype) return false
    } else if (isReduction(v)) {
      const reduces = g.members.some(isReduction)
      if (
        !reduces ||
        v.op === 'fold' ||
        first.op === 'fold' ||
        !sameShape(g.full, this.fullOf(v)) ||
        this.innerOf(v).join() !== g.inner.join()
      )
        return false
    } else if (g.members.some(isReduction)) {
      const level = this.levelOf(v, g)
      if (!level || g.members.some((m) => !isReduction(m) && this.levelOf(m, g) === level && layout(m) !== layout(v)))
        return false
    } else if (!sameShape(g.full, v.shape) || layout(first) !== layout(v)) return false

    for (const { value, at } of accesses) if (this.groupOf.get(value) === g && !this.aligned(v, value, at, g)) return false
    if (accesses.some(({ value }) => (value.op === 'whole' || value.op === 'excerpt') && this.groupsBehind(value).includes(g)))
      return false
    const outside = accesses.flatMap(({ value }) => this.groupsBehind(value).filter((other) => other !== g))
    return !this.reaches(outside, g)
  }

  /** Where in a group of reductions an element-wise value is computed: for every row, or for every element. */
  private levelOf(v: Value, g: Group): 'outer' | 'full' | undefined {
    const outer = g.members.find(isReduction)!.shape
    return sameShape(v.shape, outer)
      ? 'outer'
      : sameShape(v.shape, g.full) && g.members.find(isReduction)!.op !== 'fold'
        ? 'full'
        : undefined
  }

  /** Whether `v` reads the group's `value` only at the element (or the row) that is being computed. */
  private aligned(v: Value, value: Value, at: readonly Expr[], g: Group): boolean {
    const same = (wanted: readonly Expr[]) => at.length === wanted.length && at.every((e, d) => e === wanted[d])
    if (g.kind === 'contract' || !g.members.some(isReduction)) return same(this.domain(v.shape))
    const atOuter = isReduction(v) ? false : this.levelOf(v, g) === 'outer'
    const valueOuter = isReduction(value) || this.levelOf(value, g) === 'outer'
    if (atOuter) return valueOuter && same(this.domain(v.shape))
    const full = this.domain(g.full)
    return valueOuter ? same(full.map((e, d) => (g.inner.includes(d) ? index(0) : e))) : same(full)
  }

  /** Whether one of `from` has to wait for `target`. */
  private reaches(from: readonly Group[], target: Group): boolean {
    const seen = new Set<Group>()
    const visit = (g: Group): boolean => {
      if (g === target) return true
      if (seen.has(g)) return false
      seen.add(g)
      return [...g.after].some(visit)
    }
    return from.some(visit)
  }

  /** Members that somebody outside their group reads, or that were asked for. */
  storedMembers(): Set<Value> {
    const stored = new Set<Value>([...this.arranged.outputs, ...this.arranged.homes.keys()])
    for (const v of this.arranged.stored) if (v.op === 'whole') stored.add(v)
    for (const { of } of this.arranged.homes.values()) stored.add(of)
    for (const [v, accesses] of this.accesses)
      for (const { value } of accesses)
        if (value.op !== 'leaf' && this.groupOf.get(value) !== this.groupOf.get(v)) stored.add(value)
    return stored
  }

  /** Groups in an order that computes before it reads. */
  sorted(): Group[] {
    const done = new Set<Group>()
    const order: Group[] = []
    const visit = (g: Group) => {
      if (done.has(g)) return
      done.add(g)
      g.after.forEach(visit)
      order.push(g)
    }
    this.groups.forEach(visit)
    return order
  }
}
