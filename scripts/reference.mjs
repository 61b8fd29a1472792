/**
 * `npm run reference`: writes docs/api from the doc comments of everything the package exports. With `--check` it writes nothing, names what
 * has no comment and which pages are out of date, and fails if there is any.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './setup.mjs'

ensureInstalled()
const { writePages } = await import('./reference/pages.mjs')
const { readEntries } = await import('./reference/read.mjs')

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'packages/nabla/src')
const folder = resolve(root, 'docs/api')

/** Pages, the modules behind them, and files whose names come first. */
const entries = [
  ['nabla', 'index.ts', ['tensor.ts', 'create.ts', 'functions.ts', 'differentiate.ts', 'compile.ts']],
  ['nabla/nn', 'nn/index.ts', ['module.ts', 'containers.ts', 'linear.ts', 'conv.ts', 'pool.ts', 'norm.ts', 'activation.ts']],
  ['nn.functional', 'nn/functional/index.ts'],
  ['nn.init', 'nn/init.ts'],
  ['nabla/optim', 'optim/index.ts', ['sgd.ts', 'adam.ts', 'optimizer.ts', 'group.ts']],
  ['nabla/data', 'data/index.ts'],
  ['nabla/io', 'io/index.ts'],
  ['nabla/linalg', 'linalg/index.ts'],
  ['nabla/metrics', 'metrics/index.ts'],
  ['nabla/vision', 'vision/index.ts'],
  ['nabla/transforms', 'transforms/index.ts'],
  ['nabla/text', 'text/index.ts'],
  ['nabla/tables', 'tables/index.ts'],
  ['nabla/train', 'train/index.ts'],
  ['nabla/ops', 'ops/index.ts'],
]

const read = readEntries(
  root,
  join(root, 'packages/nabla/tsconfig.json'),
  entries.map(([, module]) => join(source, module)),
)
const pages = writePages(
  entries.map(([name, module, first], i) => ({
    name,
    file: `${name.replace(/^nabla\//, '')}.md`,
    module: join(source, module),
    entry: read[i],
    first,
  })),
)

/** Places without a comment: `file` and the names in it. */
function uncommented() {
  const found = new Map()
  const note = (name, { file, line, comment }) => {
    if (comment) return
    const names = found.get(file) ?? new Map()
    if (!names.has(line)) names.set(line, name)
    found.set(file, names)
  }
  for (const item of read.flatMap(({ items }) => items)) {
    note(item.name, item)
    for (const member of item.members ?? []) note(`${item.name}.${member.name}`, member)
  }
  return [...found]
    .sort()
    .map(([file, names]) => [file, [...names].sort(([a], [b]) => a - b).map(([line, name]) => `${name}:${line}`)])
}

const present = () => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const stale = present().filter((name) => !pages.has(name))
if (process.argv.includes('--check')) {
  const missing = uncommented()
  const total = missing.reduce((count, [, names]) => count + names.length, 0)
  for (const [file, names] of missing) console.error(`${file}: no doc comment on ${names.join(', ')}`)
  const old = [...pages].filter(([name, text]) => !present().includes(name) || readFileSync(join(folder, name), 'utf8') !== text)
  const outdated = [...old.map(([name]) => name), ...stale]
  if (outdated.length) console.error(`docs/api is not up to date (${outdated.join(', ')}): run "npm run reference"`)
  console.log(`reference: ${total} public names without a doc comment, ${outdated.length} pages out of date`)
  process.exitCode = total || outdated.length ? 1 : 0
} else {
  mkdirSync(folder, { recursive: true })
  for (const name of stale) rmSync(join(folder, name))
  for (const [name, text] of pages) writeFileSync(join(folder, name), text)
  console.log(`docs/api: ${pages.size} pages`)
}
