/** What this computer offers the native device: the C compilers that are here, and the little we know of the CPU. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import type { Machine } from '../device.js'

export interface Compiler {
  readonly command: string
  /** The first line of `--version`. */
  readonly version: string
  readonly flags: readonly string[]
  /** Names everything but the source that an object depends on: compiler, flags, CPU. */
  readonly identity: string
}

/**
 * The compilers to try, in order; a text says why a candidate is none. `NABLA_CC`, where set, is the only one; the words of
 * `NABLA_CFLAGS` come after our own flags.
 * They are looked for one at a time, since the first is almost always good.
 */
export function* findCompilers(environment: NodeJS.ProcessEnv = process.env): Generator<Compiler | string, void> {
  if (process.platform === 'win32') return yield 'the native device needs Linux, macOS or another POSIX system'
  const chosen = environment.NABLA_CC
  const seen = new Set<string>()
  for (const command of chosen ? [chosen] : ['cc', 'gcc', 'clang']) {
    const [program = '', ...words] = command.trim().split(/\s+/) // NABLA_CC="ccache gcc" is usual.
    const { status, error, stdout, stderr } = spawnSync(program, [...words, '--version'], { encoding: 'utf8', timeout: 20_000 })
    const label = chosen ? `${command} (from NABLA_CC)` : command
    if (error) yield `${label}: ${'code' in error && error.code === 'ENOENT' ? 'not found' : error.message}`
    else if (status !== 0) yield `${label}: --version failed: ${stderr.trim().split('\n')[0] || `exit status ${status}`}`
    else {
      const flags = [
        ...words,
        ...flagsFor(/clang/i.test(stdout)),
        ...(environment.NABLA_CFLAGS?.split(/\s+/).filter(Boolean) ?? []),
      ]
      const identity = identify(stdout, flags)
      if (!seen.has(identity)) yield { command: program, version: stdout.split('\n')[0] ?? '', flags, identity }
      seen.add(identity)
    }
  }
}

const identify = (version: string, flags: readonly string[]): string =>
  createHash('sha256')
    .update([version, ...flags, cpu().identity, process.platform, process.arch].join('\0'))
    .digest('hex')

/** Fast, but NaN, infinity, -0 and subnormals keep their meaning: no member of -ffast-math that assumes them away. */
function flagsFor(clang: boolean): string[] {
  // GCC's own tuning for some AMD processors loads vectors from memory again for each product.
  const native =
    process.arch === 'x64'
      ? ['-march=native', ...(clang ? [] : ['-mtune=generic'])]
      : process.arch === 'arm64'
        ? ['-mcpu=native']
        : []
  const wide = cpu().features.has('avx512f') ? ['-mprefer-vector-width=512'] : []
  const vectorise = clang ? [] : ['-ftree-vectorize', '-fvect-cost-model=dynamic', '-fno-semantic-interposition']
  return [
    '-O2',
    ...native,
    ...wide,
    ...vectorise,
    '-std=gnu11',
    '-w',
    '-fPIC',
    '-shared',
    '-ffp-contract=fast',
    '-fno-math-errno',
    '-fno-trapping-math',
    '-fno-strict-aliasing',
    '-fwrapv',
  ]
}

interface Cpu {
  /** A short text that differs where compiled code may not be exchanged. */
  readonly identity: string
  readonly features: ReadonlySet<string>
}

let known: Cpu | undefined

function cpu(): Cpu {
  if (known) return known
  let features: string[] = []
  if (process.platform === 'linux') {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readText('/proc/cpuinfo'))
    features = (line?.[1] ?? '').trim().split(/\s+/)
  } else if (process.platform === 'darwin' && process.arch === 'x64') {
    const { stdout } = spawnSync('sysctl', ['-n', 'machdep.cpu.features', 'machdep.cpu.leaf7_features'], { encoding: 'utf8' })
    features = (stdout ?? '').toLowerCase().trim().split(/\s+/)
  }
  return (known = { identity: `${cpus()[0]?.model ?? ''} ${features.join(' ')}`, features: new Set(features) })
}

export function machineModel(threads: number): Machine {
  const { features } = cpu()
  const lanes = features.has('avx512f') ? 16 : features.has('avx2') ? 8 : 4
  const registers = lanes === 16 || process.arch === 'arm64' ? 32 : 16
  return { lanes, registers, threads, keeps: true, l1: cacheBytes(1) ?? 32 << 10, l2: cacheBytes(2) ?? 512 << 10 }
}

/** `NABLA_THREADS`, or the number of cores this process may use. */
export function threadCount(environment: NodeJS.ProcessEnv = process.env): number {
  const wanted = Number(environment.NABLA_THREADS)
  return Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 256) : availableParallelism()
}

function cacheBytes(level: number): number | undefined {
  for (let i = 0; i < 5; i++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${i}`
    if (Number(readText(`${folder}/level`)) !== level || readText(`${folder}/type`).startsWith('Instruction')) continue
    const size = /^(\d+)([KM])/.exec(readText(`${folder}/size`))
    if (size) return Number(size[1]) * (size[2] === 'M' ? 1 << 20 : 1 << 10)
  }
  return undefined
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
