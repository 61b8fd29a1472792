import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from './main.js'

let [out, err] = ['', '']
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))))
})
afterEach(() => vi.restoreAllMocks())

test('help says what there is, with examples; so does that of a lab', async () => {
  expect(await main(['--help'])).toBe(0)
  for (const word of ['train', 'predict', 'devices', 'Examples:', 'NABLA_CACHE', 'Exit codes']) expect(out).toContain(word)
  out = ''
  expect(await main(['train', 'lenet', '--help'])).toBe(0)
  for (const word of [
    '--data <mnist|fashion-mnist>',
    '--activation',
    '--epochs',
    '--batch-size',
    '--lr',
    '--optimizer',
    '--device',
    '--seed',
    '--out',
    '--json',
    '--resume',
  ])
    expect(out).toContain(word)
})

test('the version', async () => {
  expect(await main(['--version'])).toBe(0)
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test.each([
  [['train', 'lenett', '--epochs', '3'], /unknown lab "lenett"; did you mean "lenet"\?/],
  [['train'], /which lab\? Known: lenet/],
  [['train', 'lenet', '--data', 'mnits'], /unknown value for --data: "mnits"; did you mean "mnist"\?/],
  [['train', 'lenet', '--lr', 'NaN'], /--lr NaN: expected a number above 0/],
  [['train', 'lenet', '--epochs', '0'], /--epochs 0: expected a whole number of 1 or more/],
  [['train', 'lenet', '--epoch', '3'], /unknown option '--epoch'[\s\S]*--epochs/],
  [['trian', 'lenet'], /unknown command 'trian'[\s\S]*train/],
  [['predict'], /missing required argument 'image'/],
  [['predict', 'x.png', '--top', '0'], /--top 0: expected a whole number of 1 or more/],
])('%j is not understood', async (args, message) => {
  expect(await main(args)).toBe(2)
  expect(err).toMatch(message)
  expect(out).toBe('')
})

test('a run that is none, and an unknown device', async () => {
  expect(await main(['predict', 'x.png', '--model', '/nowhere'])).toBe(1)
  expect(err).toMatch(/^nabla: \[run\] \/nowhere is no run's folder/)
  err = ''
  expect(await main(['predict', 'x.png', '--device', 'nativ'])).not.toBe(0)
  expect(err).toMatch(/did you mean "native"/)
})

test('devices: what is here and what is used, also for programs', async () => {
  expect(await main(['devices'])).toBe(0)
  expect(out).toMatch(/^. native {2}(here|missing)/m)
  expect(out).toMatch(/^. js {6}here/m)
  out = ''
  expect(await main(['devices', '--json'])).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    devices: [{ name: 'native' }, { name: 'wasm', available: true }, { name: 'js', available: true }],
  })
})
