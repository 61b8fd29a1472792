import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataSetEntry, dataSetNames, dataSets, imageSetEntry } from './catalog.js'
import { imageSet } from './images.js'
import { mnist } from './sets/mnist.js'
import type { DataEvent } from './sources/source.js'

test('an unknown name is answered with the nearest, an unknown split with what there is', async () => {
  await expect(imageSet('mnits', 'train')).rejects.toThrowError(
    /unknown data set "mnits"; did you mean "mnist"\? Known: mnist, fashion-mnist/,
  )
  await expect(imageSet('constructor', 'train')).rejects.toThrowError(/unknown data set/)
  await expect(mnist('validation' as 'test')).rejects.toThrowError(/unknown split "validation": expected "train" or "test"/)
})

test('the catalog: names are their own, every file has a sum and a size, every class a name', () => {
  expect(new Set(dataSetNames).size).toBe(dataSetNames.length)
  for (const { name, title, about, licence, files, places, origin } of dataSets) {
    expect(name).toMatch(/^[a-z0-9][a-z0-9.-]*$/)
    for (const text of [title, about, licence]) expect(text).toMatch(/\S/)
    expect(files.length).toBeGreaterThan(0)
    expect(new Set(files.map((file) => file.name)).size).toBe(files.length)
    for (const file of files) {
      expect(file.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(file.bytes).toBeGreaterThan(0)
      expect(file.name).toMatch(/^[\w.-]+$/)
    }
    for (const { form } of places)
      for (const kept of Object.keys(form ?? {})) expect(files.map((file) => file.name)).toContain(kept)
    if (!places.length) expect(origin).toMatch(/\S/)
  }
  for (const name of ['mnist', 'fashion-mnist', 'cifar10']) expect(imageSetEntry(name).classes).toHaveLength(10)
  expect(() => dataSetEntry('squeezenet')).toThrowError(/unknown data set "squeezenet"; did you mean "squeezenet1\.1"/)
})

test.skipIf(!existsSync('/usr/share/datasets/fashion-mnist'))(
  'damaged files in the cache and in a folder are named, the system package takes over',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-images-'))
    const before = process.env.NABLA_CACHE
    process.env.NABLA_CACHE = join(folder, 'cache')
    try {
      await mkdir(join(folder, 'cache', 'data', 'fashion-mnist'), { recursive: true })
      await writeFile(join(folder, 'cache', 'data', 'fashion-mnist', 't10k-labels-idx1-ubyte'), 'cut')
      for (const name of ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) await writeFile(join(folder, name), 'wrong')
      const events: DataEvent[] = []
      const set = await imageSet('fashion-mnist', 'test', { from: folder, report: (event) => events.push(event) })
      expect(
        events.some((event) => event.kind === 'note' && /t10k-labels-idx1-ubyte is damaged \(3 bytes/.test(event.text)),
      ).toBe(true)
      expect([set.length, set.shape, set.images.length]).toEqual([10_000, [1, 28, 28], 7_840_000])
      expect([...set.labels.subarray(0, 8)]).toEqual([9, 2, 1, 1, 6, 1, 4, 6])
      expect(await readFile(join(folder, 'cache', 'data', 'fashion-mnist', 't10k-labels-idx1-ubyte'))).toHaveLength(10_008)
    } finally {
      if (before === undefined) delete process.env.NABLA_CACHE
      else process.env.NABLA_CACHE = before
      await rm(folder, { recursive: true, force: true })
    }
  },
)
