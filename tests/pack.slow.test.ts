/** What a user gets: the packed library in an empty project is small, compiles the README's example, and computes. Needs a build. */
import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { blocksOf, root, strictOptions } from './blocks.js'

const snippet = `
import { tensor } from 'nabla'
const x = tensor([1, 2, 3], { requiresGrad: true })
x.mul(x).sum().backward()
console.log(JSON.stringify(await x.grad!.toArray()))
`

let project = ''

function npm(args: readonly string[], cwd: string): string {
  const cli = process.env['npm_execpath']
  return cli?.endsWith('.js')
    ? execFileSync(process.execPath, [cli, ...args], { cwd, encoding: 'utf8' })
    : execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' })
}

function bytesIn(path: string): number {
  const stat = lstatSync(path)
  return stat.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + bytesIn(join(path, name)), 0) : stat.size
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'nabla-pack-'))
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund']
  npm(['pack', '--pack-destination', project, ...quiet], join(root, 'packages/nabla'))
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'))!
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  npm(['install', '--prefer-offline', '--ignore-scripts', ...quiet, join(project, tarball)], project)
  writeFileSync(join(project, 'example.ts'), blocksOf('README.md')[0]!.code)
  writeFileSync(join(project, 'snippet.ts'), snippet)
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: strictOptions, include: ['*.ts'] }))
}, 120_000)
afterAll(() => rmSync(project, { recursive: true }))

it('the library and its dependencies stay under 15 MB', () => {
  const bytes = bytesIn(join(project, 'node_modules'))
  expect(bytes / 2 ** 20).toBeLessThan(15)
})

it('no test and no build record is in the package', () => {
  const files = readdirSync(join(project, 'node_modules/nabla'), { recursive: true, encoding: 'utf8' })
  expect(files.filter((name) => /\.test\.|tsbuildinfo/.test(name))).toEqual([])
  expect(files).toContain(join('dist', 'index.d.ts'))
})

it('every subpath of the package exists', () => {
  const folder = join(project, 'node_modules/nabla')
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { exports: Record<string, string> }
  for (const path of Object.values(exports)) expect(lstatSync(join(folder, path)).isFile()).toBe(true)
})

it("the README's example and a first snippet compile under strict TypeScript", () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: project, encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

it.each(['auto', 'js'])('the snippet computes a gradient on device %s', (device) => {
  const env = { ...process.env, NABLA_DEVICE: device }
  const { stdout } = spawnSync(process.execPath, ['snippet.js'], { cwd: project, encoding: 'utf8', env })
  expect(stdout).toBe('[2,4,6]\n')
})
