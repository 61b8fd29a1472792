/** Every public name has a doc comment, and docs/api says what they say. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const script = join(root, 'scripts/reference.mjs')

it('every public name has a doc comment, and docs/api is up to date', () => {
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

/** A package of three files, for the reader. */
const sources = {
  'index.ts': `/** A small package. */
export * as tools from './tools.js'
export { Box, type BoxOptions, twice } from './box.js'
`,
  'tools.ts': `/** Tools. */
export const one = 1
`,
  'box.ts': `/** Boxes: things with a width. */
interface Sized { readonly width: number }
abstract class Base<T> {
  /** Twice as wide, * or <more>. */
  abstract grow(by?: number): T
  private secret = 1
  protected hidden = this.secret
}
/** Settings of a box. */
export interface BoxOptions extends Sized { readonly depth?: number }
/** A box. */
export class Box extends Base<Box> {
  constructor(readonly options: BoxOptions, readonly label = 'box') { super() }
  grow(by = 2): Box { return new Box({ width: this.options.width * by, depth: this.hidden }, this.label) }
  /** @internal */
  shrink(): void {}
}
export const twice = (box: Box): Box => box.grow()
`,
}

const folder = mkdtempSync(join(root, 'node_modules', '.cache', 'reference-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Item {
  readonly name: string
  readonly signatures: readonly string[]
  readonly comment?: { readonly text: string }
  readonly members?: readonly Item[]
}
interface Entry {
  readonly items: readonly Item[]
  readonly spaces: readonly { readonly name: string }[]
  readonly others: readonly Item[]
}

it('reads names, signatures with defaults, inherited members and comments', async () => {
  mkdirSync(join(folder, 'src'))
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, 'src', name), source)
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions: { module: 'NodeNext', strict: true }, include: ['src'] }))
  const { readEntries } = (await import(`${root}scripts/reference/read.mjs`)) as {
    readEntries(root: string, config: string, files: readonly string[]): Entry[]
  }
  const index = join(folder, 'src/index.ts')
  const [entry] = readEntries(folder, config, [index])
  const { items, spaces, others } = entry!
  expect(items.map(({ name }) => name)).toEqual(['BoxOptions', 'Box', 'twice'])
  const [options, box, twice] = items as [Item, Item, Item]
  expect(options.members?.map(({ signatures }) => signatures[0])).toEqual(['readonly width: number', 'readonly depth?: number'])
  expect(box.signatures).toEqual(['class Box', "new Box(options: BoxOptions, label: string = 'box')"])
  expect(box.members?.map(({ name, signatures, comment }) => [name, signatures[0], comment?.text])).toEqual([
    ['options', 'readonly options: BoxOptions', undefined],
    ['label', 'readonly label: string', undefined],
    ['grow', 'grow(by: number = 2): Box', 'Twice as wide, * or <more>.'],
  ])
  expect(twice.signatures).toEqual(['twice(box: Box): Box'])
  expect(twice.comment).toBeUndefined()
  expect(spaces.map(({ name }) => name)).toEqual(['tools'])
  expect(others.map(({ name }) => name)).toEqual(['Sized'])

  const { writePages } = (await import(`${root}scripts/reference/pages.mjs`)) as {
    writePages(pages: readonly object[]): Map<string, string>
  }
  const page = writePages([{ name: 'small', file: 'small.md', module: index, entry: entry! }]).get('small.md')!
  expect(page).toContain('## Boxes\n\nThings with a width.\n\n### Box\n')
  expect(page).toContain('- [Boxes](#boxes): [Box](#box), [twice](#twice)')
  expect(page.indexOf('### twice')).toBeLessThan(page.indexOf('### BoxOptions'))
  expect(page).toContain('- `grow(by: number = 2): Box`  \n  Twice as wide, \\* or \\<more>.')
  expect(page).toContain('Types: [`BoxOptions`](#boxoptions)')
})
