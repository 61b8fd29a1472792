/** Label shift: classes become more or less frequent, but look as before. Their new shares come from a confusion matrix. */
import { noGrad, type Tensor, tensor } from 'nabla'
import { SampleRandom } from 'nabla/data'
import { solve } from 'nabla/linalg'
import { learn, mistakes, risk } from './linear.js'

/** Where the three classes lie, and how often each is met. */
const centres = [
  [0, 1.2],
  [-1.2, -0.8],
  [1.2, -0.8],
] as const
export const shares = { source: [1 / 3, 1 / 3, 1 / 3], target: [0.1, 0.2, 0.7] } as const

function draw(count: number, of: readonly number[], seed: number): { points: Tensor; labels: Tensor; classes: Int32Array } {
  const points = new Float32Array(2 * count)
  const classes = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const random = new SampleRandom(seed, 0, i)
    const u = random.uniform()
    const label = u < of[0]! ? 0 : u < of[0]! + of[1]! ? 1 : 2
    const [x, y] = centres[label]!
    // The classes are not equally wide, so they are not equally hard.
    const width = [0.5, 0.8, 1.2][label]!
    points.set([x + width * random.normal(), y + width * random.normal()], 2 * i)
    classes[i] = label
  }
  return { points: tensor(points, { shape: [count, 2] }), labels: tensor(classes), classes }
}

/** How often each of three classes occurs. */
const frequencies = (classes: ArrayLike<number>): number[] =>
  [0, 1, 2].map((k) => Array.from(classes).filter((label) => label === k).length / classes.length)

export interface LabelResult {
  /** Row-major [taken for, class]: each column adds up to 1. */
  readonly confusion: number[]
  /** Shares of the target's classes: as found, and as they are. */
  readonly found: number[]
  readonly truth: number[]
  readonly risks: { readonly source: number; readonly corrected: number; readonly target: number }
}

export async function labelShift(count: number, steps: number, seed: number): Promise<LabelResult> {
  const [own, source, target] = [
    draw(count, shares.source, seed),
    draw(count, shares.source, seed + 1),
    draw(count, shares.target, seed + 2),
  ]
  const classify = await learn(own.points, own.labels, 3, { steps })
  const said = async (points: Tensor) => (await noGrad(() => classify(points).argmax(1)).data()) as Int32Array
  const [onSource, onTarget] = [await said(source.points), await said(target.points)]
  const confusion = new Array<number>(9).fill(0)
  const q = frequencies(source.classes)
  onSource.forEach((taken, i) => {
    confusion[3 * taken + source.classes[i]!]! += 1 / count / q[source.classes[i]!]!
  })
  const system = tensor(Float64Array.from(confusion), { shape: [3, 3] })
  const mu = tensor(Float64Array.from(frequencies(onTarget)), { shape: [3, 1] })
  const solved = Array.from(await solve(system, mu).flatten().data(), (share) => Math.max(0, share))
  const total = solved.reduce((a, b) => a + b, 0)
  const found = solved.map((share) => share / total)

  const weights = tensor(Float32Array.from(source.classes, (label) => found[label]! / q[label]!))
  const lost = mistakes(classify, source.points, source.labels)
  return {
    confusion,
    found,
    truth: frequencies(target.classes),
    risks: {
      source: await risk(lost),
      corrected: await risk(lost, weights),
      target: await risk(mistakes(classify, target.points, target.labels)),
    },
  }
}
