import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tensor } from '../tensor/create.js'
import { loadSafetensors, readSafetensors, saveSafetensors } from './index.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-io-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('tensors come back with names, shapes, types and values', async () => {
  const file = join(folder, 'deep', 'net.safetensors')
  const weights = {
    weight: tensor([
      [1.5, -2],
      [0, 3],
    ]),
    steps: tensor(Int32Array.of(7), { dtype: 'int32', shape: [] }),
    half: tensor([0.5, 65504, -0.25], { dtype: 'float16' }),
    mask: tensor([true, false]),
  }
  await saveSafetensors(file, weights, { note: 'x' })
  const loaded = await loadSafetensors(file)
  expect(Object.keys(loaded).sort()).toEqual(Object.keys(weights).sort())
  for (const [name, t] of Object.entries(weights)) {
    expect([loaded[name]!.dtype, loaded[name]!.shape]).toEqual([t.dtype, t.shape])
    expect(await loaded[name]!.data()).toEqual(await t.data())
  }
  expect((await readSafetensors(file)).metadata).toEqual({ note: 'x' })
  expect(await readdir(join(folder, 'deep'))).toEqual(['net.safetensors'])
})

test('a file that cannot be written leaves the old one and nothing else', async () => {
  await writeFile(join(folder, 'taken'), 'old')
  await expect(saveSafetensors(join(folder, 'taken', 'x.safetensors'), {})).rejects.toThrowError(/cannot write .*taken/)
  expect(await readFile(join(folder, 'taken'), 'utf8')).toBe('old')
  expect(await readdir(folder)).toEqual(['taken'])
})

test('no file, and a damaged one, are told by their path', async () => {
  const file = join(folder, 'x.safetensors')
  await expect(loadSafetensors(file)).rejects.toMatchObject({
    kind: 'io',
    message: expect.stringContaining(`cannot read ${file}`) as string,
  })
  await saveSafetensors(file, { x: tensor([1, 2, 3]) })
  await writeFile(file, (await readFile(file)).subarray(0, -4))
  await expect(loadSafetensors(file)).rejects.toThrowError(
    /x\.safetensors: the file is cut off: "x" ends at byte 12 of the data, 8 are there/,
  )
})
