import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { createTar } from 'nanotar'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheHome } from '../../core/files.node.js'
import type { DataSetEntry, Place } from '../sets/entry.js'
import { addressSource } from './address.js'
import { chainFor, offlineByEnvironment } from './chain.node.js'
import { dataFolder, diskCache, folderSource, givenSource } from './disk.node.js'
import { resumable } from './download.node.js'
import { type Npm, npmSource } from './npm.node.js'
import { lineReport } from './report.node.js'
import { type DataEvent, obtain, type Source } from './source.js'

const content = { images: Buffer.from('the pixels of a small set '.repeat(4000)), labels: Buffer.from('0123') }
const describeFile = (name: string, bytes: Buffer) => ({
  name,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})
const files = [describeFile('images', content.images), describeFile('labels', content.labels)]
const entry: DataSetEntry = { name: 'tiny', title: 'Tiny', about: 'tiny', licence: 'none', files, places: [] }
/** As somebody publishes it: the labels in two halves, the images under another name. */
const form = {
  images: { from: ['pub/pixels.bin'] },
  labels: { from: ['pub/one', 'pub/two'], make: (parts: readonly Uint8Array[]) => Buffer.concat(parts) },
}
const published = [
  { name: 'pub/pixels.bin', data: content.images },
  { name: 'pub/one', data: content.labels.subarray(0, 1) },
  { name: 'pub/two', data: content.labels.subarray(1) },
]
const places: readonly Place[] = [{ kind: 'address', address: 'http://a.test', archive: 'tiny.tar', form }]

let folder: string
let events: DataEvent[]
const report = (event: DataEvent): void => void events.push(event)
const notes = (): string[] => events.flatMap((event) => (event.kind === 'note' ? [event.text] : []))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-data-'))
  events = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const good: Source = { name: 'good', fetch: async () => new Map(Object.entries(content)) }
const impatient = (where: string) => resumable(where, { tries: 1, pause: 1 })
const bad = (reason: string): Source => ({ name: 'bad', fetch: () => Promise.reject(new Error(reason)) })

describe('the chain', () => {
  test('takes from the first source that has the files, keeps them, and needs no source the second time', async () => {
    const cache = diskCache(folder)
    const got = await obtain(entry, files, { cache, sources: [bad('gone'), good], report })
    expect(Buffer.from(got.get('images')!).equals(content.images)).toBe(true)
    expect((await readdir(join(folder, 'tiny'))).sort()).toEqual(['images', 'labels'])
    expect((await obtain(entry, files, { cache, sources: [bad('not asked')], report })).get('labels')).toEqual(content.labels)
  })

  test('a cut or altered file in the cache is named with its sum and fetched again', async () => {
    const cache = diskCache(folder)
    await mkdir(join(folder, 'tiny'))
    await writeFile(join(folder, 'tiny', 'images'), content.images.subarray(5))
    await writeFile(join(folder, 'tiny', 'labels'), '0124')
    await obtain(entry, files, { cache, sources: [good], report })
    expect(notes().join('\n')).toMatch(
      /images is damaged \(103995 bytes instead of 104000\): SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}; it is fetched again/,
    )
    expect(notes().join('\n')).toMatch(new RegExp(`labels is damaged \\(altered\\).*expected ${files[1]!.sha256}`))
    expect(await readFile(join(folder, 'tiny', 'labels'), 'utf8')).toBe('0123')
  })

  test('a source that gives wrong bytes is passed over, what was right of it is kept', async () => {
    const half: Source = {
      name: 'half',
      fetch: async () =>
        new Map([
          ['images', content.images],
          ['labels', Buffer.from('x')],
        ]),
    }
    const got = await obtain(entry, files, { sources: [half, good], report })
    expect(got.get('labels')).toEqual(content.labels)
    await expect(obtain(entry, files, { sources: [half], report })).rejects.toThrowError(
      /could give labels:\n {2}- half: labels is damaged \(1 bytes instead of 4\)/,
    )
  })

  test('when all fail, every place is listed with its reason', async () => {
    const failing = obtain(entry, files, { cache: diskCache(folder), sources: [bad('no route'), folderSource(folder)], report })
    await expect(failing).rejects.toThrowError(
      /\[data\] tiny: no source could give images and labels:\n {2}- cache .*: no images; no labels\n {2}- bad: no route\n {2}- folder .* has no images or images\.gz/,
    )
    await expect(failing).rejects.toMatchObject({ kind: 'data', facts: { dataSet: 'tiny', files: ['images', 'labels'] } })
  })

  test('a cache that cannot be written is a note, not an error', async () => {
    await writeFile(join(folder, 'tiny'), 'a file where the folder should be')
    expect((await obtain(entry, files, { cache: diskCache(folder), sources: [good], report })).size).toBe(2)
    expect(notes()[0]).toMatch(/cannot be written, so data is not kept/)
  })
})

