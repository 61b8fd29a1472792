/**
 * Vectors and memory: elements of four lanes are read and written together where they lie in line, with a few shuffles where they nearly do, and
 * one by one elsewhere. Constants and lanes of vectors, as both need them.
 */
import type { Expr, ValueType } from '../../kernel/expr.js'
import type { Stmt } from '../../kernel/loop.js'
import { type Address, log2 } from './address.js'
import { v128 } from './bytes.js'
import { LANES } from './unroll.js'
import { Scalars } from './scalar.js'

type Store = Extract<Stmt, { kind: 'store' }>

/** What `f` makes of each lane. */
export const each = <T>(f: (lane: number) => T): T[] => Array.from({ length: LANES }, (_, l) => f(l))
/** Of the types that lanes have. */
export const isFloat = (type: ValueType): boolean => type === 'float32'

export abstract class Lanes extends Scalars {
  /** Leaves a vector on the stack. */
  protected abstract vector(e: Expr): void

  private readonly patterns = new Map<string, number>()
  /** A constant, in a local from the begin of the function on: engines rebuild constants at every use. Zero costs nothing. */
  protected pattern(lanes: readonly number[]): void {
    if (lanes.every((x) => x === 0)) return void this.code.v128(lanes)
    this.code.get(this.patternLocal(lanes))
  }
  private patternLocal(lanes: readonly number[]): number {
    const key = lanes.join()
    let local = this.patterns.get(key)
    if (local === undefined) {
      this.patterns.set(key, (local = this.fresh(v128)))
      this.blocks[0]!.code.v128(lanes).set(local)
    }
    return local
  }

  /** Makes a vector of the scalar on the stack. */
  protected splat(type: ValueType): void {
    if (type === 'bool') this.negateTruth()
    this.code.op(isFloat(type) ? 'f32x4.splat' : 'i32x4.splat')
  }
  /** 1 to -1. */
  protected negateTruth(): void {
    this.code.i32(31).op('i32.shl').i32(31).op('i32.shr_s')
  }

  /** One lane of the vector on the stack. */
  protected extract(type: ValueType, lane: number): void {
    this.code.lane(isFloat(type) ? 'f32x4.extract_lane' : 'i32x4.extract_lane', lane)
    if (type === 'bool') this.code.i32(1).op('i32.and')
  }
  /** Of the two vectors on the stack, by the mask above them. */
  protected choose(): void {
    this.code.op(this.options.relaxed ? 'i32x4.relaxed_laneselect' : 'v128.bitselect')
  }

  protected vectorLoad(e: Extract<Expr, { kind: 'load' }>): void {
    const { code } = this
    const address = this.addressIn(e.buffer, e.index)
    const { stride } = address
    const dtype = this.dtypeOf(e.buffer)
    const bytes = isNarrow(dtype) ?? 4
    if (e.guard && stride === bytes && !this.varies(e.guard)) {
      this.guarded(this.pointerTo(address), () => this.scalar(e.guard!))
      return this.readLanes(e.buffer, 0)
    }
    if (e.guard || stride === undefined || (bytes < 4 && stride !== bytes)) {
      const masked = e.guard !== undefined && stride === bytes && bytes === 4
      if (!masked) return this.gather(e.buffer, () => this.laneAddresses(address, e.guard))
      this.within(v128, (mask) => {
        // in the branches nothing may be computed that others need: all is in locals
        const pointer = this.pointerTo(address)
        const steps = this.patternLocal(each((l) => l * bytes))
        const zeros = this.zeros()
        this.vector(e.guard!)
        code.tee(mask).op('i32x4.all_true').if(v128)
        code.get(pointer).memory('v128.load').else()
        this.gather(e.buffer, () => {
          code
            .get(pointer)
            .op('i32x4.splat')
            .get(steps)
            .op('i32x4.add')
            .get(zeros)
            .op('i32x4.splat')
            .get(mask)
            .op('v128.bitselect')
        })
        code.end()
      })
      return
    }
    if (stride === bytes) {
      const { pointer, offset } = this.placeOf(address)
      code.get(pointer)
      return this.readLanes(e.buffer, offset)
    }
    const low = Math.min(0, (LANES - 1) * stride)
    const { pointer, offset } = this.placeOf(address, low)
    if (stride === 2 * bytes) {
      // lanes 0 and 1 from the first, 2 and 3 from the second, which ends with the last element
      code
        .get(pointer)
        .memory('v128.load', offset)
        .get(pointer)
        .memory('v128.load', offset + 3 * bytes)
      return void code.shuffle([0, 2, 5, 7])
    }
    if (stride === -bytes)
      return void code.get(pointer).memory('v128.load', offset).get(pointer).memory('v128.load', offset).shuffle([3, 2, 1, 0])
    this.within(v128, (result) => {
      each((l) => {
        code.get(pointer)
        const at = offset + l * stride - low
        if (l === 0) code.memory('v128.load32_zero', at)
        else code.get(result).memoryLane('v128.load32_lane', l, at)
        if (l < LANES - 1) code.set(result)
      })
    })
  }

