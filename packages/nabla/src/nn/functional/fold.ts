/** Windows as columns, and columns added back as windows: each is the other's adjoint. */
import { NablaError, showShape } from '../../core/errors.js'
import { sizeOf } from '../../core/shape.js'
import { builder as b } from '../../ops/builder.js'
import { Tensor } from '../../tensor/tensor.js'
import { inBatch, type Size, sizes } from './spatial.js'
import { closed, opened, windowsOf } from './spatial-windows.js'

/** How windows lie. */
export interface FoldOptions {
  /** Distance of a window's elements. Default 1. */
  readonly dilation?: Size
  /** Zeros on both sides. Default 0. */
  readonly padding?: Size
  /** Distance of neighbouring windows. Default 1. */
  readonly stride?: Size
}

/** Windows of [N, C, H, W] as columns: [N, C kh kw, L], where L counts the windows row by row. Without N as well. */
export function unfold(input: Tensor, kernelSize: Size, options: FoldOptions = {}): Tensor {
  return inBatch('unfold', 2, input, (x) => {
    const [n, c, ...space] = x.shape as [number, number, number, number]
    const w = windowsOf('unfold', space, kernelSize, { stride: 1, ...options })
    const columns = b.permute(opened(x.node, w, 0), [0, 1, 4, 5, 2, 3])
    return new Tensor(b.reshape(columns, [n, c * sizeOf(w.kernel), sizeOf(w.out)]))
  })
}

/** Columns [N, C kh kw, L] added up where their windows lie in `outputSize`: [N, C, H, W]. Without N as well. */
export function fold(input: Tensor, outputSize: Size, kernelSize: Size, options: FoldOptions = {}): Tensor {
  const space = sizes('fold', 'outputSize', outputSize, 2, 1)
  const w = windowsOf('fold', space, kernelSize, { stride: 1, ...options })
  const elements = sizeOf(w.kernel)
  const rank = input.shape.length
  const [rows, columns] = input.shape.slice(-2)
  if ((rank !== 2 && rank !== 3) || rows! % elements !== 0 || columns !== sizeOf(w.out))
    throw new NablaError(
      'shape',
      `[fold] the input has shape ${showShape(input.shape)}; expected [N, C * ${elements}, ${sizeOf(w.out)}], for windows of ${showShape(w.kernel)}, of which there are ${showShape(w.out)} in ${showShape(space)}`,
      { shape: input.shape, outputSize: space, kernelSize: w.kernel },
    )
  if (rank === 2) return fold(input.unsqueeze(0), outputSize, kernelSize, options).squeeze(0)
  const [n] = input.shape as [number]
  const windows = b.reshape(input.node, [n, rows! / elements, ...w.kernel, ...w.out])
  return new Tensor(closed(b.permute(windows, [0, 1, 4, 5, 2, 3]), w))
}
