/** Every TypeScript block of the documentation compiles under strict settings; those marked `run` run. Needs a build. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, root, strictOptions } from './blocks.js'

const pagesIn = (folder: string): string[] => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)
const pages = ['README.md', 'CONTRIBUTING.md', ...pagesIn('docs'), ...pagesIn('docs/guide')]
const blocks = pages.filter((page) => page.endsWith('.md') && existsSync(join(root, page))).flatMap(blocksOf)
const nameOf = (i: number) => `block${i}`
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nabla-docs-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  blocks.forEach(({ code }, i) => writeFileSync(join(folder, `${nameOf(i)}.ts`), `${code}\nexport {}\n`))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...strictOptions, types: ['node'] }, include: ['*.ts'] }),
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

it('the documentation has code', () => {
  expect(blocks.length).toBeGreaterThan(0)
})

it('every block compiles', () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: folder })
  expect(stdout.replace(/block(\d+)\.ts/g, (_, i: string) => blocks[Number(i)]!.place)).toBe('')
  expect(status).toBe(0)
})

const runnable = blocks.map((block, i) => ({ ...block, i })).filter(({ run }) => run)
describe.skipIf(runnable.length === 0)('blocks that run', () => {
  it.each(runnable)('$place', ({ i }) => {
    const { stderr, status } = spawnSync(process.execPath, [join(folder, `${nameOf(i)}.js`)], { encoding: 'utf8', cwd: folder })
    expect(status, stderr).toBe(0)
  })
})
