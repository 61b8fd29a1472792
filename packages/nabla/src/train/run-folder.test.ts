import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { setDefaultDevice } from '../compiler/devices.js'
import { readSafetensors } from '../io/weights.js'
import { functional as F } from '../nn/index.js'
import { SGD } from '../optim/index.js'
import { tensor } from '../tensor/create.js'
import { manualSeed } from '../tensor/random.js'
import type { Checkpoint } from './checkpoint.js'
import { metricsRows } from './rows.js'
import { openRun } from './run.js'
import { loaderOf, network, type Pair, valuesOf } from './testing.js'
import { Trainer } from './trainer.js'

let home: string
let path: string
beforeAll(() => setDefaultDevice('js'))
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nabla-run-'))
  path = join(home, 'deep', 'run')
})
afterEach(() => rm(home, { recursive: true, force: true }))

const checkpoint = (step: number, more: Partial<Checkpoint> = {}): Checkpoint => ({
  model: { weight: tensor([step, 2]) },
  optimizer: { '0.momentum': tensor([step / 2]) },
  state: { step, nested: { nan: Number.NaN, minus: -0, counts: Float64Array.of(1, Infinity) }, none: undefined },
  seconds: 10 * step,
  ...more,
})

test('what was saved comes back: tensors, state of any form, seconds, the metrics up to it', async () => {
  const run = await openRun(path)
  expect(run.resumes).toBe(false)
  await run.record({ what: 'a test' })
  run.metrics({ kind: 'step', step: 1 })
  await run.save(checkpoint(1))
  run.metrics({ kind: 'step', step: 1, note: 'of the same step, but later' })
  run.metrics({ kind: 'step', step: 2 })
  await run.close()
  await writeFile(join(path, 'metrics.jsonl'), '{"cut', { flag: 'a' })
  await writeFile(join(path, 'model.safetensors.1.tmp'), 'left by a crash')

  const again = await openRun(path)
  expect(again.resumes).toBe(true)
  const loaded = (await again.load())!
  expect(loaded.state).toEqual(
    JSON.parse('{"step":1}') && { step: 1, nested: { nan: Number.NaN, minus: -0, counts: Float64Array.of(1, Infinity) } },
  )
  expect(loaded.seconds).toBe(10)
  expect(await valuesOf({ ...loaded.model, ...loaded.optimizer })).toEqual({ weight: [1, 2], '0.momentum': [0.5] })
  expect(again.history).toEqual([{ kind: 'step', step: 1 }])
  again.metrics({ kind: 'step', step: 2 })
  await again.close()
  expect(await readFile(join(path, 'metrics.jsonl'), 'utf8')).toBe('{"kind":"step","step":1}\n{"kind":"step","step":2}\n')
  expect((await readdir(path)).sort()).toEqual(['checkpoint.safetensors', 'metrics.jsonl', 'model.safetensors', 'run.json'])
  expect(JSON.parse(await readFile(join(path, 'run.json'), 'utf8'))).toEqual({ what: 'a test', seconds: 10 })
})

test('one changed byte is noticed, wherever it is', async () => {
  const run = await openRun(path)
  await run.save(checkpoint(3))
  await run.close()
  const file = join(path, 'checkpoint.safetensors')
  const good = await readFile(file)
  for (let at = 0; at < good.length; at += 7) {
    const bad = Buffer.from(good)
    bad[at]! ^= 4
    await writeFile(file, bad)
    await expect(openRun(path), `byte ${at}`).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringContaining(file) as string,
    })
  }
  await writeFile(file, good)
  await (await openRun(path)).close()
})

