/** Statements: a kernel's body as the instructions of one function. */
import { dtypes } from '../../core/dtype.js'
import { type Expr, index } from '../../kernel/expr.js'
import type { Kernel, Stmt } from '../../kernel/loop.js'
import { substitute } from '../../kernel/simplify.js'
import { type Code, type Func, i32, v128 } from './bytes.js'
import { bytesOf, type Local, type Options, type Turning, valTypes } from './frame.js'
import { Facts, type Imported, MEMORY } from './facts.js'
import type { Library } from './library.js'
import { type Declare, expressionsOf, prepare } from './prepare.js'
import { memoryOpsOf } from './scalar.js'
import { type For, isBlock, LANES, turnsOf } from './unroll.js'
import { Vectors } from './vector.js'

type Store = Extract<Stmt, { kind: 'store' }>
type SetLocal = Extract<Stmt, { kind: 'set' }>
type Reduce = Extract<Stmt, { kind: 'reduce' }>

/** Locals in memory begin behind the zeros that guarded loads read. */
const FIRST_LOCAL = 64
const ALIGNMENT = 16

/** A kernel on its way to a function of (buffers, from, to). */
export class KernelFunction extends Vectors {
  /** Where the next local in memory goes, and how far they ever went. */
  private nextLocal = FIRST_LOCAL
  private scratch = FIRST_LOCAL
  private seams = 0

  constructor(kernel: Kernel, options: Options) {
    const facts = new Facts(kernel)
    super(kernel, facts, prepare(kernel, facts, options.inOrder === true), options)
    expressionsOf(this.prepared.body, (e) => facts.need(e))
  }

  /** The functions that it calls and WebAssembly has not. */
  get calls(): ReadonlySet<Imported> {
    return this.facts.calls
  }

  /** Writes the instructions; gives the bytes of scratch that they need. */
  write(func: Func, library: Library): number {
    this.func = func
    this.library = library
    const { body } = this.prepared
    this.kernel.buffers.forEach(({ dtype, own }, i) => {
      if (own !== undefined) this.ownBuffers.set(i, this.inScratch(own * dtypes[dtype].bytes))
    })
    const job = this.func.local(i32)
    this.open(body, new Map(), false)
    this.code.get(1).get(2).op('i32.ge_s').if().op('return').end()
    this.code.get(1).set(job)
    this.turns(
      { v: this.kernel.job, counter: job, step: 1, moving: [] },
      body,
      false,
      () => this.code.get(2),
      () => this.all(body),
    )
    this.func.append(this.close().code.view)
    return this.scratch
  }

  private all(body: readonly Stmt[]): void {
    for (const s of body) this.statement(s)
  }

  private statement(s: Stmt): void {
    switch (s.kind) {
      case 'for':
        if (this.prepared.vector.has(s)) return this.inScope(s.body, () => this.all(s.body), s)
        if (isBlock(s)) return this.block(s)
        return this.loop(s)
      case 'if':
        if (this.varies(s.cond)) return this.masked(s.cond, s.then)
        this.scalar(s.cond)
        return this.conditional(s.then)
      case 'declare':
        return this.declare(s)
      case 'set':
        return this.set(s)
      case 'store':
        return this.store(s)
      case 'reduce':
        return this.reduce(s)
    }
  }

  private block(s: For): void {
    const { seams, seamed } = this.prepared
    const labels = seams.get(s)
    // there are no negative numbers of jobs; each seam asks for another one, or engines would see that
    if (labels !== undefined)
      this.code
        .get(2)
        .i32(--this.seams)
        .op('i32.eq')
        .brIf(labels)
    const walled = seamed.has(s)
    if (walled) this.code.block()
    this.inScope(s.body, () => this.all(s.body))
    if (walled) this.code.end()
  }

  /** A scope whose locals in memory make room again at its end; in the lanes of a vector loop, if one is given. */
  private inScope(body: readonly Stmt[], write: () => void, vector?: For): void {
    const before = this.nextLocal
    this.scoped(body, write, vector ? vector.v : this.lane)
    this.nextLocal = before
  }

  private loop(s: For): void {
    const counter = this.take(i32)
    this.scalar(s.from)
    this.code.set(counter)
    let end: number | undefined
    if (s.to.kind !== 'const') {
      end = this.take(i32)
      this.scalar(s.to)
      this.code.set(end)
    }
    const bound = (): Code => (end === undefined ? this.code.i32((s.to as { value: number }).value) : this.code.get(end))
    const doubtful = turnsOf(s) === undefined
    const outer = this.turn
    if (s.loop === 'vector') this.turn = s.v
    this.turns({ v: s.v, counter, step: s.step, moving: [] }, s.body, doubtful, bound, () =>
      this.inScope(s.body, () => this.all(s.body)),
    )
    this.turn = outer
    this.release(i32, counter)
    if (end !== undefined) this.release(i32, end)
  }

