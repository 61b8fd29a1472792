/**
 * A program on its way: planned, its kernels compiled, and then in the form that the runtime of a device reads. Runtimes are code outside
 * of JavaScript, and what they are handed is arrays of doubles, because a JS number is one (addresses are below 2^53, so they are exact):
 *
 *     program   steps, most buffers of a step, then for each step: kernel, jobs, parallel?, buffer count, references...
 *               a reference is two numbers: a bound buffer, or -1 for the arena; and the bytes from its start
 *     run       program, arena, nanoseconds taken (written by the runtime), array for the nanoseconds of each step or 0, bound buffers..., the program's
 *               memory that lasts
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
/** Words of a run of a program. */
export const runWords = (bound: number): number => RUN_HEAD + bound + 1

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
  /** As in Program. */
  readonly lasting: { readonly steps: number; readonly bytes: number }
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

/** Bytes into a bound buffer, or (-1) into the arena; the number after those of all bound buffers is that of memory that lasts. */
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
  /** The same without the steps that last. */
  private rest: Words | undefined
  /** The bound buffers that those steps read, and their states when they ran. */
  private basis: readonly number[] = []
  private states: readonly number[] | undefined
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
    const known = planning.key === undefined ? undefined : this.compiler.recall?.(planning.key)
    const placed = known ?? (yield* this.plan(planning))
    this.recalled = known !== undefined
    this.arenaBytes = placed.arenaBytes
    this.ms = placed.ms
    return placed
  }

  private *plan(planning: Planning): Generator<void, Placed> {
    const { steps, slots, arenaBytes, lasting = { steps: 0, bytes: 0 } } = yield* planning.make()
    const places = yield* this.compiler.place(steps.map((step) => step.kernel))
    let count = 0
    const references: Reference[] = []
    for (const slot of slots)
      references.push(
        slot.kind === 'bound'
          ? { bound: count++, offset: 0 }
          : slot.kind === 'arena'
            ? { bound: -1, offset: slot.offset }
            : slot.kind === 'kept'
              ? { bound: planning.bound.length, offset: slot.offset }
              : { ...references[slot.of]!, offset: references[slot.of]!.offset + slot.offset * dtypes[slot.dtype].bytes },
      )
    const ms = steps.reduce((ns, { kernel }) => ns + this.estimateNs(kernel), 0) / 1e6
    const placed = steps.map(({ kernel, slots }, i): Step => {
      const { name, flops, bytes, jobs } = kernel
      const parallel = this.estimateNs(kernel) > launchNs
      return { name, flops, bytes, place: places[i]!, jobs, parallel, references: slots.map((s) => references[s]!) }
    })
    return { steps: placed, arenaBytes, lasting, ms }
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
        const { steps, lasting } = this.planning.result()
        this.code = this.compiler.encode(wordsOf(steps))
        if (lasting.steps) {
          this.rest = this.compiler.encode(wordsOf(steps.slice(lasting.steps)))
          const read = steps.slice(0, lasting.steps).flatMap(({ references }) => references.map(({ bound }) => bound))
          this.basis = [...new Set(read)].filter((i) => i >= 0 && i < this.bound.length)
        }
      } catch (error) {
        this.code = error instanceof NablaError ? error : new NablaError('device', String(error))
      }
    }
    return this.code instanceof NablaError ? this.code : this.code.address
  }

  /** Memory that lasts; 0 where the program wants none. */
  get keptBytes(): number {
    return this.planning.result().lasting.bytes
  }

  /**
   * For a run on bound buffers in these states: the program without the steps that last, and how many those are, if all that they read is as it was
   * when they ran; else undefined. They count as run in these states from now on, until `forget`.
   */
  remaining(stateOf: (bound: number) => number): { readonly address: number; readonly left: number } | undefined {
    if (!this.rest) return undefined
    const states = this.basis.map(stateOf)
    const same = this.states?.every((state, i) => state === states[i])
    this.states = states
    return same ? { address: this.rest.address, left: this.planning.result().lasting.steps } : undefined
  }

  /** What lasts is not to be relied on: a run has failed. */
  forget(): void {
    this.states = undefined
  }
}

function wordsOf(steps: readonly Step[]): number[] {
  const words = [steps.length, steps.reduce((most, { references }) => Math.max(most, references.length), 0)]
  for (const { place, jobs, parallel, references } of steps) {
    words.push(place.address(), jobs, Number(parallel), references.length)
    for (const { bound, offset } of references) words.push(bound, offset)
  }
  return words
}
