/**
 * Python's subscripts, on nodes: x[0, :, 1:-1, mask, ...] read and written.
 *
 * What chooses by position (elements, slices, new axes) is a view, taken first. Index tensors choose on that view: together they broadcast to
 * one shape, which stands where they stood if they stood side by side, and first otherwise. A mask stands for the list of positions at
 * which it holds, one index tensor for each of its dimensions; finding them waits for its values.
 */
import { isFloat } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { broadcastShapes, sameShape, type Shape, sizeOf } from '../core/shape.js'
import { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { checkIndices } from './check.js'
import { indexNode } from './host.js'
import { along, fromStart, positionsOf, selected } from './picking.js'
import { putLines } from './scattering.js'
import { expand, permute, reshape } from './shapes.js'

/** One index of a subscript; `X` is what an index tensor is. */
export type Subscript<X> =
  | number
  | readonly [start: number | null, stop?: number | null, step?: number]
  | null
  | 'newaxis'
  | '...'
  | X
export type Index = Subscript<Node>

/** What a subscript takes of one dimension of the tensor. */
interface Range {
  readonly start: number
  readonly count: number
  readonly step: number
}

/** A subscript taken apart. */
interface Plan {
  /** For each dimension of the tensor what is taken. */
  readonly ranges: readonly Range[]
  /** The view's shape: single elements left out, new axes put in. */
  readonly view: Shape
  /** For each dimension of the view its index tensor, if it has one. */
  readonly tensors: readonly (Node | undefined)[]
  /** The mask and the dimension of the view where it begins, if it is the only tensor. */
  readonly mask: { readonly node: Node; readonly at: number } | undefined
}

const isMask = (index: Node): boolean => index.dtype === 'bool'

/** How many dimensions of the tensor an index takes. */
const taken = (index: Index): number =>
  index === 'newaxis' || index === '...' ? 0 : index instanceof Node && isMask(index) ? index.shape.length : 1

function wrong(a: Node, message: string): never {
  throw new NablaError('index', `[at] ${message}, the tensor has shape ${showShape(a.shape)}`, { shape: a.shape })
}

function rangeOf(a: Node, d: number, index: readonly [number | null, (number | null)?, number?]): Range {
  const n = a.shape[d]!
  const [start, stop, step] = [index[0] ?? 0, index[1] ?? n, index[2] ?? 1]
  if (index.length > 3 || ![start, stop].every((i) => Number.isInteger(i) || Math.abs(i) === Infinity))
    wrong(a, `[${index.join(', ')}] is no slice: expected [start, stop, step] in dimension ${d}`)
  if (!Number.isInteger(step) || step < 1)
    wrong(a, `the step in dimension ${d} is ${step}; expected a whole number of 1 or more (flip() reverses)`)
  const clip = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, 0), n)
  const from = clip(start)
  const count = Math.max(0, Math.ceil((clip(stop) - from) / step))
  return { start: count ? from : 0, count, step }
}

