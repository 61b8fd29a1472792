/** What the naive losses of linear classifiers share: plain loops over examples, classes and columns, in double precision. */

/** Weights [D, C] and rows [N, D], row-major. */
export interface Problem {
  readonly weights: Float64Array
  readonly rows: Float32Array
  readonly labels: ArrayLike<number>
  readonly classes: number
  /** Of the penalty on the squares of all weights. */
  readonly strength: number
}

export interface Found {
  readonly loss: number
  /** [D, C], as the weights. */
  readonly gradient: Float64Array
}

/** The loss of example `i` by its `scores`; adds the loss's slope by each score to `slopes`, which are 0 before. */
export type ExampleLoss = (i: number, scores: Float64Array, slopes: Float64Array) => number

/** Mean loss over the examples plus the penalty, and the gradient. */
export function naive({ weights, rows, labels, classes, strength }: Problem, loss: ExampleLoss): Found {
  const n = labels.length
  const columns = weights.length / classes
  const gradient = new Float64Array(weights.length)
  const [scores, slopes] = [new Float64Array(classes), new Float64Array(classes)]
  let sum = 0
  for (let i = 0; i < n; i++) {
    scores.fill(0)
    slopes.fill(0)
    for (let d = 0; d < columns; d++)
      for (let j = 0; j < classes; j++) scores[j]! += rows[i * columns + d]! * weights[d * classes + j]!
    sum += loss(i, scores, slopes)
    for (let d = 0; d < columns; d++)
      for (let j = 0; j < classes; j++) gradient[d * classes + j]! += rows[i * columns + d]! * slopes[j]!
  }
  let penalty = 0
  for (let k = 0; k < weights.length; k++) {
    penalty += weights[k]! * weights[k]!
    gradient[k] = gradient[k]! / n + 2 * strength * weights[k]!
  }
  return { loss: sum / n + strength * penalty, gradient }
}

/**
 * The largest relative error |a - b| / (|a| + |b|) of a gradient against central differences of the loss, at some of the weights (they are evenly spread: checking
 * all of them takes as many losses).
 */
export function gradientError(loss: (problem: Problem) => Found, problem: Problem, checks = 10, step = 1e-5): number {
  const { gradient } = loss(problem)
  const weights = problem.weights.slice()
  let worst = 0
  for (let c = 0; c < checks; c++) {
    const k = Math.floor(((c + 0.5) * weights.length) / checks)
    const held = weights[k]!
    weights[k] = held + step
    const above = loss({ ...problem, weights }).loss
    weights[k] = held - step
    const below = loss({ ...problem, weights }).loss
    weights[k] = held
    const numeric = (above - below) / (2 * step)
    worst = Math.max(worst, Math.abs(numeric - gradient[k]!) / Math.max(Math.abs(numeric) + Math.abs(gradient[k]!), 1e-8))
  }
  return worst
}
