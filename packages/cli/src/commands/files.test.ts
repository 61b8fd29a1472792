/** inspect, convert and export, as they are called. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LeNet } from '@nabla/models'
import { openTensors, readTensors, saveSafetensors } from 'nabla/io'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from '../main.js'

const golden = (name: string): string => fileURLToPath(new URL(`../../../../tests/golden/torch/${name}`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'nabla-files-'))
const at = (name: string): string => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true }))

let [out, err] = ['', '']
beforeEach(() => {
  out = err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))))
})
afterEach(() => vi.restoreAllMocks())

test('inspect shows names, shapes, types and statistics', async () => {
  expect(await main(['inspect', golden('state_dict.pt')])).toBe(0)
  expect(out).toMatch(/: torch, 9 tensors, [\d,]+ elements/)
  expect(out).toMatch(/^name +shape +type +min +max +mean +std$/m)
  expect(out).toMatch(/^0\.weight +\[4, 1, 3, 3\] +F32 +-0\.\d+ +0\.\d+/m)
  expect(out).toMatch(/^1\.num_batches_tracked +\[\] +I64 +0 +0/m)
  out = ''
  expect(await main(['inspect', '--json', '--no-values', golden('state_dict.safetensors')])).toBe(0)
  const found = JSON.parse(out)
  expect(found.format).toBe('safetensors')
  expect(found.tensors.find(({ name }: { name: string }) => name === '4.bias')).toEqual({
    name: '4.bias',
    dtype: 'float32',
    stored: 'F32',
    shape: [3],
  })
})

test('a pickle that calls code is refused by name', async () => {
  const start = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
  writeFileSync(
    at('evil.pt'),
    Buffer.concat([Buffer.from(start), Buffer.from("M\xe9\x03.}.cos\nsystem\n(S'true'\ntR.", 'latin1')]),
  )
  expect(await main(['inspect', at('evil.pt')])).toBe(1)
  expect(err).toMatch(/needs os\.system, which is refused/)
})

test('convert goes round and keeps every type', async () => {
  const steps = [golden('state_dict.pt'), at('a.safetensors'), at('b.npz'), at('c.pt'), at('d.safetensors')]
  for (let i = 1; i < steps.length; i++) expect(await main(['convert', steps[i - 1]!, steps[i]!]), err).toBe(0)
  const [first, last] = [await openTensors(steps[0]!), await openTensors(steps.at(-1)!)]
  const sorted = (all: object) => Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  expect(sorted(await readTensors(last))).toEqual(sorted(await readTensors(first)))
  expect(last.info('1.num_batches_tracked').stored).toBe('I64')
  await first.close()
  await last.close()
  expect(await main(['convert', steps[0]!, at('e.npy')])).toBe(2)
  expect(err).toMatch(/holds one tensor, here are 9/)
  expect(await main(['convert', steps[0]!, at('e.h5')])).toBe(2)
  expect(err).toMatch(/unknown ending "\.h5"/)
  expect(await main(['convert', steps[0]!, at('e.onnx')])).toBe(2)
  expect(err).toMatch(/nabla export onnx/)
})

test('export writes the model of a run, with an open batch or a fixed one', async () => {
  await saveSafetensors(at('model.safetensors'), new LeNet({}).stateDict())
  writeFileSync(at('run.json'), JSON.stringify({ lab: 'lenet', options: { data: 'mnist', activation: 'relu', seed: 0 } }))
  expect(await main(['export', 'onnx', folder, at('lenet.onnx')]), err).toBe(0)
  expect(out).toMatch(/lenet\.onnx: lenet, input \[any, 1, 28, 28\], [\d,]+ bytes/)
  const file = await openTensors(at('lenet.onnx'))
  expect(file.format).toBe('onnx')
  expect(file.metadata).toMatchObject({ producer: 'nabla', lab: 'lenet', output: 'logits' })
  expect(file.names.some((name) => name.endsWith('.weight'))).toBe(true)
  expect(await main(['export', 'onnx', folder, at('fixed.onnx'), '--batch', '4', '--opset', '18']), err).toBe(0)
  expect(out).toMatch(/\[4, 1, 28, 28\]/)
  expect(await main(['export', 'onnx', folder, at('x.onnx'), '--batch', 'many'])).toBe(2)
  expect(err).toMatch(/--batch must be a whole number/)
  expect(await main(['export', 'onnx', at('nowhere'), at('x.onnx')])).toBe(1)
})
