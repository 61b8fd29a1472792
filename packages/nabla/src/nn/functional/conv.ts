/**
 * Convolution in any number of dimensions, and its transpose. Each is one `contract`: the input is read at
 * stride * output + dilation * tap - padding, and outside of it everything is 0. Groups are a dimension of their own.
 */
import { NablaError, showShape } from '../../core/errors.js'
import { Tensor } from '../../tensor/tensor.js'
import { builder as b } from '../../ops/builder.js'
import type { AffineForm } from '../../ops/op.js'
import { sizes, type Size, unbatched } from './spatial.js'

export interface ConvOptions {
  /** Default 1. */
  readonly stride?: Size
  /** Zeros on both sides; 'same' keeps the extent (stride 1 only), 'valid' is 0. Default 0. */
  readonly padding?: Size | 'same' | 'valid'
  /** Distance of taps. Default 1. */
  readonly dilation?: Size
  /** Channels are split into this many groups that do not see each other. Default 1. */
  readonly groups?: number
}

export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding'> {
  /** Cut from both sides of the result. Default 0. */
  readonly padding?: Size
  /** Added at the end of the result. Default 0. */
  readonly outputPadding?: Size
}

/** Zeros before and after each dimension. */
function paddings(
  op: string,
  padding: Size | 'same' | 'valid',
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): [number, number][] {
  if (padding === 'same') {
    if (stride.some((s) => s !== 1))
      throw new NablaError(
        'argument',
        `[${op}] padding 'same' needs stride 1, not ${showShape(stride)}; give the padding as a number`,
        { op, stride },
      )
    return kernel.map((k, i) => {
      const total = dilation[i]! * (k - 1)
      return [Math.floor(total / 2), total - Math.floor(total / 2)]
    })
  }
  return (padding === 'valid' ? kernel.map(() => 0) : sizes(op, 'padding', padding, kernel.length, 0)).map((p) => [p, p])
}

