/** Multi-head attention: projections into heads, attention in each, the heads side by side, and a last projection. */
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape, type Shape } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { linear } from '../../tensor/products.js'
import { mean } from '../../tensor/reduce.js'
import { cat, expand, slice, split, squeeze, transpose, unsqueeze } from '../../tensor/shapes.js'
import { Tensor } from '../../tensor/tensor.js'
import { attend, biasWhere, causal, maskBias } from './attention.js'

/** Projections of an attention of several heads, for width E. */
export interface HeadWeights {
  /** Query, key and value projections below each other, [3 E, E]; or apart. */
  readonly inProjWeight?: Tensor | null
  /** Of queries, where projections are apart: [E, E]. */
  readonly qProjWeight?: Tensor | null
  /** Of keys: [E, kdim]. */
  readonly kProjWeight?: Tensor | null
  /** Of values: [E, vdim]. */
  readonly vProjWeight?: Tensor | null
  /** Added to projected queries, keys and values: [3 E]. Default none. */
  readonly inProjBias?: Tensor | null
  /** One more key and value, the same for all sequences: [1, 1, E]. */
  readonly biasK?: Tensor | null
  /** The value that goes with `biasK`: [1, 1, E]. */
  readonly biasV?: Tensor | null
  /** The projection of the heads side by side: [E, E]. */
  readonly outProjWeight: Tensor
  /** Added to the result: [E]. Default none. */
  readonly outProjBias?: Tensor | null
}

/** Which keys and pairs take part. */
export interface MaskOptions {
  /**
   * Keys to be left out, of each sequence: [N, S] (one sequence: [S]). Of bools, true is left out; floats are added to the
   * scores.
   */
  readonly keyPaddingMask?: Tensor | null
  /** Pairs to be left out: [L, S], or [N * heads, L, S]. Of bools, true is left out; floats are added to the scores. */
  readonly attnMask?: Tensor | null
  /** A query sees the keys up to its own position, besides what the masks say. Default false. */
  readonly isCausal?: boolean
}

/** Which keys and pairs take part, how sequences lie, and what is given. */
export interface HeadOptions extends MaskOptions {
  /** One more key and value of zeros. Default false. */
  readonly addZeroAttn?: boolean
  /** Probability with which a weight becomes 0. Default 0. */
  readonly dropoutP?: number
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  readonly batchFirst?: boolean
  /** Give the weights too. Default true. */
  readonly needWeights?: boolean
  /** The weights' mean over the heads instead of each head's. Default true. */
  readonly averageAttnWeights?: boolean
}

const OP = 'multiHeadAttention'

/**
 * Attention of `numHeads` heads (Vaswani et al. 2017): query [L, N, E], key [S, N, kdim] and value [S, N, vdim] give [L, N, E]
 * and the weights [N, L, S] (of each head: [N, heads, L, S]), or null. Without N for one sequence; a query that may see no key
 * gives NaN.
 */
export function multiHeadAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  numHeads: number,
  weights: HeadWeights,
  options: HeadOptions = {},
): [output: Tensor, weights: Tensor | null] {
  const width = weights.outProjWeight.shape[1]!
  if (width % numHeads)
    throw new NablaError('argument', `[${OP}] the width ${width} is not divisible into ${numHeads} heads`, { width, numHeads })
  const single = query.shape.length === 2
  const seqFirst = !single && !options.batchFirst
  checkOperands(query, key, value, single, seqFirst, widthsOf(weights, width))

  // Inside, sequences are [N, L, E].
  const inner = (node: Node): Node => (single ? unsqueeze(node, 0) : seqFirst ? transpose(node, 0, 1) : node)
  let [q, k, v] = project(query.node, key.node, value.node, inner, weights, width)
  const [batch, l] = q.shape as [number, number]
  const s = k.shape[1]!
  let bias = scoreBias(options, q, numHeads, s, single)
  const extend = (extraK: Node, extraV: Node): void => {
    k = cat([k, expand(extraK, [batch, 1, width])], 1)
    v = cat([v, expand(extraV, [batch, 1, width])], 1)
    if (bias) bias = b.pad(bias, [...bias.shape.slice(1).map((): [number, number] => [0, 0]), [0, 1]])
  }
  if (weights.biasK && weights.biasV) extend(weights.biasK.node, weights.biasV.node)
  if (options.addZeroAttn) {
    const zero = b.constant(0, [1, 1, width], q.dtype, q.device)
    extend(zero, zero)
  }

  const heads = (x: Node): Node => transpose(b.reshape(x, [batch, x.shape[1]!, numHeads, width / numHeads]), 1, 2) // [N, H, L, E / H]
  const attended = attend(heads(q), heads(k), heads(v), { bias, dropoutP: options.dropoutP ?? 0 })
  const joined = b.reshape(transpose(attended.output, 1, 2), [batch, l, width])
  const output = linear(joined, weights.outProjWeight.node, weights.outProjBias?.node)
  const outer = single ? squeeze(output, 0) : seqFirst ? transpose(output, 0, 1) : output
  if (options.needWeights === false) return [new Tensor(outer), null]
  const shown = (options.averageAttnWeights ?? true) ? mean(attended.weights, 1) : attended.weights
  return [new Tensor(outer), new Tensor(single ? squeeze(shown, 0) : shown)]
}

