/**
 * The part of JavaScript's WebAssembly that we use (the language's types have it only together with those of a page), and what this engine
 * has of it.
 */
import { type Code, i32, Module, v128 } from '../../render/wasm/bytes.js'

/** A compiled module; workers get it as it is. */
export interface WasmModule {
  readonly isModule?: never
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>
}

export interface SharedMemory {
  readonly buffer: ArrayBufferLike
  /** Adds pages; throws a RangeError where there are none. */
  grow(pages: number): number
}

export interface FunctionTable {
  readonly length: number
  get(index: number): unknown
  set(index: number, value: unknown): void
  grow(by: number): number
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>

interface Engine {
  readonly Module: new (bytes: Uint8Array) => WasmModule
  readonly Instance: new (module: WasmModule, imports: Imports) => WasmInstance
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => SharedMemory
  readonly Table: new (limits: { element: 'anyfunc'; initial: number }) => FunctionTable
  compile(bytes: Uint8Array): Promise<WasmModule>
  validate(bytes: Uint8Array): boolean
}

/** Undefined where JavaScript comes without. */
export const engine = (globalThis as { WebAssembly?: Engine }).WebAssembly

/** The same where `wasmStatus` has found nothing missing. */
export const present = engine as Engine

/** Whether the engine takes a module whose only function does that, and gives a vector. */
function takes(write: (code: Code) => void): boolean {
  const module = new Module()
  const f = module.func([i32], [v128])
  write(f)
  return engine?.validate(module.bytes()) ?? false
}

const zero = [0, 0, 0, 0] as const

/** Fused multiply-adds, as one instruction that may also round twice. */
export const hasFma = (): boolean => takes((code) => code.v128(zero).v128(zero).v128(zero).op('f32x4.relaxed_madd'))

/**
 * Whether the engine's compiler keeps loads where they stand, next to their use: V8 does from 12.8 on, which nothing tells but what came to the
 * language at that time. Older ones move all loads to the front, and run out of registers where there are many.
 */
export const keepsOrder = (): boolean => 'try' in Promise

/** What all our kernels need and this engine lacks, in words; undefined where nothing is missing. */
export function missing(): string | undefined {
  if (!engine) return 'this JavaScript engine has no WebAssembly'
  if (!takes((code) => code.v128(zero))) return "this engine's WebAssembly has no vectors (fixed-width SIMD)"
  try {
    new engine.Module(new Module().bytes())
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return `WebAssembly may not be compiled here; a content security policy must allow 'wasm-unsafe-eval' (${text})`
  }
  return undefined
}

/** Whether memory can be shared with workers here: in a page only if it is cross-origin isolated. */
export function sharesMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false
}

/** Whether this thread may sleep until another one wakes it: not the main thread of a page. */
export function maySleep(): boolean {
  if (!sharesMemory()) return false
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0)
    return true
  } catch {
    return false
  }
}
