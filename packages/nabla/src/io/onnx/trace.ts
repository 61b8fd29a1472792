/** A function's graph, traced as `compile` traces it, with the batch left open where that is wanted. */
import type { DType } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import type { Shape } from '../../core/shape.js'
import { type Attr, type Node, topological } from '../../graph/node.js'
import { untracked } from '../../tensor/autograd.js'
import { bufferNode, type Handle, withTracer } from '../../tensor/handle.js'
import { type Spec, specOf } from '../../tensor/signature.js'
import { Tensor } from '../../tensor/tensor.js'
import { Trace } from '../../tensor/trace.js'
import { type Extent, fit } from './extent.js'

/** An attribute in which numbers may depend on the batch. */
export type OpenAttr = Extent | string | boolean | null | readonly OpenAttr[] | { readonly [key: string]: OpenAttr }

/** A node of all traces at once. */
export interface Step {
  /** The op, or `input`, or `leaf`. */
  readonly op: string
  readonly inputs: readonly Step[]
  readonly attrs: Readonly<Record<string, OpenAttr>>
  readonly shape: readonly Extent[]
  readonly dtype: DType
  /** Of an input, which one. */
  readonly position: number
  /** Of a leaf, where its values are: in each trace, they must be the same. */
  readonly leaves: readonly Tensor[]
  /** Of a leaf that has a name: the tensor it was read from. */
  readonly handle: Handle | undefined
}

/** What was traced. */
export interface Traced {
  /** Inputs before users. */
  readonly steps: readonly Step[]
  readonly inputs: readonly Step[]
  readonly outputs: readonly Step[]
  /** How the outputs are nested. */
  readonly result: Spec
}

/** What an example says of an input. */
export interface Example {
  readonly shape: Shape
  readonly dtype: DType
  readonly device: string
}

interface Run {
  readonly nodes: readonly Node[]
  readonly outputs: readonly Node[]
  readonly places: ReadonlyMap<Node, number>
  readonly handles: ReadonlyMap<Node, Handle>
  readonly values: ReadonlyMap<Node, Node>
  readonly result: Spec
}

/** One run with stand-ins of these shapes. Throws where the function changes tensors from outside. */
function run(fn: (...inputs: Tensor[]) => unknown, examples: readonly Example[]): Run {
  const trace = new Trace()
  const stand = examples.map(({ shape, dtype, device }) => bufferNode(shape, dtype, device))
  const found: Tensor[] = []
  let result: Spec
  let outputs: Node[]
  let changed: Handle | undefined
  try {
    const returned = untracked(() => withTracer(trace, () => fn(...stand.map((node) => new Tensor(node)))))
    if (returned instanceof Promise)
      throw new NablaError('argument', '[onnx] an async function cannot be exported: it must give its result before it returns')
    result = specOf(returned, found)
    outputs = withTracer(trace, () => found.map((tensor) => tensor.node))
  } finally {
    changed = trace.end().updates[0]?.bound.handle
  }
  if (changed)
    throw new NablaError(
      'argument',
      `[onnx] the function changes a tensor of shape ${showShape(changed.shape)} while it computes (random numbers of a dropout, running statistics in training mode?); export it in evaluation mode`,
      { shape: changed.shape },
    )
  if (found.length === 0) throw new NablaError('argument', '[onnx] the function returns no tensors')
  const bound = [...trace.bound.values()]
  return {
    nodes: topological(outputs, (node) => node.op === 'buffer' || node.storage !== undefined),
    outputs,
    places: new Map(stand.map((node, i) => [node, i])),
    handles: new Map(bound.map(({ placeholder, handle }) => [placeholder, handle])),
    values: new Map(bound.map(({ placeholder, before }) => [placeholder, before])),
    result,
  }
}

/** The attribute that the traces have in common. */
function merge(attrs: readonly (Attr | undefined)[], batches: readonly number[], what: string): OpenAttr {
  const [first] = attrs
  if (typeof first === 'number' && attrs.every((attr) => typeof attr === 'number')) return fit(attrs as number[], batches, what)
  if (typeof first === 'object' && first !== null && attrs.every((attr) => typeof attr === 'object' && attr !== null)) {
    const sizes = attrs.map((attr) => Object.keys(attr as object).length)
    if (sizes.some((size) => size !== sizes[0])) return differ(what)
    const part = (key: string): OpenAttr =>
      merge(
        attrs.map((attr) => (attr as Record<string, Attr>)[key]),
        batches,
        what,
      )
    return Array.isArray(first)
      ? first.map((_, i) => part(String(i)))
      : Object.fromEntries(Object.keys(first).map((key) => [key, part(key)]))
  }
  if (attrs.some((attr) => attr !== first)) return differ(what)
  return (first ?? null) as OpenAttr
}

function differ(what: string): never {
  throw new NablaError('argument', `[onnx] ${what} is another one for another batch; export with a fixed batch`)
}

/** Sizes at which a function with an open batch is traced: few networks have such extents of their own. */
const batchSizes = [7, 11, 13]

/** Traces `fn` on inputs like the examples; with `open`, their first dimension may have any extent. */
export function traceFunction(fn: (...inputs: Tensor[]) => unknown, examples: readonly Example[], open: boolean): Traced {
  const batches = open ? batchSizes : [0]
  const runs = batches.map((batch) =>
    run(fn, open ? examples.map(({ shape, dtype, device }) => ({ shape: [batch, ...shape.slice(1)], dtype, device })) : examples),
  )
  const [first] = runs as [Run]
  if (runs.some(({ nodes }) => nodes.length !== first.nodes.length)) differ('the computation')
  const made = new Map<Node, Step>()
  const steps = first.nodes.map((node, i) => {
    const all = runs.map(({ nodes }) => nodes[i]!)
    const leaf = node.op === 'buffer' || node.storage !== undefined
    const position = first.places.get(node) ?? -1
    const what = `the ${leaf ? 'constant' : node.op} of shape ${showShape(node.shape)}`
    if (all.some(({ op, dtype, shape }) => op !== node.op || dtype !== node.dtype || shape.length !== node.shape.length))
      differ(what)
    const value = first.values.get(node) ?? node
    const step: Step = {
      op: position >= 0 ? 'input' : leaf ? 'leaf' : node.op,
      inputs: leaf ? [] : node.inputs.map((input) => made.get(input)!),
      attrs: leaf
        ? {}
        : (merge(
            all.map(({ attrs }) => attrs),
            batches,
            what,
          ) as Step['attrs']),
      shape: node.shape.map((_, d) =>
        fit(
          all.map(({ shape }) => shape[d]!),
          batches,
          what,
        ),
      ),
      dtype: node.dtype,
      position,
      leaves: !leaf || position >= 0 ? [] : value === node ? all.map((node) => new Tensor(node)) : [new Tensor(value)],
      handle: first.handles.get(node),
    }
    made.set(node, step)
    return step
  })
  const inputs = examples.map(
    ({ shape, dtype }, position): Step =>
      steps.find((step) => step.position === position) ?? {
        op: 'input',
        inputs: [],
        attrs: {},
        shape: open ? [{ scale: 1, plus: 0 }, ...shape.slice(1)] : shape,
        dtype,
        position,
        leaves: [],
        handle: undefined,
      },
  )
  return { steps, inputs, outputs: first.outputs.map((node) => made.get(node)!), result: first.result }
}
