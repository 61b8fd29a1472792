/** Adaptive pooling: the space cut into a wanted number of parts, of each the mean or the largest. */
import { sizeOf, stridesOf } from '../../core/shape.js'
import type { Node } from '../../graph/node.js'
import { builder as b } from '../../ops/builder.js'
import { composite } from '../../tensor/autograd.js'
import { dataNode } from '../../tensor/source.js'
import { Tensor } from '../../tensor/tensor.js'
import { avgPool1d, avgPool2d, avgPool3d, checkFloats, maxPool1d, maxPool2d, maxPool3d, type WithIndices } from './pool.js'
import { part, partition, resampleAll } from './resample-taps.js'
import { inBatch, sizes, tensorOf, unbatched } from './spatial.js'

/** Extents wanted: one for all dimensions, or one each; null keeps an extent. */
export type OutputSize = number | readonly (number | null)[]

/** What adaptive max pooling gives. */
export interface AdaptiveMaxPoolOptions {
  /** Give `{ values, indices }`: where in the input's space (row-major, int32) each maximum lies. Default false. */
  readonly returnIndices?: boolean
}

/** `{ values, indices }` if the options ask for indices, else the values. */
export interface AdaptiveMaxPool {
  (input: Tensor, outputSize: OutputSize, options: AdaptiveMaxPoolOptions & { readonly returnIndices: true }): WithIndices
  (input: Tensor, outputSize: OutputSize, options?: AdaptiveMaxPoolOptions & { readonly returnIndices?: false }): Tensor
  (input: Tensor, outputSize: OutputSize, options?: AdaptiveMaxPoolOptions): Tensor | WithIndices
}

function wanted(op: string, space: readonly number[], outputSize: OutputSize): number[] {
  const given = typeof outputSize === 'number' ? outputSize : outputSize.map((n, i) => n ?? space[i] ?? 0)
  const out = sizes(op, 'outputSize', given, space.length, 0)
  if (space.some((n) => n === 0)) sizes(op, 'the extents of the input', space, space.length, 1)
  return out
}

const whole = (space: readonly number[], out: readonly number[]): number[] | undefined =>
  out.every((n, i) => n > 0 && space[i]! % n === 0) ? out.map((n, i) => space[i]! / n) : undefined

function adaptiveAvgPool(op: string, count: number) {
  const pool = [avgPool1d, avgPool2d, avgPool3d][count - 1]!
  return (input: Tensor, outputSize: OutputSize): Tensor => {
    checkFloats(op, input)
    return inBatch(op, count, input, (x) => {
      const space = x.shape.slice(2)
      const out = wanted(op, space, outputSize)
      if (out.every((n) => n === 1))
        return x.mean(
          space.map((_, i) => 2 + i),
          { keepdim: true },
        )
      const kernel = whole(space, out)
      return kernel
        ? pool(x, kernel)
        : tensorOf(
            resampleAll(
              x.node,
              out.map((n, i) => partition(space[i]!, n)),
            ),
            x,
          )
    })
  }
}

function adaptiveMaxPool(op: string, count: number): AdaptiveMaxPool {
  const even = [maxPool1d, maxPool2d, maxPool3d][count - 1]!
  const pool = (input: Tensor, outputSize: OutputSize, options: AdaptiveMaxPoolOptions = {}): Tensor | WithIndices => {
    checkFloats(op, input)
    const single = unbatched(op, input.shape, count)
    const space = input.shape.slice(-count)
    const out = wanted(op, space, outputSize)
    const kernel = whole(space, out)
    if (kernel) return even(input, kernel, options)
    const x = single ? input.unsqueeze(0) : input
    const trim = (node: Node): Tensor => (single ? new Tensor(node).squeeze(0) : tensorOf(node, x))
    const { values, indices } = uneven(op, x.node, out)
    return options.returnIndices ? { values: trim(values), indices: trim(indices) } : trim(values)
  }
  return pool as AdaptiveMaxPool
}

