import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Checkpoint, Lab, LabContext } from '@nabla/labs'
import { NablaError, setDefaultDevice, tensor } from 'nabla'
import { readSafetensors } from 'nabla/io'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { RunFolder, readRecord } from '../run-folder.js'
import { train } from './train.js'

const specs = {
  kind: { kind: 'choice', help: '', values: ['good', 'bad'], default: 'good' },
  epochs: { kind: 'number', help: '', whole: true, atLeast: 1, default: 3 },
  lr: { kind: 'number', help: '', above: 0, shown: 'chosen' },
} as const

/** Counts its epochs in one weight. `during` is called in each. */
const lab = (during: (epoch: number, context: LabContext<unknown>) => void = () => {}): Lab =>
  ({
    id: 'counting',
    title: 'Counting',
    notes: { en: '', zh: '' },
    options: specs,
    presets: { smoke: { epochs: 1 }, quick: {}, full: { epochs: 9 } },
    async run(context: LabContext<{ epochs: number; lr?: number }>) {
      const { epochs } = context.options
      let epoch = context.resume?.state.step ?? 0
      const at = (): Checkpoint => ({
        model: { weight: tensor([epoch]) },
        optimizer: { '0.momentum': tensor([epoch / 2]) },
        state: { step: epoch, half: 0.5 },
        seconds: epoch * 10,
      })
      await context.save(at())
      while (epoch < epochs && !context.signal.aborted) {
        epoch++
        context.metrics({ kind: 'epoch', step: epoch, loss: 1 / epoch })
        during(epoch, context)
        await context.save(at())
      }
      const stopped = epoch < epochs
      if (!stopped)
        await context.plot('loss', {
          kind: 'lines',
          title: 'loss',
          x: 'epoch',
          y: 'loss',
          series: [{ name: 'a', y: context.history().map((row) => Number(row.loss)) }],
        })
      return { stopped, summary: { epochs, test_accuracy: 0.5 } }
    },
  }) as unknown as Lab

let home: string
let out: string
const written = { out: '', err: '' }
beforeAll(() => setDefaultDevice('js'))
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nabla-train-'))
  out = join(home, 'run')
  written.out = written.err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((written.out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((written.err += String(text))))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(home, { recursive: true, force: true })
})

