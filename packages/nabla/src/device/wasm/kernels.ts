/**
 * From kernels to places in the table: they are told apart by their structure, and those that are new are rendered and compiled together.
 * A kernel that some program of the device has brought already is not compiled again.
 */
import { NablaError } from '../../core/errors.js'
import { kernelKey } from '../../kernel/key.js'
import type { Kernel } from '../../kernel/loop.js'
import type { Rendered } from '../../render/wasm/index.js'
import type { Compiler, Place, Unit } from '../loaded.js'
import { present, type WasmModule } from './engine.js'
import { type Memory, WasmWords } from './memory.js'
import type { Threads } from './threads.js'

/** How kernels become a module that exports them as k0, k1, ... */
export type Render = (kernels: readonly Kernel[]) => Rendered

/** Kernels in a module, about: a page may not compile large ones at once. */
const mostKernels = 64
/** Bytes that the main thread of a page may compile at once, in any browser. */
const small = 4096

/** A module of kernels on its way to the table. */
class Compilation implements Unit {
  private readonly rendered: Rendered
  readonly ready: Promise<unknown>
  private outcome: { readonly first: number } | { readonly error: unknown } | undefined

  constructor(
    private readonly threads: Threads,
    render: Render,
    private readonly kernels: readonly Kernel[],
    atOnce: boolean,
  ) {
    this.rendered = render(kernels)
    const { bytes } = this.rendered
    if (atOnce || bytes.length <= small) this.compile()
    this.ready = this.settled ? Promise.resolve() : present.compile(bytes).then(this.install, this.fail)
  }

  get settled(): boolean {
    return this.outcome !== undefined
  }

  /** The table's entry of the module's first kernel. */
  get first(): number {
    if (!this.outcome) this.compile()
    if ('error' in this.outcome!) throw this.outcome.error
    return this.outcome!.first
  }

  private compile(): void {
    try {
      this.install(new present.Module(this.rendered.bytes))
    } catch (error) {
      this.fail(error)
    }
  }

  private readonly install = (module: WasmModule): void => {
    if (this.outcome) return
    try {
      this.outcome = { first: this.threads.install(module, this.kernels.length, this.rendered.scratchBytes) }
    } catch (error) {
      this.fail(error)
    }
  }

  private readonly fail = (error: unknown): void => {
    if (this.outcome) return
    const names = this.kernels.map(({ name }) => name).join(', ')
    const reason = error instanceof Error ? error.message : String(error)
    this.outcome = {
      error:
        error instanceof NablaError
          ? error
          : new NablaError('compile', `[wasm] kernels do not compile (${reason}): ${names}`, { names }),
    }
  }
}

export class Kernels implements Compiler {
  private readonly places = new Map<string, Place>()

  constructor(
    private readonly memory: Memory,
    private readonly threads: Threads,
    private readonly render: Render,
    /** Whether this thread may compile modules of any size. */
    private readonly atOnce: boolean,
  ) {}

  *place(kernels: readonly Kernel[]): Generator<void, Place[]> {
    const keys = new Map<Kernel, string>()
    const fresh = new Map<string, Kernel>()
    const add = (): void => {
      const [names, members] = [[...fresh.keys()], [...fresh.values()]]
      fresh.clear()
      const unit = new Compilation(this.threads, this.render, members, this.atOnce)
      names.forEach((key, i) => this.places.set(key, { unit, address: () => unit.first + i }))
    }
    for (const kernel of new Set(kernels)) {
      const key = kernelKey(kernel)
      keys.set(kernel, key)
      if (!this.places.has(key)) fresh.set(key, kernel)
      if (fresh.size === mostKernels) add()
      yield
    }
    if (fresh.size) add()
    return kernels.map((kernel) => this.places.get(keys.get(kernel)!)!)
  }

  encode(program: readonly number[]): WasmWords {
    const [steps, most, ...rest] = program as readonly [number, number, ...number[]]
    // The driver is told where to write the buffers of a step: behind the program.
    const block = this.memory.block(8 * program.length + 4 * most)
    return new WasmWords(this.memory, block, [steps, block.address + 8 * program.length, ...rest])
  }
}
