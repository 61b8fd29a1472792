import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cacheHome, makeFolder, readFileBytes, writeFileAtomic } from './files.node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('the cache is NABLA_CACHE, or nabla in the user cache folder', () => {
  expect(cacheHome({ NABLA_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
  expect(cacheHome({ XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'nabla'))
  expect(cacheHome({ NABLA_CACHE: '' })).toBe(join(homedir(), '.cache', 'nabla'))
})

test('folders are made with all above them, and may be there', async () => {
  const deep = join(folder, 'a', 'b', 'c')
  makeFolder(deep, 0o700)
  makeFolder(deep)
  expect((await stat(deep)).mode & 0o777).toBe(0o700)
})

test('a folder that cannot be is an error, not an endless search', async () => {
  await writeFile(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file', 'x', 'y'))).toThrowError(/ENOTDIR|EEXIST/)
  expect(() => makeFolder(join(folder, 'file'))).toThrowError(/EEXIST/)
  if (existsSync('/proc/self')) expect(() => makeFolder('/proc/nothing/x')).toThrowError(/ENOENT|EACCES|EPERM/)
})

test('files are replaced whole, and nothing else is left behind', async () => {
  const path = join(folder, 'deep', 'file')
  await writeFileAtomic(path, 'one')
  await Promise.all(['two', 'three'].map((text) => writeFileAtomic(path, text)))
  expect(['two', 'three']).toContain(await readFile(path, 'utf8'))
  expect(await readdir(join(folder, 'deep'))).toEqual(['file'])
  await expect(writeFileAtomic(join(path, 'below'), 'x')).rejects.toMatchObject({
    kind: 'io',
    facts: { path: join(path, 'below') },
  })
  await expect(readFileBytes(join(folder, 'none'))).rejects.toThrowError(/\[io\] cannot read .*none/)
})
