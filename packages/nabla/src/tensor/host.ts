/** Values on the host, for results whose shape depends on them. */
import { deviceByName } from '../compiler/devices.js'
import { NablaError } from '../core/errors.js'
import type { Node } from '../graph/node.js'
import { currentTracer } from './handle.js'
import { realizeNodes } from './realize.js'
import { dataNode } from './source.js'
import { decode } from './values.js'

/** The node's values, row-major. Computes what is pending and waits for the device; throws inside of a compiled function. */
export function hostValues(op: string, node: Node): ArrayLike<number> {
  if (currentTracer())
    throw new NablaError(
      'compile',
      `[${op}] the shape of the result depends on values, which are not there while a function is being compiled: call it outside, or use an operation of fixed shape (where, maskedFill, gather, scatterAdd)`,
      { op },
    )
  realizeNodes([node])
  return decode(deviceByName(node.device).readSync(node.storage!), node.dtype)
}

/** A list of indices from the host, int32. */
export const indexNode = (values: readonly number[] | Int32Array, device: string): Node =>
  dataNode(Int32Array.from(values), [values.length], 'int32', device)
