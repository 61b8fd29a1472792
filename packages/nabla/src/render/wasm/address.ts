/**
 * Addresses. An index is a sum of multiples, so an address is a pointer and a constant that the instruction adds for nothing. The sum is
 * cut by the loops that its terms belong to: each part is computed once in its own, and where the only term is the loop's
 * variable the pointer moves on from turn to turn.
 *
 *     b + 4 (784 n + 28 y + x + 29)      p = b + 3136 n    in loop n
 *                                        q = p + 112 y     in loop y
 *                                        r = q + 4 x       in loop x; an element at r, offset 116
 *
 * An offset must not carry an address past the end of the address space, so a pointer must be valid by itself: it contains the least constant
 * of all the elements that its block reads or writes for sure.
 */
import { children, type Expr } from '../../kernel/expr.js'
import type { Stmt } from '../../kernel/loop.js'
import { Frame, bytesOf } from './frame.js'
import { i32 } from './bytes.js'
import { range } from '../../kernel/simplify.js'
import { isBlock, LANES } from './unroll.js'
import type { DType } from '../../core/dtype.js'
import { dtypes } from '../../core/dtype.js'

interface Sum {
  readonly constant: number
  readonly terms: ReadonlyMap<Expr, number>
}

/** What an address is made of, in bytes. */
export interface Address {
  readonly base: number | 'scratch'
  readonly terms: readonly (readonly [atom: Expr, bytes: number])[]
  readonly constant: number
  /** From one lane of the enclosing vector loop to the next; undefined where lanes have nothing in common. */
  readonly stride: number | undefined
  readonly key: string
}

/** An address as instructions take it. */
export interface Place {
  readonly pointer: number
  readonly offset: number
}

const LOG2 = new Map([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536].map((n, i) => [n, i]))
/** The binary logarithm of a power of two up to 2^16. */
export const log2 = (n: number): number | undefined => LOG2.get(n)

export abstract class Addresses extends Frame {
  private readonly sums = new Map<Expr, Sum>()
  private readonly bases = new Map<number | 'scratch', number>()

  /** Leaves a scalar on the stack. */
  protected abstract scalar(e: Expr): void

  private sumOf(e: Expr): Sum {
    let sum = this.sums.get(e)
    if (!sum) this.sums.set(e, (sum = this.takeApart(e)))
    return sum
  }
  private takeApart(e: Expr): Sum {
    if (e.kind === 'const') return { constant: e.value, terms: new Map() }
    if (e.kind === 'unary' && e.op === 'neg') return combined(ZERO, this.sumOf(e.a), -1)
    if (e.kind === 'binary') {
      if (e.op === 'add') return combined(this.sumOf(e.a), this.sumOf(e.b), 1)
      if (e.op === 'sub') return combined(this.sumOf(e.a), this.sumOf(e.b), -1)
      if (e.op === 'mul' && e.b.kind === 'const') return combined(ZERO, this.sumOf(e.a), e.b.value)
      if (e.op === 'mul' && e.a.kind === 'const') return combined(ZERO, this.sumOf(e.b), e.a.value)
    }
    return { constant: 0, terms: new Map([[e, 1]]) }
  }

  /** Addresses by the vector loop in which they were taken apart, and by what they are in. */
  private readonly addresses = new Map<Expr | undefined, Map<number | 'scratch', Map<Expr, Address>>>()

