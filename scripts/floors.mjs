/**
 * The import rule: each floor imports only from floors below it, nothing goes in circles, what a browser loads imports nothing
 * of Node's, and other packages are imported only where package.json lists them.
 * `node scripts/floors.mjs [ROOT]` prints the violations, one a line, and fails if there are any.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const upTo = (...floors) => floors
const engine = upTo('core', 'graph', 'kernel', 'ops', 'render', 'device', 'compiler', 'tensor')

/** What each folder of packages/nabla/src may import, besides itself. Files directly in src are the package's front door. */
const folders = {
  core: [],
  graph: ['core'],
  kernel: ['core'],
  ops: ['kernel', 'graph', 'core'],
  render: ['kernel', 'core'],
  device: ['render', 'kernel', 'graph', 'core'],
  compiler: engine.slice(0, 6),
  tensor: engine.slice(0, 7),
  nn: engine,
  optim: engine,
  data: [...engine, 'tables'],
  io: engine,
  linalg: engine,
  metrics: engine,
  vision: engine,
  transforms: [...engine, 'data'],
  text: [...engine, 'data'],
  tables: engine,
  train: [...engine, 'nn', 'optim', 'data', 'io', 'metrics'],
}

/** What each package may import of the others. */
const packages = {
  nabla: [],
  models: ['nabla'],
  pictures: ['nabla'],
  labs: ['nabla', 'models', 'pictures'],
  cli: ['nabla', 'models', 'labs', 'pictures'],
  conformance: ['nabla', 'models', 'labs'],
}

/** Files that only Node ever loads, and that may therefore import its modules. */
const nodeOnly = [
  /^packages\/nabla\/src\/device\/native\//,
  /^packages\/nabla\/src\/data\/sources\//,
  /\.node\.ts$/,
  /^packages\/cli\//,
  /^packages\/conformance\/src\/(index|main|progress)\.ts$/,
]