describe('a disk that fills up', () => {
  const mount = (): boolean => {
    try {
      execFileSync('mkdir', ['-p', path])
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  test('leaves the checkpoint before, and says so', async ({ skip }) => {
    if (process.platform !== 'linux' || !mount()) return skip()
    try {
      const run = await openRun(path)
      await run.save(checkpoint(1))
      const before = await readFile(join(path, 'checkpoint.safetensors'))
      const large = checkpoint(2, { model: { weight: tensor(new Float32Array(20_000)) } })
      await expect(run.save(large)).rejects.toMatchObject({ kind: 'io', message: expect.stringMatching(/ENOSPC/) as string })
      expect(Buffer.compare(await readFile(join(path, 'checkpoint.safetensors')), before)).toBe(0)
      expect((await readdir(path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
      await run.save(checkpoint(3)) // there is room for that
      await run.close()
      const again = await openRun(path)
      expect((await again.load())!.state.step).toBe(3)
      await again.close()
    } finally {
      execFileSync('umount', [path])
    }
  })
})

describe('two runs in one folder', () => {
  test('are refused while the first lives, in this process and in another', async () => {
    const run = await openRun(path)
    await expect(openRun(path)).rejects.toThrowError(/is in use by this very process: two runs cannot share a folder/)
    await run.close()
    await (await openRun(path)).close()

    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    try {
      const file = join(path, `.lock-${other.pid}-0`)
      await writeFile(file, JSON.stringify({ pid: other.pid, host: (await import('node:os')).hostname() }))
      await expect(openRun(path)).rejects.toThrowError(
        new RegExp(`in use by process ${other.pid} on .* remove .*lock-${other.pid}-0`),
      )
      expect((await readdir(path)).filter((name) => name.startsWith('.lock'))).toEqual([`.lock-${other.pid}-0`])
      await new Promise((resolve) => {
        other.once('exit', resolve)
        other.kill('SIGKILL')
      })
      await (await openRun(path)).close() // its lock has outlived it
      expect((await readdir(path)).filter((name) => name.startsWith('.lock'))).toEqual([])
    } finally {
      other.kill('SIGKILL')
    }
  })
  test('a number that another process has got meanwhile does not hold the folder', async ({ skip }) => {
    if (process.platform !== 'linux') return skip()
    await (await openRun(path)).close()
    const { hostname } = await import('node:os')
    await writeFile(
      join(path, `.lock-${process.pid}-0`),
      JSON.stringify({ pid: process.pid, host: hostname(), started: 'long ago 1' }),
    )
    await (await openRun(path)).close()
  })
})

test('a whole run in a folder: best and last weights, metrics, nothing else; a second fit has nothing to do', async () => {
  const train = async (epochs: number): Promise<{ step: number; values: Record<string, number[]> }> => {
    const run = await openRun(path)
    manualSeed(run.resumes ? 77 : 1)
    const model = network()
    const trainer = new Trainer<Pair>({
      model,
      optimizer: new SGD(model.parameters(), { lr: 0.1 }),
      loss: F.crossEntropy,
      train: loaderOf(52),
      evaluation: loaderOf(20),
      epochs,
      store: run,
      callbacks: [metricsRows((row) => run.metrics(row), { everySteps: 2 })],
    })
    const { step } = await trainer.fit()
    await run.close()
    return { step, values: await valuesOf(model.stateDict()) }
  }
  await train(2)
  const first = await readFile(join(path, 'checkpoint.safetensors'))
  await train(2)
  expect(Buffer.compare(await readFile(join(path, 'checkpoint.safetensors')), first)).toBe(0)
  const { step, values } = await train(4)
  expect(step).toBe(28)
  expect((await readdir(path)).sort()).toEqual([
    'best.safetensors',
    'checkpoint.safetensors',
    'metrics.jsonl',
    'model.safetensors',
    'run.json',
  ])
  const last = (await readSafetensors(join(path, 'model.safetensors'))).tensors
  expect(Object.fromEntries(Object.entries(last).map(([name, t]) => [name, Array.from(t.data)]))).toEqual(values)
  const lines = (await readFile(join(path, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; step: number })
  expect(lines.filter((l) => l.kind === 'step').map((l) => l.step)).toEqual([...Array(14).keys()].map((i) => 2 * i + 2))
  expect(lines.filter((l) => l.kind === 'epoch').map((l) => l.step)).toEqual([7, 14, 21, 28])
})
