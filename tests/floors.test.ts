/** The import rule finds what it is there to find: a small tree for each way to break it. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../scripts/floors.mjs', import.meta.url))
let folder: string | undefined

function check(files: Record<string, string>): { code: number | null; lines: string[] } {
  folder = mkdtempSync(join(tmpdir(), 'floors-'))
  for (const [path, source] of Object.entries(files)) {
    const file = join(folder, 'packages', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, source)
  }
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  return { code: status, lines: stderr.split('\n').filter(Boolean) }
}

afterEach(() => {
  if (folder) rmSync(folder, { recursive: true })
  folder = undefined
})

it('passes a house where every import goes down', () => {
  const { code, lines } = check({
    'nabla/src/core/shape.ts': `export type Shape = readonly number[]\n`,
    'nabla/src/ops/add.ts': `import type { Shape } from '../core/shape.js'\nexport type A = Shape\n`,
    'nabla/src/ops/add.test.ts': `import { js } from '../device/js.js'\nimport { it } from 'vitest'\n`,
    'nabla/src/device/js.ts': `export const js = 1\n`,
    'nabla/src/index.ts': `export * from './core/shape.js'\n`,
    'cli/src/main.ts': `import { readFileSync } from 'node:fs'\nimport * as nn from 'nabla/nn'\nimport { lenet } from '@nabla/models'\n`,
    'nabla/src/data/mnist.ts': `import { key } from './sources/key.js'\nconst load = () => import('./sources/file.js')\n`,
    'nabla/src/data/sources/key.ts': `export const key = 1\n`,
    'nabla/src/data/sources/file.ts': `import 'node:fs'\n`,
    'nabla/package.json': `{ "browser": { "./dist/device/native/index.js": "./dist/device/native/absent.js" } }`,
    'nabla/src/compiler/devices.ts': `import { native } from '../device/native/index.js'\n`,
    'nabla/src/device/native/index.ts': `import { load } from './load.js'\nexport const native = load\n`,
    'nabla/src/device/native/load.ts': `import { readFileSync } from 'node:fs'\nexport const load = readFileSync\n`,
    'nabla/src/nn/index.ts': `// import { x } from '../../../cli/src/main.js'\n`,
    'models/package.json': `{ "dependencies": { "@some/where": "1" } }`,
    'models/src/index.ts': `import '@some/where/deep.js'\nexport const lenet = 1\n`,
  })
  expect(lines).toEqual([])
  expect(code).toBe(0)
})

it.each([
  [
    'an upward import',
    { 'nabla/src/core/shape.ts': `import type {\n  Op,\n} from '../ops/op.js'\n`, 'nabla/src/ops/op.ts': '' },
    'core may import nothing',
  ],
  [
    'a sibling',
    { 'nabla/src/nn/linear.ts': `export { SGD } from '../optim/sgd.js'\n`, 'nabla/src/optim/sgd.ts': '' },
    'imports ../optim/sgd.js',
  ],
  ['an upward package', { 'models/src/index.ts': `import { run } from '@nabla/labs'\n` }, 'packages/models may import nabla'],
  ['a package by path', { 'models/src/index.ts': `import '../../nabla/src/nn/index.js'\n` }, 'import it by its name'],
  ['Node in the browser part', { 'nabla/src/tensor/tensor.ts': `import { readFileSync } from 'node:fs'\n` }, 'imports node:fs'],
  [
    'the native device at load time',
    {
      'nabla/src/tensor/tensor.ts': `import { open } from '../device/native/open.js'\n`,
      'nabla/src/device/native/open.ts': `import 'node:fs'\n`,
    },
    'use await import',
  ],
  [
    'a circle',
    {
      'nabla/src/nn/a.ts': `import './b.js'\n`,
      'nabla/src/nn/b.ts': `import { c } from './c.js'\n`,
      'nabla/src/nn/c.ts': `export { a } from './a.js'\n`,
    },
    'a circle of imports',
  ],
  ['a package that is not listed', { 'models/src/index.ts': `import { parse } from 'left/pad'\n` }, 'does not list'],
  [
    'a folder without a floor',
    { 'nabla/src/extra/a.ts': `import '../core/shape.js'\n`, 'nabla/src/core/shape.ts': '' },
    'has no floor',
  ],
] as [string, Record<string, string>, string][])('finds %s', (_name, files, message) => {
  const { code, lines } = check(files)
  expect(lines.join('\n')).toContain(message)
  expect(lines).toHaveLength(1)
  expect(code).toBe(1)
})
