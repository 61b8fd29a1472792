/** The disk cache and the compilers, in folders made for the purpose. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { NablaError } from '../../core/errors.js'
import { cacheFolder, ObjectCache } from './cache.js'
import { CompileQueue } from './compile.js'
import { openRuntime } from './library.js'
import { findCompilers, machineModel, threadCount } from './toolchain.js'
import type { Compiler } from './toolchain.js'

const root = mkdtempSync(join(tmpdir(), 'nabla-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
const fresh = () => join(root, String(folders++))
const compiler = findCompilers().next().value as Compiler
const source = 'int answer(void) { return 42; }\n'
const objects = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.so'))

function open(folder: string) {
  const notices: string[] = []
  const cache = new ObjectCache(folder, (text) => notices.push(text))
  return { cache, notices, queue: new CompileQueue(compiler, cache) }
}

test('an object is kept, and found by the next process', async () => {
  const folder = fresh()
  const { cache, notices, queue } = open(folder)
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  const first = queue.compile(source)
  expect(queue.compile(source)).toBe(first)
  const path = await first.ready
  expect(readdirSync(folder).sort()).toEqual([path.split('/').at(-1), path.split('/').at(-1)!.replace('.so', '.sum')])
  const again = open(folder).queue.compile(source)
  expect(again.settled).toEqual({ path })
  expect(await again.ready).toBe(path)
  expect(again.wait()).toBe(path)
  expect(cache.lasting).toBe(true)
  expect(notices).toEqual([])
  expect(open(folder).queue.compile(`${source} `).settled).toBeUndefined()
})

test('many compilations at once, waited for in both ways', async () => {
  const { queue } = open(fresh())
  const jobs = Array.from({ length: 5 }, (_, i) => queue.compile(`int answer(void) { return ${i}; }`))
  expect(existsSync(jobs[4]!.wait())).toBe(true)
  const paths = await Promise.all(jobs.map((job) => job.ready))
  expect(new Set(paths).size).toBe(5)
})

test('a damaged object, or one without its digest, is made anew', async () => {
  for (const damage of [
    (path: string) => writeFileSync(path, readFileSync(path).fill(7, 600, 601)),
    (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 1000)),
    (path: string) => writeFileSync(path, ''),
    (path: string) => rmSync(path),
    (path: string) => rmSync(path.replace('.so', '.sum')),
    (path: string) => writeFileSync(path.replace('.so', '.sum'), 'nonsense'),
  ]) {
    const folder = fresh()
    const path = await open(folder).queue.compile(source).ready
    const sound = readFileSync(path)
    damage(path)
    const { notices, queue } = open(folder)
    const job = queue.compile(source)
    expect(job.settled).toBeUndefined()
    expect(await job.ready).toBe(path)
    expect(readFileSync(path).length).toBe(sound.length)
    expect(open(folder).queue.compile(source).settled).toEqual({ path })
    expect(notices).toEqual([])
  }
})

test('a folder that others may write to, or that is a file, is not used; work goes on elsewhere, and one notice says so', async () => {
  const shared = fresh()
  mkdirSync(shared)
  chmodSync(shared, 0o777)
  const file = fresh()
  writeFileSync(file, '')
  for (const [folder, reason] of [
    [shared, /others may write to it \(mode 777\)/],
    [join(file, 'kernels'), /ENOTDIR/],
  ] as const) {
    const { cache, notices, queue } = open(folder)
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatch(reason)
    expect(notices[0]).toContain('NABLA_CACHE')
    expect(cache.lasting).toBe(false)
    const path = await queue.compile(source).ready
    expect(path.startsWith(cache.folder)).toBe(true)
    expect(statSync(cache.folder).mode & 0o777).toBe(0o700)
    expect(notices).toHaveLength(1)
  }
  expect(objects(shared)).toEqual([])
})

test.runIf(process.getuid?.() === 0)('a folder of another user is not used', () => {
  const folder = fresh()
  mkdirSync(folder, { mode: 0o700 })
  chownSync(folder, 12345, 12345)
  const { cache, notices } = open(folder)
  expect(cache.lasting).toBe(false)
  expect(notices).toEqual([expect.stringMatching(/belongs to user 12345/)])
})

test.runIf(process.getuid?.() !== 0)('a folder that may not be written to is not used', () => {
  const folder = fresh()
  mkdirSync(folder, { mode: 0o500 })
  const { cache, notices } = open(folder)
  expect(cache.lasting).toBe(false)
  expect(notices).toHaveLength(1)
})

test('a folder that goes away meanwhile costs a notice', async () => {
  const folder = fresh()
  const { cache, notices, queue } = open(folder)
  rmSync(folder, { recursive: true })
  expect(existsSync(await queue.compile(source).ready)).toBe(true)
  expect(cache.lasting).toBe(false)
  expect(notices).toEqual([expect.stringMatching(/ENOENT/)])
})

test('the least recently used objects go when there is too much, and what dead compilations left', async () => {
  const folder = fresh()
  const { cache } = open(folder)
  const at = (name: string, size: number, daysAgo: number) => {
    const path = join(folder, name)
    writeFileSync(path, new Uint8Array(size))
    const time = new Date(Date.now() - daysAgo * 86_400_000)
    utimesSync(path, time, time)
  }
  for (let i = 0; i < 10; i++) {
    at(`k${i}.so`, 100, i)
    at(`k${i}.sum`, 1, i)
  }
  at('work-1-x-0.c', 10, 2)
  at('work-2-x-0.c', 10, 0)
  await cache.prune(1000)
  expect(objects(folder)).toHaveLength(10)
  expect(readdirSync(folder).filter((name) => name.startsWith('work'))).toEqual(['work-2-x-0.c'])
  await cache.prune(900)
  expect(objects(folder).sort()).toEqual(['k0.so', 'k1.so', 'k2.so', 'k3.so', 'k4.so', 'k5.so', 'k6.so'])
  expect(existsSync(join(folder, 'k9.sum'))).toBe(false)
})

test('what does not compile is told with the first messages and the kept source, and can be tried again', async () => {
  const { queue } = open(fresh())
  const job = queue.compile('int answer(void) { return nothing; }')
  const error = (await job.ready.catch((e: unknown) => e)) as NablaError
  expect(error).toBeInstanceOf(NablaError)
  expect(error.kind).toBe('compile')
  expect(error.message).toMatch(/could not compile a kernel:\n.*nothing/s)
  expect(readFileSync(error.facts.source as string, 'utf8')).toContain('return nothing')
  expect(() => job.wait()).toThrow(error)
  expect(queue.compile('int answer(void) { return nothing; }')).not.toBe(job)
})

test('a compiler that is missing, broken, or makes what does not run is a reason', () => {
  const script = (name: string, text: string) => {
    const path = join(root, name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return path
  }
  const version = '[ "$1" = --version ] && echo "cc 1.0" && exit 0\n'
  const output = 'for a; do [ "$last" = -o ] && out="$a"; last="$a"; done\n'
  for (const [command, reason] of [
    [join(root, 'no-such-compiler'), /no-such-compiler \(from NABLA_CC\): not found/],
    [script('no-version', 'echo "bad installation" >&2; exit 3'), /--version failed: bad installation/],
    [script('fails', `${version}echo "internal error 17" >&2; exit 1`), /internal error 17/],
    [script('silent', `${version}exit 4`), /exit status 4, and no message/],
    [script('killed', `${version}kill -9 $$`), /exit status 137/],
    [script('nothing', `${version}exit 0`), /nothing: /],
    [script('nonsense', `${version}${output}echo nonsense >"$out"`), /nonsense: .*(invalid|short|header)/],
  ] as const) {
    const environment = { ...process.env, NABLA_CC: command, NABLA_CACHE: fresh() }
    let error: unknown
    try {
      openRuntime({ environment })
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(NablaError)
    expect(error).toMatchObject({ kind: 'device', message: expect.stringMatching(reason), facts: { reasons: expect.any(Array) } })
  }
})

test('NABLA_CC may hold arguments', () => {
  const [first] = findCompilers({ ...process.env, NABLA_CC: `${compiler.command} -DX=1` })
  expect(first).toMatchObject({ command: compiler.command, flags: expect.arrayContaining(['-DX=1']) })
})

test('settings', () => {
  expect(cacheFolder({ NABLA_CACHE: '/a' })).toBe('/a/kernels')
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/nabla/kernels')
  expect(cacheFolder({})).toMatch(/\/\.cache\/nabla\/kernels$/)
  expect(threadCount({ NABLA_THREADS: '3' })).toBe(3)
  for (const bad of ['', '0', '-1', 'x', '1.5']) expect(threadCount({ NABLA_THREADS: bad })).toBe(threadCount({}))
  const machine = machineModel(2)
  expect([4, 8, 16]).toContain(machine.lanes)
  expect(machine.l1).toBeGreaterThan(4096)
  expect(machine.l2).toBeGreaterThanOrEqual(machine.l1)
})
