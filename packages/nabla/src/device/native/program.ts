/**
 * From kernels to addresses: they are rendered, told apart by their text, and compiled in several files at once. A kernel that some
 * program of the device has brought already is not compiled again.
 */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Kernel } from '../../kernel/loop.js'
import type { Machine } from '../device.js'
import type { Compiler, Place, Placed, Step, Unit, Words } from '../loaded.js'
import type { Compilation } from './compile.js'
import type { Runtime } from './library.js'
import type { PlanCache } from './plans.js'

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

/** A file of kernels on its way to addresses. */
class File implements Unit {
  private readonly addresses = new Map<string, number>()

  constructor(
    private readonly runtime: Runtime,
    private readonly compilation: Compilation,
  ) {}

  get key(): string {
    return this.compilation.key
  }

  get settled(): boolean {
    return this.compilation.settled !== undefined
  }

  get ready(): Promise<unknown> {
    return this.compilation.ready
  }

  /** Waits for the compiler, if it must. */
  address(name: string): number {
    let found = this.addresses.get(name)
    if (found === undefined) this.addresses.set(name, (found = this.runtime.symbols(this.compilation.wait(), [name])[0]!))
    return found
  }
}

/** A kernel in a file. */
class KernelPlace implements Place {
  constructor(
    readonly unit: File,
    readonly symbol: string,
    /** Digest of its text. */
    readonly kernel: string,
  ) {}

  address(): number {
    return this.unit.address(this.symbol)
  }
}

/** All kernels that a device has compiled or is compiling. */
export class KernelLibrary implements Compiler {
  private readonly places = new Map<string, KernelPlace>()
  /** By the keys of their objects. */
  private readonly files = new Map<string, File>()

  constructor(
    readonly runtime: Runtime,
    private readonly machine: Machine,
    private readonly render: Render,
    private readonly plans?: PlanCache,
  ) {}

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
      const unit = this.file(this.runtime.queue.compile(source))
      group.forEach(([key], i) => this.places.set(key, new KernelPlace(unit, members[i]!.name, key)))
      unit.ready.catch(() => {
        this.files.delete(unit.key)
        for (const [key] of group) if (this.places.get(key)?.unit === unit) this.places.delete(key)
      })
    }
    return kernels.map((kernel) => this.places.get(keys.get(kernel)!)!)
  }

  private file(compilation: Compilation): File {
    const known = this.files.get(compilation.key)
    const file = known ?? new File(this.runtime, compilation)
    this.files.set(compilation.key, file)
    return file
  }

  recall(graph: string): Placed | undefined {
    const plan = this.plans?.find(graph)
    const found = plan?.objects.map((key) => this.runtime.queue.find(key))
    if (!plan || !found?.every((compilation) => compilation !== undefined)) return undefined
    const files = found.map((compilation) => this.file(compilation))
    const steps = plan.steps.map(({ kernel, object, symbol, ...step }): Step => {
      const place = this.places.get(kernel) ?? new KernelPlace(files[object]!, symbol, kernel)
      this.places.set(kernel, place)
      return { ...step, place }
    })
    return { steps, arenaBytes: plan.arenaBytes, lasting: plan.lasting, ms: plan.ms }
  }

  keep(graph: string, { steps, arenaBytes, lasting, ms }: Placed): void {
    const objects = [...new Set(steps.map(({ place }) => (place as KernelPlace).unit.key))]
    const kept = steps.map(({ place, ...step }) => {
      const { unit, symbol, kernel } = place as KernelPlace
      return { ...step, kernel, object: objects.indexOf(unit.key), symbol }
    })
    this.plans?.keep(graph, { arenaBytes, lasting, ms, objects, steps: kept })
  }

  encode(program: readonly number[]): NativeWords {
    return new NativeWords(this.runtime, program)
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

/** Numbers in an array buffer. */
export class NativeWords implements Words {
  readonly values: Float64Array
  readonly address: number

  constructor(runtime: Runtime, values: readonly number[]) {
    this.values = new Float64Array(new ArrayBuffer(8 * Math.max(values.length, 1)))
    this.values.set(values)
    this.address = runtime.address(this.values)
  }
}
