/** The device on kernels written by hand, as programs of the loop IR. */
import { afterAll, describe, expect, test, vi } from 'vitest'
import { build } from '../../compiler/build.js'
import { plan } from '../../compiler/plan.js'
import { randomCase } from '../../compiler/testing.js'
import type { DType } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import type { Node, Storage } from '../../graph/node.js'
import { binary, constant, type Expr, index, load, local, variable } from '../../kernel/expr.js'
import { type Kernel, loop, type Stmt } from '../../kernel/loop.js'
import { iadd } from '../../kernel/simplify.js'
import { renderWasm } from '../../render/wasm/index.js'
import type { BoundSlot, Machine, Planning, Slot } from '../device.js'
import { WasmDevice, type WasmOptions } from './device.js'
import { startWorker } from './host.node.js'
import type { Render } from './kernels.js'

const real = (value: number): Expr => constant(value, 'float32')
const at = (buffer: number, place: Expr): Expr => load(buffer, place, 'float32')
const store = (buffer: number, place: Expr, value: Expr): Stmt => ({ kind: 'store', buffer, index: place, value })
const add = (a: Expr, b: Expr): Expr => binary('add', a, b)
const mul = (a: Expr, b: Expr): Expr => binary('mul', a, b)

/** Kernels are made when it is their program's turn, for expressions of one program are forgotten when the next is made. */
type Make = () => Kernel

/** `body` makes the statements of a job from its number. */
const kernel =
  (buffers: number, jobs: number, body: (job: Expr) => Stmt[], cost = 1): Make =>
  () => {
    const job = variable('job', 0, Math.max(0, jobs - 1))
    return {
      name: 'by hand',
      buffers: Array.from({ length: buffers }, () => ({ dtype: 'float32' as const, written: true })),
      job,
      jobs,
      body: body(job),
      flops: cost * jobs,
      bytes: 0,
    }
  }

/** b0[job] = b0[job] * factor + summand, after `ms` milliseconds, about, for all jobs together. */
function update(factor: number, summand: number, { ms = 0, jobs = 1 } = {}): Make {
  const result = (job: Expr, extra: Expr) => store(0, job, add(mul(at(0, job), real(factor)), add(real(summand), extra)))
  if (ms === 0) return kernel(1, jobs, (job) => [result(job, real(0))])
  const body = (job: Expr): Stmt[] => {
    const i = variable('i', 0, 1e6)
    const x = local('x', index(0), 'float32')
    return [
      { kind: 'declare', name: 'x', type: 'float32', size: 1, lanes: 1, init: real(0) },
      loop('serial', i, index(0), index(Math.ceil((ms * 250_000) / jobs)), [
        { kind: 'set', name: 'x', index: index(0), value: mul(add(x, real(1)), real(0.5)) },
      ]),
      result(job, binary('sub', x, x)),
    ]
  }
  return kernel(1, jobs, body, (ms * 8e6) / jobs)
}

const bound = (size: number, written = true, dtype: DType = 'float32'): Slot => ({ kind: 'bound', dtype, size, written })
interface Steps {
  readonly steps: readonly { readonly kernel: Make; readonly slots: readonly number[] }[]
  readonly slots: readonly Slot[]
  readonly arenaBytes: number
}
const planned = ({ steps, ...rest }: Steps): Planning => ({
  bound: rest.slots.filter((slot) => slot.kind === 'bound'),
  *make() {
    yield
    return { ...rest, steps: steps.map(({ kernel, slots }) => ({ kernel: kernel(), slots })) }
  },
})
const single = (kernel: Make, ...slots: Slot[]): Planning =>
  planned({ steps: [{ kernel, slots: slots.map((_, i) => i) }], slots, arenaBytes: 0 })

/** The program of a graph, with every step on all threads, however short. */
function programmed(outputs: readonly Node[], values: ReadonlyMap<Node, unknown>, machine: Machine): Planning {
  const bind = (nodes: Iterable<Node>, written: boolean): BoundSlot[] =>
    [...nodes].map(({ dtype, shape }) => ({ kind: 'bound', dtype, size: sizeOf(shape), written }))
  return {
    bound: [...bind(values.keys(), false), ...bind(outputs, true)],
    *make() {
      const { steps, ...rest } = yield* plan(build(outputs), new Map(), new Set(), machine)
      return { ...rest, steps: steps.map(({ kernel, slots }) => ({ kernel: { ...kernel, flops: 1e9 }, slots })) }
    },
  }
}

