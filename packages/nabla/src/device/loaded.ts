/**
 * A program on its way: planned, its kernels compiled, and then in the form that the runtime of a device reads. Runtimes are code outside
 * of JavaScript, and what they are handed is arrays of doubles, because a JS number is one (addresses are below 2^53, so they are exact):
 *
 *     program   steps, most buffers of a step, then for each step: kernel, jobs, parallel?, buffer count, references...
 *               a reference is two numbers: a bound buffer, or -1 for the arena; and the bytes from its start
 *     run       program, arena, nanoseconds taken (written by the runtime), array for the nanoseconds of each step or 0, bound buffers...
 *     batch     done? (written by the runtime), runs, addresses of the runs...
 */
import { dtypes } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Kernel } from '../kernel/loop.js'
import { Work } from '../kernel/work.js'
import type { BoundSlot, Planning } from './device.js'

/** Numbers that the runtime reads, where it can find them. */
export interface Words {
  readonly values: Float64Array
  readonly address: number
}

/** Words of a run before its bound buffers. */
export const RUN_HEAD = 4

/** Kernels that are compiled together. */
export interface Unit {
  readonly settled: boolean
  /** Resolves when they are compiled, or rejects. */
  readonly ready: Promise<unknown>
}

/** Where a kernel's code is, or will be. */
export interface Place {
  readonly unit: Unit
  /** What the runtime calls it by. Waits for the compiler, if it must; throws what that said. */
  address(): number
}

/** How a device turns kernels into code. */
export interface Compiler {
  /** Starts compiling what is new; gives the place of each kernel. Pauses between kernels. */
  place(kernels: readonly Kernel[]): Generator<void, Place[]>
  /** Puts a program where the runtime reads it. */
  encode(program: readonly number[]): Words
  /** The program that an earlier process has kept for a graph. */
  recall?(graph: string): Placed | undefined
  /** Keeps a program whose kernels are compiled, for processes to come. */
  keep?(graph: string, placed: Placed): void
}

/** A program whose kernels have their places. */
export interface Placed {
  readonly steps: readonly Step[]
  readonly arenaBytes: number
  /** How long a run takes, estimated. */
  readonly ms: number
}

/** A step shorter than this is not worth a launch. */
const launchNs = 2000

/** What a step needs when its kernel is compiled; the kernel's code as a tree is not kept. */
export interface Step {
  readonly name: string
  readonly flops: number
  readonly bytes: number
  readonly place: Place
  readonly jobs: number
  readonly parallel: boolean
  readonly references: readonly Reference[]
}

/** Bytes into a bound buffer, or (-1) into the arena. */
export interface Reference {
  readonly bound: number
  readonly offset: number
}

/** A program that is being planned, then compiled, and then ready. */
export class Loaded {
  readonly bound: readonly BoundSlot[]
  arenaBytes = 0
  /** How long a run takes: an estimate, then what the last one took. */
  ms = 0
  /** Resolves when all kernels are compiled, or one has failed. */
  readonly compiled: Promise<unknown>
  private readonly planning: Work<Placed>
  private code: Words | NablaError | undefined
  /** Whether the program came from an earlier process. */
  private recalled = false

  constructor(
    private readonly compiler: Compiler,
    planning: Planning,
    /** Multiply-adds, and bytes, that a thread does in a nanosecond, roughly. */
    private readonly speed: { readonly flops: number; readonly bytes: number },
  ) {
    this.bound = planning.bound
    this.planning = new Work(() => this.place(planning))
    this.compiled = this.planning.over
      .then(() => Promise.allSettled(this.units().map((unit) => unit.ready)))
      .then((ends) => this.keep(planning.key, ends))
  }

  private estimateNs({ flops, bytes }: Kernel): number {
    return 50 + Math.max(flops / this.speed.flops, bytes / this.speed.bytes)
  }

  private *place(planning: Planning): Generator<void, Placed> {
    const kept = planning.key === undefined ? undefined : this.compiler.recall?.(planning.key)
    const placed = kept ?? (yield* this.plan(planning))
    this.recalled = kept !== undefined
    this.arenaBytes = placed.arenaBytes
    this.ms = placed.ms
    return placed
  }

  private *plan(planning: Planning): Generator<void, Placed> {
    const { steps, slots, arenaBytes } = yield* planning.make()
    const places = yield* this.compiler.place(steps.map((step) => step.kernel))
    let count = 0
    const references: Reference[] = []
    for (const slot of slots)
      references.push(
        slot.kind === 'bound'
          ? { bound: count++, offset: 0 }
          : slot.kind === 'arena'
            ? { bound: -1, offset: slot.offset }
            : { ...references[slot.of]!, offset: references[slot.of]!.offset + slot.offset * dtypes[slot.dtype].bytes },
      )
    const ms = steps.reduce((ns, { kernel }) => ns + this.estimateNs(kernel), 0) / 1e6
    const placed = steps.map(({ kernel, slots }, i): Step => {
      const { name, flops, bytes, jobs } = kernel
      const parallel = this.estimateNs(kernel) > launchNs
      return { name, flops, bytes, place: places[i]!, jobs, parallel, references: slots.map((s) => references[s]!) }
    })
    return { steps: placed, arenaBytes, ms }
  }

  private keep(graph: string | undefined, ends: readonly PromiseSettledResult<unknown>[]): void {
    if (graph === undefined || this.recalled || !this.planning.settled || ends.some(({ status }) => status === 'rejected')) return
    try {
      this.compiler.keep?.(graph, this.planning.result())
    } catch {
      // Planning failed, and whoever runs the program hears of it.
    }
  }

  /** The compiled steps; makes them now if they are not there yet. */
  get steps(): readonly Step[] {
    return this.planning.result().steps
  }

  /** Where the kernels come from; none where planning failed (then `prepare` tells). */
  private units(): Unit[] {
    try {
      return [...new Set(this.steps.map(({ place }) => place.unit))]
    } catch {
      return []
    }
  }

  /** True when `prepare` has nothing to wait for. */
  get settled(): boolean {
    return this.code !== undefined || (this.planning.settled && this.units().every((unit) => unit.settled))
  }

  /** The address of the program, or why there is none. Waits for planner and compiler, if it must. */
  prepare(): number | NablaError {
    if (!this.code) {
      try {
        this.code = this.compiler.encode(this.words())
      } catch (error) {
        this.code = error instanceof NablaError ? error : new NablaError('device', String(error))
      }
    }
    return this.code instanceof NablaError ? this.code : this.code.address
  }

  private words(): number[] {
    const words = [this.steps.length, this.steps.reduce((most, { references }) => Math.max(most, references.length), 0)]
    for (const { place, jobs, parallel, references } of this.steps) {
      words.push(place.address(), jobs, Number(parallel), references.length)
      for (const { bound, offset } of references) words.push(bound, offset)
    }
    return words
  }
}
