/** Covariate shift: inputs move, the rule stays. The weights come from a classifier that tells source from target. */
import { cat, type Tensor, tensor } from 'nabla'
import { SampleRandom } from 'nabla/data'
import { type Classifier, learn, mistakes, risk } from './linear.js'

export interface Sample {
  /** [N, 2]. */
  readonly points: Tensor
  /** int32 [N]. */
  readonly labels: Tensor
}

/** The rule, the same everywhere: above a parabola is class 1, with one label in twenty turned round. */
const above = (x: number, y: number): boolean => y > 0.35 * x * x - 0.5

/** Points from N((centre, 0), 1). */
function draw(count: number, centre: number, seed: number): Sample {
  const points = new Float32Array(2 * count)
  const labels = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const random = new SampleRandom(seed, 0, i)
    const [x, y] = [centre + random.normal(), random.normal()]
    points.set([x, y], 2 * i)
    labels[i] = Number(above(x, y) !== random.chance(0.05))
  }
  return { points: tensor(points, { shape: [count, 2] }), labels: tensor(labels) }
}

export interface CovariateResult {
  readonly source: Sample
  readonly target: Sample
  /** p / q at each source point: as found, and as it is. */
  readonly ratios: { readonly found: Float32Array; readonly true: Float32Array }
  /** (sum of weights)^2 / sum of squared weights. */
  readonly effective: number
  /** Of one model, learnt from other source examples. */
  readonly risks: { readonly source: number; readonly corrected: number; readonly target: number }
  /** Risk on the target of models that learnt without and with weights. */
  readonly retrained: { readonly plain: number; readonly weighted: number }
  readonly plain: Classifier
  readonly weighted: Classifier
}

export async function covariateShift(count: number, shift: number, steps: number, seed: number): Promise<CovariateResult> {
  const [own, source, target] = [draw(count, 0, seed), draw(count, 0, seed + 1), draw(count, shift, seed + 2)]
  const plain = await learn(own.points, own.labels, 2, { steps })

  // Source is class 0 and target class 1: no labels of the task are looked at.
  const both = cat([source.points, target.points])
  const which = tensor(Int32Array.from({ length: 2 * count }, (_, i) => Number(i >= count)))
  const tell = await learn(both, which, 2, { steps })
  const ratio = (points: Tensor): Tensor => {
    const logits = tell(points)
    return logits.select(1, 1).sub(logits.select(1, 0)).exp()
  }
  const weights = ratio(source.points)
  const lost = mistakes(plain, source.points, source.labels)
  const weighted = await learn(own.points, own.labels, 2, { steps, weights: ratio(own.points) })
  const targetRisk = async (classify: Classifier): Promise<number> => risk(mistakes(classify, target.points, target.labels))

  const found = (await weights.data()) as Float32Array
  const at = await source.points.data()
  // The quotient of two normal densities of variance 1.
  const truth = found.map((_, i) => Math.exp(shift * at[2 * i]! - (shift * shift) / 2))
  const [sum, squares] = found.reduce(([s, q], w) => [s + w, q + w * w], [0, 0] as [number, number])
  const [unweighted, reweighted] = [await targetRisk(plain), await targetRisk(weighted)]
  return {
    source,
    target,
    ratios: { found, true: truth },
    effective: (sum * sum) / squares,
    risks: { source: await risk(lost), corrected: await risk(lost, weights), target: unweighted },
    retrained: { plain: unweighted, weighted: reweighted },
    plain,
    weighted,
  }
}