/** @param find whether masks are looked into, which waits for their values. */
function planOf(a: Node, indices: readonly Index[], find: boolean): Plan {
  const total = indices.reduce<number>((sum, index) => sum + taken(index), 0)
  const dots = indices.filter((index) => index === '...').length
  if (total > a.shape.length || dots > 1)
    wrong(a, dots > 1 ? "'...' stands twice" : `indices for ${total} dimensions are too many`)
  const ranges: Range[] = []
  const view: number[] = []
  const tensors: (Node | undefined)[] = []
  let mask: Plan['mask']
  const keep = (count: number, tensor?: Node): void => {
    view.push(count)
    tensors.push(tensor)
  }
  const whole = (): void => {
    const n = a.shape[ranges.length]!
    ranges.push({ start: 0, count: n, step: 1 })
    keep(n)
  }
  for (const index of indices) {
    const d = ranges.length
    const n = a.shape[d]!
    if (index === '...') for (let i = total; i < a.shape.length; i++) whole()
    else if (index === 'newaxis') keep(1)
    else if (index === null) whole()
    else if (typeof index === 'number') {
      const i = index < 0 ? index + n : index
      if (!Number.isInteger(index) || i < 0 || i >= n)
        wrong(a, `index ${index} is out of range for dimension ${d} with ${n} elements`)
      ranges.push({ start: i, count: 1, step: 1 })
    } else if (!(index instanceof Node)) {
      const range = rangeOf(a, d, index)
      ranges.push(range)
      keep(range.count)
    } else if (isMask(index)) {
      if (!sameShape(index.shape, a.shape.slice(d, d + index.shape.length)) || index.shape.length === 0)
        wrong(a, `a mask of shape ${showShape(index.shape)} does not cover dimension ${d} and those behind`)
      mask = { node: index, at: view.length }
      const positions = find ? positionsOf('at', index) : index.shape.map(() => undefined)
      for (const list of positions) {
        whole()
        tensors[tensors.length - 1] = list ? indexNode(list, a.device) : index
      }
    } else {
      if (isFloat(index.dtype) || index.dtype === 'uint8') wrong(a, `an index tensor is int32 or bool, not ${index.dtype}`)
      checkIndices('at', 'index', index, n, { of: `dimension ${d} of ${showShape(a.shape)}`, negative: true })
      whole()
      tensors[tensors.length - 1] = b.cast(index, 'int32')
    }
  }
  while (ranges.length < a.shape.length) whole()
  const only = indices.filter((index) => index instanceof Node).length === 1
  return { ranges, view, tensors, mask: only ? mask : undefined }
}

/** The elements at whole positions. */
function viewOf(a: Node, { ranges, view }: Plan): Node {
  const sliced = b.slice(
    a,
    ranges.map(({ start, count, step }) => ({ start, stop: count ? start + (count - 1) * step + 1 : start, step })),
  )
  return reshape(sliced, view)
}

/** `a` with `values` in place of the view. */
function putView(a: Node, plan: Plan, values: Node): Node {
  const { ranges } = plan
  if (ranges.some(({ count }) => count === 0)) return a
  const counts = ranges.map(({ count }) => count)
  if (sameShape(counts, a.shape)) return reshape(values, a.shape)
  const spread = (x: Node): Node =>
    b.pad(
      x,
      ranges.map(({ start, count, step }, d) => [start, a.shape[d]! - start - (count - 1) * step - 1]),
      0,
      ranges.map(({ step }) => step - 1),
    )
  return b.where(spread(b.constant(1, counts, 'bool', a.device)), spread(reshape(values, counts)), a)
}

/** How index tensors choose: the view with their dimensions side by side and made one, and the list of places in it. */
interface Choice {
  /** The order of the view's dimensions that brings them side by side. */
  readonly order: readonly number[]
  /** The view's shape in that order, before and behind them. */
  readonly before: Shape
  readonly behind: Shape
  /** Their extents. */
  readonly extents: Shape
  /** The shape that they broadcast to. */
  readonly chosen: Shape
  /** Places in the merged dimension; -1 for one that is not there. */
  readonly list: Node
}

function choiceOf({ view, tensors }: Plan): Choice | undefined {
  const dims = tensors.flatMap((tensor, d) => (tensor ? [d] : []))
  const [from] = dims
  if (from === undefined) return undefined
  const beside = dims.every((d, i) => d === from + i)
  const rest = view.flatMap((_, d) => (tensors[d] ? [] : [d]))
  const at = beside ? from : 0
  const extents = dims.map((d) => view[d]!)
  const given = dims.map((d) => tensors[d]!)
  const chosen = broadcastShapes('at', ...given.map((index) => index.shape))
  const places = given.map((index, i) => fromStart(index, extents[i]!))
  // Places of several dimensions in one; a place outside of one of them must not become another element.
  const list = places.reduce((so, place, i) => {
    const inside = b.and(b.and(b.ge(so, 0), b.ge(place, 0)), b.lt(place, extents[i]!))
    return b.where(inside, b.add(b.mul(so, extents[i]!), place), -1)
  })
  const shapeOf = (order: readonly number[]): number[] => order.map((d) => view[d]!)
  return {
    order: [...rest.slice(0, at), ...dims, ...rest.slice(at)],
    before: shapeOf(rest.slice(0, at)),
    behind: shapeOf(rest.slice(at)),
    extents,
    chosen,
    list: reshape(b.expand(list, chosen), [-1]),
  }
}