  /** The addresses of all lanes, those of zeros where the guard does not hold. */
  protected laneAddresses(address: Address, guard?: Expr): void {
    const { code } = this
    this.pointers(address)
    if (!guard) return
    code.get(this.zeros()).op('i32x4.splat')
    this.vector(guard)
    this.choose()
  }
  private pointers(address: Address): void {
    const { code } = this
    if (address.stride !== undefined) {
      code.get(this.pointerTo(address)).op('i32x4.splat')
      this.pattern(each((l) => l * address.stride!))
      return void code.op('i32x4.add')
    }
    const uniform = address.terms.filter(([atom]) => !this.varies(atom) && atom !== this.lane)
    code.get(this.pointerTo({ ...address, terms: uniform })).op('i32x4.splat')
    for (const [atom, bytes] of address.terms) {
      if (!this.varies(atom)) continue
      this.vector(atom)
      const shift = log2(bytes)
      if (shift === undefined) {
        this.pattern(each(() => bytes))
        code.op('i32x4.mul')
      } else if (shift > 0) code.i32(shift).op('i32x4.shl')
      code.op('i32x4.add')
    }
  }

  /** The elements at the addresses that `write` leaves on the stack. */
  private gather(buffer: number, write: () => void): void {
    const { code } = this
    const dtype = this.dtypeOf(buffer)
    const narrow = isNarrow(dtype)
    this.within(v128, (addresses) => {
      write()
      code.set(addresses)
      this.within(v128, (result) => {
        for (let l = 0; l < LANES; l++) {
          if (narrow && l > 0) code.get(result)
          code.get(addresses).lane('i32x4.extract_lane', l)
          if (narrow) {
            code.memory(narrow === 2 ? 'i32.load16_u' : 'i32.load8_u')
            if (l === 0) code.op('i32x4.splat')
            else code.lane('i32x4.replace_lane', l)
          } else if (l === 0) code.memory('v128.load32_zero')
          else code.get(result).memoryLane('v128.load32_lane', l)
          if (l < LANES - 1) code.set(result)
        }
      })
    })
    this.widened(dtype)
  }
  /** Neighbouring elements behind the pointer on the stack. */
  private readLanes(buffer: number, offset: number): void {
    const { code } = this
    const dtype = this.dtypeOf(buffer)
    const narrow = isNarrow(dtype)
    if (!narrow) return void code.memory('v128.load', offset)
    if (narrow === 2) code.memory('v128.load64_zero', offset)
    else code.memory('v128.load32_zero', offset).op('i16x8.extend_low_i8x16_u')
    code.op('i32x4.extend_low_i16x8_u')
    this.widened(dtype)
  }
  /** What the bits in the lanes stand for. */
  private widened(dtype: string): void {
    if (dtype === 'float16') this.code.call(this.library.helper('halvesToFloats'))
    else if (dtype === 'bool') this.code.v128([0, 0, 0, 0]).op('i32x4.ne')
  }

