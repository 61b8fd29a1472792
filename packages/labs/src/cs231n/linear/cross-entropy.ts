/**
 * The softmax loss, one example after the other, one class after the other:
 *
 *     p = exp(s) / sum exp(s)      L_i = -log p_y      dL_i/ds_j = p_j - [j = y]
 *
 * The highest score is subtracted first: p does not change, and nothing overflows.
 */
import { type Found, naive, type Problem } from './loops.js'

export function crossEntropyNaive(problem: Problem): Found {
  const { labels, classes } = problem
  return naive(problem, (i, scores, slopes) => {
    const truth = labels[i]!
    const highest = scores.reduce((a, b) => Math.max(a, b))
    let total = 0
    for (let j = 0; j < classes; j++) total += Math.exp(scores[j]! - highest)
    for (let j = 0; j < classes; j++) slopes[j] = Math.exp(scores[j]! - highest) / total
    slopes[truth]! -= 1
    return Math.log(total) - (scores[truth]! - highest)
  })
}
