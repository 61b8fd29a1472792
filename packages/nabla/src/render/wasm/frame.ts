/**
 * The function that a kernel becomes, as it is being written: blocks (bodies of loops and conditions, each with instructions of its own until
 * it is closed), locals, and the names of what has been computed.
 *
 * An expression belongs to the outermost block in which its value is the same as here: that of the innermost loop variable it mentions, or
 * the innermost block that assigns a local it reads (or stores, if it reads memory that the kernel writes). What is needed twice, or
 * belongs further out, is computed there once and kept in a local of WebAssembly. Every operand stands on the stack alone, so instructions
 * can be added to the end of an outer block at any time: they run before the block that is being written.
 *
 * What may be invalid outside of a block that does not always run, a load, stays in it.
 */
import type { Expr, ValueType, Var } from '../../kernel/expr.js'
import type { Kernel, Stmt } from '../../kernel/loop.js'
import { Code, type Func, f32, f64, i32, type ValType, v128 } from './bytes.js'
import type { Library } from './library.js'
import type { Facts } from './facts.js'
import { assignedIn, type Prepared } from './prepare.js'

export interface Options {
  /** Whether multiply-adds may be fused (f32x4.relaxed_madd). */
  readonly relaxed: boolean
  /** Whether the engine keeps the order of instructions, so that long stretches without a loop pay; default: no. */
  readonly inOrder?: boolean
}

/** A local of the loop IR. */
export interface Local {
  readonly type: ValueType
  readonly size: number
  readonly lanes: number
  /** Its elements as locals of WebAssembly, unless it is in memory: */
  readonly registers: readonly number[]
  /** where it begins, from the start of the scratch. */
  readonly offset: number
}

/** The loop that a block is the body of. */
export interface Turning {
  readonly v: Var
  readonly counter: number
  readonly step: number
  /** Pointers that move on with every turn. */
  readonly moving: { readonly local: number; readonly bytes: number }[]
}

export interface Block {
  readonly depth: number
  readonly code: Code
  readonly loop: Turning | undefined
  /** What the block assigns: see `assignedIn`. */
  readonly assigned: ReadonlySet<string>
  /** The innermost block, this or one around it, that may not run. */
  readonly doubtful: number
  /** The least constant part of each address that the block reads or writes for sure (address.ts). */
  readonly lowest: ReadonlyMap<string, number>
  /** Locals that hold values. */
  readonly scalars: Map<Expr, number>
  readonly vectors: Map<Expr, number>
  readonly pointers: Map<string, number>
  /** For what is assigned, how to forget what was computed from it. */
  readonly stale: Map<string, (() => void)[]>
  readonly owned: { readonly type: ValType; readonly local: number }[]
}

export const valTypes: Readonly<Record<ValueType, ValType>> = {
  float32: f32,
  float64: f64,
  int32: i32,
  uint32: i32,
  bool: i32,
  index: i32,
}

/** Loads so cheap that a register for a whole loop would not pay. */
const isHeldBack = (e: Expr): boolean => e.kind === 'load' && !e.guard

export class Frame {
  protected func!: Func
  protected library!: Library
  protected readonly blocks: Block[] = []
  protected readonly variables = new Map<Expr, { readonly local: number; readonly depth: number }>()
  protected locals = new Map<string, Local>()
  /** Of the vector loop that is being written. */
  protected lane: Var | undefined
  /** Of the vector loop around that is a plain loop. */
  protected turn: Var | undefined
  /** How many blocks are open inside of the one that is being written. */
  private hidden = 0
  private readonly free = new Map<ValType, number[]>()

  constructor(
    protected readonly kernel: Kernel,
    protected readonly facts: Facts,
    protected readonly prepared: Prepared,
    protected readonly options: Options,
  ) {}

  protected get top(): Block {
    return this.blocks.at(-1)!
  }
  /** Where the next instruction goes. */
  protected get code(): Code {
    return this.top.code
  }

  protected open(body: readonly Stmt[], lowest: ReadonlyMap<string, number>, doubtful: boolean, loop?: Turning): void {
    const depth = this.blocks.length
    this.blocks.push({
      depth,
      code: new Code(256),
      loop,
      assigned: assignedIn(body),
      doubtful: doubtful ? depth : (this.blocks.at(-1)?.doubtful ?? 0),
      lowest,
      scalars: new Map(),
      vectors: new Map(),
      pointers: new Map(),
      stale: new Map(),
      owned: [],
    })
  }
  protected close(): Block {
    const block = this.blocks.pop()!
    for (const { type, local } of block.owned) this.release(type, local)
    for (const { local } of block.loop?.moving ?? []) this.release(i32, local)
    return block
  }