  /** A loop that turns as long as the counter, which stands at its start, is below what `bound` leaves on the stack. */
  private turns(loop: Turning, body: readonly Stmt[], doubtful: boolean, bound: () => Code, write: () => void): void {
    this.variables.set(loop.v, { local: loop.counter, depth: this.blocks.length })
    // the addresses of the body are taken apart with its variable known
    this.open(body, this.lowestIn(body), doubtful, loop)
    write()
    for (const { local, bytes } of loop.moving) this.code.get(local).i32(bytes).op('i32.add').set(local)
    this.code.get(loop.counter).i32(loop.step).op('i32.add').tee(loop.counter)
    bound().op('i32.lt_s').brIf(0)
    const { code } = this.close()
    if (doubtful) {
      this.code.block().get(loop.counter)
      bound().op('i32.ge_s').brIf(0)
    }
    this.code.loop().append(code.view).end()
    if (doubtful) this.code.end()
    this.variables.delete(loop.v)
  }

  /** What runs if the truth on the stack says so. */
  private conditional(body: readonly Stmt[]): void {
    this.open(body, this.lowestIn(body), true)
    this.inScope(body, () => this.all(body))
    const { code } = this.close()
    this.code.if().append(code.view).end()
  }

  /** A place in the scratch. */
  private inScratch(bytes: number): number {
    const offset = this.nextLocal
    this.nextLocal += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
    this.scratch = Math.max(this.scratch, this.nextLocal)
    return offset
  }

  private declare(s: Declare): void {
    const lanes = this.lane && s.lanes === 1 ? LANES : s.lanes
    const { type, size } = s
    let local: Local
    if (this.prepared.inMemory.has(s)) {
      local = { type, size, lanes, registers: [], offset: this.inScratch(size * lanes * bytesOf(type)) }
      if (s.init) this.fill(local, s.init)
    } else {
      const before = this.locals.get(s.name)
      const same = before && before.type === type && before.lanes === lanes && before.registers.length === size
      const valType = lanes > 1 ? v128 : valTypes[type]
      const registers = same ? before.registers : Array.from({ length: size }, () => this.takeHere(valType))
      local = { type, size, lanes, registers, offset: 0 }
      if (s.init) {
        this.value(s.init, lanes > 1)
        registers.forEach((r, i) => (i < size - 1 ? this.code.tee(r) : this.code.set(r)))
      }
    }
    this.locals.set(s.name, local)
    this.assigned(s.name)
  }

  private value(e: Expr, inLanes: boolean): void {
    if (inLanes) this.vector(e)
    else this.scalar(e)
  }
  /** Puts a value into every element of a local in memory. */
  private fill({ type, size, lanes, offset }: Local, init: Expr): void {
    const base = this.baseOf('scratch')
    const bytes = bytesOf(type)
    const wide = bytes === 4 && (size * lanes) % LANES === 0
    if (wide) this.vector(init)
    else this.scalar(init)
    const { code } = this
    this.within(wide ? v128 : valTypes[type], (value) => {
      code.set(value)
      this.within(i32, (at) => {
        code.i32(0).set(at).loop().get(base).get(at).op('i32.add').get(value)
        code.memory(wide ? 'v128.store' : memoryOpsOf(type).store, offset)
        code
          .get(at)
          .i32(wide ? ALIGNMENT : bytes)
          .op('i32.add')
          .tee(at)
        code
          .i32(size * lanes * bytes)
          .op('i32.lt_s')
          .brIf(0)
          .end()
      })
    })
  }

  /** `mask`, where there is one, is a vector of truth values: other lanes keep what they have. */
  private set(s: SetLocal, mask?: number): void {
    const local = this.locals.get(s.name)!
    const inLanes = this.lane !== undefined && local.lanes > 1
    const chosen = (old: () => void): void => {
      this.value(s.value, inLanes)
      if (mask === undefined) return
      old()
      this.code.get(mask)
      this.choose()
    }
    if (local.registers.length) {
      const register = local.registers[s.index.kind === 'const' ? s.index.value : 0]!
      chosen(() => this.code.get(register))
      this.code.set(register)
    } else {
      const { pointer, offset } = this.placeIn(s.name, s.index, local.lanes > 1 && !inLanes ? this.turn : undefined)
      this.code.get(pointer)
      chosen(() => this.code.get(pointer).memory('v128.load', offset))
      if (inLanes) this.code.memory('v128.store', offset)
      else this.code.memory(memoryOpsOf(local.type).store, offset)
    }
    this.assigned(s.name)
  }

