/** The device on kernels written by hand: a kernel's name is its C, so what is tested here is everything but the renderer. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DType } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import { binary, constant, index, load, variable } from '../../kernel/expr.js'
import { loop } from '../../kernel/loop.js'
import type { Kernel } from '../../kernel/loop.js'
import type { Program, Slot } from '../device.js'
import { NativeDevice } from './device.js'
import { openRuntime } from './library.js'
import type { Render } from './program.js'

const render: Render = {
  kernel: (kernel) => kernel.name,
  file: (functions) =>
    `#include <math.h>\n${functions.map(({ text, name }) => `void ${name}(char *const *b, long from, long to) { ${text} }`).join('\n')}\n`,
}

/** `b0`, `b1`, ... are the buffers as floats, `j` is the job. */
function kernel(body: string, buffers: number, jobs: number, cost = 1): Kernel {
  const names = Array.from({ length: buffers }, (_, i) => `float *b${i} = (float *)b[${i}];`).join(' ')
  return {
    name: `${names} for (long j = from; j < to; j++) { ${body} }`,
    buffers: Array.from({ length: buffers }, () => ({ dtype: 'float32' as const, written: true })),
    job: variable('j', 0, jobs - 1),
    jobs,
    body: [],
    flops: cost * jobs,
    bytes: 0,
  }
}

const bound = (size: number, written = true, dtype: DType = 'float32'): Slot => ({ kind: 'bound', dtype, size, written })
const single = (k: Kernel, ...slots: Slot[]): Program => ({
  steps: [{ kernel: k, slots: slots.map((_, i) => i) }],
  slots,
  arenaBytes: 0,
})

const folder = mkdtempSync(join(tmpdir(), 'nabla-test-'))
const device = new NativeDevice(openRuntime({ environment: { ...process.env, NABLA_CACHE: folder } }), { render, threads: 2 })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const zeros = () => {
  const storage = device.allocate('float32', 1)
  device.write(storage, new Float32Array(1))
  return storage
}
const numbers = (storage: Parameters<NativeDevice['readSync']>[0]) => [...device.readSync(storage)]

describe('programs', () => {
  test('steps, bound slots and the arena', async () => {
    const program: Program = {
      steps: [
        { kernel: kernel('b1[j] = b0[j] + 1;', 2, 3), slots: [0, 1] },
        { kernel: kernel('b2[j] = b0[j] * b1[j];', 3, 3), slots: [1, 0, 3] },
        { kernel: kernel('b1[j] = b0[j] - 10;', 2, 3), slots: [3, 2] },
      ],
      slots: [
        bound(3, false),
        { kind: 'arena', dtype: 'float32', size: 3, offset: 64 },
        bound(3),
        { kind: 'arena', dtype: 'float32', size: 3, offset: 0 },
      ],
      arenaBytes: 128,
    }
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
    device.load(single(kernel('b0[j] = 1;', 1, 0), bound(0, true, 'int32'))).run([empty])
    expect(await device.read(empty)).toEqual(new Int32Array(0))
    device.write(empty, new Int32Array(0))
    await device.synchronize()
  })

  test('every job is done once, for many numbers of jobs and threads', async () => {
    const size = 1000
    const y = device.allocate('float32', size)
    for (const threads of [1, 2, 3, 8, 17]) {
      device.runtime.threads(threads)
      for (const jobs of [1, 2, 3, 7, 16, 17, 18, 100, 999, 1000]) {
        const executable = device.load(single(kernel('b0[j] += j + 1;', 1, jobs, 1e6), bound(size)))
        device.write(y, new Float32Array(size))
        for (let i = 0; i < 50; i++) executable.run([y])
        expect(numbers(y)).toEqual(Array.from({ length: size }, (_, j) => (j < jobs ? 50 * (j + 1) : 0)))
      }
    }
    device.runtime.threads(2)
  })

  test('storages begin at a cache line and check what is written', () => {
    for (const size of [0, 1, 3, 100, 5000]) {
      const storage = device.allocate('float64', size)
      expect(storage.address % 64).toBe(0)
      expect(numbers(storage)).toHaveLength(size)
    }
    const x = device.allocate('float32', 2)
    expect(() => device.write(x, new Float32Array(3))).toThrow(/Float32Array\(3\) does not fill a storage of Float32Array\(2\)/)
    expect(() => device.write(x, new Float64Array(2))).toThrow(NablaError)
    const executable = device.load(single(kernel('b0[j] = 1;', 1, 2), bound(2)))
    expect(() => executable.run([])).toThrow(/binds 1 storages, 0 were given/)
    expect(() => executable.run([device.allocate('int32', 2)])).toThrow(/slot 0 takes 2 elements of float32/)
    expect(() => executable.run([zeros()])).toThrow(NablaError)
    expect(() => executable.run([{ device: 'js', dtype: 'float32', size: 2 }])).toThrow(/device js/)
  })

  test('NaN, infinities, signed zero and subnormals keep their meaning, in vectors and what remains', () => {
    const tiny = Math.fround(1e-40)
    const values = [NaN, Infinity, -Infinity, -0, tiny, -3]
    const size = 7 * values.length
    const [x, relu, half, difference] = Array.from({ length: 4 }, () => device.allocate('float32', size))
    device.write(
      x!,
      Float32Array.from({ length: size }, (_, i) => values[i % values.length]!),
    )
    const body = 'b1[j] = b0[j] <= 0 ? 0 : b0[j]; b2[j] = b0[j] * 0.5f; b3[j] = b0[j] != b0[j] ? 1 : b0[j] - b0[j];'
    device
      .load(single(kernel(body, 4, size), bound(size, false), bound(size), bound(size), bound(size)))
      .run([x!, relu!, half!, difference!])
    const seven = (expected: number[]) => Array.from({ length: size }, (_, i) => expected[i % values.length])
    expect(numbers(relu!)).toEqual(seven([NaN, Infinity, 0, 0, tiny, 0]))
    expect(numbers(half!)).toEqual(seven([NaN, Infinity, -Infinity, -0, Math.fround(tiny / 2), -1.5]))
    expect(numbers(difference!)).toEqual(seven([1, NaN, NaN, 0, 0, 0]))
  })
})

