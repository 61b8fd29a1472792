import { describe, expect, test } from 'vitest'
import { NablaError } from '../core/errors.js'
import type { Storage } from '../graph/node.js'
import type { Expr } from '../kernel/expr.js'
import { binary, constant, load, variable } from '../kernel/expr.js'
import type { Kernel } from '../kernel/loop.js'
import type { Program } from './device.js'
import { jsDevice } from './js.js'

/** b0[i] = fn(b1[i]) */
function kernel(name: string, jobs: number, fn: (x: Expr) => Expr): Kernel {
  const job = variable('i', 0, jobs - 1)
  const buffers = [
    { dtype: 'float32', written: true },
    { dtype: 'float32', written: false },
  ] as const
  return {
    name,
    buffers,
    job,
    jobs,
    body: [{ kind: 'store', buffer: 0, index: job, value: fn(load(1, job, 'float32')) }],
    flops: jobs,
    bytes: jobs * 8,
  }
}
const double = (x: Expr): Expr => binary('add', x, x)
const addOne = (x: Expr): Expr => binary('add', x, constant(1, 'float32'))

/** out = 2 * in + 1, by way of the arena. */
const program: Program = {
  steps: [
    { kernel: kernel('double', 4, double), slots: [1, 0] },
    { kernel: kernel('add', 4, addOne), slots: [2, 1] },
  ],
  slots: [
    { kind: 'bound', dtype: 'float32', size: 4, written: false },
    { kind: 'arena', dtype: 'float32', size: 4, offset: 64 },
    { kind: 'bound', dtype: 'float32', size: 4, written: true },
  ],
  arenaBytes: 128,
}

const thrown = (act: () => unknown): NablaError => {
  try {
    act()
  } catch (error) {
    if (error instanceof NablaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('the js device', () => {
  const device = jsDevice()

  test('memory: what is written is read, and copies are copies', async () => {
    const storage = device.allocate('int32', 3)
    expect(storage).toMatchObject({ device: 'js', dtype: 'int32', size: 3 })
    expect(device.readSync(storage)).toEqual(Int32Array.of(0, 0, 0))
    const data = Int32Array.of(1, 2, 3)
    device.write(storage, data)
    data[0] = 9
    const copy = await device.read(storage)
    expect(copy).toEqual(Int32Array.of(1, 2, 3))
    copy[1] = 9
    expect(device.readSync(storage)).toEqual(Int32Array.of(1, 2, 3))
    expect(device.readSync(device.allocate('float32', 0)).length).toBe(0)
    expect(device.readSync(device.allocate('float16', 1))).toBeInstanceOf(Uint16Array)
  })

  test('a program runs its steps in order, run after run', async () => {
    const [input, output] = [device.allocate('float32', 4), device.allocate('float32', 4)]
    const run = device.load(program)
    device.write(input, Float32Array.of(1, 2, 3, 4))
    run.run([input, output])
    expect(device.readSync(output)).toEqual(Float32Array.of(3, 5, 7, 9))
    run.run([output, input])
    await device.synchronize()
    expect(await device.read(input)).toEqual(Float32Array.of(7, 11, 15, 19))
  })

  test('a profile names the kernels and does the work', async () => {
    const [input, output] = [device.allocate('float32', 4), device.allocate('float32', 4)]
    const times = await device.load(program).profile([input, output])
    expect(times.map(({ name, flops, bytes }) => ({ name, flops, bytes }))).toEqual([
      { name: 'double', flops: 4, bytes: 32 },
      { name: 'add', flops: 4, bytes: 32 },
    ])
    expect(times.every((t) => t.ms >= 0)).toBe(true)
    expect(device.readSync(output)).toEqual(Float32Array.of(1, 1, 1, 1))
  })

  test('errors say what was given and expected', () => {
    const storage = device.allocate('float32', 4)
    const foreign: Storage = { device: 'native', dtype: 'float32', size: 4 }
    expect(thrown(() => device.readSync(foreign))).toMatchObject({ kind: 'device', facts: { device: 'native' } })
    expect(thrown(() => device.write(storage, new Float32Array(3)))).toMatchObject({
      kind: 'argument',
      facts: { given: 3, expected: 4 },
    })
    expect(thrown(() => device.load(program).run([storage])).message).toContain('binds 2 buffers, 1 were given')
    expect(thrown(() => device.load(program).run([storage, device.allocate('int32', 4)])).message).toContain(
      'binding 1 is int32[4]',
    )
  })

  test('no memory: what was asked and what is held', () => {
    const device = jsDevice()
    const kept = device.allocate('float64', 1024)
    const error = thrown(() => device.allocate('float32', 2 ** 50))
    expect(error.kind).toBe('memory')
    expect(error.facts).toEqual({ bytes: 2 ** 52, held: 8192 })
    expect(error.message).toContain('float32 tensor of 1125899906842624 elements (4096 TB); the device holds 8.0 KB')
    expect(kept.size).toBe(1024)
  })
})