  private store(s: Store): void {
    const { code } = this
    if (!this.lane || !(this.varies(s.index) || this.varies(s.value))) {
      const { pointer, offset } = this.placeOf(this.addressIn(s.buffer, s.index))
      code.get(pointer)
      this.scalar(s.value)
      this.put(s.buffer, offset)
    } else this.storeLanes(s)
    this.assigned(MEMORY)
  }

  /** Statements under a condition that differs from lane to lane. */
  private masked(cond: Expr, body: readonly Stmt[], outer?: number): void {
    const { code } = this
    const known = Array.from({ length: LANES }, (_, l) => substitute(cond, this.lane!, index(l)))
    const first = known.findIndex((e) => e.kind !== 'const' || !e.value)
    // a number of first lanes, as at the end of a row
    const count =
      outer === undefined && known.every((e, l) => e.kind === 'const' && Boolean(e.value) === (first < 0 || l < first))
        ? first < 0
          ? LANES
          : first
        : undefined
    this.within(v128, (mask) => {
      this.vector(cond)
      if (outer !== undefined) code.get(outer).op('v128.and')
      code.set(mask)
      this.inScope(body, () => {
        for (const s of body)
          switch (s.kind) {
            case 'if':
              this.masked(s.cond, s.then, mask)
              break
            case 'set':
              this.set(s, mask)
              break
            case 'store':
              this.maskedStore(s, mask, count)
              this.assigned(MEMORY)
              break
            default:
              this.statement(s)
          }
      })
    })
  }

  private reduce(s: Reduce): void {
    const from = this.locals.get(s.from)!
    const into = this.locals.get(s.into)!
    const register = into.registers[s.at.kind === 'const' ? s.at.value : 0]
    const place = register === undefined ? this.placeIn(s.into, s.at) : undefined
    if (place) this.code.get(place.pointer)
    if (from.lanes === LANES && bytesOf(from.type) === 4) this.reduceVector(s, from)
    else this.reduceLanes(s, from, 0, 1)
    if (place) this.code.memory(memoryOpsOf(into.type).store, place.offset)
    else this.code.set(register!)
    this.assigned(s.into)
  }

  private reduceVector(s: Reduce, from: Local): void {
    const { code } = this
    const { type } = from
    if (from.registers.length) code.get(from.registers[s.index.kind === 'const' ? s.index.value : 0]!)
    else {
      const { pointer, offset } = this.placeIn(s.from, s.index)
      code.get(pointer).memory('v128.load', offset)
    }
    for (const order of [
      [2, 3, 0, 1],
      [1, 0, 3, 2],
    ])
      this.within(v128, (a) =>
        this.within(v128, (b) => {
          code.tee(a).get(a).shuffle(order).set(b)
          if (s.op === 'add' || s.op === 'mul' || type === 'bool') {
            const op = type !== 'bool' ? s.op : s.op === 'add' || s.op === 'max' ? 'or' : 'and'
            code.get(a).get(b).op(this.vectorOp(op, type))
            return
          }
          // NaN wins
          code
            .get(b)
            .get(a)
            .get(s.op === 'max' ? a : b)
            .get(s.op === 'max' ? b : a)
            .op(this.vectorOp('lt', type))
          if (type === 'float32') code.get(b).get(b).op('f32x4.ne').op('v128.or')
          this.choose()
        }),
      )
    this.extract(type, 0)
  }

  /** Element `first` of what is left when the lanes have been combined until they are `step`. */
  private reduceLanes(s: Reduce, from: Local, first: number, step: number): void {
    const { code } = this
    const { type } = from
    if (step >= from.lanes) {
      const { pointer, offset } =
        from.registers.length > 0
          ? { pointer: from.registers[s.index.kind === 'const' ? s.index.value : 0]!, offset: -1 }
          : this.placeIn(s.from, s.index)
      code.get(pointer)
      if (offset < 0) return
      code.memory(memoryOpsOf(type).load, offset + first * bytesOf(type))
      if (type === 'bool') code.i32(0).op('i32.ne')
      return
    }
    this.reduceLanes(s, from, first, 2 * step)
    this.reduceLanes(s, from, first + step, 2 * step)
    if (type === 'bool') code.op(s.op === 'add' || s.op === 'max' ? 'i32.or' : 'i32.and')
    else if (s.op === 'add' || s.op === 'mul') this.binary(s.op, type)
    else
      this.within(valTypes[type], (a) =>
        this.within(valTypes[type], (b) => {
          code
            .set(b)
            .set(a)
            .get(b)
            .get(a)
            .get(s.op === 'max' ? a : b)
            .get(s.op === 'max' ? b : a)
          this.binary('lt', type)
          if (type === 'float32' || type === 'float64') {
            code.get(b).get(b)
            this.binary('ne', type)
            code.op('i32.or')
          }
          code.op('select')
        }),
      )
  }
}
