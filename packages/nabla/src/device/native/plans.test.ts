/** Programs that outlive their process: two runtimes on one folder stand for two processes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { binary, constant, load, variable } from '../../kernel/expr.js'
import type { Kernel } from '../../kernel/loop.js'
import type { Program, Slot } from '../device.js'
import { NativeDevice } from './device.js'
import { openRuntime } from './library.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const size = 8
/** b1[j] = b0[j] + add */
function adding(add: number): Kernel {
  const job = variable('j', 0, size - 1)
  const value = binary('add', load(0, job, 'float32'), constant(add, 'float32'))
  const buffers = [false, true].map((written) => ({ dtype: 'float32' as const, written }))
  return {
    name: `add ${add}`,
    buffers,
    job,
    jobs: size,
    body: [{ kind: 'store', buffer: 1, index: job, value }],
    flops: size,
    bytes: 64,
  }
}

/** Adds 1, 2, ... steps, each from one place of the arena to the next. */
function chain(steps: number): Program {
  const bound = (written: boolean): Slot => ({ kind: 'bound', dtype: 'float32', size, written })
  const slots = Array.from(
    { length: steps + 1 },
    (_, i): Slot => (i === 0 || i === steps ? bound(i > 0) : { kind: 'arena', dtype: 'float32', size, offset: 64 * (i % 2) }),
  )
  return {
    steps: Array.from({ length: steps }, (_, i) => ({ kernel: adding(i + 1), slots: [i, i + 1] })),
    slots,
    arenaBytes: 256,
  }
}

/** Runs the program under a key as a new process would; gives the first element, and whether it had to be planned. */
async function inNewProcess(key: string, steps = 20): Promise<{ result: number; planned: boolean }> {
  const device = new NativeDevice(openRuntime({ environment: { ...process.env, NABLA_CACHE: folder } }), { threads: 1 })
  const program = chain(steps)
  let planned = false
  const bound = program.slots.filter((slot) => slot.kind === 'bound')
  const executable = device.load({
    key,
    bound,
    *make() {
      planned = true
      yield
      return program
    },
  })
  const [x, y] = [device.allocate('float32', size), device.allocate('float32', size)]
  device.write(x, new Float32Array(size))
  executable.run([x, y])
  const [result] = await device.read(y)
  await new Promise((resolve) => setTimeout(resolve)) // what is kept is written after the first run has begun
  return { result: result!, planned }
}

const kept = (ending: string): string[] =>
  readdirSync(join(folder, 'kernels'))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, 'kernels', name))

test('a process takes the plan of an earlier one; other graphs and short ones are planned', async () => {
  expect(await inNewProcess('a')).toEqual({ result: 210, planned: true })
  expect(kept('.plan')).toHaveLength(1)
  expect(await inNewProcess('a')).toEqual({ result: 210, planned: false })
  expect(await inNewProcess('b')).toEqual({ result: 210, planned: true })
  expect(await inNewProcess('short', 3)).toEqual({ result: 6, planned: true })
  expect(kept('.plan')).toHaveLength(2)
})

test('a plan that is damaged, or whose objects are gone, is made anew', async () => {
  await inNewProcess('a')
  const [plan] = kept('.plan')
  const text = readFileSync(plan!, 'utf8')
  for (const bad of ['', 'nonsense', text.slice(0, -5), text.replace('"arenaBytes":256', '"arenaBytes":1')]) {
    writeFileSync(plan!, bad)
    expect(await inNewProcess('a')).toEqual({ result: 210, planned: true })
    expect(readFileSync(plan!, 'utf8')).toBe(text)
  }
  for (const object of kept('.so')) rmSync(object)
  expect(await inNewProcess('a')).toEqual({ result: 210, planned: true })
  expect(await inNewProcess('a')).toEqual({ result: 210, planned: false })
})
