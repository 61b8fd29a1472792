import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab, LabContext, ResultRecord } from '@nabla/labs'
import { NablaError, setDefaultDevice } from 'nabla'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { main } from '../main.js'
import { readRecord } from '../run-folder.js'
import { notesLines } from './notes.js'
import { readResults, recordResult } from './results-file.js'
import { runLab } from './run.js'
import { repeatCommand } from './words.js'

const specs = {
  rates: { kind: 'numbers', help: 'to be tried', above: 0, default: [1, 2] },
  fast: { kind: 'boolean', help: 'or slow', default: true },
  kind: { kind: 'choice', help: '', values: ['good', 'bad'], default: 'good' },
  batchSize: { kind: 'number', help: '', whole: true, atLeast: 1, default: 3 },
} as const

/** Tries its rates. `during` is called with each. */
const lab = (during: (rate: number, context: LabContext<unknown>) => void = () => {}): Lab =>
  ({
    id: 'trying',
    title: 'Trying',
    chapter: 'foundations',
    notes: { en: '# Trying\n\nOne sees $x^2$.', zh: '# 试\n\n请看 $x^2$。' },
    options: specs,
    presets: { smoke: { rates: [1] }, quick: {}, full: { rates: [1, 2, 3] } },
    targets: [{ metric: 'best', atLeast: 2, source: 'the notes' }],
    async run(context: LabContext<{ rates: readonly number[] }>) {
      const rows: [number, string][] = []
      for (const rate of context.options.rates) {
        if (context.signal.aborted) break
        during(rate, context)
        context.doing('rates', rows.length, context.options.rates.length)
        context.metrics({ rate, loss: 1 / rate })
        rows.push([rate, 'a "quoted", text'])
        await context.table('rates', { columns: ['rate', 'what'], rows })
        await context.plot('loss', { kind: 'lines', x: 'rate', y: 'loss', series: [{ name: 'a', y: rows.map(([x]) => 1 / x) }] })
      }
      const stopped = rows.length < context.options.rates.length
      return { stopped, summary: { best: rows.length ? Math.max(...rows.map(([rate]) => rate)) : null, tried: rows.length } }
    },
  }) as unknown as Lab

let home: string
let out: string
const written = { out: '', err: '' }
beforeAll(() => setDefaultDevice('js'))
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nabla-lab-'))
  out = join(home, 'run')
  written.out = written.err = ''
  vi.stubEnv('NABLA_THREADS', '') // a record's command would name it
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((written.out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((written.err += String(text))))
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(home, { recursive: true, force: true })
})

test('a run leaves record, metrics, tables, pictures and log, and says what came out beside what is asked', async () => {
  expect(await runLab(lab(), { out, set: ['batch-size=4', 'fast=false'], device: 'js', seed: '5' }, home)).toBe(0)
  expect((await readdir(out)).sort()).toEqual([
    'README.md',
    'log.txt',
    'loss.png',
    'loss.svg',
    'metrics.jsonl',
    'rates.csv',
    'run.json',
  ])
  const card = await readFile(join(out, 'README.md'), 'utf8')
  expect(card).toContain('![loss](loss.svg)')
  expect(card).toMatch(/## Results[\s\S]*\| best \| 2 \|/)
  expect(card).not.toContain('model.safetensors')
  expect(await readRecord(out)).toMatchObject({
    lab: 'trying',
    preset: 'quick',
    options: { rates: [1, 2], fast: false, kind: 'good', batchSize: 4, seed: 5 },
    status: 'finished',
    command: 'npx nabla lab run trying --preset quick --set batch-size=4 --set fast=false --seed 5 --device js',
    machine: { cores: expect.any(Number) as number },
    result: { best: 2, tried: 2, stopped: false, run: out },
  })
  expect(await readFile(join(out, 'rates.csv'), 'utf8')).toBe('rate,what\n1,"a ""quoted"", text"\n2,"a ""quoted"", text"\n')
  expect(await readFile(join(out, 'log.txt'), 'utf8')).toMatch(/Trying on js: rates 1,2, fast false/)
  expect(written.out).toMatch(/best +2 +asked for: at least 2 \(the notes\), reached/)
  expect(written.out).toMatch(/1 picture \(\.svg, \.png\), 1 table \(\.csv\)/)
})

test('with --json, standard output is one JSON object and nothing else', async () => {
  expect(await runLab(lab(), { out, json: true, preset: 'smoke' }, home)).toBe(0)
  expect(JSON.parse(written.out)).toMatchObject({
    lab: 'trying',
    preset: 'smoke',
    device: 'js',
    stopped: false,
    best: 1,
    run: out,
  })
})

test('Ctrl-C keeps what there is, marks it as stopped, and ends with 130; it is not recorded', async () => {
  const interrupted = lab((rate) => {
    if (rate === 1) process.emit('SIGINT')
  })
  expect(await runLab(interrupted, { out, record: true }, home)).toBe(130)
  expect(await readRecord(out)).toMatchObject({ status: 'stopped', result: { best: 1, stopped: true } })
  expect((await readdir(out)).sort()).toContain('rates.csv')
  expect(written.out).toMatch(/Stopped: what was found until then is kept/)
  expect(written.out).toMatch(/Not recorded/)
  expect(await readResults(home)).toEqual([])
})

test('a second Ctrl-C ends it at once, with the record already marked', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never)
  let status = ''
  const stubborn = lab((rate) => {
    if (rate === 1) for (let i = 0; i < 2; i++) process.emit('SIGINT')
  })
  const { run } = stubborn
  const slow: Lab = {
    ...stubborn,
    run: async (context) => {
      const result = await run.call(stubborn, context)
      await vi.waitFor(async () => expect((status = (await readRecord(out)).status)).toBe('stopped'))
      return result
    },
  }
  await runLab(slow, { out }, home)
  expect(exit).toHaveBeenCalledWith(130)
  expect(status).toBe('stopped')
})

