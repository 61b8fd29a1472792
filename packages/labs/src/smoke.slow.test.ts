/**
 * Every lab's smoke preset: it runs, what it gives can be shown, and it stops when it is told to. On the wasm device, which has its kernels
 * at once; `NABLA_DEVICE` names another.
 */
import { readFileSync } from 'node:fs'
import { toSvg } from '@nabla/pictures'
import { setDefaultDevice } from 'nabla'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, labs } from './index.js'
import { resolveOptions } from './options.js'
import { targetsFor } from './results/table.js'
import { recordRun } from './testing.js'

/**
 * What all of them may take together, in seconds of one core, compilers included: they are part of every test run. Time by the clock
 * would say how busy the machine is.
 */
const ceiling = 180
beforeAll(() => setDefaultDevice(process.env['NABLA_DEVICE'] ?? 'wasm'))
const took = new Map<string, { readonly clock: number; readonly core: number }>()

/** Seconds of processors that this process has used, and on Linux those that it started. */
function coreSeconds(): number {
  const { user, system } = process.cpuUsage()
  const own = (user + system) / 1e6
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
    return own + (Number(fields[13]) + Number(fields[14])) / 100 // of children, in ticks
  } catch {
    return own
  }
}

/** Names that the command's JSON uses itself. */
const reserved = ['lab', 'preset', 'device', 'stopped', 'run']

describe.each(labs.map((lab): [string, Lab] => [lab.id, lab]))('%s', (id, lab) => {
  test('smoke runs: figures are finite, targets are among them, pictures and tables can be shown', async () => {
    const before = coreSeconds()
    const { result, seconds, pictures, tables } = await recordRun(lab)
    took.set(id, { clock: seconds, core: coreSeconds() - before })
    expect(result.stopped).toBe(false)
    expect(Object.keys(result.summary).length).toBeGreaterThan(0)
    for (const [name, value] of Object.entries(result.summary)) {
      expect(reserved).not.toContain(name)
      expect(typeof value === 'number' ? Number.isFinite(value) : value === null || value !== '', `${name}: ${value}`).toBe(true)
    }
    const targets = targetsFor(lab.targets ?? [], resolveOptions(lab.options, lab.presets.smoke))
    for (const { metric } of targets) expect(result.summary[metric], metric).toBeTypeOf('number')
    for (const [name, picture] of pictures) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/i)
      const svg = await toSvg(picture)
      expect(svg).toMatch(/^<svg /)
      expect(/="(?!data:)[^"]*(NaN|undefined|Infinity)/.test(svg), name).toBe(false)
    }
    for (const [name, { columns, rows }] of tables) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9_-]*$/i)
      for (const row of rows) expect(row.length, name).toBe(columns.length)
    }
  })

  test('stops at once where it is stopped before it begins', async () => {
    const { result, seconds } = await recordRun(lab, { signal: AbortSignal.abort() })
    expect(result.stopped).toBe(true)
    expect(seconds).toBeLessThan(Math.max(5, took.get(id)?.clock ?? 0))
  })
})

afterAll(() => {
  const sum = (what: 'clock' | 'core'): number => [...took.values()].reduce((total, times) => total + times[what], 0)
  const all = { clock: sum('clock'), core: sum('core') }
  const shown = (seconds: number): string => seconds.toFixed(1).padStart(6)
  const lines = [...took, ['together', all] as const].map(([id, { clock, core }]) => `${shown(clock)} ${shown(core)}  ${id}`)
  console.log(`seconds by the clock, of a core\n${lines.join('\n')}`)
  expect(all.core).toBeLessThan(ceiling)
})
