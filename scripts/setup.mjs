/** What every command needs first: dependencies installed, packages built. Quick when there is nothing to do. Plain Node. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.cache', 'nabla', 'installed')

/** The machine's part of the stamp: a folder copied from another kind of machine, or an old Node's, is installed anew. */
const wanted = () => {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  return `${lock} ${process.platform}-${process.arch} node ${process.versions.node.split('.')[0]}\n`
}

// Ctrl-C reaches the command that runs as well: it ends in its own way (training saves first), and then so do we.
process.on('SIGINT', () => {})

/** Runs a command in the repository with its output shown; its exit code. */
export function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) console.error(`${command} could not be started: ${error.message}`)
  if (signal === 'SIGINT' || status === 130) process.exit(130)
  return status ?? 1
}

/** A tool of node_modules/.bin, run by this very Node. */
export const tool = (name, args, options) => {
  const entry = { tsc: 'typescript/bin/tsc', biome: '@biomejs/biome/bin/biome', vitest: 'vitest/vitest.mjs' }[name]
  return run(process.execPath, [join(modules, entry), ...args], options)
}

/** npm, by the path it started us with if it did, so that Windows needs no shell. */
export function npm(args, options) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('.js') ? run(process.execPath, [cli, ...args], options) : run('npm', args, options)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Nabla needs Node 20.19 or later; this is ${process.versions.node}`)
  process.exit(1)
}

function install() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()) return 0
  console.log('Installing the dependencies ...')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const code = npm([existsSync(modules) ? 'install' : 'ci', ...quiet])
  if (code) return code
  mkdirSync(join(stamp, '..'), { recursive: true })
  writeFileSync(stamp, wanted())
  return 0
}

/** Installs what is missing or ends the process with npm's exit code. */
export function ensureInstalled() {
  checkNode()
  const code = install()
  if (code) {
    console.error('\nThe dependencies could not be installed: npm says why above. Is the network there?')
    process.exit(code)
  }
}

/** Builds what is out of date (tsc knows), or ends the process. */
export function ensureBuilt(project = 'packages/cli') {
  const code = tool('tsc', ['-b', project])
  if (code) {
    console.error('\nThe build failed: the messages above say where.')
    process.exit(code)
  }
}
