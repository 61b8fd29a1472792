/**
 * Convolutions of any dimension, as one contraction each.
 *
 *     convolution            out[n, g, o, y] = sum_c,r x[n, g, c, stride y + dilation r - padding] * w[g, o, c, r]
 *     convolutionTransposed  out[n, g, o, y] = sum_c,r x[n, g, c, (y + padding - dilation r) / stride] * w[g, c, o, r]
 *
 * where y and r stand for all spatial dimensions. With one group the dimension g is left out; with more, x, w and out are reshaped
 * to have it (a reshape moves nothing). Both are each other's gradient.
 */
import { showShape } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { variableForm } from './affine.js'
import type { AffineForm, Builder, ContractAttrs } from './op.js'
import { wrongArgument, wrongShape } from './rules.js'
import { windowSpan } from './window.js'

export interface ConvolutionOptions {
  /** Per spatial dimension; default 1. */
  readonly stride?: readonly number[]
  /** Zeros before and after each spatial dimension; default 0. */
  readonly padding?: readonly (number | readonly [number, number])[]
  /** Distance of the kernel's elements; default 1. */
  readonly dilation?: readonly number[]
  /** Channels are cut into this many groups that do not mix; default 1. */
  readonly groups?: number
}

export interface TransposedOptions extends ConvolutionOptions {
  /** Added to the extent of the result, at the end; less than stride or dilation. Default 0. */
  readonly outputPadding?: readonly number[]
}