/** Widths of query, key and value. */
const widthsOf = (weights: HeadWeights, width: number): Shape => [
  width,
  weights.kProjWeight?.shape[1] ?? width,
  weights.vProjWeight?.shape[1] ?? width,
]

function checkOperands(query: Tensor, key: Tensor, value: Tensor, single: boolean, seqFirst: boolean, widths: Shape): void {
  const operands = { query, key, value }
  const layout = single ? ['L'] : seqFirst ? ['L', 'N'] : ['N', 'L']
  const along = (x: Tensor, dim: string): number => x.shape[layout.indexOf(dim)]!
  const fits =
    Object.values(operands).every((x, i) => x.shape.length === layout.length + 1 && x.shape[layout.length] === widths[i]) &&
    along(key, 'L') === along(value, 'L') &&
    (single || (along(key, 'N') === along(query, 'N') && along(value, 'N') === along(query, 'N')))
  if (fits) return
  const given = Object.entries(operands).map(([name, x]) => `${name} ${showShape(x.shape)}`)
  const expected = Object.keys(operands).map((name, i) => {
    const dims = name === 'query' ? layout : layout.map((dim) => (dim === 'L' ? 'S' : dim))
    return `${name} [${[...dims, widths[i]].join(', ')}]`
  })
  throw new NablaError('shape', `[${OP}] ${given.join(', ')} do not fit: expected ${expected.join(', ')}`, {
    query: query.shape,
    key: key.shape,
    value: value.shape,
    widths,
  })
}

/** Queries, keys and values of width E, in layout [N, L, E]. Operands that are one are projected together. */
function project(
  query: Node,
  key: Node,
  value: Node,
  inner: (node: Node) => Node,
  weights: HeadWeights,
  width: number,
): [q: Node, k: Node, v: Node] {
  const packed = weights.inProjWeight?.node
  const bias = weights.inProjBias?.node
  const rows = (node: Node, from: number, to: number): Node => slice(node, 0, from * width, to * width)
  const apply = (x: Node, from: number, to: number): Node[] => {
    const apart = [weights.qProjWeight, weights.kProjWeight, weights.vProjWeight][from]
    const weight = packed ? rows(packed, from, to) : apart!.node
    return split(linear(inner(x), weight, bias && rows(bias, from, to)), width, 2)
  }
  if (packed && query === key && key === value) return apply(query, 0, 3) as [Node, Node, Node]
  const [q] = apply(query, 0, 1)
  if (packed && key === value) return [q!, ...(apply(key, 1, 3) as [Node, Node])]
  return [q!, apply(key, 1, 2)[0]!, apply(value, 2, 3)[0]!]
}

/** What all masks together add to the scores, to be broadcast over [N, heads, L, S]. */
function scoreBias(options: MaskOptions, q: Node, numHeads: number, s: number, single: boolean): Node | undefined {
  const { attnMask, keyPaddingMask, isCausal } = options
  const [batch, l] = q.shape as [number, number]
  const check = (name: string, mask: Tensor, ...expected: Shape[]): void => {
    if (!expected.some((shape) => sameShape(shape, mask.shape)))
      throw new NablaError(
        'shape',
        `[${OP}] ${name} has shape ${showShape(mask.shape)}; expected ${expected.map(showShape).join(' or ')}`,
        { given: mask.shape, expected },
      )
  }
  const parts: Node[] = []
  if (isCausal) parts.push(b.reshape(biasWhere(causal(l, s, q.device), q), [1, 1, l, s]))
  if (attnMask) {
    check('attnMask', attnMask, [l, s], [batch * numHeads, l, s])
    const shape = attnMask.shape.length === 2 ? [1, 1, l, s] : [batch, numHeads, l, s]
    parts.push(b.reshape(maskBias(OP, 'attnMask', attnMask, q, false), shape))
  }
  if (keyPaddingMask) {
    check('keyPaddingMask', keyPaddingMask, single ? [s] : [batch, s])
    parts.push(b.reshape(maskBias(OP, 'keyPaddingMask', keyPaddingMask, q, false), [batch, 1, 1, s]))
  }
  return parts.length ? parts.reduce((sum, part) => b.add(sum, part)) : undefined
}
