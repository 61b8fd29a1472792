/**
 * Numbers that change from step to step (learning rates, bias corrections), as formulas over tensors read them: computed on the host in
 * double precision before each step, and handed over in one small tensor for each dtype and device. So no kernel computes them, every
 * parameter's update reads the same ones, and a compiled step never compiles anew because one has changed.
 */
import type { DType } from '../core/dtype.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { currentTracer, Handle, withTracer } from '../tensor/handle.js'
import { dataNode } from '../tensor/source.js'
import { encode } from '../tensor/values.js'

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>

/** A node for each number. */
export type Nodes<T> = { readonly [K in keyof T]: Node }

/**
 * What a step counts on the host: how often it was taken, and whatever else goes on from step to step. `step` counts itself.
 */
export type Clock = { step: number; [name: string]: number }

/**
 * Moves `clock` on by one step, now or (inside a compiled function) before every call, and gives `values` of it as 0-d nodes, in the
 * dtype and on the device of the node they are wanted for. `values` may move the clock's own numbers; its names must not change.
 */
export function scalarsOfStep<T extends Numbers>(clock: Clock, values: (clock: Clock) => T): (like: Node) => Nodes<T> {
  const advance = (moving: Clock): T => {
    moving.step++
    return values(moving)
  }
  const tracer = currentTracer()
  // A trace computes nothing yet: it looks one step ahead, to know the names.
  let current = advance(tracer ? { ...clock } : clock)
  const names = Object.keys(current)
  const write = (dtype: DType, device: string): Node =>
    dataNode(encode(Object.values(current), dtype), [names.length], dtype, device)
  const vectors = new Map<string, { readonly handle: Handle; readonly nodes: Nodes<T> }>()
  tracer?.hook({
    before: () => {
      const last = current
      current = advance(clock)
      if (names.every((name) => Object.is(current[name], last[name]))) return
      for (const { handle } of vectors.values()) handle.point(write(handle.dtype, handle.device))
    },
    after: () => {},
  })
  return (like) => {
    const dtype = like.dtype === 'float64' ? 'float64' : 'float32'
    const key = `${dtype} ${like.device}`
    let vector = vectors.get(key)
    if (!vector) {
      const handle = withTracer(undefined, () => new Handle(write(dtype, like.device)))
      const { node } = handle
      const at = (i: number): Node => b.reshape(b.slice(node, [{ start: i, stop: i + 1, step: 1 }]), [])
      const nodes = Object.fromEntries(names.map((name, i) => [name, at(i)])) as unknown as Nodes<T>
      vectors.set(key, (vector = { handle, nodes }))
    }
    return vector.nodes
  }
}
