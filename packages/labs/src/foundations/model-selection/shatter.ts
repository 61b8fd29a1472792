/**
 * What a linear classifier can shatter: of all ways to give points two classes, how many can some line part?
 *
 * The perceptron decides it (Rosenblatt 1958): it corrects itself by examples that it gets wrong, and comes to an end if and only if there is
 * a line. All labelings are tried at once, a row of a tensor each.
 */
import { compile, type Tensor, tensor, zeros } from 'nabla'

/** Every row of -1 and 1 over n points: [2^n, n]. */
export function labelings(n: number): Tensor {
  const rows = Array.from({ length: 2 ** n }, (_, k) => Array.from({ length: n }, (_, i) => ((k >> i) & 1 ? 1 : -1)))
  return tensor(rows)
}

/** Which labelings [L, n] of the points [n, D] a hyperplane parts, tried for so many corrections. */
export async function separable(points: Tensor, labels: Tensor, corrections: number): Promise<boolean[]> {
  const X = points.pad(
    [
      [0, 0],
      [0, 1],
    ],
    1,
  ) // a last column of ones for the bias
  const w = zeros([labels.size(0), X.size(1)])
  const step = compile((X: Tensor, labels: Tensor) => {
    const margins = w.matmul(X.t()).mul(labels) // [L, n]
    const worst = margins.argmin(1) // [L]
    const wrong = margins.amin(1).le(0).float() // [L]
    const at = worst.oneHot(X.size(0)).float() // [L, n]
    w.add_(at.mul(labels).mul(wrong.unsqueeze(1)).matmul(X))
    return wrong
  })
  let wrong = step(X, labels)
  for (let i = 1; i < corrections; i++) {
    wrong = step(X, labels)
    if (i % 64 === 63 && Array.from(await wrong.data()).every((v) => v === 0)) break
  }
  return Array.from(await wrong.data(), (v) => v === 0)
}

/** Of n points in general position in d dimensions: how many of the 2^n labelings hyperplanes part (Cover 1965). */
export function cover(n: number, d: number): number {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)
  let sum = 0
  for (let k = 0; k <= d && k < n; k++) sum += choose(n - 1, k)
  return 2 * sum
}

/** Points on a circle, not quite even: no three on a line. */
export const circle = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => {
    const angle = (2 * Math.PI * (i + 0.15 * Math.sin(3 * i))) / n
    return [Math.cos(angle), Math.sin(angle)]
  })

/** x, y, x^2, x y, y^2: lines in here are curves of second degree in the plane. */
export const quadratic = (points: readonly (readonly number[])[]): number[][] =>
  points.map(([x, y]) => [x!, y!, x! * x!, x! * y!, y! * y!])
