/**
 * Sampling at computed places: each result is a weighted sum of a few elements whose places are data. Grid sampling and region
 * pooling are made of this; the gradient goes to the elements (added up where several results read one) and to the weights.
 */
import { sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'

/** Which elements are read along one dimension of extent `n`: nodes whose shapes broadcast with those of the other dimensions. */
export interface Reading {
  readonly n: number
  /** int32; what lies outside of 0 to n - 1 counts as 0. */
  readonly at: Node
  /** What each counts; without it 1. */
  readonly weight?: Node
}

/** A node of its own shape for every reading, as row-major positions in the space that they span together. */
export function placesOf(readings: readonly Reading[]): { at: Node; inside: Node; weight: Node | undefined } {
  const join = <T>(parts: readonly T[], both: (x: T, y: T) => T): T => parts.slice(1).reduce(both, parts[0]!)
  const at = readings.reduce<Node | undefined>((sum, r) => {
    const own = b.maximum(b.minimum(r.at, r.n - 1), 0)
    return sum ? b.add(b.mul(sum, r.n), own) : own
  }, undefined)!
  const inside = join(
    readings.map((r) => b.and(b.ge(r.at, 0), b.lt(r.at, r.n))),
    (x, y) => b.and(x, y),
  )
  const weights = readings.flatMap((r) => (r.weight ? [r.weight] : []))
  return { at, inside, weight: weights.length ? join(weights, (x, y) => b.mul(x, y)) : undefined }
}

/**
 * a [B, C, ...space] read at places whose shape is [B, ...out, ...taps], the last `taps` dimensions of which are summed: [B, C, ...out].
 */
export function sampled(a: Node, readings: readonly Reading[], taps: number): Node {
  const { at, inside, weight } = placesOf(readings)
  const [batch, channels, ...space] = a.shape as [number, number, ...number[]]
  const [, ...rest] = at.shape
  const wide = (node: Node): Node => b.reshape(b.expand(node, at.shape), [batch, 1, ...rest])
  const flat = b.expand(b.reshape(at, [batch, 1, sizeOf(rest)]), [batch, channels, sizeOf(rest)])
  const read = b.reshape(b.gather(b.reshape(a, [batch, channels, sizeOf(space)]), 2, flat), [batch, channels, ...rest])
  const weighed = weight ? b.mul(read, wide(weight)) : read
  const kept = b.where(wide(inside), weighed, 0)
  const out = rest.slice(0, rest.length - taps)
  if (taps === 0) return kept
  const summed = b.sum(
    kept,
    rest.slice(out.length).map((_, t) => 2 + out.length + t),
  )
  return b.reshape(summed, [batch, channels, ...out])
}
