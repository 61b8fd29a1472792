/** Which element-wise values are stored because several consumers need them, or because they end a contraction. */
import { sizeOf } from '../core/shape.js'
import { ops } from '../ops/table.js'
import { DEAR, isProduct, isRoot } from './kinds.js'
import { type Value, ordered } from './value.js'

/** Roughly the float operations of one element, computed in place. */
function ownCost(v: Value): number {
  const op = ops[v.op]
  if (v.op === 'randomBits') return 60
  return op?.kind === 'elementwise' ? (op.cost ?? 1) : op?.kind === 'gather' || op?.kind === 'concat' ? 2 : 0
}

/** Expressions longer than this are cut, to bound the size of a kernel. */
const LONG = 160

/** Adds the element-wise values that are better stored: ends of epilogues, dear ones with several readers, very long ones. */
export function storeShared(outputs: readonly Value[], stored: Set<Value>): void {
  const order = ordered(outputs)
  const readers = new Map<Value, Set<Value>>(order.map((v) => [v, new Set()]))
  for (const v of order) for (const i of v.inputs) readers.get(i)!.add(v)
  for (const v of order) {
    if (!isProduct(v)) continue
    let end = v
    for (;;) {
      const [next, ...more] = readers.get(end)!
      if (
        !next ||
        more.length ||
        (stored.has(end) && end !== v) ||
        ops[next.op]?.kind !== 'elementwise' ||
        sizeOf(next.shape) !== sizeOf(v.shape)
      )
        break
      end = next
    }
    if (end !== v) stored.add(end)
  }
  const cost = new Map<Value, number>()
  for (const v of order) {
    if (v.op === 'leaf') continue
    const inlined = v.inputs.reduce((sum, i) => sum + (stored.has(i) || isRoot(i) ? 0 : (cost.get(i) ?? 0)), 0)
    const total = inlined + ownCost(v)
    cost.set(v, total)
    if (isRoot(v) || stored.has(v)) continue
    const spread = Math.max(
      1,
      ...[...readers.get(v)!].map((r) => (ops[r.op]?.kind === 'movement' ? sizeOf(r.shape) / Math.max(1, sizeOf(v.shape)) : 1)),
    )
    if ((total >= DEAR && readers.get(v)!.size > 1) || total >= LONG || (total >= DEAR / 2 && spread >= 4)) stored.add(v)
  }
}
