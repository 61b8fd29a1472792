/** What a device is to the rest of the library: memory, and programs that run on it in the order they were launched. */
import type { DType, TypedArray } from '../core/dtype.js'
import type { Storage } from '../graph/node.js'
import type { Kernel } from '../kernel/loop.js'

/** The little that the compiler wants to know of the machine. */
export interface Machine {
  /** Elements of float32 in a vector register; 1 where code is scalar. */
  readonly lanes: number
  /** Vector registers that a contraction may fill. */
  readonly registers: number
  /** Sums that a contraction needs side by side to hide the latency of a multiply-add; default 12. */
  readonly inFlight?: number
  readonly threads: number
  /** Whether the device runs a program's first steps only when what they read has changed (Program.lasting). */
  readonly keeps?: boolean
  /** Bytes. */
  readonly l1: number
  readonly l2: number
}

/**
 * Where a program's buffer lives: bound by the caller at each run, at an offset (bytes) of the arena, which the next program overwrites, or of the program's
 * own memory, which lasts; or some elements into another slot.
 */
export type Slot =
  | { readonly kind: 'bound'; readonly dtype: DType; readonly size: number; readonly written: boolean }
  | { readonly kind: 'arena'; readonly dtype: DType; readonly size: number; readonly offset: number }
  | { readonly kind: 'kept'; readonly dtype: DType; readonly size: number; readonly offset: number }
  | { readonly kind: 'part'; readonly dtype: DType; readonly size: number; readonly of: number; readonly offset: number }

export interface Step {
  readonly kernel: Kernel
  /** For each of the kernel's buffers, the slot it is. */
  readonly slots: readonly number[]
}

export interface Program {
  readonly steps: readonly Step[]
  readonly slots: readonly Slot[]
  readonly arenaBytes: number
  /** The first `steps` need not run again while nobody writes what they read: all that others need of them lies in `bytes` of memory that lasts. */
  readonly lasting?: { readonly steps: number; readonly bytes: number }
}

export type BoundSlot = Extract<Slot, { kind: 'bound' }>

/** A program still to be made: in slices if there is time (kernel/work.ts). What it binds is known before. */
export interface Planning {
  readonly bound: readonly BoundSlot[]
  /** The graph's structure as text: a device may keep the program under it. Absent where the planner is wanted at work. */
  readonly key?: string
  make(): Generator<void, Program>
}

/** How long one kernel took. */
export interface KernelTime {
  /** What it computes, with the shape of the result: `sum[8,16]`. */
  readonly name: string
  /** Milliseconds. */
  readonly ms: number
  /** Floating-point operations, estimated: 2 for each multiply-add of a product, else elements times operations. */
  readonly flops: number
  /** Bytes of what it reads and writes, each once. */
  readonly bytes: number
}

/** A program made ready. Runs are queued: each sees the memory as the runs before it left it. */
export interface Executable {
  /** `bindings[i]` is the storage of the i-th bound slot, in slot order. Returns at once; a failure shows at the next read. */
  run(bindings: readonly Storage[]): void
  /** One run with a clock around each kernel. */
  profile(bindings: readonly Storage[]): Promise<KernelTime[]>
}

export interface Device {
  readonly name: string
  readonly machine: Machine
  allocate(dtype: DType, size: number): Storage
  /** Copies `data` in (the storage is not yet in use by a queued run). */
  write(storage: Storage, data: TypedArray): void
  /** A copy of the contents, when all runs queued so far are done. */
  read(storage: Storage): Promise<TypedArray>
  readSync(storage: Storage): TypedArray
  /** The contents themselves, not a copy; undefined where one would have to wait for them, or they are not in the host's memory. */
  peek(storage: Storage): TypedArray | undefined
  /** Takes memory back that nobody will use again; left to the garbage collector where the device does not, or a queued run still uses it. */
  free?(storage: Storage): void
  /** Planning and compilation start now; runs wait for them. */
  load(program: Program | Planning): Executable
  /** Resolves when all queued runs are done. */
  synchronize(): Promise<void>
}

/** A program that is already there, as one still to be made. */
export function planningOf(program: Program | Planning): Planning {
  if ('make' in program) return program
  const bound = program.slots.filter((slot) => slot.kind === 'bound')
  // biome-ignore lint/correctness/useYield: there is nothing left to pause in
  function* make(): Generator<void, Program> {
    return program as Program
  }
  return { bound, make }
}
