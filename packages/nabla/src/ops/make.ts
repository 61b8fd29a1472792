/** Makes nodes: the op's shape and dtype rule runs at once, and what does not fit throws here. */
import { type DType, dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import type { Shape } from '../core/shape.js'
import { type Attrs, Node } from '../graph/node.js'
import { numberAttr, rounded } from './dense.js'
import { opOf } from './table.js'

/**
 * A node of the op named `op`. Inputs are taken as they are: element-wise ops want equal shapes and dtypes (the builder's methods
 * broadcast and promote). `device` is needed only where there are no inputs. Throws on shapes or dtypes that do not fit, and on
 * inputs of different devices.
 */
export function makeNode(op: string, inputs: readonly Node[], attrs: Attrs = {}, device?: string): Node {
  const where = inputs.length ? inputs[0]!.device : device
  if (where === undefined) throw new NablaError('argument', `[${op}] a node without inputs needs the name of a device`, { op })
  for (const input of inputs)
    if (input.device !== where)
      throw new NablaError(
        'device',
        `[${op}] the inputs are on different devices: ${showShape(inputs[0]!.shape)} on ${where} and ${showShape(input.shape)} on ${input.device}; move one with .to('${where}')`,
        { op, devices: inputs.map((i) => i.device), shapes: inputs.map((i) => i.shape) },
      )
  const { shape, dtype } = opOf(op).infer(inputs, attrs)
  return new Node(op, inputs, attrs, shape, dtype, where)
}

/** A leaf: memory of a device, which the caller binds (by `storage`, or in a reference evaluation). */
export const bufferNode = (shape: Shape, dtype: DType, device: string): Node => new Node('buffer', [], {}, shape, dtype, device)

/** A number as `dtype` holds it; the common cases without an array. */
function held(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value)
    case 'float64':
      return value
    case 'bool':
      return value !== 0 ? 1 : 0
    case 'int32':
      return value | 0
    default:
      return rounded(value, dtype)
  }
}

/** A constant node: one number everywhere, rounded to the dtype. */
export function constantNode(value: number, shape: Shape, dtype: DType, device: string): Node {
  if (!Object.hasOwn(dtypes, dtype))
    throw new NablaError('dtype', `[constant] unknown dtype ${dtype}; known: ${Object.keys(dtypes).join(', ')}`, { dtype })
  return makeNode('constant', [], { value: numberAttr(held(value, dtype)), shape, dtype }, device)
}