  /** The address of an element. */
  protected addressOf(base: number | 'scratch', index: Expr, bytes: number): Address {
    // what locals there are, and whether they have lanes, differs from place to place
    if (base === 'scratch' || this.facts.of(index).locals.length) return this.addressTaken(base, index, bytes)
    let bases = this.addresses.get(this.lane)
    if (!bases) this.addresses.set(this.lane, (bases = new Map()))
    let known = bases.get(base)
    if (!known) bases.set(base, (known = new Map()))
    let address = known.get(index)
    if (!address) known.set(index, (address = this.addressTaken(base, index, bytes)))
    return address
  }
  private addressTaken(base: number | 'scratch', index: Expr, bytes: number): Address {
    const { constant, terms } = this.sumOf(index)
    let stride: number | undefined = 0
    const parts: [Expr, number][] = []
    for (const [atom, c] of terms) {
      if (atom === this.lane) stride = stride === undefined ? undefined : c * bytes
      else {
        parts.push([atom, c * bytes])
        if (this.varies(atom)) stride = undefined
      }
    }
    const lane = this.lane && terms.get(this.lane)
    if (stride === undefined && lane !== undefined) parts.push([this.lane!, lane * bytes])
    if (parts.length > 1) parts.sort((a, b) => a[0].id - b[0].id)
    return { base, terms: parts, constant: constant * bytes, stride, key: keyOf(base, parts) }
  }
  protected addressIn(buffer: number, index: Expr): Address {
    return this.addressOf(buffer, index, dtypes[this.dtypeOf(buffer)].bytes)
  }
  protected dtypeOf(buffer: number): DType {
    return this.kernel.buffers[buffer]!.dtype
  }

  /** Where a job's own buffers begin in the scratch. */
  protected readonly ownBuffers = new Map<number, number>()

  /** The local that holds where a buffer, or the scratch, begins. */
  protected baseOf(base: number | 'scratch'): number {
    let local = this.bases.get(base)
    if (local === undefined) {
      local = this.fresh(i32)
      const { code } = this.blocks[0]!
      const own = base === 'scratch' ? undefined : this.ownBuffers.get(base)
      if (base === 'scratch') code.getGlobal(0).set(local)
      else if (own !== undefined) code.getGlobal(0).i32(own).op('i32.add').set(local)
      else
        code
          .get(0)
          .memory('i32.load', 4 * base)
          .set(local)
      this.bases.set(base, local)
    }
    return local
  }

  /** A pointer to the address itself, lane 0 of it in a vector loop. */
  protected pointerTo({ base, terms, constant }: Address): number {
    let pointer = this.baseOf(base)
    let key: number | string = base
    const parts = new Map<number, (readonly [Expr, number])[]>()
    for (const term of terms) {
      const depth = this.depthOf(term[0])
      const part = parts.get(depth)
      if (part) part.push(term)
      else parts.set(depth, [term])
    }
    if (constant !== 0 && !parts.size) parts.set(0, [])
    const depths = [...parts.keys()].sort((a, b) => a - b)
    depths.forEach((depth, i) => {
      const part = parts.get(depth)!
      const last = i === depths.length - 1
      key = keyOf(key, part) + (last && constant !== 0 ? `+${constant}` : '')
      const known = this.blocks[depth]!.pointers.get(key)
      pointer = known ?? this.advanced(pointer, part, last ? constant : 0, depth, key)
    })
    return pointer
  }

  /** A new pointer, some terms further, in the block of that depth. */
  private advanced(
    from: number,
    part: readonly (readonly [Expr, number])[],
    constant: number,
    depth: number,
    key: string,
  ): number {
    const block = this.blocks[depth]!
    const pointer = this.fresh(i32)
    const { loop } = block
    const add = (): void => {
      this.code.get(from)
      for (const [atom, bytes] of part) {
        if (atom === loop?.v) this.code.get(loop.counter)
        else this.scalar(atom)
        this.multiply(bytes)
        this.code.op('i32.add')
      }
      if (constant !== 0) this.code.i32(constant).op('i32.add')
      this.code.set(pointer)
    }
    const moves = loop !== undefined && part.length === 1 && part[0]![0] === loop.v
    this.inBlock(moves ? depth - 1 : depth, add)
    if (moves) loop.moving.push({ local: pointer, bytes: part[0]![1] * loop.step })
    else block.owned.push({ type: i32, local: pointer })
    block.pointers.set(key, pointer)
    for (const [atom] of part) this.forgetWith(this.facts.of(atom).reads, depth, () => block.pointers.delete(key))
    return pointer
  }

