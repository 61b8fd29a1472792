/** The partial inverse of max pooling: values go back to where the maxima were found. */
import { NablaError, showShape } from '../../core/errors.js'
import { sameShape, sizeOf } from '../../core/shape.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { checkIndices } from '../../tensor/check.js'
import { Tensor } from '../../tensor/tensor.js'
import { type Size, sizes, unbatched } from './spatial.js'

/** What pooling was done with. */
export interface MaxUnpoolOptions {
  /** Distance of neighbouring windows. Default: the kernel size. */
  readonly stride?: Size
  /** What was added on both sides when pooling. Default 0. */
  readonly padding?: Size
  /** Extents of the result, where several are possible; the whole shape is taken too. Default: the smallest input that pooling without a rest takes. */
  readonly outputSize?: readonly number[]
}

/** Input and indices [N, C, ...] or [C, ...]; indices count in the result's space, as `maxPool2d` gives them. */
export type MaxUnpool = (input: Tensor, indices: Tensor, kernelSize: Size, options?: MaxUnpoolOptions) => Tensor

/** The result's extents: those wanted, if pooling could have led from them to `space`. */
function extents(op: string, space: readonly number[], kernelSize: Size, options: MaxUnpoolOptions): number[] {
  const count = space.length
  const kernel = sizes(op, 'kernelSize', kernelSize, count, 1)
  const stride = sizes(op, 'stride', options.stride ?? kernelSize, count, 1)
  const padding = sizes(op, 'padding', options.padding ?? 0, count, 0)
  const usual = space.map((n, i) => (n - 1) * stride[i]! + kernel[i]! - 2 * padding[i]!)
  if (!options.outputSize) return sizes(op, 'the extents of the result', usual, count, 1)
  const wanted = options.outputSize.slice(options.outputSize.length === count + 2 ? 2 : 0)
  if (wanted.length !== count || wanted.some((n, i) => Math.abs(n - usual[i]!) >= stride[i]!))
    throw new NablaError(
      'argument',
      `[${op}] outputSize is ${showShape(options.outputSize)}; expected ${usual.map((n, i) => `${n - stride[i]! + 1} to ${n + stride[i]! - 1}`).join(', ')}`,
      { op, outputSize: options.outputSize, usual },
    )
  return [...wanted]
}

function maxUnpool(op: string, count: number): MaxUnpool {
  return (input, indices, kernelSize, options = {}) => {
    unbatched(op, input.shape, count)
    if (!sameShape(indices.shape, input.shape) || indices.dtype !== 'int32')
      throw new NablaError(
        indices.dtype === 'int32' ? 'shape' : 'dtype',
        `[${op}] indices are ${indices.dtype} ${showShape(indices.shape)}; expected int32 ${showShape(input.shape)}, one for each element of the input`,
        { op, input: input.shape, indices: indices.shape },
      )
    const lead = input.shape.slice(0, -count)
    const space = input.shape.slice(-count)
    const out = extents(op, space, kernelSize, options)
    checkIndices(op, 'index', indices.node, sizeOf(out), { of: `a space of ${showShape(out)}` })
    const flat = [...lead, sizeOf(space)]
    const dim = lead.length
    const at = b.reshape(indices.node, flat)
    const node = composite(
      op,
      [input.node],
      () => {
        // An index that occurs twice, of windows that overlap, comes with the same maximum twice.
        const zero = b.constant(0, [...lead, sizeOf(out)], input.dtype, input.device)
        return b.reshape(b.scatter(zero, dim, at, b.reshape(input.node, flat), 'set'), [...lead, ...out])
      },
      (grad) => [b.reshape(b.gather(b.reshape(grad, [...lead, sizeOf(out)]), dim, at), input.shape)],
    )
    return new Tensor(node)
  }
}

/** Values [N, C, L] at their `indices` in a longer line, zeros elsewhere. */
export const maxUnpool1d: MaxUnpool = /* @__PURE__ */ maxUnpool('maxUnpool1d', 1)
/** Values [N, C, H, W] at their `indices` in a larger space, zeros elsewhere. */
export const maxUnpool2d: MaxUnpool = /* @__PURE__ */ maxUnpool('maxUnpool2d', 2)
/** Values [N, C, D, H, W] at their `indices` in a larger space, zeros elsewhere. */
export const maxUnpool3d: MaxUnpool = /* @__PURE__ */ maxUnpool('maxUnpool3d', 3)
