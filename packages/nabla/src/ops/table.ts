/** All primitives by name. */
import { unknownName } from '../core/errors.js'
import { binaryOps } from './binary.js'
import { concatOps } from './concat.js'
import { contractOps } from './contract.js'
import { indexingOps } from './indexing.js'
import { logicOps } from './logic.js'
import { movementOps } from './movement.js'
import type { Op } from './op.js'
import { reduceOps } from './reduce.js'
import { scanOps } from './scan.js'
import { sortOps } from './sort.js'
import { bufferOps, sourceOps } from './source.js'
import { unaryOps } from './unary.js'
import { foldOps, windowOps } from './window.js'

const families: readonly (readonly Op[])[] = [
  unaryOps,
  binaryOps,
  logicOps,
  movementOps,
  windowOps,
  foldOps,
  reduceOps,
  contractOps,
  concatOps,
  indexingOps,
  scanOps,
  sortOps,
  sourceOps,
  bufferOps,
]

/** Every op under its name; a node's `op` is such a name. */
export const ops: Readonly<Record<string, Op>> = /* @__PURE__ */ Object.fromEntries(families.flat().map((op) => [op.name, op]))

/** The op of a name; throws on an unknown one. */
export function opOf(name: string): Op {
  const op = Object.hasOwn(ops, name) ? ops[name] : undefined
  if (!op) throw unknownName('argument', 'op', name, Object.keys(ops))
  return op
}
