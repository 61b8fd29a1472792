/** The chain of sources as it is in Node. Imported only when data is asked for; bundles for browsers leave it out. */
import { join } from 'node:path'
import type { FetchOptions } from '../fetch.js'
import type { DataSetEntry, Place } from '../sets/entry.js'
import { addressSource } from './address.js'
import { dataFolder, diskCache, folderSource, givenSource } from './disk.node.js'
import { resumable } from './download.node.js'
import { npmSource } from './npm.node.js'
import { digestInPieces, gunzipInPieces } from './pieces.node.js'
import { standardErrorReport } from './report.node.js'
import type { Means, Source } from './source.js'

/** Whether NABLA_OFFLINE says so. */
export const offlineByEnvironment = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  /^(1|true|yes|on)$/i.test(environment.NABLA_OFFLINE ?? '')

/** `from` (a folder, an archive, an address) comes before the places that the entry names. Offline, what needs a connection stays closed. */
export function chainFor(
  entry: DataSetEntry,
  { from, offline = offlineByEnvironment() }: FetchOptions = {},
  folder = dataFolder(),
): Means {
  const parts = join(folder, entry.name)
  const by = resumable(parts)
  const network = (source: Source): Source => (offline ? { ...source, closed: 'not asked: offline' } : source)
  const sourceOf = (place: Place): Source => {
    if (place.kind === 'system') {
      const hint = ` (apt install ${place.package} puts it there)`
      return folderSource(place.folder, `Debian package ${place.package}`, hint, place.form)
    }
    return network(
      place.kind === 'npm' ? npmSource(place.package, place.folder, parts, place.form) : addressSource(place, by, gunzipInPieces),
    )
  }
  const given =
    from === undefined ? [] : [/^https?:\/\//.test(from) ? sourceOf({ kind: 'address', address: from }) : givenSource(from)]
  return {
    cache: diskCache(folder),
    sources: [...given, ...entry.places.map(sourceOf)],
    report: standardErrorReport(),
    digest: (bytes) => digestInPieces('sha256', bytes, 'hex'),
  }
}
