/** Einstein's summation, on nodes: a `contract` for each operand that joins in. */
import { NablaError, showShape } from '../core/errors.js'
import type { Shape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { diagonal } from './triangles.js'
import { follows } from './products.js'
import { sum } from './reduce.js'
import { permute, reshape } from './shapes.js'

interface Labelled {
  readonly node: Node
  /** One letter a dimension. */
  readonly labels: string
}

type Wrong = (why: string) => never

/** Letters that stand for the dimensions of `...`, counted from the last. */
const ellipsisLabels = '0123456789'

/**
 * `einsum('bij,bjk->bik', x, y)`: labels that are not in the result are summed; without `->` those that occur once, in
 * alphabetical order (after `...`), are the result. A label that occurs twice in one operand takes its diagonal; extents of 1
 * broadcast.
 */
export function einsum(equation: string, operands: readonly Node[]): Node {
  const wrong: Wrong = (why) => {
    throw new NablaError('argument', `[einsum] "${equation}" on ${operands.map((o) => showShape(o.shape)).join(', ')}: ${why}`, {
      equation,
      shapes: operands.map((o) => o.shape),
    })
  }
  const { inputs, result } = parse(
    equation,
    operands.map((o) => o.shape),
    wrong,
  )
  const extents = extentsOf(inputs, operands, wrong)
  for (const label of result) if (!extents.has(label)) wrong(`label "${label}" of the result is in no operand`)
  if (new Set(result).size !== result.length) wrong('a label occurs twice in the result')

  const [first, ...others] = operands.map((node, i) => prepared({ node, labels: inputs[i]! }, extents))
  let acc = first!
  others.forEach((next, i) => {
    const last = i === others.length - 1
    const later = inputs.slice(i + 2).join('') + result
    const union = [...new Set(acc.labels + next.labels)]
    const kept = last
      ? [...result].filter((label) => union.includes(label)).join('')
      : union.filter((label) => later.includes(label)).join('')
    acc = {
      labels: kept,
      node: product(
        acc,
        next,
        kept,
        union.filter((label) => !kept.includes(label)),
        extents,
      ),
    }
  })
  const gone = [...acc.labels].flatMap((label, d) => (result.includes(label) ? [] : [d]))
  const left = [...acc.labels].filter((label) => result.includes(label))
  const summed = gone.length ? sum(acc.node, gone) : acc.node
  const ordered = permute(
    summed,
    [...result].filter((label) => left.includes(label)).map((label) => left.indexOf(label)),
  )
  // A label whose every extent is 1 was dropped on the way.
  return reshape(
    ordered,
    [...result].map((label) => extents.get(label)!),
  )
}

/** The operands' labels and the result's, with `...` written out. */
function parse(equation: string, shapes: readonly Shape[], wrong: Wrong): { inputs: string[]; result: string } {
  const [left = '', right] = equation.replace(/\s+/g, '').split('->')
  const terms = left.split(',')
  if (terms.length !== shapes.length) wrong(`it names ${terms.length} operands, was given ${shapes.length}`)
  for (const term of [...terms, right ?? ''])
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term)) wrong(`"${term}" is not a list of letters, with one ... at most`)
  let widest = 0
  const inputs = terms.map((term, i) => {
    const rank = shapes[i]!.length
    const named = term.replace('...', '').length
    const rest = rank - named
    if (rest < 0 || (rest > 0 && !term.includes('...')))
      wrong(`operand ${i} has ${rank} dimensions, but "${term}" has ${named} labels`)
    if (rest > ellipsisLabels.length)
      wrong(`... stands for ${rest} dimensions of operand ${i}; ${ellipsisLabels.length} are the most`)
    widest = Math.max(widest, rest)
    return term.replace('...', [...ellipsisLabels.slice(0, rest)].reverse().join(''))
  })
  const dots = [...ellipsisLabels.slice(0, widest)].reverse().join('')
  const all = inputs.join('')
  const once = [...new Set(all)]
    .filter((label) => !ellipsisLabels.includes(label) && all.indexOf(label) === all.lastIndexOf(label))
    .sort()
    .join('')
  return { inputs, result: right === undefined ? dots + once : right.replace('...', dots) }
}

/** The extent of each label; 1 broadcasts. */
function extentsOf(inputs: readonly string[], operands: readonly Node[], wrong: Wrong): Map<string, number> {
  const extents = new Map<string, number>()
  inputs.forEach((labels, i) =>
    [...labels].forEach((label, d) => {
      const n = operands[i]!.shape[d]!
      const twin = operands[i]!.shape[labels.indexOf(label)]!
      if (n !== twin)
        wrong(`label "${label}" occurs twice in operand ${i}, for ${twin} and for ${n} elements; a diagonal needs equal ones`)
      const known = extents.get(label) ?? 1
      if (known !== 1 && n !== 1 && known !== n) wrong(`label "${label}" is ${known} in one operand and ${n} in another`)
      extents.set(label, known === 1 ? n : known)
    }),
  )
  return extents
}

/** Each label once: diagonals taken, extents of 1 that broadcast dropped. */
function prepared({ node, labels }: Labelled, extents: ReadonlyMap<string, number>): Labelled {
  const twice = [...labels].find((label, d) => labels.indexOf(label) !== d)
  if (twice !== undefined) {
    const i = labels.indexOf(twice)
    const j = labels.indexOf(twice, i + 1)
    const rest = [...labels].map((_, d) => d).filter((d) => d !== i && d !== j)
    return prepared({ node: diagonal(node, 0, i, j), labels: rest.map((d) => labels[d]).join('') + twice }, extents)
  }
  const kept = [...labels].map((_, d) => d).filter((d) => node.shape[d] === extents.get(labels[d]!))
  return {
    node: reshape(
      node,
      kept.map((d) => node.shape[d]!),
    ),
    labels: kept.map((d) => labels[d]).join(''),
  }
}

function product(x: Labelled, y: Labelled, kept: string, reduced: readonly string[], extents: ReadonlyMap<string, number>): Node {
  const variables = [...kept, ...reduced]
  const forms = (labels: string) => [...labels].map((label) => follows(variables.indexOf(label), variables.length))
  return b.contract(x.node, y.node, {
    out: [...kept].map((label) => extents.get(label)!),
    reduced: reduced.map((label) => extents.get(label)!),
    a: forms(x.labels),
    b: forms(y.labels),
  })
}