test('a run that fails is marked so, with its error', async () => {
  const failing = lab(() => {
    throw new NablaError('data', '[data] not here')
  })
  await expect(runLab(failing, { out }, home)).rejects.toThrowError('[data] not here')
  expect(await readRecord(out)).toMatchObject({ status: 'failed', error: '[data] not here' })
})

test('what cannot be is said before anything is made', async () => {
  const refused = (given: Parameters<typeof runLab>[1]): Promise<string> =>
    runLab(lab(), given, home).then(
      () => 'no error',
      (error: Error) => error.message,
    )
  const set = (...pairs: string[]): Promise<string> => refused({ out, set: pairs })
  expect(await refused({ out, preset: 'quik' })).toMatch(
    /unknown preset "quik"; did you mean "quick"\? Known: smoke, quick, full/,
  )
  expect(await set('rate=1')).toMatch(/unknown setting of the lab trying "rate"; did you mean "rates"\? Known: rates, fast, kind/)
  expect(await set('rates=1,x')).toBe('--set rates=1,x: expected numbers with commas between them, each above 0')
  expect(await set('fast=1')).toBe('--set fast=1: expected true or false')
  expect(await set('kind=god')).toMatch(/unknown value for --set kind: "god"; did you mean "good"\?/)
  expect(await set('batchSize=0')).toBe('--set batchSize=0: expected a whole number of 1 or more')
  expect(await set('fast')).toBe('--set fast: expected key=value, as in --set rates=...')
  expect(await set('=1')).toMatch(/expected key=value/)
  expect(await refused({ out, record: true, preset: 'smoke' })).toMatch(/its figures mean nothing/)
  expect(await refused({ out, device: 'nativ' })).toMatch(/did you mean "native"\?/)
  expect(await readdir(home)).toEqual([])
})

test('recorded runs: file and page, also when several processes record at once', async () => {
  await writeFile(join(home, 'package.json'), '{}')
  expect(await runLab(lab(), { out, record: true }, home)).toBe(0)
  const [first] = (await readResults(home)) as [ResultRecord]
  expect(first).toMatchObject({ lab: 'trying', preset: 'quick', summary: { best: 2, tried: 2 } })
  const commands = Array.from({ length: 5 }, (_, i) => `command ${i}`)
  await Promise.all(commands.map((command) => recordResult(home, { ...first, command }, [lab()])))
  expect((await readResults(home)).map(({ command }) => command).sort()).toEqual([...commands, first.command].sort())
  expect(await readFile(join(home, 'RESULTS.md'), 'utf8')).toMatch(/\| trying \| best \| 2 \| at least 2 \| yes \| the notes \|/)
  const installed = join(home, 'node_modules', '@nabla', 'labs')
  await mkdir(installed, { recursive: true })
  await expect(runLab(lab(), { out: join(home, 'b'), record: true }, installed)).rejects.toThrowError(/installed in/)
})

test('the command that repeats a run names what the environment said', () => {
  const environment = { NABLA_THREADS: '1', NABLA_DEVICE: 'js' }
  expect(repeatCommand(lab(), 'full', { set: ["kind=a b'c"] }, environment)).toBe(
    "NABLA_THREADS=1 npx nabla lab run trying --preset full --set 'kind=a b'\\''c' --device js",
  )
})

test('notes in both languages, with settings, presets and targets', () => {
  const options = { raw: false, width: 80, colours: false }
  const en = notesLines(lab(), 'en', options).join('\n')
  for (const part of ['One sees x²', 'rates      1,2', '• smoke: rates=1', '• best: at least 2 (the notes)'])
    expect(en).toContain(part)
  expect(notesLines(lab(), 'zh', options).join('\n')).toMatch(/请看 x²。[\s\S]*设置[\s\S]*预设/)
  expect(notesLines(lab(), 'en', { ...options, raw: true })).toEqual(['# Trying', '', 'One sees $x^2$.'])
  expect(() => notesLines(lab(), 'fr', options)).toThrowError(/unknown language "fr"/)
})

test('the command line: list, notes, results, and what is not understood', async () => {
  expect(await main(['lab', 'list'])).toBe(0)
  expect(written.out).toMatch(/^Convolutional networks\n(.*\n)* +lenet +LeNet-5/m)
  written.out = ''
  expect(await main(['lab', 'list', '--json'])).toBe(0)
  expect(JSON.parse(written.out)).toContainEqual(expect.objectContaining({ id: 'lenet', chapter: 'convolution', trains: true }))
  for (const [args, message] of [
    [['lab', 'run', 'lenett'], /unknown lab "lenett"; did you mean "lenet"\?/],
    [['lab', 'notes', 'lenett'], /unknown lab "lenett"/],
    [['lab', 'run', 'lenet', '--preset', 'fulll'], /did you mean "full"\?/],
    [['lab', 'run'], /missing required argument 'id'/],
    [['lab', 'rnu', 'lenet'], /unknown command 'rnu'/],
  ] as const) {
    written.err = ''
    expect(await main(args)).toBe(2)
    expect(written.err).toMatch(message)
  }
})
