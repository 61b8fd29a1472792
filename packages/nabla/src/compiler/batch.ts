/** Which values belong to a batch, so that neighbouring samples may fill the lanes. */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { contractAttrs, extentsOf, formsOf } from './contraction.js'
import { ops } from '../ops/table.js'
import { isLaned, isMovement, isSpecial } from './kinds.js'
import { type Value, ordered } from './value.js'

/** The batch extent that most multiply-adds run over, if lanes divide it. */
export function batchOf(outputs: readonly Value[], machine: Machine): number | undefined {
  if (machine.lanes < 2) return undefined
  const weight = new Map<number, number>()
  for (const v of ordered(outputs)) {
    if (v.op !== 'contract' || v.dtype !== 'float32') continue
    const { out, a } = contractAttrs(v)
    const n = out[0]
    const first = a[0]
    if (n === undefined || !first || n % machine.lanes !== 0 || n < 2 * machine.lanes || v.inputs[0]!.shape[0] !== n) continue
    if (first.divisor !== 1 || first.offset !== 0 || !first.coef.every((c, j) => c === (j === 0 ? 1 : 0))) continue
    if (formsOf(v)[1]!.some((f) => f.coef[0] !== 0)) continue
    weight.set(n, (weight.get(n) ?? 0) + sizeOf(extentsOf(v)))
  }
  const [top] = [...weight].sort((x, y) => y[1] - x[1])
  // A lone product is better off with panels: its operand and result are seen from outside and would be copied both.
  const products = ordered(outputs).filter((v) => v.op === 'contract').length
  return products > 1 ? top?.[0] : undefined
}

/**
 * The values whose first dimension is the batch: products of the batch with something, what is made of those, and what meets
 * them element by element (a dropout mask).
 */
export function batchValues(outputs: readonly Value[], extent: number): Set<Value> {
  const order = ordered(outputs)
  const found = new Set<Value>()
  const may = (v: Value): boolean => v.op !== 'leaf' && v.shape[0] === extent && v.shape.length > 1 && isLaned(v) && !isSpecial(v)
  /** What is given, and what is made of that element by element: pixels that are brought to mean 0 first. */
  const given = new Set<Value>()
  const isMade = (v: Value): boolean =>
    (ops[v.op]?.kind === 'elementwise' || isMovement(v)) && v.inputs.some((i) => i.shape[0] === extent && given.has(i))
  for (const v of order) {
    if (v.op === 'leaf' || isMade(v)) given.add(v)
    if (!may(v)) continue
    if (v.op !== 'contract') {
      if (v.inputs.some((i) => found.has(i))) found.add(v)
      continue
    }
    const [a, b] = formsOf(v)
    const leads = a![0]!.divisor === 1 && a![0]!.coef.every((c, j) => c === (j === 0 ? 1 : 0))
    const [first] = v.inputs as [Value]
    if (!leads || b!.some((f) => f.coef[0] !== 0) || !(given.has(first) || found.has(first))) continue
    found.add(v)
    if (may(first)) found.add(first)
  }
  for (const v of order.toReversed()) if (found.has(v) && v.op !== 'contract') for (const i of v.inputs) if (may(i)) found.add(i)
  return found
}
