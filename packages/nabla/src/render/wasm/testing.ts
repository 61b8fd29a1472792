/** For tests: kernels rendered to WebAssembly and run on a memory of their own, beside the same kernels in JavaScript. */
import { type DType, dtypes, type TypedArray } from '../../core/dtype.js'
import { numberToHalf } from '../../core/half.js'
import { binary, type Expr, type ValueType, variable } from '../../kernel/expr.js'
import type { Kernel, Stmt } from '../../kernel/loop.js'
import { verify } from '../../kernel/verify.js'
import { compileJs, renderJs } from '../js.js'
import { MEMORY_INITIAL_PAGES, MEMORY_MAXIMUM_PAGES } from './bytes.js'
import { mathImports, type RenderOptions, renderWasm } from './index.js'

interface Engine {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, (...args: number[]) => number>> }
  readonly Memory: new (limits: object) => { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly Table: new (limits: object) => object
  validate(bytes: Uint8Array): boolean
}

/** What the language's types have only together with those of a page. */
export const engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly

export const memoryOf = (shared: boolean): { readonly buffer: ArrayBuffer; grow(pages: number): number } =>
  new engine.Memory({ initial: MEMORY_INITIAL_PAGES, maximum: MEMORY_MAXIMUM_PAGES, shared })

export const instantiate = (bytes: Uint8Array, imports: object): Readonly<Record<string, (...args: number[]) => number>> =>
  new engine.Instance(new engine.Module(bytes), imports).exports

const ALIGNMENT = 64

/** A memory with buffers in it, and the kernels of a module that run there. */
export class Bench {
  private readonly memory = memoryOf(false)
  private end = 2 * ALIGNMENT
  private readonly kernels: Readonly<Record<string, (...args: number[]) => number>>

  constructor(
    private readonly kernelsGiven: readonly Kernel[],
    options: Partial<RenderOptions> = {},
  ) {
    const { bytes, scratchBytes } = renderWasm(kernelsGiven, { relaxed: false, shared: false, ...options })
    const scratch = this.place(scratchBytes)
    this.kernels = instantiate(bytes, { env: { memory: this.memory, scratch }, math: mathImports })
  }

  private place(bytes: number): number {
    const at = this.end
    this.end = Math.ceil((at + bytes) / ALIGNMENT) * ALIGNMENT
    const missing = Math.ceil((this.end + ALIGNMENT - this.memory.buffer.byteLength) / 65536)
    if (missing > 0) this.memory.grow(missing)
    return at
  }

  /** Copies the arrays into the memory, runs all jobs of kernel `k`, and gives the arrays as they are then. */
  run(k: number, arrays: readonly TypedArray[], from = 0, to = this.kernelsGiven[k]!.jobs): TypedArray[] {
    const before = this.end
    const places = arrays.map((a) => this.place(a.byteLength))
    const table = this.place(4 * arrays.length)
    new Uint32Array(this.memory.buffer, table, arrays.length).set(places)
    arrays.forEach((a, i) =>
      new Uint8Array(this.memory.buffer, places[i]!).set(new Uint8Array(a.buffer, a.byteOffset, a.byteLength)),
    )
    this.kernels[`k${k}`]!(table, from, to)
    this.end = before
    return arrays.map((a, i) => {
      const copy = a.slice()
      new Uint8Array(copy.buffer).set(new Uint8Array(this.memory.buffer, places[i]!, a.byteLength))
      return copy
    })
  }
}

/**
 * Where the two renderers differ on the same arrays: bit for bit, but that any NaN is as good as another. With a tolerance, which counts in
 * the largest number of an array, where they differ by more.
 */
export function differsFromJs(
  kernel: Kernel,
  bench: Bench,
  k: number,
  arrays: readonly TypedArray[],
  tolerance = 0,
): string | undefined {
  const expected = arrays.map((a) => a.slice())
  compileJs(renderJs(kernel))(expected, 0, kernel.jobs)
  const actual = bench.run(k, arrays)
  for (const [b, { dtype }] of kernel.buffers.entries()) {
    const bound = tolerance && tolerance * Array.from(expected[b]!).reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    for (let i = 0; i < expected[b]!.length; i++) {
      const [x, y] = [expected[b]![i]!, actual[b]![i]!]
      const nan = dtype === 'float16' && (x & 0x7fff) > 0x7c00 && (y & 0x7fff) > 0x7c00
      if (!Object.is(x, y) && !nan && !(Math.abs(x - y) <= bound))
        return `${kernel.name}: b${b}[${i}] is ${y}, in JavaScript ${x}`
    }
  }
  return undefined
}

/** An array for a kernel's buffer. */
export const arrayOf = (dtype: keyof typeof dtypes, values: number | readonly number[]): TypedArray =>
  new dtypes[dtype].array(values as number)

/** What arithmetic sees of an element. */
export const valueTypes: Record<DType, ValueType> = {
  float32: 'float32',
  float64: 'float64',
  float16: 'float32',
  int32: 'int32',
  uint32: 'uint32',
  uint8: 'int32',
  bool: 'bool',
}
export const dtypeOf = (type: ValueType): DType => (type === 'index' ? 'int32' : type)
/** Short names for what kernels in tests are made of. */
export const add = (a: Expr, b: Expr): Expr => binary('add', a, b)
export const mul = (a: Expr, b: Expr): Expr => binary('mul', a, b)
export const store = (at: Expr, value: Expr, buffer = 0): Stmt => ({ kind: 'store', buffer, index: at, value })
export const declare = (name: string, type: ValueType, size: number, lanes: number, init?: Expr, array = false): Stmt => ({
  kind: 'declare',
  name,
  type,
  size,
  lanes,
  init,
  array,
})
export const set = (name: string, at: Expr, value: Expr): Stmt => ({ kind: 'set', name, index: at, value })

/** A kernel whose first buffer is written, checked by the verifier. */
export function kernelOf(buffers: readonly DType[], body: (job: Expr) => readonly Stmt[], jobs = 1): Kernel {
  const job = variable('job', 0, jobs - 1)
  const kernel: Kernel = {
    name: 'test',
    buffers: buffers.map((dtype, i) => ({ dtype, written: i === 0 })),
    job,
    jobs,
    body: body(job),
    flops: 0,
    bytes: 0,
  }
  verify(kernel)
  return kernel
}

/** Values at the borders of what types hold. */
const numbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  1.5,
  3.7,
  NaN,
  Infinity,
  -Infinity,
  1e-40,
  2147483648,
  -2147483649,
  4e9,
  1e20,
  -3e19,
  255.5,
  2 ** -14,
  65520,
]
const integers = [0, 1, -1, 2, 3, 7, 31, 32, 33, -2147483648, 2147483647, 255, 256, -255, 1000, -77, 12345, 5, 8, 100]
/** `N` values of a type that are worth a try. */
export const valuesOf = (dtype: DType): TypedArray => {
  const count = numbers.length
  if (dtype === 'float16') return Uint16Array.from(numbers, numberToHalf)
  if (dtype === 'bool') return Uint8Array.from({ length: count }, (_, i) => ((i * 7) % 5 < 2 ? 1 : 0))
  return new dtypes[dtype].array(dtype.startsWith('float') ? numbers : integers)
}
export const N = numbers.length
