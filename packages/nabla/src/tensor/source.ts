/** Nodes that hold data from the host. */
import { deviceByName } from '../compiler/devices.js'
import type { DType, TypedArray } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { bufferNode } from './handle.js'
import { encode } from './values.js'

/** A node whose value is a copy of `data`. */
export function dataNode(data: TypedArray, shape: Shape, dtype: DType, device: string): Node {
  if (data.length !== sizeOf(shape))
    throw new NablaError(
      'shape',
      `[tensor] ${data.length} values do not fill ${showShape(shape)}, which has ${sizeOf(shape)} elements`,
      { shape, values: data.length },
    )
  const owner = deviceByName(device)
  const storage = owner.allocate(dtype, data.length)
  owner.write(storage, data)
  return bufferNode(shape, dtype, device, storage)
}

/** A node filled with one value, in memory of its own: for state that is updated in place. */
export function filledNode(value: number, shape: Shape, dtype: DType, device: string): Node {
  const data = encode([value], dtype)
  const Data = data.constructor as new (size: number) => TypedArray
  const all = new Data(sizeOf(shape))
  if (value !== 0 || Object.is(value, -0)) all.fill(data[0]!)
  return dataNode(all, shape, dtype, device)
}
