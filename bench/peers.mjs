/** The peers: what each can do, and the command that starts it on a workload. What a peer lacks is a reason, never a silent gap. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('peers/', import.meta.url))
const built = fileURLToPath(new URL('../node_modules/.cache/nabla-bench/', import.meta.url))

const node = (file, workload, options) => [
  process.execPath,
  [join(folder, file), JSON.stringify(workload), JSON.stringify(options)],
]

/** The kinds of workloads that are written for the npm peers. */
const kinds = ['matmul', 'training']

const nabla = (workload, { threads, device }) => [
  ...node('nabla/main.mjs', workload, { device }),
  { NABLA_THREADS: String(threads), ...(device && { NABLA_DEVICE: device }) },
]

/** ONNX Runtime on the file that `writer` writes; where that is Nabla, it does no more. */
const onnxRuntime = (writer) => ({
  kinds: ['prediction'],
  pointless: true,
  npm: 'onnxruntime-node',
  command: (workload, { threads, python }) => [
    ...node('onnxruntime.mjs', workload, { threads, writer, python }),
    { NABLA_THREADS: '1', PYTHONDONTWRITEBYTECODE: '1' },
  ],
})

/**
 * `command` returns `[file, args, environment]`, or throws an error that says why not. `kinds` are the workloads that a peer has, all if
 * left out; one that `compiles` takes longer to start the first time; of a peer for which others are `pointless` no row is shown there.
 */
export const peers = {
  nabla: { compiles: true, command: nabla },
  native: { compiles: true, command: (workload, options) => nabla(workload, { ...options, device: 'native' }) },
  torch: {
    command: (workload, { threads, python }) => [
      python,
      [join(folder, 'pytorch/main.py'), JSON.stringify(workload), JSON.stringify({ threads })],
      { PYTHONDONTWRITEBYTECODE: '1' },
    ],
  },
  openblas: {
    kinds: ['matmul'],
    pointless: true,
    command: ({ n }, { threads }) => [
      compiled('blas.c', ['-ldl']),
      [String(n), String(threads)],
      { OPENBLAS_NUM_THREADS: String(threads) },
    ],
  },
  tfjs: { kinds, npm: '@tensorflow/tfjs', command: (workload) => node('tfjs.mjs', workload, { backend: 'cpu' }) },
  'tfjs-wasm': {
    kinds,
    npm: '@tensorflow/tfjs-backend-wasm',
    command: (workload) => node('tfjs.mjs', workload, { backend: 'wasm' }),
  },
  onnxruntime: onnxRuntime('pytorch'),
  'onnx-nabla': onnxRuntime('nabla'),
  'jax-js': { kinds, npm: '@jax-js/jax', command: (workload) => node('jax-js.mjs', workload, {}) },
}

/** Nothing but multiply-adds, on as many threads. */
export const peakCommand = (threads) => [compiled('peak.c', ['-lpthread']), [String(threads)]]

/** The path of a C peer's program, compiled for this very processor when its source is newer. */
function compiled(name, libraries) {
  const source = join(folder, name)
  const program = join(built, name.replace(/\.c$/, ''))
  const age = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)
  if (age(program) > Math.max(age(source), age(join(folder, 'lines.h')))) return program
  mkdirSync(built, { recursive: true })
  const cc = process.env.CC ?? 'cc'
  const { status, error, stderr } = spawnSync(cc, ['-O2', '-march=native', source, '-o', program, ...libraries], {
    encoding: 'utf8',
  })
  if (error) throw new Error(`${cc} could not be started (${error.code}), and ${name} needs a C compiler`)
  if (status) throw new Error(`${cc} cannot compile ${name}: ${stderr.trim().split('\n')[0]}`)
  return program
}

let installed

/** Installs the npm peers into the bench's own folder, once. Returns why that failed, if it did. */
export function installNpmPeers(names) {
  const wanted = names.filter((name) => peers[name].npm)
  if (wanted.length === 0 || wanted.every((name) => existsSync(join(folder, 'node_modules', peers[name].npm)))) return undefined
  if (installed) return installed.reason
  console.error('Installing the peers from npm into bench/peers ...')
  const args = [
    'install',
    '--no-workspaces',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const cli = process.env.npm_execpath
  const [file, all] = cli?.endsWith('.js') ? [process.execPath, [cli, ...args]] : ['npm', args]
  const { status, error, stderr } = spawnSync(file, all, { cwd: folder, encoding: 'utf8' })
  const reason = error ? error.message : status ? `npm install failed: ${stderr.trim().split('\n')[0]}` : undefined
  installed = { reason }
  return reason
}