/** Tests and their helpers (testing.ts) may look anywhere inside their package. */
const isTest = (path) => /(\.test|\/testing)\.ts$/.test(path)
const isNodeOnly = (path) => isTest(path) || nodeOnly.some((pattern) => pattern.test(path))
const isBuiltin = (name) => name.startsWith('node:') || builtinModules.includes(name)
/** `@scope/name/sub/path` and `name/sub/path` without the path. */
const moduleOf = (name) => name.match(/^(@[^/]+\/)?[^/]+/)[0]
const folderOf = (path) => path.match(/^packages\/nabla\/src\/(\w+)\//)?.[1]
const packageOf = (path) => path.split('/')[1]

/** Every import of a module: what it names, whether it is only for types, whether it waits until it is called. */
function importsOf(source) {
  const found = []
  for (const m of source.matchAll(/^[ \t]*(?:import|export)\s+(type\s+)?[\w*{][^'"`]*?\bfrom\s*['"]([^'"]+)['"]/gm))
    found.push({ name: m[2], type: Boolean(m[1]), lazy: false })
  for (const m of source.matchAll(/^[ \t]*import\s*['"]([^'"]+)['"]/gm)) found.push({ name: m[1], type: false, lazy: false })
  for (const m of source.matchAll(/\b(typeof\s+)?import\(\s*['"]([^'"]+)['"]/g))
    found.push({ name: m[2], type: Boolean(m[1]), lazy: true })
  return found
}

function manifestOf(folder) {
  const file = join(folder, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
}

const dependenciesOf = ({ dependencies, optionalDependencies }) => Object.keys({ ...dependencies, ...optionalDependencies })

/** Files for which package.json has a stand-in in browsers. */
const replacedIn = (name, { browser }) =>
  Object.keys(browser ?? {}).map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, `packages/${name}/src/$1.ts`))

function sourceFiles(root) {
  const list = (dir) =>
    !existsSync(dir)
      ? []
      : readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
          entry.isDirectory() ? list(join(dir, entry.name)) : /\.ts$/.test(entry.name) ? [join(dir, entry.name)] : [],
        )
  return Object.keys(packages)
    .flatMap((name) => list(join(root, 'packages', name, 'src')))
    .map((path) => relative(root, path).split(sep).join('/'))
    .sort()
}

/** The file that an import means, if it is one of ours. */
function target(root, path, name) {
  if (name.startsWith('.'))
    return relative(root, resolve(root, dirname(path), name))
      .split(sep)
      .join('/')
      .replace(/\.js$/, '.ts')
  const [, own, sub] = name.match(/^(?:@nabla\/)?(\w+)(?:\/(.+))?$/) ?? []
  if (!own || !(own in packages) || (own === 'nabla') === name.startsWith('@')) return undefined
  return `packages/${own}/src/${sub ? `${sub}/` : ''}index.ts`
}

function checkImport(path, { name, type, to }, listed) {
  if (isBuiltin(name))
    return isNodeOnly(path) || type ? undefined : `imports ${name}, but browsers load it: move that part to a *.node.ts file`
  if (!to)
    return isTest(path) || listed.includes(moduleOf(name)) ? undefined : `imports ${name}, which its package.json does not list`
  if (packageOf(to) !== packageOf(path)) {
    if (name.startsWith('.')) return `reaches into another package by path (${name}): import it by its name`
    const allowed = packages[packageOf(path)]
    return allowed.includes(packageOf(to)) ? undefined : `imports ${name}: packages/${packageOf(path)} may import ${say(allowed)}`
  }
  if (isTest(path)) return undefined
  if (!name.startsWith('.')) return `imports its own package by name (${name}): use a relative path`
  if (isTest(to)) return `imports a test (${name})`
  const [from, floor] = [folderOf(path), folderOf(to)]
  if (!from || from === floor) return undefined
  if (!floor) return `imports ${name}: the front door opens outward, import the file itself`
  if (!folders[from]) return `is in a folder that has no floor: name ${from}/ in scripts/floors.mjs`
  return folders[from].includes(floor) ? undefined : `imports ${name}: ${from} may import ${say(folders[from])}`
}

const say = (names) => (names.length ? names.join(', ') : 'nothing')

/** One line for each circle of imports: the files in order. Imports made when called (`import()`) close no circle. */
function circles(graph) {
  const [done, found] = [new Set(), []]
  const walk = (path, trail) => {
    if (trail.includes(path)) return void found.push([...trail.slice(trail.indexOf(path)), path])
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return found.map((circle) => `a circle of imports: ${circle.join(' -> ')}`)
}

/** The files that cannot be loaded without Node: those that import its modules, and those that import such files at load time. */
function needNode(graph, builtin) {
  const found = new Set(builtin)
  for (let before = -1; before < found.size; ) {
    before = found.size
    for (const [path, edges] of graph) if (edges.some((to) => found.has(to))) found.add(path)
  }
  return found
}

/** All violations under `root`, a line each; empty when the house stands. */
function checkFloors(root) {
  const violations = []
  const manifests = Object.keys(packages).map((name) => [name, manifestOf(join(root, 'packages', name))])
  const listed = Object.fromEntries(manifests.map(([name, manifest]) => [name, dependenciesOf(manifest)]))
  const replaced = manifests.flatMap(([name, manifest]) => replacedIn(name, manifest))
  const [all, loaded, builtin] = [new Map(), new Map(), []]
  for (const path of sourceFiles(root)) {
    const imports = importsOf(readFileSync(join(root, path), 'utf8')).map((found) => ({
      ...found,
      to: target(root, path, found.name),
    }))
    for (const found of imports) {
      const problem = checkImport(path, found, listed[packageOf(path)])
      if (problem) violations.push(`${path} ${problem}`)
    }
    if (isNodeOnly(path) && imports.some(({ name, type, lazy }) => isBuiltin(name) && !type && !lazy)) builtin.push(path)
    all.set(
      path,
      imports.filter(({ to, lazy }) => to && !lazy).map(({ to }) => to),
    )
    loaded.set(
      path,
      imports.filter(({ to, type, lazy }) => to && !type && !lazy).map(({ to }) => to),
    )
  }
  const node = needNode(loaded, builtin)
  for (const [path, edges] of loaded)
    for (const to of isNodeOnly(path) ? [] : edges.filter((to) => isNodeOnly(to) && node.has(to) && !replaced.includes(to)))
      violations.push(
        `${path} imports ${to}, which only Node can load: use await import(...), or name a stand-in under "browser" in package.json`,
      )
  return [...violations, ...circles(all)]
}

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))
const violations = checkFloors(root)
for (const line of violations) console.error(line)
console.log(
  violations.length
    ? `floors: ${violations.length} violations`
    : `floors: ${sourceFiles(root).length} files, every import goes down`,
)
process.exitCode = violations.length ? 1 : 0
