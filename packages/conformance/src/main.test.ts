import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSafetensors, type TensorData } from 'nabla/io'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from './main.js'

let folder: string
const path = (...parts: string[]): string => join(folder, ...parts)

const floats = (shape: number[], ...values: number[]): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
})
const blank = { group: 'g', kind: 'op', kwargs: {}, params: {}, upstream: {}, grads: {}, rtol: 1e-5, atol: 1e-6 }
const add = (name: string) => ({
  ...blank,
  name,
  call: 'torch.add',
  inputs: [`${name}/in/input`, `${name}/in/other`],
  outputs: [`${name}/out/output`],
  upstream: { [`${name}/out/output`]: `${name}/upstream/output` },
  grads: { [`${name}/in/input`]: `${name}/grad/in/input` },
})
const tensorsOf = (name: string, sum: number, gradient: number): Record<string, TensorData> => ({
  [`${name}/in/input`]: floats([1], 1),
  [`${name}/in/other`]: floats([1], 2),
  [`${name}/out/output`]: floats([1], sum),
  [`${name}/upstream/output`]: floats([1], 5),
  [`${name}/grad/in/input`]: floats([1], gradient),
})

async function set(name: string, cases: object[], tensors: Record<string, TensorData>): Promise<void> {
  await mkdir(path(name))
  await writeFile(path(name, 'g.safetensors'), encodeSafetensors(tensors))
  await writeFile(path(name, 'manifest.json'), JSON.stringify({ groups: { g: 'g.safetensors' }, cases }))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-conformance-'))
  await set(
    'mixed',
    [
      add('right'),
      add('wrong'),
      { ...add('right'), name: 'right', call: 'torch.no_such_thing' },
      { ...add('right'), kind: 'dream' },
      { ...add('misshapen') },
      { ...add('right'), kwargs: { alpha: 'inf' } },
    ],
    {
      ...tensorsOf('right', 3, 5),
      ...tensorsOf('wrong', 4, 7),
      ...tensorsOf('misshapen', 3, 5),
      'misshapen/in/other': floats([2, 3], 1, 2, 3, 4, 5, 6),
    },
  )
  await set('good', [add('right')], tensorsOf('right', 3, 5))
  await set('missing', [add('left')], tensorsOf('right', 3, 5))
  await set('odd', [{ ...add('right'), grads: 3 }], tensorsOf('right', 3, 5))
  await mkdir(path('empty'))
  await mkdir(path('notebook'))
  const sigmoid = { name: 'odd', topic: 'gan', function: 'no_such_function', inputs: {}, params: {}, expected: { y: 1 } }
  await writeFile(path('notebook', 'cases.json'), JSON.stringify([{ ...sigmoid, tolerance: 0, tolerance_f32: 0 }]))
  const sum = { ...sigmoid, name: 'mine', function: 'sgd', assignment: 'a2/FullyConnectedNets', expected: { next_w: 1 } }
  const inputs = { w: 2, dw: 10 }
  const params = { learning_rate: 0.1 }
  const cases = [sigmoid, { ...sum, inputs, params }].map((one) => ({ ...one, tolerance: 1e-7, tolerance_f32: 1e-5 }))
  await mkdir(path('scratch'))
  await writeFile(path('scratch', 'cases.json'), JSON.stringify(cases))
  await writeFile(path('torn.json'), '[{"name": ')
})
afterAll(() => rm(folder, { recursive: true }))

async function run(...args: string[]): Promise<{ code: number; lines: string[]; errors: string }> {
  let text = ''
  let errors = ''
  const code = await main([...args, '--device', 'js'], { write: (t) => (text += t) }, { write: (t) => (errors += t) })
  return { code, lines: text.trimEnd().split('\n'), errors: errors.trimEnd() }
}

test('a line for every failure, a count at the end, exit code 1', async () => {
  const { code, lines } = await run(path('mixed'))
  expect(code).toBe(1)
  expect(lines[0]).toMatch(
    /^FAILED g\/wrong \(torch\.add\): gradient of input\[0\] is 5, expected 7: error 2\.00e\+0, allowed .*; 1 more value differs$/,
  )
  expect(lines[1]).toBe('FAILED g/right (torch.no_such_thing): no such call: torch.no_such_thing')
  expect(lines[2]).toMatch(/no such kind of case: dream/)
  expect(lines[3]).toMatch(/^FAILED g\/misshapen .*output is float32 \[2, 3\], expected float32 \[1\]/)
  expect(lines[4]).toMatch(/output\[0\] is Infinity, expected 3/)
  expect(lines[5]).toBe('1 passed, 5 failed')
})

test('exit code 0 when all pass, whatever the batch', async () => {
  expect(await run(path('good'), path('mixed'), '--filter', '^g/right$', '--batch', '1')).toMatchObject({ code: 1 })
  expect(await run(path('good'))).toMatchObject({ code: 0, lines: ['1 passed, 0 failed'] })
  expect(await run(path('good', 'manifest.json'))).toMatchObject({ code: 0 })
})

test('a CS231n function that the library lacks is a failure', async () => {
  const { code, lines } = await run(path('notebook'))
  expect(code).toBe(1)
  expect(lines).toEqual(['FAILED gan/odd (no_such_function): no such call: no_such_function', '0 passed, 1 failed'])
})

test('the target from scratch runs the cases of assignments 1 and 2, and says how many others there are', async () => {
  const { code, lines } = await run(path('scratch'), '--target', 'scratch')
  expect(lines).toEqual(["1 passed, 0 failed; 1 not run: not of CS231n's assignments 1 and 2"])
  expect(code).toBe(0)
})

test.each([
  [['nowhere'], /nowhere: no such file or directory/],
  [['empty'], /no manifest\.json and no other JSON file/],
  [['torn.json'], /torn\.json is not JSON/],
  [['odd'], /case 1 \("right"\): "grads" is not keys by key/],
  [['missing'], /case 1 \("left"\): the file of group "g" has no tensor "left\/in\/input"/],
  [['good', '--filter', '('], /--filter: .*regular expression/],
  [['good', '--filter', 'nothing'], /none of the 1 cases matches nothing/],
  [['good', '--batch', '0'], /--batch is 0/],
  [['good', '--target', 'scratch'], /none of the 1 cases is of CS231n's assignments 1 and 2/],
  [['good', '--target', 'dream'], /Allowed choices are library, scratch/],
  [[], /missing required argument/],
])('%j: one line and exit code 2', async ([first, ...rest], message) => {
  const { code, errors } = await run(...(first === undefined ? [] : [path(first)]), ...(rest as string[]))
  expect(code).toBe(2)
  expect(errors).toMatch(message)
  expect(errors.split('\n')).toHaveLength(1)
})

test('an unknown device is named', async () => {
  let errors = ''
  const code = await main([path('good'), '--device', 'cuda'], { write: () => {} }, { write: (t) => (errors += t) })
  expect(code).toBe(2)
  expect(errors).toMatch(/unknown device "cuda".*native, wasm, js/)
})
