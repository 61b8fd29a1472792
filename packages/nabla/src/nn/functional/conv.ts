/** Convolution in any number of dimensions, and its transpose: settings as PyTorch takes them, and a bias, around ops/convolution.ts. */
import { NablaError, showShape } from '../../core/errors.js'
import { builder as b } from '../../ops/builder.js'
import * as ops from '../../ops/convolution.js'
import { windowSpan } from '../../ops/window.js'
import { Tensor } from '../../tensor/tensor.js'
import { oneOf, sizes, type Size, unbatched } from './spatial.js'

/** How a convolution slides. */
export interface ConvOptions {
  /** Distance of neighbouring windows. Default 1. */
  readonly stride?: Size
  /** Zeros on both sides; 'same' keeps the extent (stride 1 only), 'valid' is 0. Default 0. */
  readonly padding?: Size | 'same' | 'valid'
  /** Distance of taps. Default 1. */
  readonly dilation?: Size
  /** Channels are split into this many groups that do not see each other. Default 1. */
  readonly groups?: number
}

/** How a transposed convolution slides: settings of the convolution that it is the adjoint of. */
export interface ConvTransposeOptions extends Omit<ConvOptions, 'padding'> {
  /** Cut from both sides of the result. Default 0. */
  readonly padding?: Size
  /** Added at the end of the result. Default 0. */
  readonly outputPadding?: Size
}

const bothSides = (padding: readonly number[]): [number, number][] => padding.map((p) => [p, p])

/** Elements added before and after each dimension. */
export function paddings(
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
  if (typeof padding === 'string') oneOf(op, 'padding', padding, ['same', 'valid'])
  return bothSides(padding === 'valid' ? kernel.map(() => 0) : sizes(op, 'padding', padding, kernel.length, 0))
}

/** The settings of a transposed convolution, filled in and checked. */
export function outputPaddings(op: string, options: ConvTransposeOptions, count: number) {
  const stride = sizes(op, 'stride', options.stride ?? 1, count, 1)
  const dilation = sizes(op, 'dilation', options.dilation ?? 1, count, 1)
  const padding = bothSides(sizes(op, 'padding', options.padding ?? 0, count, 0))
  const outputPadding = sizes(op, 'outputPadding', options.outputPadding ?? 0, count, 0)
  outputPadding.forEach((e, i) => {
    if (e >= Math.max(stride[i]!, dilation[i]!))
      throw new NablaError(
        'argument',
        `[${op}] outputPadding ${showShape(outputPadding)} must be smaller than stride ${showShape(stride)} or dilation ${showShape(dilation)}`,
        { op, outputPadding, stride, dilation },
      )
  })
  return { stride, padding, dilation, outputPadding }
}

/** The output padding that gives a result of the extents `outputSize` (or of that whole shape). */
export function paddingFor(
  op: string,
  count: number,
  input: Tensor,
  kernel: readonly number[],
  options: ConvTransposeOptions,
  outputSize: readonly number[],
): number[] {
  const steps = outputPaddings(op, { ...options, outputPadding: 0 }, count)
  const wanted = outputSize.slice(outputSize.length === count + 2 ? 2 : 0)
  const least = ops.transposedExtents(input.shape.slice(-count), kernel, steps, steps.outputPadding)
  if (wanted.length !== count || wanted.some((n, i) => n < least[i]! || n >= least[i]! + steps.stride[i]!))
    throw new NablaError(
      'argument',
      `[${op}] outputSize is ${showShape(outputSize)}; expected ${least.map((n, i) => (steps.stride[i] === 1 ? n : `${n} to ${n + steps.stride[i]! - 1}`)).join(', ')}`,
      { op, outputSize, least },
    )
  return wanted.map((n, i) => n - least[i]!)
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
  const [, c, ...space] = input.shape as [number, number, ...number[]]
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
  const padded = space.map((extent, i) => extent + padding[i]![0] + padding[i]![1])
  if (padded.some((extent, i) => extent < windowSpan(kernel[i]!, dilation[i]!)))
    throw new NablaError(
      'shape',
      `[${op}] the kernel ${showShape(kernel)} with dilation ${showShape(dilation)} is larger than the padded input ${showShape(padded)}`,
      { op, input: input.shape, weight: weight.shape },
    )
  const y = ops.convolution(input.node, weight.node, { stride, padding, dilation, groups }, b)
  return withBias(op, new Tensor(y), bias, o)
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
  const [, c, ...space] = input.shape as [number, number, ...number[]]
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
  const { outputPadding, ...steps } = outputPaddings(op, options, count)
  const out = ops.transposedExtents(space, kernel, steps, outputPadding)
  if (out.some((size) => size < 1))
    throw new NablaError(
      'shape',
      `[${op}] the result of ${showShape(input.shape)} would have extents ${showShape(out)}; less padding is needed`,
      { op, input: input.shape },
    )
  const y = ops.convolutionTransposed(input.node, weight.node, { ...steps, groups, outputPadding }, b)
  return withBias(op, new Tensor(y), bias, perGroup * groups)
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

/** Convolution: input [N, C, L] or [C, L], weight [O, C / groups, K], bias [O]; gives [N, O, Lout]. See Conv1d. */
export const conv1d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv1d', 1, input, weight, bias, options)
/** Convolution: input [N, C, H, W] or [C, H, W], weight [O, C / groups, KH, KW], bias [O]; gives [N, O, Hout, Wout]. See Conv2d. */
export const conv2d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv2d', 2, input, weight, bias, options)
/** Convolution: input [N, C, D, H, W] or [C, D, H, W], weight [O, C / groups, KD, KH, KW], bias [O]. See Conv3d. */
export const conv3d: Conv<ConvOptions> = (input, weight, bias = null, options = {}) =>
  convolution('conv3d', 3, input, weight, bias, options)
/** Transposed convolution: input [N, C, L] or [C, L], weight [C, O / groups, K], bias [O]. See ConvTranspose1d. */
export const convTranspose1d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose1d', 1, input, weight, bias, options)
/** Transposed convolution: input [N, C, H, W] or [C, H, W], weight [C, O / groups, KH, KW], bias [O]. See ConvTranspose2d. */
export const convTranspose2d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose2d', 2, input, weight, bias, options)
/** Transposed convolution: input [N, C, D, H, W] or [C, D, H, W], weight [C, O / groups, KD, KH, KW], bias [O]. See ConvTranspose3d. */
export const convTranspose3d: Conv<ConvTransposeOptions> = (input, weight, bias = null, options = {}) =>
  transposedConvolution('convTranspose3d', 3, input, weight, bias, options)