interface Steps {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

interface Geometry extends Steps {
  readonly groups: number
  readonly kernel: readonly number[]
}

/** Checks everything that both directions share. */
function geometry(op: string, x: Node, w: Node, options: ConvolutionOptions): Geometry {
  const rank = x.shape.length - 2
  const shapes = `input ${showShape(x.shape)} and weight ${showShape(w.shape)}`
  if (rank < 1 || w.shape.length !== x.shape.length)
    wrongShape(
      op,
      `${shapes}: both need the same rank of 3 or more, [batch, channels, spatial ...] and [out, in / groups, kernel ...]`,
      x.shape,
      w.shape,
    )
  const whole = (name: string, values: readonly number[], least: number): readonly number[] => {
    if (values.length !== rank)
      wrongArgument(op, `${name} needs ${rank} numbers for ${shapes}, was given ${values.length}`, { [name]: values })
    for (const n of values)
      if (!Number.isInteger(n) || n < least)
        wrongArgument(op, `${name} must be whole numbers of ${least} or more, not ${n}`, { [name]: values })
    return values
  }
  const ones = new Array<number>(rank).fill(1)
  const padding = (options.padding ?? new Array<number>(rank).fill(0)).map((p): readonly [number, number] =>
    typeof p === 'number' ? [p, p] : p,
  )
  for (const side of [0, 1] as const)
    whole(
      'padding',
      padding.map((p) => p[side]),
      0,
    )
  const groups = options.groups ?? 1
  if (!Number.isInteger(groups) || groups < 1 || x.shape[1]! % groups !== 0)
    wrongArgument(op, `groups must divide the ${x.shape[1]} input channels, ${groups} does not`, { groups })
  return {
    stride: whole('stride', options.stride ?? ones, 1),
    dilation: whole('dilation', options.dilation ?? ones, 1),
    padding,
    groups,
    kernel: w.shape.slice(2),
  }
}

/** x [N, C, ...] with w [O, C / groups, ...kernel]: [N, O, ...]; the extents are floor((n + padding - span) / stride) + 1. */
export function convolution(x: Node, w: Node, options: ConvolutionOptions, b: Builder): Node {
  const { stride, padding, dilation, groups, kernel } = geometry('convolution', x, w, options)
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
  const [outs, inner] = w.shape as [number, number]
  if (inner * groups !== channels)
    wrongShape(
      'convolution',
      `input ${showShape(x.shape)} has ${channels} channels, weight ${showShape(w.shape)} with ${groups} groups takes ${inner * groups}`,
      x.shape,
      w.shape,
    )
  if (outs % groups !== 0)
    wrongArgument('convolution', `groups must divide the ${outs} output channels, ${groups} does not`, { groups })
  const out = spatial.map((size, d) => {
    const span = windowSpan(kernel[d]!, dilation[d]!)
    const room = size + padding[d]![0] + padding[d]![1]
    if (room < span)
      wrongShape(
        'convolution',
        `the kernel ${showShape(kernel)} spans ${span} elements in spatial dimension ${d}, the padded input ${showShape(x.shape)} has ${room}; pad more, or use a smaller kernel`,
        x.shape,
        w.shape,
      )
    return Math.floor((room - span) / stride[d]!) + 1
  })
  const read = (position: number, tap: number, d: number, count: number): AffineForm => ({
    offset: -padding[d]![0],
    coef: Array.from({ length: count }, (_, v) => (v === position ? stride[d]! : v === tap ? dilation[d]! : 0)),
    divisor: 1,
  })
  return grouped(x, w, { n, groups, outs: outs / groups, inner, out, kernel, read, weightOutFirst: true }, b)
}

/** The spatial extents of a transposed convolution's result: (n - 1) * stride - padding + span + outputPadding. */
export const transposedExtents = (
  spatial: readonly number[],
  kernel: readonly number[],
  { stride, padding, dilation }: Steps,
  outputPadding: readonly number[],
): number[] =>
  spatial.map(
    (n, d) => (n - 1) * stride[d]! + windowSpan(kernel[d]!, dilation[d]!) - padding[d]![0] - padding[d]![1] + outputPadding[d]!,
  )

/** x [N, C, ...] with w [C, O / groups, ...kernel]: [N, O, ...transposedExtents]. */
export function convolutionTransposed(x: Node, w: Node, options: TransposedOptions, b: Builder): Node {
  const op = 'convolutionTransposed'
  const { stride, padding, dilation, groups, kernel } = geometry(op, x, w, options)
  const [n, channels, ...spatial] = x.shape as [number, number, ...number[]]
  const [inner, outs] = w.shape as [number, number]
  if (inner !== channels)
    wrongShape(
      op,
      `input ${showShape(x.shape)} has ${channels} channels, weight ${showShape(w.shape)} takes ${inner}`,
      x.shape,
      w.shape,
    )
  const outputPadding = options.outputPadding ?? spatial.map(() => 0)
  outputPadding.forEach((e, d) => {
    if (!Number.isInteger(e) || e < 0 || e >= Math.max(stride[d]!, dilation[d]!))
      wrongArgument(op, `outputPadding must be less than stride or dilation (${stride[d]}, ${dilation[d]}), ${e} is not`, {
        outputPadding,
      })
  })
  const out = transposedExtents(spatial, kernel, { stride, padding, dilation }, outputPadding)
  const none = out.findIndex((extent) => extent < 1)
  if (none >= 0)
    wrongShape(
      op,
      `padding ${showShape(padding[none]!)} leaves nothing of spatial dimension ${none} of input ${showShape(x.shape)}`,
      x.shape,
      w.shape,
    )
  const read = (position: number, tap: number, d: number, count: number): AffineForm => ({
    offset: padding[d]![0],
    coef: Array.from({ length: count }, (_, v) => (v === position ? 1 : v === tap ? -dilation[d]! : 0)),
    divisor: stride[d]!,
  })
  return grouped(x, w, { n, groups, outs, inner: inner / groups, out, kernel, read, weightOutFirst: false }, b)
}

interface Plan {
  readonly n: number
  readonly groups: number
  /** Output channels of a group. */
  readonly outs: number
  /** Input channels of a group. */
  readonly inner: number
  readonly out: readonly number[]
  readonly kernel: readonly number[]
  readonly read: (position: number, tap: number, dim: number, count: number) => AffineForm
  readonly weightOutFirst: boolean
}

/** Variables: n, (g), (o), y...; (c), r... Where a group has one output or one input there is no variable for it: views cost fusion. */
function grouped(x: Node, w: Node, plan: Plan, b: Builder): Node {
  const { n, groups, outs, inner, out, kernel, read, weightOutFirst } = plan
  const many = groups > 1 ? [groups] : []
  const unlessOne = (channels: number) => (groups > 1 && channels === 1 ? [] : [channels])
  const [own, given] = [unlessOne(outs), unlessOne(inner)]
  const first = 1 + many.length + own.length // the first spatial variable
  const count = first + out.length + given.length + kernel.length
  const v = (i: number): AffineForm => variableForm(i, count)
  const channel = given.map(() => v(first + out.length))
  const tap = (d: number): number => first + out.length + given.length + d
  const group = many.map(() => v(1))
  const o = own.map(() => v(first - 1))
  const attrs: ContractAttrs = {
    out: [n, ...many, ...own, ...out],
    reduced: [...given, ...kernel],
    a: [v(0), ...group, ...channel, ...out.map((_, d) => read(first + d, tap(d), d, count))],
    b: [...group, ...(weightOutFirst ? [...o, ...channel] : [...channel, ...o]), ...kernel.map((_, d) => v(tap(d)))],
  }
  if (groups === 1) return b.contract(x, w, attrs)
  const wide = b.contract(
    b.reshape(x, [n, groups, ...given, ...x.shape.slice(2)]),
    b.reshape(w, [groups, ...(weightOutFirst ? [...own, ...given] : [...given, ...own]), ...kernel]),
    attrs,
  )
  return b.reshape(wide, [n, groups * outs, ...out])
}