test('folders hold files plain or packed; a packed one that is damaged is an error of that source', async () => {
  await writeFile(join(folder, 'images.gz'), gzipSync(content.images))
  await writeFile(join(folder, 'labels'), content.labels)
  expect(
    Buffer.from((await obtain(entry, files, { sources: [folderSource(folder)], report })).get('images')!).equals(content.images),
  ).toBe(true)
  await writeFile(join(folder, 'images.gz'), gzipSync(content.images).subarray(0, 50))
  await expect(obtain(entry, files, { sources: [folderSource(folder)], report })).rejects.toThrowError(
    /damaged, cut off, or too long: its end says \d+ bytes/,
  )
})

test('data lies in a folder of its own in the cache', () => {
  expect(dataFolder()).toBe(join(cacheHome(), 'data'))
})

describe('over the network', () => {
  let server: Server
  let handle: (request: IncomingMessage, response: ServerResponse) => void
  let address: string
  beforeEach(async () => {
    server = createServer((request, response) => handle(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => new Promise((resolve) => server.close(resolve)))

  test('files come packed, or plain where there is no packed one; progress ends with done', async () => {
    handle = (request, response) => {
      if (request.url === '/images.gz') return response.end(gzipSync(content.images))
      if (request.url === '/labels') return response.end(content.labels)
      response.writeHead(404).end()
    }
    const got = await obtain(entry, files, { sources: [addressSource({ address: `${address}/` })], report })
    expect(Buffer.from(got.get('images')!).equals(content.images)).toBe(true)
    expect(events.filter((event) => event.kind === 'progress' && event.done)).toHaveLength(2)
  })

  test('an answer that is no yes, and a server that is not there, are told', async () => {
    handle = (_, response) => void response.writeHead(503).end()
    await expect(obtain(entry, files, { sources: [addressSource({ address }, impatient(folder))], report })).rejects.toThrowError(
      /images\.gz answered 503/,
    )
    await expect(
      addressSource({ address: 'http://127.0.0.1:1' }, impatient(folder)).fetch(entry, files, report),
    ).rejects.toThrowError(/fetch failed/)
  })

  test('an archive, and files under other names and in parts, become the files that are kept', async () => {
    const [place] = places
    for (const bytes of [createTar(published), gzipSync(createTar(published))]) {
      handle = (_, response) => void response.end(bytes)
      const source = addressSource({ address, archive: 'tiny.tar', form: place!.form! }, impatient(folder))
      const got = await obtain(entry, [files[1]!], { sources: [source], report })
      expect([...got.keys()]).toEqual(['images', 'labels'])
    }
    handle = (request, response) => {
      const one = published.find(({ name }) => `/${name}` === request.url)
      if (!one) response.writeHead(404)
      response.end(one?.data)
    }
    expect((await obtain(entry, files, { sources: [addressSource({ address, form }, impatient(folder))], report })).size).toBe(2)
  })

  describe('npm', () => {
    const tarball = gzipSync(
      createTar([
        { name: 'package/data/images', data: content.images },
        { name: 'package/data/labels', data: content.labels },
        { name: 'package/index.js', data: 'throw 1' },
      ]),
    )
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const npm =
      (dist: object, calls: string[] = []): Npm =>
      async (args, cwd) => {
        calls.push(args[0]!)
        if (args[0] === 'view') return JSON.stringify(dist)
        await writeFile(join(cwd!, 'tiny-1.0.0.tgz'), tarball)
        return ''
      }
    test('the files come out of the tarball at the address that the registry names', async () => {
      handle = (_, response) => void response.end(tarball)
      const calls: string[] = []
      const source = npmSource(
        'tiny@1.0.0',
        'package/data',
        folder,
        undefined,
        npm({ tarball: `${address}/t.tgz`, integrity }, calls),
      )
      const got = await source.fetch(entry, files, report)
      expect([...got.keys()].sort()).toEqual(['images', 'labels'])
      expect(Buffer.from(got.get('images')!).equals(content.images)).toBe(true)
      expect(calls).toEqual(['view'])
    })
    test('a registry that refuses a plain download is asked through npm itself', async () => {
      handle = (_, response) => void response.writeHead(401).end()
      const calls: string[] = []
      const source = npmSource(
        'tiny@1.0.0',
        'package/data',
        folder,
        undefined,
        npm({ tarball: `${address}/t.tgz`, integrity }, calls),
      )
      await source.fetch(entry, files, report)
      expect(calls).toEqual(['view', 'pack'])
    })
    test('an altered tarball, and one without the files, are told', async () => {
      handle = (_, response) => void response.end(tarball.subarray(1))
      const altered = npmSource('tiny@1.0.0', 'package/data', folder, undefined, async (args) =>
        args[0] === 'view' ? JSON.stringify({ tarball: address, integrity }) : Promise.reject(new Error('offline')),
      )
      await expect(altered.fetch(entry, files, report)).rejects.toThrowError(
        /tarball is damaged: SHA-512 .* expected .*; then offline/,
      )
      handle = (_, response) => void response.end(tarball)
      await expect(
        npmSource('tiny@1.0.0', 'elsewhere', folder, undefined, npm({ tarball: address, integrity })).fetch(entry, files, report),
      ).rejects.toThrowError(/has no elsewhere/)
    })
  })
})

describe('the chain of a set', () => {
  const all: readonly Place[] = [
    { kind: 'system', package: 'p', folder: '/f' },
    { kind: 'npm', package: 'n@1', folder: 'd' },
    { kind: 'address', address: 'http://a.test' },
  ]
  const sources = (options: { from?: string; offline?: boolean } = {}): readonly Source[] =>
    chainFor({ ...entry, places: all }, options, folder).sources
  test('a folder or address given by the caller comes first, then the places in their order', () => {
    const names = (from?: string): string[] => sources(from === undefined ? {} : { from }).map((source) => source.name)
    expect(names()).toEqual(['Debian package p', 'npm package n@1', 'address http://a.test'])
    expect(names('/mine')[0]).toBe('/mine')
    expect(names('https://mine.test/x')[0]).toBe('address https://mine.test/x')
  })
  test('offline, folders are asked and nothing else, and the error says what to do', async () => {
    expect(sources({ offline: true, from: '/mine' }).map((source) => Boolean(source.closed))).toEqual([false, false, true, true])
    const failing = obtain({ ...entry, origin: 'the page of Tiny' }, files, { sources: sources({ offline: true }), report })
    await expect(failing).rejects.toThrowError(
      /npm package n@1: not asked: offline[\s\S]*Get it from the page of Tiny; then "nabla data import tiny PATH" takes a folder, file or archive/,
    )
    for (const [value, expected] of [
      ['1', true],
      ['0', false],
      ['', false],
      ['true', true],
    ] as const)
      expect(offlineByEnvironment({ NABLA_OFFLINE: value })).toBe(expected)
  })
})

describe('what a user has', () => {
  const given = (path: string): Promise<Map<string, Uint8Array>> => givenSource(path).fetch({ ...entry, places }, files, report)
  const sums = (got: Map<string, Uint8Array>): string[] =>
    [...got].map(([name, bytes]) => describeFile(name, Buffer.from(bytes)).sha256)
  const expected = files.map((file) => file.sha256)

  test('a folder with the files at any depth, plain, packed, or as published', async () => {
    await mkdir(join(folder, 'a', 'b'), { recursive: true })
    await writeFile(join(folder, 'a', 'b', 'images.gz'), gzipSync(content.images))
    await writeFile(join(folder, 'a', 'labels'), content.labels)
    expect(sums(await given(folder))).toEqual(expected)
    await rm(join(folder, 'a'), { recursive: true })
    for (const { name, data } of published) await writeFile(join(folder, name.slice(4)), data)
    expect(sums(await given(folder))).toEqual(expected)
  })
  test('an archive, also under another root, or one file under another name', async () => {
    const path = join(folder, 'download')
    await writeFile(path, gzipSync(createTar(published.map(({ name, data }) => ({ name: `root/${name}`, data })))))
    expect(sums(await given(path))).toEqual(expected)
    await writeFile(path, zipSync({ 'x/images': content.images, 'x/labels': content.labels }))
    expect(sums(await given(path))).toEqual(expected)
    await writeFile(path, content.labels)
    expect([...(await given(path)).keys()]).toEqual(['labels'])
    await writeFile(path, gzipSync(content.labels))
    expect([...(await given(path)).keys()]).toEqual(['labels'])
  })
  test('nothing of the set, an archive that leads outside, and nothing at all are told', async () => {
    await expect(given(folder)).rejects.toThrowError(/it has none of images, labels/)
    await expect(given(join(folder, 'none'))).rejects.toThrowError(/no such file or folder/)
    const path = join(folder, 'evil.tar')
    const tar = Buffer.from(createTar([{ name: 'aa/images', data: content.images }]))
    tar.write('../', 0)
    tar.write(
      `${[...tar.subarray(0, 512)]
        .reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    await writeFile(path, tar)
    await expect(given(path)).rejects.toThrowError(
      /evil\.tar: it is refused: the path of its member "\.\.\/images" leads out of it/,
    )
  })
})

test('progress is one line rewritten on a terminal, and two lines elsewhere', () => {
  const say = (terminal: boolean): string => {
    let text = ''
    const tell = lineReport({ write: (part) => (text += part) }, terminal, () => 0)
    const event = { kind: 'progress', dataSet: 'tiny', source: 'npm package t@1', file: 't@1', total: 2_000_000 } as const
    tell({ ...event, loaded: 0, done: false })
    tell({ ...event, loaded: 1_000_000, done: false })
    tell({ kind: 'note', dataSet: 'tiny', text: 'careful' })
    tell({ ...event, loaded: 2_000_000, done: true })
    return text
  }
  expect(say(false)).toBe(
    'nabla: tiny: npm package t@1: 2.0 MB ...\nnabla: careful\nnabla: tiny: npm package t@1: 2.0 MB, done\n',
  )
  expect(say(true)).toBe(
    '\r\u001b[Knabla: tiny: npm package t@1: 0 % of 2.0 MB\nnabla: careful\n\r\u001b[Knabla: tiny: npm package t@1: 100 % of 2.0 MB\n',
  )
})
