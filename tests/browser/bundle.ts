/** What a bundler makes of some code that imports the library. Needs a build. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type OutputChunk, rolldown } from 'rolldown'
import { minifySync } from 'rolldown/utils'
import { root } from '../blocks.js'

const manifest = JSON.parse(readFileSync(join(root, 'packages/nabla/package.json'), 'utf8')) as {
  exports: Record<string, unknown>
}

/** Code that exports all that the package offers, every entry point under its name. */
export const everything = Object.keys(manifest.exports)
  .filter((path) => /^\.(\/\w+)?$/.test(path))
  .map((path) => `export * ${path === '.' ? '' : `as ${path.slice(2)} `}from 'nabla${path.slice(1)}'`)
  .join('\n')

export interface Bundle {
  readonly chunks: readonly OutputChunk[]
  /** What the bundler complained of. */
  readonly complaints: readonly string[]
}

/** Minified, for browsers; as one script where the format is `iife`. */
export async function bundle(code: string, format: 'esm' | 'iife' = 'esm'): Promise<Bundle> {
  const entry = join(root, 'tests', 'entry.js')
  const complaints: string[] = []
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? code : null) }],
    onLog: (_level, { message }) => void complaints.push(message),
  })
  const { output } = await build.generate({
    format,
    name: 'nabla',
    minify: true,
    ...(format === 'iife' && { codeSplitting: false }),
  })
  await build.close()
  return { chunks: output.filter((o) => o.type === 'chunk'), complaints }
}

/** Bytes after gzip. */
export const zipped = (code: string): number => gzipSync(code, { level: 9 }).length

/** Bytes after gzip of all chunks: what goes over the wire. */
export const sizeOf = ({ chunks }: Bundle): number => chunks.reduce((sum, { code }) => sum + zipped(code), 0)

/** How much of a bundle each floor of the library is, each zipped by itself, largest first; other packages by their names. */
export function sizesByFloor({ chunks }: Bundle): [floor: string, bytes: number][] {
  const floors = new Map<string, string>()
  for (const { modules } of chunks)
    for (const [id, module] of Object.entries(modules)) {
      const path = id.replaceAll('\\', '/')
      const floor = /\/nabla\/dist\/(\w+)/.exec(path)?.[1] ?? /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]
      if (!floor || !module.code) continue
      const { code } = minifySync(path, module.code, { module: true, compress: false })
      floors.set(floor, (floors.get(floor) ?? '') + code)
    }
  return [...floors].map(([floor, code]): [string, number] => [floor, zipped(code)]).sort(([, a], [, b]) => b - a)
}