/** input [N, C, ...in] (or without N), weight [O, C / groups, ...kernel], bias [O]: [N, O, ...out]. */
export function convolution(
  op: string,
  count: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvOptions,
): Tensor {
  if (unbatched(op, input.shape, count)) return convolution(op, count, input.unsqueeze(0), weight, bias, options).squeeze(0)
  const [n, c, ...space] = input.shape as [number, number, ...number[]]
  const [o, perGroup, ...kernel] = weight.shape as [number, number, ...number[]]
  const groups = options.groups ?? 1
  if (weight.shape.length !== count + 2 || perGroup * groups !== c || o % groups !== 0)
    throw new NablaError(
      'shape',
      `[${op}] input ${showShape(input.shape)} has ${c} channels; weight ${showShape(weight.shape)} with groups ${groups} takes ${perGroup * groups} and gives ${o}` +
        (o % groups ? `, which ${groups} groups do not divide` : ''),
      { op, input: input.shape, weight: weight.shape, groups },
    )
  const stride = sizes(op, 'stride', options.stride ?? 1, count, 1)
  const dilation = sizes(op, 'dilation', options.dilation ?? 1, count, 1)
  const padding = paddings(op, options.padding ?? 0, kernel, stride, dilation)
  const out = space.map((extent, i) => {
    const [low, high] = padding[i]!
    const size = Math.floor((extent + low + high - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1
    if (size < 1)
      throw new NablaError(
        'shape',
        `[${op}] the kernel ${showShape(kernel)} with dilation ${showShape(dilation)} is larger than the padded input ${showShape(space.map((s, d) => s + padding[d]![0] + padding[d]![1]))}`,
        { op, input: input.shape, weight: weight.shape },
      )
    return size
  })

  const g = groups > 1 ? 1 : 0 // variables: n, (group), o, ...out | c, ...kernel
  const outVars = [n, ...(g ? [groups] : []), o / groups, ...out]
  const reduced = [perGroup, ...kernel]
  const total = outVars.length + reduced.length
  const form = (terms: readonly (readonly [number, number])[], offset = 0): AffineForm => {
    const coef = new Array<number>(total).fill(0)
    for (const [v, k] of terms) coef[v] = k
    return { offset, coef, divisor: 1 }
  }
  const firstOut = 2 + g
  const channel = outVars.length
  const x = g ? b.reshape(input.node, [n, groups, perGroup, ...space]) : input.node
  const w = g ? b.reshape(weight.node, [groups, o / groups, perGroup, ...kernel]) : weight.node
  const y = b.contract(x, w, {
    out: outVars,
    reduced,
    a: [
      form([[0, 1]]),
      ...(g ? [form([[1, 1]])] : []),
      form([[channel, 1]]),
      ...space.map((_, i) =>
        form(
          [
            [firstOut + i, stride[i]!],
            [channel + 1 + i, dilation[i]!],
          ],
          -padding[i]![0],
        ),
      ),
    ],
    b: [
      ...(g ? [form([[1, 1]])] : []),
      form([[1 + g, 1]]),
      form([[channel, 1]]),
      ...kernel.map((_, i) => form([[channel + 1 + i, 1]])),
    ],
  })
  return withBias(op, new Tensor(g ? b.reshape(y, [n, o, ...out]) : y), bias, o)
}

/** The adjoint of a convolution: input [N, C, ...in], weight [C, O / groups, ...kernel], bias [O]: [N, O, ...out]. */
export function transposedConvolution(
  op: string,
  count: number,
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions,
): Tensor {
  if (unbatched(op, input.shape, count))
    return transposedConvolution(op, count, input.unsqueeze(0), weight, bias, options).squeeze(0)
  const [n, c, ...space] = input.shape as [number, number, ...number[]]
  const [from, perGroup, ...kernel] = weight.shape as [number, number, ...number[]]
  const groups = options.groups ?? 1
  if (weight.shape.length !== count + 2 || from !== c || c % groups !== 0)
    throw new NablaError(
      'shape',
      `[${op}] input ${showShape(input.shape)} has ${c} channels; weight ${showShape(weight.shape)} takes ${from}, in ${groups} groups`,
      {
        op,
        input: input.shape,
        weight: weight.shape,
        groups,
      },
    )
  const stride = sizes(op, 'stride', options.stride ?? 1, count, 1)
  const dilation = sizes(op, 'dilation', options.dilation ?? 1, count, 1)
  const padding = sizes(op, 'padding', options.padding ?? 0, count, 0)
  const extra = sizes(op, 'outputPadding', options.outputPadding ?? 0, count, 0)
  extra.forEach((e, i) => {
    if (e >= Math.max(stride[i]!, dilation[i]!))
      throw new NablaError(
        'argument',
        `[${op}] outputPadding ${showShape(extra)} must be smaller than stride ${showShape(stride)} or dilation ${showShape(dilation)}`,
        { op },
      )
  })
  const out = space.map(
    (extent, i) => (extent - 1) * stride[i]! - 2 * padding[i]! + dilation[i]! * (kernel[i]! - 1) + extra[i]! + 1,
  )
  if (out.some((size) => size < 1))
    throw new NablaError(
      'shape',
      `[${op}] the result of ${showShape(input.shape)} would have extents ${showShape(out)}; less padding is needed`,
      { op, input: input.shape },
    )

  const g = groups > 1 ? 1 : 0 // variables: n, (group), o, ...out | c, ...kernel
  const outVars = [n, ...(g ? [groups] : []), perGroup, ...out]
  const reduced = [c / groups, ...kernel]
  const total = outVars.length + reduced.length
  const form = (terms: readonly (readonly [number, number])[], offset = 0, divisor = 1): AffineForm => {
    const coef = new Array<number>(total).fill(0)
    for (const [v, k] of terms) coef[v] = k
    return { offset, coef, divisor }
  }
  const firstOut = 2 + g
  const channel = outVars.length
  const x = g ? b.reshape(input.node, [n, groups, c / groups, ...space]) : input.node
  const w = g ? b.reshape(weight.node, [groups, c / groups, perGroup, ...kernel]) : weight.node
  const y = b.contract(x, w, {
    out: outVars,
    reduced,
    a: [
      form([[0, 1]]),
      ...(g ? [form([[1, 1]])] : []),
      form([[channel, 1]]),
      ...space.map((_, i) =>
        form(
          [
            [firstOut + i, 1],
            [channel + 1 + i, -dilation[i]!],
          ],
          padding[i]!,
          stride[i]!,
        ),
      ),
    ],
    b: [
      ...(g ? [form([[1, 1]])] : []),
      form([[channel, 1]]),
      form([[1 + g, 1]]),
      ...kernel.map((_, i) => form([[channel + 1 + i, 1]])),
    ],
  })
  return withBias(op, new Tensor(g ? b.reshape(y, [n, perGroup * groups, ...out]) : y), bias, perGroup * groups)
}

function withBias(op: string, y: Tensor, bias: Tensor | null, channels: number): Tensor {
  if (!bias) return y
  if (bias.shape.length !== 1 || bias.shape[0] !== channels)
    throw new NablaError(
      'shape',
      `[${op}] bias has shape ${showShape(bias.shape)}; expected [${channels}], one for each output channel`,
      { op, bias: bias.shape },
    )
  return y.add(bias.reshape([channels, ...new Array<number>(y.shape.length - 2).fill(1)]))
}

type Conv<O> = (input: Tensor, weight: Tensor, bias?: Tensor | null, options?: O) => Tensor

/** input [N, C, L], weight [O, C / groups, K]. */
export const conv1d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv1d', 1, input, weight, bias, options)
/** input [N, C, H, W], weight [O, C / groups, KH, KW]. */
export const conv2d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv2d', 2, input, weight, bias, options)
/** input [N, C, D, H, W], weight [O, C / groups, KD, KH, KW]. */
export const conv3d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv3d', 3, input, weight, bias, options)
/** input [N, C, L], weight [C, O / groups, K]. */
export const convTranspose1d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose1d', 1, input, weight, bias, options)
/** input [N, C, H, W], weight [C, O / groups, KH, KW]. */
export const convTranspose2d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose2d', 2, input, weight, bias, options)
/** input [N, C, D, H, W], weight [C, O / groups, KD, KH, KW]. */
export const convTranspose3d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose3d', 3, input, weight, bias, options)
