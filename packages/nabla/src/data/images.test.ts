import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { imageSetEntry } from './catalog.js'
import { imageSet, mnist } from './images.js'
import type { DataEvent } from './sources/source.js'

test('an unknown name is answered with the nearest, an unknown split with what there is', async () => {
  await expect(imageSet('mnits', 'train')).rejects.toThrowError(
    /unknown data set "mnits"; did you mean "mnist"\? Known: mnist, fashion-mnist/,
  )
  await expect(imageSet('constructor', 'train')).rejects.toThrowError(/unknown data set/)
  await expect(mnist('validation' as 'test')).rejects.toThrowError(/unknown split "validation": expected "train" or "test"/)
})

test('the catalog: every file has a sum, every class a name', () => {
  for (const name of ['mnist', 'fashion-mnist']) {
    const entry = imageSetEntry(name)
    expect(entry.classes).toHaveLength(10)
    for (const split of Object.values(entry.splits))
      for (const file of Object.values(split)) expect(file.sha256).toMatch(/^[0-9a-f]{64}$/)
  }
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