const made: WasmDevice[] = []
function open(options: WasmOptions = {}): WasmDevice {
  const device = new WasmDevice(options)
  made.push(device)
  return device
}
afterAll(() => {
  for (const device of made) device.threads.end()
})

const zeros = (device: WasmDevice, size = 1) => {
  const storage = device.allocate('float32', size)
  device.write(storage, new Float32Array(size))
  return storage
}

const kinds: readonly (readonly [string, WasmOptions])[] = [
  ['two threads', { threads: 2 }],
  ['memory that is not shared', { shared: false }],
]

describe.each(kinds)('%s', (_, options) => {
  const device = open(options)
  const numbers = (storage: Parameters<WasmDevice['readSync']>[0]) => [...device.readSync(storage)]

  test('steps, bound slots and the arena', async () => {
    const map = (buffers: number, write: (job: Expr) => Stmt) => kernel(buffers, 3, (job) => [write(job)])
    const program = planned({
      steps: [
        { kernel: map(2, (j) => store(1, j, add(at(0, j), real(1)))), slots: [0, 1] },
        { kernel: map(3, (j) => store(2, j, mul(at(0, j), at(1, j)))), slots: [1, 0, 3] },
        { kernel: map(2, (j) => store(1, j, add(at(0, j), real(-10)))), slots: [4, 2] },
      ],
      slots: [
        bound(3, false),
        { kind: 'arena', dtype: 'float32', size: 3, offset: 64 },
        bound(3),
        { kind: 'arena', dtype: 'float32', size: 6, offset: 0 },
        { kind: 'part', dtype: 'float32', size: 3, of: 3, offset: 0 },
      ],
      arenaBytes: 128,
    })
    const [x, y] = [device.allocate('float32', 3), device.allocate('float32', 3)]
    device.write(x, new Float32Array([1, 2, 3]))
    const executable = device.load(program)
    executable.run([x, y])
    expect([...(await device.read(y))]).toEqual([-8, -4, 2])
    device.write(x, new Float32Array([0, -1, 5]))
    executable.run([x, y])
    expect(numbers(y)).toEqual([-10, -10, 20])
  })

  test('nothing at all: no steps, no jobs, no elements', async () => {
    device.load({ steps: [], slots: [], arenaBytes: 0 }).run([])
    const empty = device.allocate('int32', 0)
    device
      .load(
        single(
          kernel(1, 0, (job) => [store(0, job, real(1))]),
          bound(0, true, 'int32'),
        ),
      )
      .run([empty])
    expect(await device.read(empty)).toEqual(new Int32Array(0))
    device.write(empty, new Int32Array(0))
    await device.synchronize()
  })

  test('storages begin at a cache line, are copied when read, and check what is written and bound', () => {
    for (const size of [0, 1, 3, 100, 5000]) {
      const storage = device.allocate('float64', size)
      expect(storage.address % 64).toBe(0)
      expect(numbers(storage)).toHaveLength(size)
    }
    const x = device.allocate('float32', 2)
    device.write(x, new Float32Array([1, 2]))
    const copy = device.readSync(x)
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
    device.write(x, new Float32Array(2))
    expect([...copy]).toEqual([1, 2])
    expect(() => device.write(x, new Float32Array(3))).toThrow(/Float32Array\(3\) does not fill a storage of Float32Array\(2\)/)
    expect(() => device.write(x, new Float64Array(2))).toThrow(NablaError)
    const executable = device.load(single(update(1, 1, { jobs: 2 }), bound(2)))
    expect(() => executable.run([])).toThrow(/binds 1 storages, 0 were given/)
    expect(() => executable.run([device.allocate('int32', 2)])).toThrow(/slot 0 takes 2 elements of float32/)
    expect(() => executable.run([zeros(device)])).toThrow(NablaError)
    expect(() => executable.run([{ device: 'js', dtype: 'float32', size: 2 }])).toThrow(/device js/)
    expect(() => executable.run([open({ threads: 1 }).allocate('float32', 2)])).toThrow(NablaError)
  })

  test('what was disposed of is not read again', async () => {
    const x = zeros(device)
    device.free(x)
    expect(() => device.readSync(x)).toThrow(/disposed of/)
    const y = zeros(device)
    expect(y.address).toBe(x.address)
    device.free(x)
    device.load(single(update(1, 1), bound(1))).run([y])
    expect(numbers(y)).toEqual([1])
    device.load(single(update(1, 1), bound(1))).run([x])
    expect(() => device.write(x, new Float32Array(1))).toThrow(/disposed of/)
    await expect(device.synchronize()).rejects.toThrow(/disposed of/)
  })

  test('short and long runs see what those before them left, however they are waited for', async () => {
    const x = zeros(device)
    const double = device.load(single(update(2, 0), bound(1)))
    const increment = device.load(single(update(1, 1, { ms: 15 }), bound(1)))
    let expected = 0
    for (let i = 0; i < 12; i++) {
      if (i === 6) device.load(single(update(1, -18), bound(1))).run([x])
      const executable = i % 3 ? double : increment
      executable.run([x])
      expected = i % 3 ? expected * 2 : (i === 6 ? expected - 18 : expected) + 1
    }
    expect([...(await device.read(x))]).toEqual([expected])
    increment.run([x])
    double.run([x])
    expect(numbers(x)).toEqual([2 * (expected + 1)])
    increment.run([x])
    increment.run([x])
    device.write(x, new Float32Array([5])) // Waits for both.
    expect([...(await device.read(x))]).toEqual([5])
    increment.run([x])
    await new Promise((resolve) => setTimeout(resolve, 3)) // It has been begun.
    double.run([x])
    expect(numbers(x)).toEqual([12])
    await device.synchronize()
  })

  test('a long loop that only reads synchronously', () => {
    const slow = device.load(single(update(1, 1, { ms: 6 }), bound(1)))
    const counter = zeros(device)
    for (let i = 1; i <= 60; i++) {
      slow.run([counter])
      expect(numbers(counter)).toEqual([i])
    }
  })

  test('thousands of runs that nobody waits for, with one array of bindings used again and again', async () => {
    const executable = device.load(single(update(1, 1, { ms: 0.02 }), bound(1)))
    const storages = [zeros(device), zeros(device)]
    const bindings = [storages[0]!]
    for (let i = 0; i < 3000; i++) {
      bindings[0] = storages[i % 2]!
      executable.run(bindings)
    }
    expect([...(await device.read(storages[0]!))]).toEqual([1500])
    expect(numbers(storages[1]!)).toEqual([1500])
  })

  test('the memory grows under long runs, and storages live until the runs that use them end', async () => {
    const y = zeros(device)
    const slow = device.load(single(update(1, 1, { ms: 5, jobs: 1 }), bound(1)))
    const first = kernel(2, 1, (job) => [store(1, job, add(at(1, job), add(at(0, job), at(0, index(99_999)))))])
    const sum = device.load(single(first, bound(100_000, false), bound(1)))
    for (let i = 0; i < 50; i++) {
      const x = device.allocate('float32', 100_000)
      device.write(x, new Float32Array(100_000).fill(i))
      slow.run([y])
      sum.run([x, y])
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect([...(await device.read(y))]).toEqual([50 + 49 * 50])
  })

  test('the event loop lives during long runs, and during many short ones', async () => {
    const x = zeros(device, 16)
    const long = device.load(single(update(1, 1, { ms: 150, jobs: 16 }), bound(16)))
    const short = device.load(single(update(1, 1, { ms: 2, jobs: 16 }), bound(16)))
    const turns = async (executable: typeof long, runs: number, wait: boolean): Promise<number> => {
      let turns = 0
      let over = false
      const tick = () => {
        turns++
        if (!over) setTimeout(tick, 1)
      }
      setTimeout(tick, 1)
      for (let i = 0; i < runs; i++) {
        executable.run([x])
        if (wait) await device.read(x)
      }
      await device.read(x)
      over = true
      return turns
    }
    expect(await turns(long, 2, false)).toBeGreaterThan(10)
    expect(await turns(short, 200, true)).toBeGreaterThan(5)
    expect(numbers(x)).toEqual(Array(16).fill(202))
  })

  test('profile tells the time of each step', async () => {
    const steps = [update(1, 1), update(2, 0, { ms: 5 })]
    const slots = [bound(1)]
    const executable = device.load(planned({ steps: steps.map((k) => ({ kernel: k, slots: [0] })), slots, arenaBytes: 0 }))
    const x = zeros(device)
    executable.run([x])
    const times = await executable.profile([x])
    expect(numbers(x)).toEqual([6])
    expect(times.map((t) => [t.name, t.flops])).toEqual(steps.map((k) => [k().name, k().flops]))
    expect(times[1]!.ms).toBeGreaterThan(times[0]!.ms)
  })

  test('memory that is not there', async () => {
    expect(() => device.allocate('float32', 1e13)).toThrow(/out of memory: 40000.0 GB were asked for/)
    expect(() => device.allocate('uint8', 2 ** 52)).toThrow(NablaError)
    const y = zeros(device)
    device.load(planned({ steps: [{ kernel: update(1, 1), slots: [0] }], slots: [bound(1)], arenaBytes: 1e13 })).run([y])
    await expect(device.read(y)).rejects.toMatchObject({ kind: 'memory', facts: { asked: 1e13, limit: 2 ** 32 } })
    await device.synchronize()
  })
})

describe('threads', () => {
  test('every job is done once, for many numbers of jobs and threads', async () => {
    const size = 1000
    for (const threads of [1, 2, 3, 5]) {
      const device = open({ threads })
      await device.threads.ready()
      const y = device.allocate('float32', size)
      for (const jobs of [1, 2, 3, 7, 16, 17, 18, 100, 999, 1000]) {
        const count = kernel(1, jobs, (job) => [store(0, job, add(at(0, job), real(jobs)))], 1e6)
        const executable = device.load(single(count, bound(size)))
        device.write(y, new Float32Array(size))
        for (let i = 0; i < 50; i++) executable.run([y])
        expect([...device.readSync(y)]).toEqual(Array.from({ length: size }, (_, j) => (j < jobs ? 50 * jobs : 0)))
      }
      device.threads.end()
    }
  })

  test('results have the same bits for every number of threads, shared memory or not', async () => {
    const devices = [open({ threads: 1 }), open({ threads: 2 }), open({ threads: 3 }), open({ shared: false })]
    await Promise.all(devices.map((device) => device.threads.ready()))
    for (let seed = 0; seed < 10; seed++) {
      const { outputs, values } = randomCase(seed)
      const results = devices.map((device) => {
        const planning = programmed(outputs, values, device.machine)
        const inputs = [...values.values()].map(({ dtype, data }) => {
          const storage = device.allocate(dtype, data.length)
          device.write(storage, data)
          return storage
        })
        const results = planning.bound.slice(inputs.length).map(({ dtype, size }) => device.allocate(dtype, size))
        device.load(planning).run([...inputs, ...results])
        return results.map((storage) => device.readSync(storage))
      })
      for (const other of results.slice(1)) expect(other).toEqual(results[0])
    }
  })

  test('kernels that come later are known to threads that are already there', async () => {
    const device = open({ threads: 2 })
    await device.threads.ready()
    const x = zeros(device, 64)
    for (let i = 0; i < 40; i++) {
      device.load(single(update(1, i, { ms: 1, jobs: 64 }), bound(64))).run([x])
      if (i % 8 === 7) await device.read(x)
    }
    expect([...device.readSync(x)]).toEqual(Array(64).fill((39 * 40) / 2))
  })

  test('idle workers keep no process alive', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
    const device = open({ threads: 2 })
    const x = zeros(device)
    device.load(single(update(1, 1, { ms: 30 }), bound(1))).run([x])
    await device.read(x)
    await device.threads.ready()
    device.load(single(update(1, 1, { ms: 30 }), bound(1))).run([x])
    await device.read(x)
    expect(process.getActiveResourcesInfo().filter((name) => name === 'MessagePort')).toHaveLength(before)
  })
})

