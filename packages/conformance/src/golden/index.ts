/** The golden format: cases recorded with PyTorch. */
import type { Case } from '../case.js'
import type { Read } from '../read.js'
import { prepare } from './kinds/index.js'
import { readManifest } from './manifest.js'

/** The cases of a folder with a `manifest.json`. Throws BadInput where it cannot be read. */
export async function goldenCases(folder: string, read: Read): Promise<Case[]> {
  const entries = await readManifest(folder, read)
  return entries.map((entry) => ({
    group: entry.group,
    name: entry.name,
    call: entry.call,
    prepare: () => prepare(entry),
  }))
}
