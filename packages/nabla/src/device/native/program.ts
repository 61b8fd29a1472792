/**
 * From kernels to addresses: they are rendered, told apart by their text, and compiled in several files at once. A kernel that some
 * program of the device has brought already is not compiled again.
 */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Kernel } from '../../kernel/loop.js'
import type { Machine } from '../device.js'
import type { Compiler, Place, Unit, Words } from '../loaded.js'
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
/** A file of kernels on its way to addresses. */
class File implements Unit {
  private addresses: Map<string, number> | undefined

  constructor(
    private readonly runtime: Runtime,
    readonly names: readonly string[],
    private readonly compilation: Compilation,
  ) {}

  get settled(): boolean {
    return this.compilation.settled !== undefined
  }

  get ready(): Promise<unknown> {
    return this.compilation.ready
  }

  /** Waits for the compiler, if it must. */
  address(name: string): number {
    if (!this.addresses) {
      const found = this.runtime.symbols(this.compilation.wait(), this.names)
      this.addresses = new Map(this.names.map((n, i) => [n, found[i]!]))
    }
    return this.addresses.get(name)!
  }
}

/** All kernels that a device has compiled or is compiling. */
export class KernelLibrary implements Compiler {
  private readonly places = new Map<string, Place>()

  constructor(
    readonly runtime: Runtime,
    private readonly machine: Machine,
    private readonly render: Render,
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
      const unit = new File(
        this.runtime,
        members.map((m) => m.name),
        this.runtime.queue.compile(source),
      )
      group.forEach(([key], i) => this.places.set(key, { unit, address: () => unit.address(members[i]!.name) }))
      unit.ready.catch(() => {
        for (const [key] of group) if (this.places.get(key)?.unit === unit) this.places.delete(key)
      })
    }
    return kernels.map((kernel) => this.places.get(keys.get(kernel)!)!)
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
