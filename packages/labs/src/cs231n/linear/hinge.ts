/**
 * The multiclass support vector machine's loss (Weston and Watkins 1999), one example after the other, one class after the other:
 *
 *     L_i = sum_{j != y} max(0, s_j - s_y + 1)      dL_i/ds_j = 1 where the margin is broken;  dL_i/ds_y = -(how many are)
 */
import { type Found, naive, type Problem } from './loops.js'

export function hingeNaive(problem: Problem): Found {
  const { labels, classes } = problem
  return naive(problem, (i, scores, slopes) => {
    const truth = labels[i]!
    let loss = 0
    for (let j = 0; j < classes; j++) {
      if (j === truth) continue
      const margin = scores[j]! - scores[truth]! + 1
      if (margin <= 0) continue
      loss += margin
      slopes[j]! += 1
      slopes[truth]! -= 1
    }
    return loss
  })
}
