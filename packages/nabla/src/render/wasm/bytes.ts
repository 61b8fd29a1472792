/**
 * A small assembler for WebAssembly: numbers into a growing Uint8Array, instructions by name, functions with their locals, and a
 * module of types, imports, functions, exports and table elements in the order that the format wants.
 *
 *     const m = new Module()
 *     m.importMemory('env', 'memory', true)
 *     const f = m.func([i32, i32], [i32])          parameters are locals 0 and 1
 *     f.get(0).get(1).op('i32.add')
 *     m.exportFunction('sum', f)
 *     m.bytes()
 */

import {
  codes,
  type LaneOp,
  laneCodes,
  type MemoryLaneOp,
  type MemoryOp,
  memoryCodes,
  memoryLaneCodes,
  type Op,
} from './opcodes.js'

/** Value types, and the type of table elements. */
export const i32 = 0x7f
export const i64 = 0x7e
export const f32 = 0x7d
export const f64 = 0x7c
export const v128 = 0x7b
export const funcref = 0x70
export type ValType = typeof i32 | typeof i64 | typeof f32 | typeof f64 | typeof v128

/** The memory that every module imports, in pages of 64 KiB: import types match only where all agree. */
export const MEMORY_INITIAL_PAGES = 16
export const MEMORY_MAXIMUM_PAGES = 65536
export const PAGE_BYTES = 65536

const scratch = new DataView(new ArrayBuffer(8))
const encoder = new TextEncoder()

/** Bytes that grow at their end. */
export class Bytes {
  private data: Uint8Array
  length = 0

  constructor(capacity = 64) {
    this.data = new Uint8Array(capacity)
  }

  private reserve(more: number): void {
    if (this.length + more <= this.data.length) return
    const larger = new Uint8Array(Math.max(this.data.length * 2, this.length + more))
    larger.set(this.data.subarray(0, this.length))
    this.data = larger
  }

  /** What has been written, not copied. */
  get view(): Uint8Array {
    return this.data.subarray(0, this.length)
  }

  u8(value: number): this {
    this.reserve(1)
    this.data[this.length++] = value
    return this
  }

  /** Unsigned LEB128. */
  u32(value: number): this {
    this.reserve(5)
    let x = value >>> 0
    while (x > 0x7f) {
      this.data[this.length++] = (x & 0x7f) | 0x80
      x >>>= 7
    }
    this.data[this.length++] = x
    return this
  }

  /** Signed LEB128. */
  s32(value: number): this {
    this.reserve(5)
    let x = value | 0
    while (x > 63 || x < -64) {
      this.data[this.length++] = (x & 0x7f) | 0x80
      x >>= 7
    }
    this.data[this.length++] = x & 0x7f
    return this
  }

  /** Signed LEB128 of 64 bits, for whole numbers below 2^53. */
  s64(value: number): this {
    let x = value
    while (x > 63 || x < -64) {
      const low = ((x % 128) + 128) % 128
      this.u8(low | 0x80)
      x = (x - low) / 128
    }
    return this.u8(((x % 128) + 128) % 128)
  }

  f32(value: number): this {
    scratch.setFloat32(0, value, true)
    for (let i = 0; i < 4; i++) this.u8(scratch.getUint8(i))
    return this
  }

  f64(value: number): this {
    scratch.setFloat64(0, value, true)
    for (let i = 0; i < 8; i++) this.u8(scratch.getUint8(i))
    return this
  }

  append(bytes: Uint8Array): this {
    this.reserve(bytes.length)
    this.data.set(bytes, this.length)
    this.length += bytes.length
    return this
  }

  name(text: string): this {
    const bytes = encoder.encode(text)
    return this.u32(bytes.length).append(bytes)
  }
}

/** Instructions, one after the other. */
export class Code extends Bytes {
  private code(opcode: number): this {
    return opcode < 0x100
      ? this.u8(opcode)
      : opcode < 0x10000
        ? this.u8(opcode >> 8).u32(opcode & 0xff)
        : this.u8(opcode >> 12).u32(opcode & 0xfff)
  }