  /** Multiplies what is on the stack. */
  protected multiply(by: number): void {
    const shift = log2(by)
    if (shift === undefined) this.code.i32(by).op('i32.mul')
    else if (shift > 0) this.code.i32(shift).op('i32.shl')
  }

  /** Where the element at that address is, `low` bytes before it at the least; for what is read or written for sure. */
  protected placeOf(address: Address, low = 0): Place {
    const { terms, key } = address
    const constant = address.constant + low
    if (!terms.length && constant >= 0) return { pointer: this.baseOf(address.base), offset: constant }
    const lowest = Math.min(constant, this.top.lowest.get(key) ?? constant)
    return { pointer: this.pointerTo({ ...address, constant: lowest }), offset: constant - lowest }
  }

  /** An element of a local in memory; `part` counts in elements where a vector is addressed lane by lane. */
  protected placeIn(name: string, at: Expr, part?: Expr): Place {
    const local = this.locals.get(name)!
    const bytes = bytesOf(local.type)
    const address = this.addressOf('scratch', at, bytes * local.lanes)
    const lane = part && this.addressOf('scratch', part, bytes)
    const terms = [...address.terms, ...(lane?.terms ?? [])]
    const constant = address.constant + (lane?.constant ?? 0)
    // the pointer itself must not lie before the local
    const grows = range(at)[0] * bytes * local.lanes >= address.constant
    const below = !terms.length ? 0 : grows ? Math.min(0, constant) : constant
    const pointer = this.pointerTo({ base: 'scratch', terms, constant: below, stride: 0, key: '' })
    return { pointer, offset: local.offset + constant - below }
  }

  /** The least constants of the addresses in a block: what is read or written whenever the block runs. */
  protected lowestIn(body: readonly Stmt[]): Map<string, number> {
    const lowest = new Map<string, number>()
    const note = (buffer: number, index: Expr): void => {
      const { key, constant, stride, terms } = this.addressIn(buffer, index)
      if (stride === undefined || !terms.length) return
      const low = constant + Math.min(0, (LANES - 1) * stride)
      const before = lowest.get(key)
      if (before === undefined || low < before) lowest.set(key, low)
    }
    const seen = new Set<Expr>()
    const visit = (e: Expr): void => {
      if (!this.facts.of(e).loads || seen.has(e)) return
      seen.add(e)
      if (e.kind === 'load' && !e.guard) note(e.buffer, e.index)
      children(e).forEach(visit)
    }
    const walk = (body: readonly Stmt[]): void => {
      for (const s of body)
        switch (s.kind) {
          case 'for':
            if (this.prepared.vector.has(s)) {
              seen.clear()
              this.scoped([], () => walk(s.body), s.v)
              seen.clear()
            } else if (isBlock(s)) walk(s.body)
            break
          case 'declare':
            if (s.init) visit(s.init)
            break
          case 'set':
            visit(s.value)
            break
          case 'store':
            visit(s.index)
            visit(s.value)
            note(s.buffer, s.index)
        }
    }
    walk(body)
    return lowest
  }
}

const ZERO: Sum = { constant: 0, terms: new Map() }
function combined(a: Sum, b: Sum, factor: number): Sum {
  const terms = new Map(a.terms)
  for (const [atom, c] of b.terms) {
    const sum = (terms.get(atom) ?? 0) + factor * c
    if (sum === 0) terms.delete(atom)
    else terms.set(atom, sum)
  }
  return { constant: a.constant + factor * b.constant, terms }
}

const keyOf = (base: number | string, terms: readonly (readonly [Expr, number])[]): string => {
  let key = `${base}`
  for (const [atom, bytes] of terms) key += `|${atom.id}*${bytes}`
  return key
}