  /** A local that nobody else has, and nobody else had in a block that is still open. */
  protected fresh(type: ValType): number {
    return this.func.local(type)
  }
  /** A local for what is written from here on, until it is released. */
  protected take(type: ValType): number {
    return this.free.get(type)?.pop() ?? this.func.local(type)
  }
  protected release(type: ValType, local: number): void {
    const list = this.free.get(type)
    if (list) list.push(local)
    else this.free.set(type, [local])
  }
  /** A local for the rest of the block; a fresh one in an outer block, for what runs after may use what is free here. */
  protected takeHere(type: ValType): number {
    const local = this.hidden ? this.fresh(type) : this.take(type)
    this.top.owned.push({ type, local })
    return local
  }
  /** A local for what `write` writes. */
  protected within(type: ValType, write: (local: number) => void): void {
    const local = this.take(type)
    write(local)
    this.release(type, local)
  }

  /** Writes at the end of an outer block. */
  protected inBlock(depth: number, write: () => void): void {
    const hidden = this.blocks.splice(depth + 1)
    this.hidden += hidden.length
    write()
    this.hidden -= hidden.length
    this.blocks.push(...hidden)
  }

  /** The innermost block that assigns a name. */
  private assigner(name: string): number {
    for (let d = this.blocks.length - 1; d > 0; d--) if (this.blocks[d]!.assigned.has(name)) return d
    return 0
  }

  /** The block to which an expression belongs. */
  protected depthOf(e: Expr): number {
    if (e.kind === 'const') return 0
    const { vars, locals, reads, loads } = this.facts.of(e)
    let depth = loads ? this.top.doubtful : 0
    for (const v of vars) if (v !== this.lane) depth = Math.max(depth, this.variables.get(v)!.depth)
    for (const name of reads) depth = Math.max(depth, this.assigner(name))
    if (this.turn && locals.some(({ name }) => this.hasLanes(name))) depth = Math.max(depth, this.variables.get(this.turn)!.depth)
    return depth
  }

  /** Whether the value differs from lane to lane. */
  protected varies(e: Expr): boolean {
    if (!this.lane) return false
    const { vars, locals } = this.facts.of(e)
    return vars.includes(this.lane) || locals.some(({ name }) => this.hasLanes(name))
  }
  protected hasLanes(name: string): boolean {
    return (this.locals.get(name)?.lanes ?? 1) > 1
  }

  /**
   * Leaves the value on the stack: from the local that holds it, or by `write`, once, in the block to which it belongs. `kept` is the table
   * of such locals, of scalars or of vectors.
   */
  protected named(e: Expr, kept: 'scalars' | 'vectors', write: () => void): void {
    const known = this.known(e, kept)
    if (known !== undefined) {
      this.code.get(known)
      return
    }
    const here = this.top.depth
    const depth = this.depthOf(e)
    if (!this.facts.isShared(e) && (depth === here || isHeldBack(e))) return write()
    const type = kept === 'vectors' ? v128 : valTypes[e.type]
    if (depth === here) {
      write()
      this.keep(e, kept, this.takeHere(type), depth)
      this.code.tee(this.top[kept].get(e)!)
      return
    }
    const local = this.fresh(type)
    this.inBlock(depth, () => {
      write()
      this.code.set(local)
    })
    this.blocks[depth]!.owned.push({ type, local })
    this.keep(e, kept, local, depth)
    this.code.get(local)
  }
  private keep(e: Expr, kept: 'scalars' | 'vectors', local: number, depth: number): void {
    const table = this.blocks[depth]![kept]
    table.set(e, local)
    this.forgetWith(this.facts.of(e).reads, depth, () => table.delete(e))
  }
  protected known(e: Expr, kept: 'scalars' | 'vectors'): number | undefined {
    let least = 0
    for (const name of this.facts.of(e).reads) least = Math.max(least, this.assigner(name))
    for (let d = this.blocks.length - 1; d >= least; d--) {
      const local = this.blocks[d]![kept].get(e)
      if (local !== undefined) return local
    }
    return undefined
  }

  /** Calls `forget` when one of the names is assigned, as long as the block is open. */
  protected forgetWith(names: readonly string[], depth: number, forget: () => void): void {
    const { stale } = this.blocks[depth]!
    for (const name of names) {
      const list = stale.get(name)
      if (list) list.push(forget)
      else stale.set(name, [forget])
    }
  }
  /** To be called where a local, or MEMORY, has been assigned. */
  protected assigned(name: string): void {
    for (const { stale } of this.blocks) {
      stale.get(name)?.forEach((forget) => forget())
      stale.delete(name)
    }
  }

  /** Writes what stands in a scope: locals declared in it end with it. */
  protected scoped(body: readonly Stmt[], write: () => void, lane = this.lane): void {
    const { locals, lane: outer } = this
    this.locals = new Map(locals)
    this.lane = lane
    write()
    this.lane = outer
    this.locals = locals
    for (const s of body) if (s.kind === 'declare') this.assigned(s.name)
  }
}

/** Bytes of an element of a local in memory; truth values take those of a vector's lane. */
export const bytesOf = (type: ValueType): number => (type === 'float64' ? 8 : 4)