  op(name: Op): this {
    return this.code(codes[name])
  }

  get(local: number): this {
    return this.u8(0x20).u32(local)
  }
  set(local: number): this {
    return this.u8(0x21).u32(local)
  }
  tee(local: number): this {
    return this.u8(0x22).u32(local)
  }
  getGlobal(global: number): this {
    return this.u8(0x23).u32(global)
  }
  setGlobal(global: number): this {
    return this.u8(0x24).u32(global)
  }

  i32(value: number): this {
    return this.u8(0x41).s32(value)
  }
  i64(value: number): this {
    return this.u8(0x42).s64(value)
  }
  constF32(value: number): this {
    return this.u8(0x43).f32(value)
  }
  constF64(value: number): this {
    return this.u8(0x44).f64(value)
  }
  /** A constant vector of four 32-bit patterns. */
  v128(lanes: readonly number[]): this {
    this.code(0xfd0c)
    for (const x of lanes) for (let shift = 0; shift < 32; shift += 8) this.u8((x >>> shift) & 0xff)
    return this
  }

  /** A read or write at the address on the stack plus `offset` bytes. */
  memory(name: MemoryOp, offset = 0): this {
    const [opcode, align] = memoryCodes[name]
    return this.code(opcode).u32(align).u32(offset)
  }
  memoryLane(name: MemoryLaneOp, lane: number, offset = 0): this {
    const [opcode, align] = memoryLaneCodes[name]
    return this.code(opcode).u32(align).u32(offset).u8(lane)
  }
  lane(name: LaneOp, index: number): this {
    return this.code(laneCodes[name]).u8(index)
  }
  /** Lanes of 32 bits: 0..3 of the first operand, 4..7 of the second. */
  shuffle(order: readonly number[]): this {
    this.code(0xfd0d)
    for (const l of order) for (let byte = 0; byte < 4; byte++) this.u8(4 * l + byte)
    return this
  }
  fence(): this {
    return this.u8(0xfe).u8(0x03).u8(0)
  }
  /** Copies (destination, source, bytes on the stack) within the memory. */
  copy(): this {
    return this.u8(0xfc).u32(10).u8(0).u8(0)
  }
  /** Fills (destination, byte, count on the stack). */
  fill(): this {
    return this.u8(0xfc).u32(11).u8(0)
  }

  /** Structured control: each opens a construct that `end` closes; `br` counts constructs outwards from 0. */
  block(result?: ValType): this {
    return this.u8(0x02).u8(result ?? 0x40)
  }
  loop(): this {
    return this.u8(0x03).u8(0x40)
  }
  if(result?: ValType): this {
    return this.u8(0x04).u8(result ?? 0x40)
  }
  else(): this {
    return this.u8(0x05)
  }
  end(): this {
    return this.u8(0x0b)
  }
  br(depth: number): this {
    return this.u8(0x0c).u32(depth)
  }
  brIf(depth: number): this {
    return this.u8(0x0d).u32(depth)
  }
  call(func: number): this {
    return this.u8(0x10).u32(func)
  }
  /** Calls the function of table 0 whose number is on the stack, behind its arguments. */
  callIndirect(type: number): this {
    return this.u8(0x11).u32(type).u8(0)
  }
}

/** A function of a module: its instructions, and locals beyond the parameters. */
export class Func extends Code {
  private readonly locals: ValType[] = []

  constructor(
    readonly index: number,
    readonly type: number,
    private readonly parameters: number,
  ) {
    super(256)
  }

  /** The number of a new local. */
  local(type: ValType): number {
    this.locals.push(type)
    return this.parameters + this.locals.length - 1
  }

  /** The body as the format wants it: runs of locals of one type, instructions, end. */
  body(): Bytes {
    const runs: [count: number, type: ValType][] = []
    for (const type of this.locals) {
      const last = runs.at(-1)
      if (last?.[1] === type) last[0]++
      else runs.push([1, type])
    }
    const body = new Bytes(this.length + 16).u32(runs.length)
    for (const [count, type] of runs) body.u32(count).u8(type)
    return body.append(this.view).u8(0x0b)
  }
}

