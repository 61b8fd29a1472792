/** The graph: immutable nodes. A tensor is a handle on one; nothing is computed until a value is asked for. */
import { type DType, isFloat } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'

/** Attributes of an op: plain data (numbers, strings, arrays of them), so that a graph can be hashed and printed. */
export type Attr = number | string | boolean | null | readonly Attr[] | { readonly [key: string]: Attr }
/** Attributes of an op by name. */
export type Attrs = { readonly [key: string]: Attr }

/** Memory that a device owns. Only the device looks inside. */
export interface Storage {
  readonly device: string
  readonly dtype: DType
  /** Number of elements. */
  readonly size: number
}

/** A value of the graph: the op that makes it, of what, and with what shape and dtype. Immutable but for what is said below. */
export class Node {
  private static count = 0
  /** False where no gradients are wanted (`noGrad`): nodes made meanwhile are not tracked. */
  static recording = true
  /** Grows with creation: a node's inputs have smaller ids than the node. */
  readonly id = Node.count++
  /** The computed value, once there is one; such a node is a leaf for the compiler. */
  storage: Storage | undefined
  /**
   * True once another node or handle may read this node's storage; a compiled step may then not overwrite it in place.
   * A storage that only its own handle knows is updated where it lies.
   */
  exposed = false
  /** True where gradients flow: a leaf that wants one, or a float computed from a tracked node while recording. */
  tracked = false

  constructor(
    /** Name of the op (ops/table.ts). */
    readonly op: string,
    /** Emptied when the node has a value and takes no part in a gradient: the past is not kept alive. */
    public inputs: readonly Node[],
    /** What the op does, besides its inputs. */
    readonly attrs: Attrs,
    /** Extents, outermost first. */
    readonly shape: Shape,
    /** Type of the elements. */
    readonly dtype: DType,
    /** Name of the device that computes it. */
    readonly device: string,
  ) {
    let tracked = false
    for (const input of inputs) {
      input.exposed = true
      if (input.tracked) tracked = true
    }
    this.tracked = tracked && Node.recording && isFloat(dtype)
  }

  /** The id that the next node will get. */
  static get next(): number {
    return Node.count
  }
}

/** All nodes reachable from `roots`, inputs before users. Does not walk behind nodes for which `stop` holds. */
export function topological(roots: readonly Node[], stop: (node: Node) => boolean = () => false): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  for (const root of roots) {
    const stack: { node: Node; next: number }[] = []
    const enter = (node: Node) => {
      if (seen.has(node)) return
      seen.add(node)
      stack.push({ node, next: 0 })
    }
    enter(root)
    while (stack.length) {
      const top = stack[stack.length - 1]!
      const inputs = stop(top.node) ? [] : top.node.inputs
      if (top.next < inputs.length) enter(inputs[top.next++]!)
      else {
        order.push(top.node)
        stack.pop()
      }
    }
  }
  return order
}