describe('failures', () => {
  const good: Render = (kernels) => renderWasm(kernels, { relaxed: false, shared: true })

  test('a kernel that does not compile shows at reads of what it should have written, and of what was made of that', async () => {
    const device = open({
      threads: 1,
      render: (kernels) => (kernels[0]!.jobs === 3 ? { bytes: new Uint8Array(9), scratchBytes: 0 } : good(kernels)),
    })
    const [x, y, z] = [zeros(device, 3), zeros(device), zeros(device)]
    device.load(single(update(1, 1, { jobs: 3 }), bound(3))).run([x])
    device
      .load(
        single(
          kernel(2, 1, (j) => [store(1, j, at(0, j))]),
          bound(1, false),
          bound(1),
        ),
      )
      .run([x, y])
    device.load(single(update(1, 7), bound(1))).run([z])
    const error = await device.read(x).catch((e: unknown) => e)
    expect(error).toMatchObject({ kind: 'compile', message: expect.stringMatching(/do not compile .*by hand/) })
    await expect(device.read(y)).rejects.toBe(error)
    expect(() => device.readSync(y)).toThrow(NablaError)
    expect([...device.readSync(z)]).toEqual([7])
    await device.synchronize() // It has been told.
  })

  test('a kernel that traps, on any thread, spoils its run and none else', async () => {
    // The buffer's address is far beyond the memory.
    const wild =
      (jobs: number, ms: number): Make =>
      () => {
        const k = update(1, 1, { jobs, ms })()
        return { ...k, body: [...k.body, store(0, iadd(k.job, index(2 ** 29)), real(1))] }
      }
    for (const options of [{ threads: 1 }, { threads: 3 }, { shared: false }]) {
      const device = open(options)
      await device.threads.ready()
      const x = zeros(device, 64)
      const fine = device.load(single(update(1, 1, { jobs: 64, ms: 1 }), bound(64)))
      for (const ms of [0, 1, 30]) {
        device.load(single(wild(64, ms), bound(64))).run([x])
        await expect(device.read(x)).rejects.toThrow(/a kernel has failed/)
        const y = zeros(device, 64)
        fine.run([y])
        expect([...(await device.read(y))]).toEqual(Array(64).fill(1))
        device.load(single(wild(64, ms + 1), bound(64))).run([y])
        expect(() => device.readSync(y)).toThrow(/a kernel has failed/)
      }
    }
  })

  test('workers that cannot start, or do not begin, leave one thread, which says so', async () => {
    const forbidden: typeof startWorker = () => {
      throw new Error('forbidden here')
    }
    const broken: typeof startWorker = (_, name, events) => startWorker('throw new Error("no memory")', name, events)
    for (const [start, reason] of [
      [forbidden, /forbidden here/],
      [broken, /no memory/],
    ] as const) {
      const notice = vi.fn()
      const device = open({ threads: 2, startWorker: start, notice })
      const x = zeros(device)
      const long = device.load(single(update(1, 1, { ms: 30 }), bound(1)))
      for (let i = 0; i < 3; i++) long.run([x])
      expect([...(await device.read(x))]).toEqual([3])
      await device.threads.ready()
      long.run([x])
      expect([...(await device.read(x))]).toEqual([4])
      expect(notice).toHaveBeenCalledTimes(1)
      expect(notice.mock.calls[0]![0]).toMatch(reason)
      expect(notice.mock.calls[0]![0]).toMatch(/one thread/)
    }
  })

  test('workers that end by themselves', async () => {
    const notice = vi.fn()
    const workers: { end(): void; die(): void }[] = []
    const mortal: typeof startWorker = (script, name, events) => {
      const worker = startWorker(script, name, events)
      workers.push({ end: worker.end, die: () => events.failure('it was killed') })
      return worker
    }
    const device = open({ threads: 2, startWorker: mortal, notice })
    await device.threads.ready()
    const x = zeros(device)
    const long = device.load(single(update(1, 1, { ms: 30 }), bound(1)))
    for (let i = 0; i < 3; i++) long.run([x])
    workers[0]!.die()
    expect([...(await device.read(x).catch(() => [3]))]).toEqual([3])
    device.write(x, new Float32Array(1))
    long.run([x])
    expect([...(await device.read(x))]).toEqual([1])
    expect(notice).toHaveBeenCalledTimes(1)
  })
})

describe('memory', () => {
  const size = 1 << 18 // a megabyte

  test('dropped storages are given back before the memory is full, even if the event loop never turns', () => {
    const device = open({ threads: 1, maximumPages: 1024 }) // 64 MB
    let kept = zeros(device, size)
    const copy = kernel(2, size, (j) => [store(1, j, add(at(0, j), real(1)))])
    const executable = device.load(single(copy, bound(size, false), bound(size)))
    for (let i = 0; i < 500; i++) {
      const next = device.allocate('float32', size)
      executable.run([kept, next])
      kept = next
    }
    expect(device.readSync(kept)[size - 1]).toBe(500)
  })

  test('the limit is told, with what still works', () => {
    const device = open({ threads: 1, maximumPages: 1024 })
    const held: Storage[] = []
    expect(() => {
      for (;;) held.push(device.allocate('float32', size))
    }).toThrow(/out of memory: 1\.0 MB were asked for.*of the 67\.1 MB.*dispose/)
    expect(held.length).toBeGreaterThan(60)
    device.free(held.pop()!)
    device.allocate('float32', size)
  })
})
