/** Products and sums, on nodes: matmul of any rank, linear, einsum. Each is one `contract`. */
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import type { AffineForm } from '../ops/op.js'
import { reshape } from './shapes.js'
import { sum } from './reduce.js'
import { permute } from './shapes.js'

/** A dimension that follows variable `v` of `count`, one to one. */
export const follows = (v: number, count: number): AffineForm => ({
  offset: 0,
  coef: Array.from({ length: count }, (_, i) => (i === v ? 1 : 0)),
  divisor: 1,
})

/** PyTorch's matmul: dot product, matrix by vector, and batches of matrices that broadcast. */
export function matmul(x: Node, y: Node): Node {
  const rx = x.shape.length
  const ry = y.shape.length
  if (rx === 0 || ry === 0)
    throw new NablaError('shape', `[matmul] needs tensors of rank 1 or more, was given ${showShape(x.shape)} and ${showShape(y.shape)}; mul() scales`, {
      shapes: [x.shape, y.shape],
    })
  const inner = x.shape[rx - 1]!
  const other = y.shape[Math.max(0, ry - 2)]!
  if (inner !== other)
    throw new NablaError(
      'shape',
      `[matmul] ${showShape(x.shape)} and ${showShape(y.shape)} do not fit: the first ends in ${inner}, the second has ${other} rows; they must be equal`,
      { shapes: [x.shape, y.shape] },
    )
  const left = rx === 1 ? b.reshape(x, [1, inner]) : x
  const right = ry === 1 ? b.reshape(y, [inner, 1]) : y
  const out = b.matmul(left, right)
  if (rx > 1 && ry > 1) return out
  const batch = out.shape.slice(0, -2)
  return b.reshape(out, [...batch, ...(rx > 1 ? [out.shape[out.shape.length - 2]!] : []), ...(ry > 1 ? [out.shape[out.shape.length - 1]!] : [])])
}

/** x [..., in] by weight [out, in], plus bias [out]: [..., out]. */
export function linear(x: Node, weight: Node, bias?: Node): Node {
  const inner = x.shape[x.shape.length - 1]
  const [features, expected] = weight.shape as [number, number]
  if (inner === undefined || inner !== expected)
    throw new NablaError(
      'shape',
      `[linear] input ${showShape(x.shape)} does not fit weight ${showShape(weight.shape)}: the input's last dimension must be ${expected}`,
      { input: x.shape, weight: weight.shape },
    )
  const batch = x.shape.slice(0, -1)
  const rows = sizeOf(batch)
  const flat = b.contract(batch.length === 1 ? x : b.reshape(x, [rows, inner]), weight, {
    out: [rows, features],
    reduced: [inner],
    a: [follows(0, 3), follows(2, 3)],
    b: [follows(1, 3), follows(2, 3)],
  })
  const out = bias ? b.add(flat, bias) : flat
  return batch.length === 1 ? out : b.reshape(out, [...batch, features])
}

interface Labelled {
  readonly node: Node
  readonly labels: string
}

/**
 * Einstein's summation: `einsum('bij,bjk->bik', x, y)`. Labels that are not in the result are summed; without `->` those that occur once,
 * in alphabetical order, are the result. A label may not occur twice in one operand (no diagonals); `...` is not supported.
 */
export function einsum(equation: string, operands: readonly Node[]): Node {
  const wrong = (why: string): never => {
    throw new NablaError('argument', `[einsum] "${equation}" on ${operands.map((o) => showShape(o.shape)).join(', ')}: ${why}`, {
      equation, shapes: operands.map((o) => o.shape),
    })
  }
  const [left = '', right] = equation.replace(/\s+/g, '').split('->')
  const inputs = left.split(',')
  if (!/^[A-Za-z,]*$/.test(left) || !/^[A-Za-z]*$/.test(right ?? '')) wrong('labels are letters, operands are separated by commas')
  if (inputs.length !== operands.length) wrong(`it names ${inputs.length} operands, was given ${operands.length}`)
  const extents = new Map<string, number>()
  inputs.forEach((labels, i) => {
    const shape: Shape = operands[i]!.shape
    if (labels.length !== shape.length) wrong(`operand ${i} has ${shape.length} dimensions, but "${labels}" has ${labels.length} labels`)
    if (new Set(labels).size !== labels.length) wrong(`a label occurs twice in "${labels}"`)
    ;[...labels].forEach((label, d) => {
      const n = extents.get(label)
      if (n !== undefined && n !== shape[d]) wrong(`label "${label}" is ${n} in one operand and ${shape[d]} in another`)
      extents.set(label, shape[d]!)
    })
  })
  const all = inputs.join('')
  const result = right ?? [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort().join('')
  for (const label of result) if (!extents.has(label)) wrong(`label "${label}" of the result is in no operand`)
  if (new Set(result).size !== result.length) wrong('a label occurs twice in the result')

  let acc: Labelled = { node: operands[0]!, labels: inputs[0]! }
  for (let i = 1; i < operands.length; i++) {
    const next: Labelled = { node: operands[i]!, labels: inputs[i]! }
    const later = inputs.slice(i + 1).join('') + result
    const union = [...new Set(acc.labels + next.labels)]
    const kept = i === operands.length - 1 ? result : union.filter((label) => later.includes(label)).join('')
    const reduced = union.filter((label) => !kept.includes(label))
    const variables = [...kept, ...reduced]
    const forms = (labels: string) => [...labels].map((label) => follows(variables.indexOf(label), variables.length))
    acc = {
      labels: kept,
      node: b.contract(acc.node, next.node, {
        out: [...kept].map((label) => extents.get(label)!),
        reduced: reduced.map((label) => extents.get(label)!),
        a: forms(acc.labels),
        b: forms(next.labels),
      }),
    }
  }
  const gone = [...acc.labels].flatMap((label, d) => (result.includes(label) ? [] : [d]))
  const labels = [...acc.labels].filter((label) => result.includes(label))
  const summed = gone.length ? sum(acc.node, gone) : acc.node
  return permute(reshape(summed, summed.shape), [...result].map((label) => labels.indexOf(label)))
}