test('a long loop that only reads synchronously', () => {
  // Longer than what may run on the calling thread without a turn of the event loop, more often than calls may be under way.
  const slow = device.load(single(kernel('for (volatile long i = 0; i < 3000000; i++); b0[j] += 1;', 1, 1, 1e9), bound(1)))
  const counter = zeros()
  for (let i = 1; i <= 100; i++) {
    slow.run([counter])
    expect(numbers(counter)).toEqual([i])
  }
})

test('kernels of the loop IR, as the renderer writes them', async () => {
  const real = new NativeDevice(device.runtime, { threads: 2 })
  const { lanes } = real.machine
  const size = 10 * lanes
  const [job, lane] = [variable('job', 0, 9), variable('lane', 0, lanes - 1)]
  const at = binary('add', binary('mul', job, index(lanes)), lane)
  const value = binary('add', load(0, at, 'float32'), constant(1, 'float32'))
  const body = [loop('vector', lane, index(0), index(lanes), [{ kind: 'store' as const, buffer: 1, index: at, value }])]
  const buffers = [false, true].map((written) => ({ dtype: 'float32' as const, written }))
  const increment: Kernel = { name: 'increment', buffers, job, jobs: 10, body, flops: size, bytes: 8 * size }
  const [x, y] = [real.allocate('float32', size), real.allocate('float32', size)]
  real.write(
    x,
    Float32Array.from({ length: size }, (_, i) => i),
  )
  real.load(single(increment, bound(size, false), bound(size))).run([x, y])
  expect(await real.read(y)).toEqual(Float32Array.from({ length: size }, (_, i) => i + 1))
})

/** Keeps a core busy for about `ms`. */
const slow = (body: string, ms: number) =>
  kernel(`volatile float s = 0; for (long i = 0; i < ${ms * 200_000}; i++) s = s * 0.5f + 1; ${body}`, 1, 1, 1e9)