/** The view of a choice with its dimensions merged. */
const merged = (view: Node, { order, before, extents, behind }: Choice): Node =>
  reshape(permute(view, order), [...before, sizeOf(extents), ...behind])

/** The elements that a subscript names. */
export function at(a: Node, indices: readonly Index[]): Node {
  const plan = planOf(a, indices, true)
  const view = viewOf(a, plan)
  const choice = choiceOf(plan)
  if (!choice) return view
  const { before, chosen, behind, list } = choice
  return reshape(selected(merged(view, choice), before.length, list), [...before, ...chosen, ...behind])
}

/** `a` with `values`, which broadcast, in place of the elements that a subscript names, or added to them. The last of equal places stays. */
export function put(a: Node, indices: readonly Index[], values: Node | number, accumulate = false): Node {
  const given = typeof values === 'number' ? b.constant(values, [], a.dtype, a.device) : b.cast(values, a.dtype)
  const outline = planOf(a, indices, false)
  const masked = outline.mask && putMasked(a, outline, given, accumulate)
  if (masked) return masked
  const plan = outline.tensors.some((tensor) => tensor?.dtype === 'bool') ? planOf(a, indices, true) : outline
  const choice = choiceOf(plan)
  const view = viewOf(a, plan)
  if (!choice) {
    const wide = fitting(given, view.shape)
    return putView(a, plan, accumulate ? b.add(view, wide) : wide)
  }
  const { before, chosen, behind, list, order, extents } = choice
  const wide = reshape(fitting(given, [...before, ...chosen, ...behind]), [...before, list.shape[0]!, ...behind])
  const into = merged(view, choice)
  const written = putLines(into, before.length, along(into, before.length, list), wide, accumulate)
  const back = order.map((_, d) => order.indexOf(d))
  return putView(a, plan, b.permute(reshape(written, [...before, ...extents, ...behind]), back))
}

/** One value for all places where a mask holds: nothing has to be found. Undefined where there may be several. */
function putMasked(a: Node, plan: Plan, values: Node, accumulate: boolean): Node | undefined {
  const { node, at: from } = plan.mask!
  const behind = plan.view.length - from - node.shape.length
  if (values.shape.length > behind && sizeOf(values.shape) !== 1) return undefined
  const view = viewOf(a, plan)
  const holds = b.expand(reshape(node, [...node.shape, ...new Array<number>(behind).fill(1)]), view.shape)
  const wide = fitting(sizeOf(values.shape) === 1 ? reshape(values, []) : values, view.shape)
  return putView(a, plan, b.where(holds, accumulate ? b.add(view, wide) : wide, view))
}

/** Values broadcast to the shape that they are put to; leading extents of 1 fall away, as in an assignment of NumPy. */
function fitting(values: Node, shape: Shape): Node {
  let given = values
  while (given.shape.length > shape.length && given.shape[0] === 1) given = reshape(given, given.shape.slice(1))
  const added = shape.length - given.shape.length
  if (added < 0 || given.shape.some((n, d) => n !== 1 && n !== shape[d + added]))
    throw new NablaError(
      'shape',
      `[put] values of shape ${showShape(values.shape)} do not broadcast to the ${showShape(shape)} elements that the subscript names`,
      { values: values.shape, shape },
    )
  return expand(given, shape)
}
