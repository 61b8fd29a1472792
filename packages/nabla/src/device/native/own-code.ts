/** A digest of the code that makes programs: what one version of it has planned means nothing to another. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The floors that a program depends on. */
const floors = ['core', 'graph', 'kernel', 'ops', 'render', 'device', 'compiler']

let known: string | undefined

/** Of all sources of the floors below tensors; of the one file, where a bundler has made one of them. */
export function ownCode(): string {
  if (known) return known
  const here = fileURLToPath(import.meta.url)
  const whole = basename(here).startsWith('own-code.') && basename(dirname(here)) === 'native'
  const files = whole ? floors.flatMap((floor) => sources(join(dirname(here), '..', '..', floor))) : [here]
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0')
  return (known = hash.digest('hex'))
}

function sources(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.[jt]s$/.test(entry.name) && !/\.(test|d)\.ts$/.test(entry.name) ? [path] : []
  })
}