test('a run leaves its folder: record, metrics, pictures, weights, checkpoint', async () => {
  expect(await train(lab(), { out, epochs: '2', seed: '7', device: 'js' })).toBe(0)
  expect((await readdir(out)).sort()).toEqual([
    'README.md',
    'checkpoint.safetensors',
    'log.txt',
    'loss.png',
    'loss.svg',
    'metrics.jsonl',
    'model.safetensors',
    'run.json',
  ])
  expect(await readRecord(out)).toMatchObject({
    lab: 'counting',
    status: 'finished',
    device: 'js',
    options: { kind: 'good', epochs: 2, seed: 7 },
    result: { test_accuracy: 0.5, run: out },
  })
  expect(
    (await readFile(join(out, 'metrics.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { kind: 'epoch', step: 1, loss: 1 },
    { kind: 'epoch', step: 2, loss: 0.5 },
  ])
  expect(Object.keys((await readSafetensors(join(out, 'model.safetensors'))).tensors)).toEqual(['weight'])
  expect(written.out).toMatch(/test accuracy +50\.00 %/)
})

test('with --json, standard output is one JSON object and nothing else', async () => {
  await train(lab(), { out, json: true, preset: 'smoke' })
  expect(JSON.parse(written.out)).toEqual({ lab: 'counting', device: 'js', epochs: 1, test_accuracy: 0.5, run: out })
  expect(written.err).toMatch(/Counting on js: kind good, epochs 1/)
})

test('Ctrl-C saves, says how to go on, and ends with 130; --resume ends as if nothing had happened', async () => {
  const stopping = lab((epoch) => {
    if (epoch === 2) process.emit('SIGINT')
  })
  expect(await train(stopping, { out, epochs: '4' })).toBe(130)
  expect(written.out).toContain(`nabla train counting --resume ${out}`)
  expect((await readRecord(out)).status).toBe('stopped')
  expect(process.listenerCount('SIGINT')).toBe(0)

  expect(await train(lab(), { resume: out })).toBe(0)
  expect((await readRecord(out)).status).toBe('finished')
  expect([...(await readSafetensors(join(out, 'model.safetensors'))).tensors.weight!.data]).toEqual([4])
  expect((await readFile(join(out, 'metrics.jsonl'), 'utf8')).match(/"step":\d/g)).toEqual([
    '"step":1',
    '"step":2',
    '"step":3',
    '"step":4',
  ])
  expect(await train(lab(), { resume: out, epochs: '6' })).toBe(0)
  expect((await readRecord(out)).options.epochs).toBe(6)
})

test('metrics past the checkpoint, and a line that a crash cut off, are dropped when a run goes on', async () => {
  await train(lab(), { out, epochs: '2' })
  await writeFile(join(out, 'metrics.jsonl'), '{"step":1}\n{"step":2}\n{"step":3}\n{"ste')
  const { folder, checkpoint } = await RunFolder.resume(out)
  await folder.close()
  expect(folder.history).toEqual([{ step: 1 }, { step: 2 }])
  expect(checkpoint!.state).toEqual({ step: 2, half: 0.5 })
  expect(checkpoint!.seconds).toBe(20)
  expect(Object.keys(checkpoint!.optimizer)).toEqual(['0.momentum'])
})

test('a run that was killed before its first checkpoint begins anew; one that still goes on is left alone', async () => {
  const folder = await RunFolder.create('counting', out)
  await folder.record({
    lab: 'counting',
    preset: 'quick',
    options: { kind: 'good', epochs: 2, seed: 0 },
    device: 'js',
    version: '0',
    started: '',
    status: 'running',
  })
  await expect(train(lab(), { resume: out })).rejects.toThrowError(/in use by this very process/)
  await folder.close()
  expect(await train(lab(), { resume: out })).toBe(0)
  expect((await readRecord(out)).status).toBe('finished')
})

test('diverged: the folder is named, the checkpoint before it kept, the record says failed', async () => {
  const failing = lab((epoch) => {
    if (epoch === 2) throw new NablaError('training', '[train] the loss is NaN at step 2')
  })
  await expect(train(failing, { out })).rejects.toThrowError(/NaN at step 2/)
  expect(await readRecord(out)).toMatchObject({ status: 'failed', error: '[train] the loss is NaN at step 2' })
  expect([...(await readSafetensors(join(out, 'model.safetensors'))).tensors.weight!.data]).toEqual([1])
  expect(written.err).toContain(`kept in ${out}`)
})

test('weights that are not finite are not saved over good ones', async () => {
  const folder = await RunFolder.create('x', out)
  const save = (value: number): Promise<void> =>
    folder.save({ model: { w: tensor([1, value]) }, optimizer: {}, state: { step: 5 }, seconds: 1 })
  await save(2)
  await expect(save(Number.NaN)).rejects.toThrowError(/after step 5 the weight w holds NaN/)
  await folder.close()
  expect([...(await readSafetensors(join(out, 'model.safetensors'))).tensors.w!.data]).toEqual([1, 2])
})

test('what cannot be is said before anything is made', async () => {
  const refused = (given: Parameters<typeof train>[1]): Promise<string> =>
    train(lab(), given).then(
      () => 'no error',
      (error: Error) => error.message,
    )
  expect(await refused({ out, lr: '-0.1' })).toBe('--lr -0.1: expected a number above 0')
  expect(await refused({ out, epochs: '0' })).toBe('--epochs 0: expected a whole number of 1 or more')
  expect(await refused({ out, seed: '1.5' })).toBe('--seed 1.5: expected a whole number of 0 or more')
  expect(await refused({ out, device: 'nativ' })).toMatch(/unknown device "nativ"; did you mean "native"\?/)
  expect(await readdir(home)).toEqual([])
  expect(await refused({ resume: join(home, 'none') })).toMatch(/none is no run's folder/)
  await train(lab(), { out, preset: 'smoke' })
  expect(await refused({ out })).toMatch(
    /holds a run already: choose another --out, or go on with it: nabla train counting --resume/,
  )
  expect(await refused({ resume: out, lr: '0.1', seed: '3' })).toMatch(/--lr, --seed cannot be given with --resume/)
  await writeFile(join(out, 'run.json'), '{"lab":')
  expect(await refused({ resume: out })).toMatch(/run\.json is damaged/)
})