  protected storeLanes(s: Store): void {
    const { code } = this
    const address = this.addressIn(s.buffer, s.index)
    const { stride } = address
    const dtype = this.dtypeOf(s.buffer)
    const narrow = isNarrow(dtype)
    const bytes = narrow ?? 4
    if (stride === bytes) {
      const { pointer, offset } = this.placeOf(address)
      code.get(pointer)
      this.vector(s.value)
      if (!narrow) return void code.memory('v128.store', offset)
      this.narrowed(dtype)
      return void code.memoryLane(narrow === 2 ? 'v128.store64_lane' : 'v128.store32_lane', 0, offset)
    }
    if (stride === undefined || narrow) return this.scatter(s, address)
    const low = Math.min(0, (LANES - 1) * stride)
    const { pointer, offset } = this.placeOf(address, low)
    this.within(v128, (value) => {
      this.vector(s.value)
      code.set(value)
      for (let l = 0; l < LANES; l++)
        code
          .get(pointer)
          .get(value)
          .memoryLane('v128.store32_lane', l, offset + l * stride - low)
    })
  }
  /** Packs the low bytes of each lane's value next to each other. */
  private narrowed(dtype: string): void {
    const { code } = this
    if (dtype === 'float16') code.call(this.library.helper('floatsToHalves'))
    else this.pattern(Array.from({ length: LANES }, () => (dtype === 'bool' ? 1 : 255)))
    if (dtype !== 'float16') code.op('v128.and')
    this.within(v128, (x) => {
      code.tee(x).get(x).op('i16x8.narrow_i32x4_u')
      if (dtype !== 'float16') code.tee(x).get(x).op('i8x16.narrow_i16x8_u')
    })
  }

  /** Lane by lane, those of the mask where there is one. */
  private scatter(s: Store, address: Address, mask?: number): void {
    const { code } = this
    this.within(v128, (value) => {
      this.vector(s.value)
      code.set(value)
      this.within(v128, (addresses) => {
        this.laneAddresses(address)
        code.set(addresses)
        for (let l = 0; l < LANES; l++) {
          if (mask !== undefined) code.get(mask).lane('i32x4.extract_lane', l).if()
          code.get(addresses).lane('i32x4.extract_lane', l)
          if (isNarrow(this.dtypeOf(s.buffer))) {
            code.get(value)
            this.extract(s.value.type, l)
            this.put(s.buffer, 0)
          } else code.get(value).memoryLane('v128.store32_lane', l)
          if (mask !== undefined) code.end()
        }
      })
    })
  }

  /** Writes the lanes of the mask: the first `count`, if that is known. */
  protected maskedStore(s: Store, mask: number, count: number | undefined): void {
    const { code } = this
    const address = this.addressIn(s.buffer, s.index)
    const { stride } = address
    if (isNarrow(this.dtypeOf(s.buffer)) || stride === undefined) return this.scatter(s, address, mask)
    this.within(v128, (value) => {
      const pointer = this.pointerTo(address)
      this.vector(s.value)
      code.set(value)
      const lanes = (write: (lane: number) => void): void => {
        for (let l = 0; l < (count ?? LANES); l++) write(l)
      }
      // a pointer to a lane that is not written may lie anywhere: no offset from it
      const storeLane = (l: number): void => {
        code.get(pointer)
        if (l > 0) code.i32(l * stride).op('i32.add')
        code.get(value).memoryLane('v128.store32_lane', l)
      }
      if (count !== undefined) return lanes(storeLane)
      const whole = stride === 4
      if (whole) code.get(mask).op('i32x4.all_true').if().get(pointer).get(value).memory('v128.store').else()
      lanes((l) => {
        code.get(mask).lane('i32x4.extract_lane', l).if()
        storeLane(l)
        code.end()
      })
      if (whole) code.end()
    })
  }
}

/** Bytes of an element that is narrower than a lane. */
export const isNarrow = (dtype: string): 1 | 2 | undefined =>
  dtype === 'float16' ? 2 : dtype === 'uint8' || dtype === 'bool' ? 1 : undefined
