/**
 * A program in the form that the runtime reads (see runtime.c.ts), and its way there: kernels are rendered, told apart by their
 * text, and compiled in several files at once. A kernel that some program of the device has brought already is not compiled again.
 */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { dtypes } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import type { Kernel } from '../../kernel/loop.js'
import { Work } from '../../kernel/work.js'
import type { BoundSlot, Machine, Planning } from '../device.js'
import type { Compilation } from './compile.js'
import type { Runtime } from './library.js'

/**
 * How kernels become C: the text of each, by which equal kernels are known, and a file that defines
 * `void NAME(char *const *b, long from, long to)` for several.
 */
export interface Render {
  kernel(kernel: Kernel): string
  file(functions: readonly { readonly text: string; readonly name: string }[], machine: Machine): string
}

/** Characters of a file, about, where there is enough for every core. */
const fileLength = 60_000
/** A step shorter than this is not worth a launch. */
const launchNs = 2000

/** A file of kernels on its way to addresses. */
class Unit {
  private addresses: Map<string, number> | undefined

  constructor(
    readonly names: readonly string[],
    readonly compilation: Compilation,
  ) {}

  /** Waits for the compiler, if it must. */
  address(runtime: Runtime, name: string): number {
    if (!this.addresses) {
      const found = runtime.symbols(this.compilation.wait(), this.names)
      this.addresses = new Map(this.names.map((n, i) => [n, found[i]!]))
    }
    return this.addresses.get(name)!
  }
}

interface Place {
  readonly unit: Unit
  readonly name: string
}

/** All kernels that a device has compiled or is compiling. */
export class KernelLibrary {
  private readonly places = new Map<string, Place>()

  constructor(
    readonly runtime: Runtime,
    private readonly machine: Machine,
    private readonly render: Render,
  ) {}

  /** Starts compiling what is new; gives the place of each kernel. Pauses between kernels. */
  *place(kernels: readonly Kernel[]): Generator<void, Place[]> {
    const fresh = new Map<string, string>()
    const keys = new Map<Kernel, string>()
    for (const kernel of new Set(kernels)) {
      const text = this.render.kernel(kernel)
      const key = createHash('sha256').update(text).digest('base64')
      keys.set(kernel, key)
      if (!this.places.has(key)) fresh.set(key, text)
      yield
    }
    for (const group of split([...fresh])) {
      const members = group.map(([, text], i) => ({ text, name: `kernel${i}` }))
      const source = this.render.file(members, this.machine)
      if (showsSource) console.error(source)
      const unit = new Unit(
        members.map((m) => m.name),
        this.runtime.queue.compile(source),
      )
      group.forEach(([key], i) => this.places.set(key, { unit, name: members[i]!.name }))
      unit.compilation.ready.catch(() => {
        for (const [key] of group) if (this.places.get(key)?.unit === unit) this.places.delete(key)
      })
    }
    return kernels.map((kernel) => this.places.get(keys.get(kernel)!)!)
  }
}

/** The last of the levels that compiler/debug.ts lists. */
const showsSource = Number(process.env['NABLA_DEBUG'] ?? 0) >= 5

type Fresh = readonly [key: string, text: string]

/** Files of about equal length, a multiple of the number of cores where there are kernels enough; order within a file is kept. */
function split(kernels: readonly Fresh[]): Fresh[][] {
  const cores = Math.max(2, availableParallelism())
  const total = kernels.reduce((sum, [, text]) => sum + text.length, 0)
  const count = Math.min(kernels.length, Math.max(1, Math.round(total / fileLength / cores)) * cores)
  const files = Array.from({ length: count }, () => ({ length: 0, members: new Set<string>() }))
  for (const [key, { length }] of [...kernels].sort((a, b) => b[1].length - a[1].length)) {
    const file = files.reduce((a, b) => (b.length < a.length ? b : a))
    file.length += length
    file.members.add(key)
  }
  return files.map(({ members }) => kernels.filter(([key]) => members.has(key)))
}

/** On one thread, roughly. */
const estimateNs = ({ flops, bytes }: Kernel): number => 50 + Math.max(flops / 20, bytes / 10)

/** Numbers that the runtime reads, where it can find them. */
export class Words {
  readonly values: Float64Array
  readonly address: number

  constructor(runtime: Runtime, values: readonly number[]) {
    this.values = new Float64Array(new ArrayBuffer(8 * Math.max(values.length, 1)))
    this.values.set(values)
    this.address = runtime.address(this.values)
  }
}

/** What a step needs when its kernel is compiled; the kernel's code as a tree is not kept. */
interface Step {
  readonly name: string
  readonly flops: number
  readonly bytes: number
  readonly place: Place
  readonly jobs: number
  readonly parallel: boolean
  readonly references: readonly Reference[]
}

/** Bytes into a bound buffer, or (-1) into the arena. */
interface Reference {
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
  private readonly planning: Work<readonly Step[]>
  private code: Words | NablaError | undefined

  constructor(
    private readonly kernels: KernelLibrary,
    planning: Planning,
  ) {
    this.bound = planning.bound
    this.planning = new Work(() => this.place(planning))
    this.compiled = this.planning.over.then(() => Promise.allSettled(this.units().map((unit) => unit.compilation.ready)))
  }

  private *place(planning: Planning): Generator<void, readonly Step[]> {
    const { steps, slots, arenaBytes } = yield* planning.make()
    const places = yield* this.kernels.place(steps.map((step) => step.kernel))
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
    this.arenaBytes = arenaBytes
    this.ms = steps.reduce((ns, { kernel }) => ns + estimateNs(kernel), 0) / 1e6
    return steps.map(({ kernel, slots }, i) => {
      const { name, flops, bytes, jobs } = kernel
      const parallel = estimateNs(kernel) > launchNs
      return { name, flops, bytes, place: places[i]!, jobs, parallel, references: slots.map((s) => references[s]!) }
    })
  }

  /** The compiled steps; makes them now if they are not there yet. */
  get steps(): readonly Step[] {
    return this.planning.result()
  }

  /** Where the kernels come from; none where planning failed (then `prepare` tells). */
  private units(): Unit[] {
    try {
      return this.steps.map(({ place }) => place.unit)
    } catch {
      return []
    }
  }

  /** True when `prepare` has nothing to wait for. */
  get settled(): boolean {
    return this.code !== undefined || (this.planning.settled && this.units().every((unit) => unit.compilation.settled))
  }

  /** The address of the program, or why there is none. Waits for planner and compiler, if it must. */
  prepare(): number | NablaError {
    if (!this.code) {
      try {
        this.code = this.encode()
      } catch (error) {
        this.code = error instanceof NablaError ? error : new NablaError('device', String(error))
      }
    }
    return this.code instanceof NablaError ? this.code : this.code.address
  }

  private encode(): Words {
    const words = [this.steps.length, Math.max(0, ...this.steps.map(({ references }) => references.length))]
    for (const { place, jobs, parallel, references } of this.steps)
      words.push(
        place.unit.address(this.kernels.runtime, place.name),
        jobs,
        Number(parallel),
        references.length,
        ...references.flatMap(({ bound, offset }) => [bound, offset]),
      )
    return new Words(this.kernels.runtime, words)
  }
}