/** Parts of several sizes: each lists its elements, and the short ones their last element again, which changes no maximum. */
function uneven(op: string, x: Node, out: readonly number[]): { values: Node; indices: Node } {
  const [n, c, ...space] = x.shape as [number, number, ...number[]]
  const parts = out.map((to, d) => {
    const ranges = Array.from({ length: to }, (_, i) => part(space[d]!, to, i))
    const longest = Math.max(1, ...ranges.map(([start, stop]) => stop - start))
    return ranges.map(([start, stop]) => Array.from({ length: longest }, (_, j) => Math.min(start + j, stop - 1)))
  })
  const cells = parts.reduce<(readonly number[])[][]>((all, list) => all.flatMap((so) => list.map((one) => [...so, one])), [[]])
  const lists = cells.map((cell) => positions(cell, space))
  const count = lists.length
  const length = lists[0]?.length ?? 1
  const flat = [n, c, sizeOf(space)]
  const listed = dataNode(Int32Array.from(lists.flat()), [1, 1, count * length], 'int32', x.device)
  const opened = [n, c, count, length]
  const views = (): Node => b.reshape(b.gather(b.reshape(x, flat), 2, b.expand(listed, [n, c, count * length])), opened)
  const chosen = (): Node => {
    const table = b.expand(b.reshape(listed, [1, 1, count, length]), opened)
    return b.reshape(b.gather(table, 3, b.argmax(views(), 3)), [n, c, count])
  }
  const shape = [n, c, ...out]
  const values = composite(
    op,
    [x],
    () => b.reshape(b.max(views(), [3]), shape),
    (grad) => {
      const zero = b.constant(0, flat, x.dtype, x.device)
      return [b.reshape(b.scatterAdd(zero, 2, chosen(), b.reshape(grad, [n, c, count])), x.shape)]
    },
  )
  return { values, indices: b.reshape(chosen(), shape) }
}

/** Row-major positions of every combination of one element each of `lists`, in a space of the given extents. */
function positions(lists: readonly (readonly number[])[], space: readonly number[]): number[] {
  const strides = stridesOf(space)
  return lists.reduce<number[]>((all, list, d) => all.flatMap((base) => list.map((i) => base + i * strides[d]!)), [0])
}

type AdaptiveAvgPool = (input: Tensor, outputSize: OutputSize) => Tensor
/** Means of `outputSize` parts of [N, C, L] or [C, L]. */
export const adaptiveAvgPool1d: AdaptiveAvgPool = /* @__PURE__ */ adaptiveAvgPool('adaptiveAvgPool1d', 1)
/** Means of `outputSize` parts of [N, C, H, W] or [C, H, W]; null keeps an extent. */
export const adaptiveAvgPool2d: AdaptiveAvgPool = /* @__PURE__ */ adaptiveAvgPool('adaptiveAvgPool2d', 2)
/** Means of `outputSize` parts of [N, C, D, H, W] or [C, D, H, W]; null keeps an extent. */
export const adaptiveAvgPool3d: AdaptiveAvgPool = /* @__PURE__ */ adaptiveAvgPool('adaptiveAvgPool3d', 3)
/** The largest of `outputSize` parts of [N, C, L] or [C, L]; the gradient goes to the first of the largest. */
export const adaptiveMaxPool1d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool('adaptiveMaxPool1d', 1)
/** The largest of `outputSize` parts of [N, C, H, W] or [C, H, W]; null keeps an extent. */
export const adaptiveMaxPool2d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool('adaptiveMaxPool2d', 2)
/** The largest of `outputSize` parts of [N, C, D, H, W] or [C, D, H, W]; null keeps an extent. */
export const adaptiveMaxPool3d: AdaptiveMaxPool = /* @__PURE__ */ adaptiveMaxPool('adaptiveMaxPool3d', 3)
