/**
 * Loop IR to WebAssembly: one module for several kernels, with 128-bit vectors, instruction by instruction.
 *
 *     imports   env.memory     of the sizes in bytes.ts, shared or not
 *               env.scratch    an immutable i32 global (give a number): the address, a multiple of 16, of `scratchBytes` bytes that belong
 *                              to this instance alone. Kernels keep arrays there while they run.
 *               math.*         what `mathImports` has: functions of float64 that WebAssembly lacks
 *     exports   k0, k1, ...    (buffers: i32, from: i32, to: i32) -> (): jobs from..to-1 on the buffers whose addresses (i32, in bytes)
 *                              lie at `buffers`
 *
 * Vectors may be read up to `OVERREAD` bytes past the end of a buffer: the memory must not end there. Addresses are multiples of the
 * element's size, better of 16.
 *
 * The way of a kernel: prepare.ts writes short loops out and says where locals live, function.ts writes statements, vector.ts,
 * lanes.ts and scalar.ts what they compute, frame.ts and address.ts keep what has been computed in the loop to which it belongs.
 */
import type { Kernel } from '../../kernel/loop.js'
import { i32, Module } from './bytes.js'
import type { Options } from './frame.js'
import { KernelFunction } from './function.js'
import { Library } from './library.js'

export { mathImports } from './library.js'

export interface RenderOptions extends Options {
  /** Whether the memory is shared between threads. */
  readonly shared: boolean
}

/** Bytes past the end of a buffer that may be read. */
export const OVERREAD = 64

export interface Rendered {
  readonly bytes: Uint8Array
  /** Bytes that an instance needs behind `env.scratch`. */
  readonly scratchBytes: number
}

/** The module of some kernels. */
export function renderWasm(kernels: readonly Kernel[], options: RenderOptions): Rendered {
  const module = new Module()
  module.importMemory('env', 'memory', options.shared)
  module.importGlobal('env', 'scratch', i32, false)
  const functions = kernels.map((kernel) => new KernelFunction(kernel, options))
  const library = new Library(
    module,
    functions.flatMap(({ calls }) => [...calls]),
  )
  let scratchBytes = 0
  functions.forEach((f, i) => {
    const func = module.func([i32, i32, i32], [])
    module.exportFunction(`k${i}`, func)
    scratchBytes = Math.max(scratchBytes, f.write(func, library))
  })
  return { bytes: module.bytes(), scratchBytes }
}