describe('order', () => {
  test('short and long runs, compiled and not, see what those before them left', async () => {
    const x = zeros()
    const double = device.load(single(kernel('b0[0] *= 2;', 1, 1), bound(1)))
    const increment = device.load(single(slow('b0[0] += 1;', 5), bound(1)))
    let expected = 0
    for (let i = 0; i < 12; i++) {
      if (i === 6) device.load(single(kernel(`b0[0] -= ${i} * 3;`, 1, 1), bound(1))).run([x])
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
    await device.synchronize()
  })

  test('thousands of runs that nobody waits for, with one array of bindings used again and again', async () => {
    const executable = device.load(single(slow('b0[0] += 1;', 0.02), bound(1)))
    const storages = [zeros(), zeros()]
    const bindings = [storages[0]!]
    for (let i = 0; i < 3000; i++) {
      bindings[0] = storages[i % 2]!
      executable.run(bindings)
    }
    expect([...(await device.read(storages[0]!))]).toEqual([1500])
    expect(numbers(storages[1]!)).toEqual([1500])
  })

  test('kernels may keep a megabyte on the stack, on any thread', async () => {
    const big = 'volatile float a[1 << 18]; for (long i = 0; i < 1 << 18; i++) a[i] = i; b0[j] = a[1000 + j];'
    const x = device.allocate('float32', 4)
    const executable = device.load(single(kernel(big, 1, 4, 1e6), bound(4)))
    executable.run([x])
    expect([...(await device.read(x))]).toEqual([1000, 1001, 1002, 1003])
    executable.run([x])
    expect(numbers(x)).toEqual([1000, 1001, 1002, 1003])
    await executable.profile([x])
  })

  test('reading synchronously does not wait for the event loop, not even for the compiler', () => {
    const x = zeros()
    const executables = Array.from({ length: 6 }, (_, i) =>
      device.load(single(kernel(`b0[0] = b0[0] * 3 + ${i};`, 1, 1), bound(1))),
    )
    for (const executable of executables) executable.run([x])
    expect(numbers(x)).toEqual([((((0 * 3 + 1) * 3 + 2) * 3 + 3) * 3 + 4) * 3 + 5])
  })

  test('storages live until the runs that use them end', async () => {
    const y = zeros()
    const add = device.load(single(slow('b0[0] += 1;', 1), bound(1)))
    const sum = device.load(single(kernel('b1[0] += b0[0] + b0[99999];', 2, 1), bound(100_000, false), bound(1)))
    for (let i = 0; i < 50; i++) {
      const x = device.allocate('float32', 100_000)
      device.write(x, new Float32Array(100_000).fill(i))
      add.run([y])
      sum.run([x, y])
    }
    expect([...(await device.read(y))]).toEqual([50 + 49 * 50])
  })

  test('the event loop lives during long runs, and during many short ones', async () => {
    const x = zeros()
    const long = device.load(single(slow('b0[0] += 1;', 100), bound(1)))
    const short = device.load(single(slow('b0[0] += 1;', 1), bound(1)))
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
    expect(await turns(long, 2, false)).toBeGreaterThan(20)
    expect(await turns(short, 200, true)).toBeGreaterThan(10)
    expect(numbers(x)).toEqual([202])
  })

  test('profile tells the time of each step', async () => {
    const steps = [kernel('b0[0] += 1;', 1, 1), slow('b0[0] *= 2;', 5)]
    const executable = device.load({ steps: steps.map((k) => ({ kernel: k, slots: [0] })), slots: [bound(1)], arenaBytes: 0 })
    const x = zeros()
    executable.run([x])
    const times = await executable.profile([x])
    expect(numbers(x)).toEqual([6])
    expect(times.map((t) => [t.name, t.flops])).toEqual(steps.map((k) => [k.name, k.flops]))
    expect(times[1]!.ms).toBeGreaterThan(times[0]!.ms)
  })
})

describe('failures', () => {
  const broken = () => device.load(single(kernel(`this is not C ${Math.random()};`, 1, 1), bound(1)))
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const unhandled: unknown[] = []
  const note = (error: unknown) => unhandled.push(error)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterAll(() => {
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('a kernel that does not compile shows at reads of what it should have written, and of what was made of that', async () => {
    const [x, y, z] = Array.from({ length: 3 }, () => zeros())
    broken().run([x!])
    device.load(single(kernel('b1[0] = b0[0];', 2, 1), bound(1, false), bound(1))).run([x!, y!])
    const good = device.load(single(kernel('b0[0] = 7;', 1, 1), bound(1)))
    good.run([z!])
    await wait(300)
    const error = await device.read(x!).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(NablaError)
    expect(error).toMatchObject({ kind: 'compile', message: expect.stringMatching(/this is not C.*source is kept at/is) })
    await expect(device.read(y!)).rejects.toBe(error)
    expect(() => device.readSync(y!)).toThrow(NablaError)
    expect(numbers(z!)).toEqual([7])
    await device.synchronize() // It has been told.
    device.write(x!, new Float32Array([1]))
    good.run([x!])
    expect(numbers(x!)).toEqual([7])
  })

  test('the same, synchronously', async () => {
    const x = zeros()
    const executable = broken()
    executable.run([x])
    expect(() => device.readSync(x)).toThrow(/could not compile/)
    await expect(executable.profile([zeros()])).rejects.toThrow(/could not compile/)
    broken().run([zeros()])
    await expect(device.synchronize()).rejects.toThrow(/could not compile/)
    await device.synchronize()
  })

  test('memory that is not there', async () => {
    expect(() => device.allocate('float32', 1e13)).toThrow(/out of memory: 40000.0 GB were asked for/)
    expect(() => device.allocate('uint8', 2 ** 52)).toThrow(NablaError)
    const y = zeros()
    device.load({ ...single(kernel('b0[0] = 1;', 1, 1), bound(1)), arenaBytes: 1e13 }).run([y])
    await expect(device.read(y)).rejects.toMatchObject({
      kind: 'memory',
      facts: { asked: expect.any(Number), held: expect.any(Number) },
    })
    await device.synchronize()
  })
})

test('20,000 runs with fresh storages hold steady memory', async () => {
  const size = 2500
  const executable = device.load(single(kernel('b1[j] = b0[j] + 1;', 2, size), bound(size, false), bound(size)))
  let x = device.allocate('float32', size)
  device.write(x, new Float32Array(size))
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const y = device.allocate('float32', size)
      executable.run([x, y])
      x = y
      if (i % 10 === 0) await device.read(x)
    }
  }
  /** Megabytes of memory that is still reachable: garbage that V8 lets stand does not count. */
  const held = async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let i = 0; i < 3; i++) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return process.memoryUsage().arrayBuffers / 1e6
  }
  await run(1000)
  const before = await held()
  await run(20_000) // 200 MB of storages
  expect((await held()) - before).toBeLessThan(5)
  expect(numbers(x)[0]).toBe(21_000)
})
