/** From the tensors' graph to the compiler's: leaves are numbered, and rewrites that need no knowledge of the machine are made. */
import { type Node, topological } from '../graph/node.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Attrs } from '../graph/node.js'
import { gatherSums } from './sums.js'
import { type Value, ValueGraph } from './value.js'

export interface Built {
  readonly graph: ValueGraph
  readonly leaves: readonly Node[]
  readonly outputs: readonly Value[]
}

/** A value that is already computed, or will be given. */
export const isLeaf = (node: Node): boolean => node.storage !== undefined || node.op === 'buffer'

/** A graph as it is now, inputs first: a node may have a value, and forget its inputs, before it is built. */
export type Snapshot = readonly { readonly node: Node; readonly inputs: readonly Node[] | undefined }[]

/** Leaves have no inputs here. */
export const snapshot = (roots: readonly Node[]): Snapshot =>
  topological(roots, isLeaf).map((node) => ({ node, inputs: isLeaf(node) ? undefined : node.inputs }))

export function build(roots: readonly Node[], nodes: Snapshot = snapshot(roots)): Built {
  const graph = new ValueGraph()
  const leaves: Node[] = []
  const values = new Map<Node, Value>()
  for (const { node, inputs } of nodes) {
    if (!inputs) {
      values.set(node, graph.leaf(leaves.length, node.shape, node.dtype))
      leaves.push(node)
    } else
      values.set(
        node,
        rewritten(
          graph,
          node.op,
          inputs.map((i) => values.get(i)!),
          node.attrs,
          node,
        ),
      )
  }
  // Every output is written by itself: a leaf, or a value asked for twice, is copied.
  const taken = new Set<Value>()
  const sums = gatherSums(
    graph,
    roots.map((root) => values.get(root)!),
  )
  const outputs = sums.map((value, i) => {
    const own = value.op === 'leaf' || taken.has(value) ? graph.copy(value, `output ${i}`) : value
    taken.add(own)
    return own
  })
  return { graph, leaves, outputs }
}

const splittable = new Set(['sum', 'max', 'min', 'prod'])
/** Partial results of a long reduction: enough for any number of threads, and the same number for all of them. */
const PARTS = 32
const SORT_BLOCK = 32

function rewritten(
  graph: ValueGraph,
  op: string,
  inputs: readonly Value[],
  attrs: Attrs,
  type: Pick<Value, 'shape' | 'dtype'>,
): Value {
  const input = inputs[0]
  if (splittable.has(op) && input) {
    const dims = (attrs['dims'] as readonly number[]).filter((d) => input.shape[d] !== 1)
    if (dims.length === 0 && input.dtype === type.dtype) return input
    if ((op === 'sum' || op === 'prod') && sizeOf(input.shape) === 0) return ofNothing(graph, op, type)
    const reduced = sizeOf(dims.map((d) => input.shape[d]!))
    if ((sizeOf(type.shape) < 16 ? reduced >= 32768 : isTall(input.shape, dims, reduced)) && type.dtype === input.dtype) {
      // Long and few: sum(x) = sum over parts of (sum within the part), so that threads have something to share.
      const dim = dims.find((d) => partsOf(input.shape[d]!) > 1)
      if (dim !== undefined) {
        const parts = partsOf(input.shape[dim]!)
        const shape = [...input.shape.slice(0, dim), parts, input.shape[dim]! / parts, ...input.shape.slice(dim + 1)]
        const inner = dims.filter((d) => d !== dim).map((d) => (d > dim ? d + 1 : d))
        const within = [...inner, dim + 1].sort((a, b) => a - b)
        const partial = graph.make(
          op,
          [graph.make('reshape', [input], { shape }, shape, input.dtype)],
          { dims: within },
          shape.map((n, d) => (within.includes(d) ? 1 : n)),
          type.dtype,
        )
        const merged = type.shape.map((n, d) => (d === dim ? parts : n))
        return graph.make(
          op,
          [graph.make('reshape', [partial], { shape: merged }, merged, type.dtype)],
          { dims: [dim] },
          type.shape,
          type.dtype,
        )
      }
    }
    return graph.make(op, inputs, { ...attrs, dims }, type.shape, type.dtype)
  }
  if (op === 'argsort') {
    const n = type.shape[attrs['dim'] as number] ?? 1
    let order = graph.make('sortBlocks', inputs, { ...attrs, width: SORT_BLOCK }, type.shape, type.dtype)
    for (let width = SORT_BLOCK; width < n; width *= 2)
      order = graph.make('mergePass', [input!, order], { ...attrs, width }, type.shape, type.dtype)
    return order
  }
  return graph.make(op, inputs, attrs, type.shape, type.dtype)
}

/** The sum or product of no elements, everywhere. */
function ofNothing(graph: ValueGraph, op: 'sum' | 'prod', { shape, dtype }: Pick<Value, 'shape' | 'dtype'>): Value {
  return graph.make('constant', [], { value: op === 'sum' ? 0 : 1, shape, dtype }, shape, dtype)
}

/** Many rows that are reduced to one: worth sharing where they are much memory. */
const isTall = (shape: Shape, dims: readonly number[], reduced: number): boolean =>
  reduced >= 1024 && sizeOf(shape) >= 1 << 18 && sizeOf(shape) / reduced <= 1 << 14 && dims.every((d, i) => d === i)

/** The divisor of n nearest to PARTS, if there is one between 4 and twice that. */
function partsOf(n: number): number {
  let best = 1
  for (let p = 4; p <= 2 * PARTS; p++) if (n % p === 0 && Math.abs(p - PARTS) < Math.abs(best - PARTS)) best = p
  return best
}
