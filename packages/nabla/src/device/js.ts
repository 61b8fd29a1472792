/** The `js` device: typed arrays and scalar loops, everywhere; the oracle in tests and the device of last resort. */
import type { DType, TypedArray } from '../core/dtype.js'
import { dtypes } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import type { Storage } from '../graph/node.js'
import { compileJs, renderJs } from '../render/js.js'
import type { JobFunction } from '../render/js.js'
import { Work } from '../kernel/work.js'
import { type Device, type Executable, type KernelTime, type Planning, type Program, planningOf } from './device.js'

class JsStorage implements Storage {
  readonly device = 'js'
  constructor(
    readonly dtype: DType,
    readonly size: number,
    readonly array: TypedArray,
  ) {}
}

const arrayOf = (storage: Storage): TypedArray => {
  if (storage instanceof JsStorage) return storage.array
  throw new NablaError(
    'device',
    `this memory is on device "${storage.device}", not on "js": move the tensor with .to('js') first`,
    { device: storage.device },
  )
}

const forbidden =
  "the page's content security policy does not let JavaScript be made at run time: allow 'unsafe-eval' in its script-src"

/** Whether functions can be made here, or what stands against it. */
export function jsStatus(): { readonly available: boolean; readonly detail: string } {
  try {
    compileJs('0')
    return { available: true, detail: 'scalar JavaScript, everywhere: the reference, and the last resort' }
  } catch {
    return { available: false, detail: forbidden }
  }
}

/** Kernels by source: the same loop over other buffers is compiled once. Oldest out when there are many. */
const compiled = new Map<string, JobFunction>()
function compile(source: string): JobFunction {
  let run = compiled.get(source)
  if (run) return run
  try {
    run = compileJs(source)
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    throw new NablaError('device', `[js] ${forbidden}`)
  }
  if (compiled.size >= 4096) compiled.delete(compiled.keys().next().value!)
  compiled.set(source, run)
  return run
}

/** Runs happen at once, in the order they are asked for; a value is there as soon as `run` returns. */
export function jsDevice(): Device {
  let held = 0
  const registry = new FinalizationRegistry<number>((bytes) => (held -= bytes))

  /** A zeroed array whose bytes are counted until it is collected. */
  const reserve = <T extends object>(bytes: number, what: string, make: () => T): T => {
    try {
      const memory = make()
      held += bytes
      registry.register(memory, bytes)
      return memory
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new NablaError(
        'memory',
        `[js] no memory for ${what} (${showBytes(bytes)}); the device holds ${showBytes(held)}: use smaller tensors or batches, or drop references to old ones`,
        { bytes, held },
      )
    }
  }

  const load = (given: Program | Planning): Executable => {
    const { program, steps } = new Work(function* () {
      const program = yield* planningOf(given).make()
      return {
        program,
        steps: program.steps.map(({ kernel, slots: numbers }) => ({ kernel, numbers, run: compile(renderJs(kernel)) })),
      }
    }).result()
    const slots = program.slots
    const bound = slots.flatMap((slot, i) => (slot.kind === 'bound' ? [i] : []))
    // made at the first run, and kept: what a program leaves in its arena means nothing to the next run
    let arena: TypedArray[] | undefined
    const arrays = (bindings: readonly Storage[]): TypedArray[] => {
      if (bindings.length !== bound.length)
        throw new NablaError('argument', `[js] the program binds ${bound.length} buffers, ${bindings.length} were given`, {
          expected: bound.length,
          given: bindings.length,
        })
      if (!arena) {
        const memory = reserve(program.arenaBytes, `a program's intermediate values`, () => new ArrayBuffer(program.arenaBytes))
        arena = slots.map(
          (slot) =>
            new dtypes[slot.dtype].array(memory, slot.kind === 'arena' ? slot.offset : 0, slot.kind === 'arena' ? slot.size : 0),
        )
      }
      const all = arena.slice()
      bound.forEach((slot, i) => {
        const { dtype, size } = slots[slot]!
        const storage = bindings[i]!
        if (storage.dtype !== dtype || storage.size < size)
          throw new NablaError(
            'argument',
            `[js] binding ${i} is ${storage.dtype}[${storage.size}] where the program wants ${dtype}[${size}]`,
            { binding: i, given: [storage.dtype, storage.size], expected: [dtype, size] },
          )
        all[slot] = arrayOf(storage)
      })
      slots.forEach((slot, i) => {
        if (slot.kind === 'part') all[i] = all[slot.of]!.subarray(slot.offset, slot.offset + slot.size)
      })
      return all
    }
    return {
      run(bindings) {
        const all = arrays(bindings)
        for (const { kernel, numbers, run } of steps)
          run(
            numbers.map((n) => all[n]!),
            0,
            kernel.jobs,
          )
      },
      profile(bindings) {
        const all = arrays(bindings)
        const times: KernelTime[] = steps.map(({ kernel, numbers, run }) => {
          const start = performance.now()
          run(
            numbers.map((n) => all[n]!),
            0,
            kernel.jobs,
          )
          return { name: kernel.name, ms: performance.now() - start, flops: kernel.flops, bytes: kernel.bytes }
        })
        return Promise.resolve(times)
      },
    }
  }

  return {
    name: 'js',
    machine: { lanes: 1, registers: 16, threads: 1, l1: 32768, l2: 1 << 20 },
    allocate(dtype, size) {
      const { array, bytes } = dtypes[dtype]
      return new JsStorage(
        dtype,
        size,
        reserve(size * bytes, `a ${dtype} tensor of ${size} elements`, () => new array(size)),
      )
    },
    write(storage, data) {
      const to = arrayOf(storage)
      if (data.length !== to.length)
        throw new NablaError('argument', `[js] ${data.length} values for a storage of ${to.length}`, {
          given: data.length,
          expected: to.length,
        })
      to.set(data)
    },
    read: (storage) => Promise.resolve(arrayOf(storage).slice()),
    readSync: (storage) => arrayOf(storage).slice(),
    peek: arrayOf,
    load,
    synchronize: () => Promise.resolve(),
  }
}

function showBytes(bytes: number): string {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(bytes, 1)) / 10)))
  const value = bytes / 1024 ** power
  return `${power ? value.toFixed(value < 10 ? 1 : 0) : value} ${['B', 'KB', 'MB', 'GB', 'TB'][power]!}`
}
