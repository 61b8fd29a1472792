/** What the nearest neighbours say. */
import type { Tensor } from 'nabla'
import { distances } from './distances.js'

/** Numbers of the k nearest training rows of every test row, the nearest first: row-major [N, k]. */
export async function nearest(test: Tensor, train: Tensor, k: number): Promise<Int32Array> {
  const { indices } = distances(test, train).topk(k, 1, { largest: false })
  return Int32Array.from((await indices.data()) as ArrayLike<number>)
}

/** The class that most of the first k neighbours have; of equals the one with the smallest number. `neighbours` is row-major [N, kept]. */
export function vote(
  neighbours: ArrayLike<number>,
  kept: number,
  k: number,
  labels: ArrayLike<number>,
  classes: number,
): Int32Array {
  const votes = new Int32Array(classes)
  return Int32Array.from({ length: neighbours.length / kept }, (_, i) => {
    votes.fill(0)
    for (let n = 0; n < k; n++) votes[labels[neighbours[i * kept + n]!]!]!++
    return votes.indexOf(Math.max(...votes))
  })
}

/** The share of places where both have the same number. */
export const share = (found: ArrayLike<number>, truth: ArrayLike<number>): number => {
  let right = 0
  for (let i = 0; i < truth.length; i++) if (found[i] === truth[i]) right++
  return right / truth.length
}
