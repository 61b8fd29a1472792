/** What the sets have in common that come in named parts. */
import { NablaError } from '../../core/errors.js'
import type { DataSetEntry } from './entry.js'

/** What belongs to a part of a set. Throws NablaError('argument') with the names that there are. */
export function checkPart<Part extends string, Value>(
  entry: DataSetEntry,
  part: Part,
  parts: Readonly<Record<Part, Value>>,
): Value {
  if (Object.hasOwn(parts, part)) return parts[part]
  const known = Object.keys(parts)
  throw new NablaError(
    'argument',
    `[${entry.name}] unknown split ${JSON.stringify(part)}: expected ${known.map((name) => JSON.stringify(name)).join(' or ')}`,
    { split: part, known },
  )
}
