/** Checks and readings that the functions of boxes share. */
import { isFloat, type TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { currentTracer } from '../tensor/handle.js'
import { realize } from '../tensor/realize.js'
import type { Tensor } from '../tensor/tensor.js'

/** Boxes are rows of four numbers. */
export function checkBoxes(op: string, boxes: Tensor, name = 'boxes'): void {
  if (boxes.shape.length !== 2 || boxes.shape[1] !== 4)
    throw new NablaError('shape', `[${op}] ${name} have shape ${showShape(boxes.shape)}; expected [N, 4]`, {
      op,
      shape: boxes.shape,
    })
}

/** One number for every box. */
export function checkPerBox(op: string, name: string, given: Tensor, boxes: Tensor): void {
  if (given.shape.length !== 1 || given.shape[0] !== boxes.shape[0])
    throw new NablaError(
      'shape',
      `[${op}] ${name} have shape ${showShape(given.shape)}; expected [${boxes.shape[0]}], one for each of the boxes ${showShape(boxes.shape)}`,
      { op, [name]: given.shape, boxes: boxes.shape },
    )
}

/** Products of sides need more digits than half precision or bytes have. */
export const widened = (boxes: Tensor): Tensor =>
  boxes.dtype === 'float16' ? boxes.float() : boxes.dtype === 'uint8' ? boxes.int() : boxes

/** The values of tensors, waited for: a decision that is made on the host. */
export function valuesOf<T extends readonly Tensor[]>(op: string, ...tensors: T): { -readonly [K in keyof T]: TypedArray } {
  if (currentTracer())
    throw new NablaError(
      'compile',
      `[${op}] decides by values when it is called, so it cannot be part of a compiled function; call it outside and pass the result in`,
      { op },
    )
  realize(...tensors)
  return tensors.map((t) => t.dataSync()) as { -readonly [K in keyof T]: TypedArray }
}

/** Rounds as arithmetic in the tensor's dtype does, so that decisions at a threshold fall as they would there. */
export const rounding = (t: Tensor): ((x: number) => number) =>
  isFloat(t.dtype) && t.dtype !== 'float64' ? Math.fround : (x) => x
