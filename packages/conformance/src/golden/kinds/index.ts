/** Kinds of cases: how each is set up. */
import type { Check } from '../../case.js'
import type { Recorded } from '../manifest.js'
import { initialiser } from './initialiser.js'
import { layer } from './layer.js'
import { operation } from './operation.js'
import { optimizer } from './optimizer.js'
import { scheduler } from './scheduler.js'

const kinds: Readonly<Record<string, (entry: Recorded) => Check[]>> = {
  op: operation,
  loss: operation,
  layer,
  model: layer,
  optim: optimizer,
  sched: scheduler,
  init: initialiser,
}

/** What a case compares, by its kind. */
export function prepare(entry: Recorded): Check[] {
  const kind = Object.hasOwn(kinds, entry.kind) ? kinds[entry.kind] : undefined
  if (!kind) throw new Error(`no such kind of case: ${entry.kind}; known are ${Object.keys(kinds).join(', ')}`)
  return kind(entry)
}