/** A module. All imports of functions come before the first `func`, for functions are numbered through. */
export class Module {
  private readonly types: string[] = []
  private readonly typeBytes: Bytes[] = []
  private readonly imports: Bytes[] = []
  private readonly exports: Bytes[] = []
  private readonly elements: Bytes[] = []
  private readonly functions: Func[] = []
  private importedFunctions = 0
  private importedGlobals = 0

  /** The number of a function type. */
  type(parameters: readonly ValType[], results: readonly ValType[]): number {
    const key = `${parameters.join()}>${results.join()}`
    const known = this.types.indexOf(key)
    if (known >= 0) return known
    const bytes = new Bytes(16).u8(0x60).u32(parameters.length)
    for (const t of parameters) bytes.u8(t)
    bytes.u32(results.length)
    for (const t of results) bytes.u8(t)
    this.typeBytes.push(bytes)
    return this.types.push(key) - 1
  }

  /** The memory that all modules share, of the sizes above. */
  importMemory(module: string, name: string, shared: boolean): void {
    const limits = new Bytes(16)
      .u8(shared ? 3 : 1)
      .u32(MEMORY_INITIAL_PAGES)
      .u32(MEMORY_MAXIMUM_PAGES)
    this.imports.push(new Bytes().name(module).name(name).u8(2).append(limits.view))
  }
  /** A table of functions with at least so many entries. */
  importTable(module: string, name: string, minimum: number): void {
    this.imports.push(new Bytes().name(module).name(name).u8(1).u8(funcref).u8(0).u32(minimum))
  }
  /** The number of an imported global. */
  importGlobal(module: string, name: string, type: ValType, mutable: boolean): number {
    this.imports.push(
      new Bytes()
        .name(module)
        .name(name)
        .u8(3)
        .u8(type)
        .u8(mutable ? 1 : 0),
    )
    return this.importedGlobals++
  }
  /** The number of an imported function. */
  importFunction(module: string, name: string, parameters: readonly ValType[], results: readonly ValType[]): number {
    const type = this.type(parameters, results)
    this.imports.push(new Bytes().name(module).name(name).u8(0).u32(type))
    return this.importedFunctions++
  }

  /** A new function, to be filled with instructions. */
  func(parameters: readonly ValType[], results: readonly ValType[]): Func {
    const f = new Func(this.importedFunctions + this.functions.length, this.type(parameters, results), parameters.length)
    this.functions.push(f)
    return f
  }
  exportFunction(name: string, f: { readonly index: number }): void {
    this.exports.push(new Bytes().name(name).u8(0).u32(f.index))
  }
  /** Puts functions into table 0 from entry `at` on, when the module is instantiated. */
  fillTable(at: number, functions: readonly { readonly index: number }[]): void {
    const bytes = new Bytes().u32(0).u8(0x41).s32(at).u8(0x0b).u32(functions.length)
    for (const f of functions) bytes.u32(f.index)
    this.elements.push(bytes)
  }

  bytes(): Uint8Array {
    const out = new Bytes(4096).append(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    const section = (id: number, items: readonly Bytes[]): void => {
      if (!items.length) return
      const content = new Bytes(items.reduce((sum, b) => sum + b.length, 8)).u32(items.length)
      for (const item of items) content.append(item.view)
      out.u8(id).u32(content.length).append(content.view)
    }
    section(1, this.typeBytes)
    section(2, this.imports)
    section(
      3,
      this.functions.map((f) => new Bytes(8).u32(f.type)),
    )
    section(7, this.exports)
    section(9, this.elements)
    section(
      10,
      this.functions.map((f) => {
        const body = f.body()
        return new Bytes(body.length + 8).u32(body.length).append(body.view)
      }),
    )
    return out.view.slice()
  }
}
