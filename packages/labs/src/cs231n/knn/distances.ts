/**
 * Euclidean distances between every test row and every training row, in three forms that give the same numbers:
 *
 *     two loops    sqrt(sum_p (x_ip - t_jp)^2)                    one pair after the other
 *     one loop     the same for one test row and all training rows at once
 *     no loops     sqrt(|x_i|^2 + |t_j|^2 - 2 x_i . t_j)          one product of matrices
 */
import { compile, type Tensor } from 'nabla'

/** Distances of one test row, pair by pair: both loops but the outermost, which is the caller's. `train` holds rows of as many numbers as `row`. */
export function distancesPairByPair(row: ArrayLike<number>, train: Uint8Array): Float32Array {
  const width = row.length
  const distances = new Float32Array(train.length / width)
  for (let j = 0; j < distances.length; j++) {
    let sum = 0
    for (let p = 0, at = j * width; p < width; p++, at++) {
      const difference = row[p]! - train[at]!
      sum += difference * difference
    }
    distances[j] = Math.sqrt(sum)
  }
  return distances
}

/** Distances of one test row [D] to all training rows [M, D]: [M]. */
export const distancesOfRow = compile((row: Tensor, train: Tensor): Tensor => train.sub(row).square().sum(1).sqrt())

/**
 * All distances at once, [N, D] and [M, D] to [N, M]. The square is multiplied out, so that what is left is a product of matrices. Rounding may leave a
 * distance of 0 slightly below 0 before the root: it is clamped.
 */
export const distances = compile((test: Tensor, train: Tensor): Tensor => {
  const squares = (rows: Tensor): Tensor => rows.square().sum(1) // [N], [M]
  const products = test.matmul(train.t()) // [N, M]
  return products.mul(-2).add(squares(test).unsqueeze(1)).add(squares(train)).clamp(0).sqrt()
})
