/**
 * Losses of one number, as functions of a prediction (or a margin, a distance): the curve, its derivative by autograd, and the same
 * derivative by the formula.
 */
import { stack, type Tensor, zerosLike } from 'nabla'
import { functional as F } from 'nabla/nn'

export interface LossCurve {
  readonly name: string
  /** What is on the horizontal axis. */
  readonly of: 'error' | 'logit' | 'probability' | 'distance'
  readonly formula: string
  /** Elementwise: [N] -> [N]. */
  value(x: Tensor): Tensor
  /** The derivative, by hand. */
  slope(x: number): number
}

const none = { reduction: 'none' } as const
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))
/** The same number for every element. */
const like = (x: Tensor, value: number): Tensor => zerosLike(x).add(value)

/** Share of class 1 in the target distribution of the divergence. */
const share = 0.7
/** Foreground pixels in the truth of the dice loss, of `area` in all. */
const [foreground, area] = [3, 10] as const
/** Below which distance unlike pairs are pushed apart. */
const margin = 1.5

/** 1 - 2 |X Y| / (|X| + |Y|) with soft membership; [pixels] each. Milletari and others 2016. */
export const dice = (predicted: Tensor, truth: Tensor): Tensor =>
  predicted
    .mul(truth)
    .sum(-1)
    .mul(-2)
    .div(predicted.sum(-1).add(truth.sum(-1)))
    .add(1)

/** Alike: d^2 / 2; unlike: max(0, margin - d)^2 / 2. Hadsell, Chopra, LeCun 2006. */
export const contrastive = (distance: Tensor, alike: boolean): Tensor =>
  (alike ? distance : distance.neg().add(margin).relu()).square().div(2)

export const curves: readonly LossCurve[] = [
  {
    name: 'squared',
    of: 'error',
    formula: 'e^2 / 2',
    value: (x) => F.mseLoss(x, zerosLike(x), none).div(2),
    slope: (x) => x,
  },
  { name: 'absolute', of: 'error', formula: '|e|', value: (x) => F.l1Loss(x, zerosLike(x), none), slope: Math.sign },
  {
    name: 'Huber, delta 1',
    of: 'error',
    formula: 'e^2 / 2 where |e| < 1, else |e| - 1/2',
    value: (x) => F.huberLoss(x, zerosLike(x), none),
    slope: (x) => Math.max(-1, Math.min(1, x)),
  },
  {
    name: 'hinge',
    of: 'logit',
    formula: 'max(0, 1 - z)',
    value: (x) => x.neg().add(1).relu(),
    slope: (x) => (x < 1 ? -1 : 0),
  },
  {
    name: 'binary cross-entropy',
    of: 'logit',
    formula: 'log(1 + exp(-z))',
    value: (x) => F.binaryCrossEntropyWithLogits(x, like(x, 1), none),
    slope: (x) => sigmoid(x) - 1,
  },
  {
    name: 'cross-entropy, 3 classes',
    of: 'logit',
    formula: '-log(exp(z) / (exp(z) + 2)), the others 0',
    value: (x) => {
      const others = zerosLike(x)
      const logits = stack([x, others, others], 1) // [N, 3]
      return F.crossEntropy(logits, zerosLike(x).type('int32'), none)
    },
    slope: (x) => Math.exp(x) / (Math.exp(x) + 2) - 1,
  },
  {
    name: 'squared error of the sigmoid',
    of: 'logit',
    formula: '(sigmoid(z) - 1)^2 / 2',
    value: (x) => F.mseLoss(x.sigmoid(), like(x, 1), none).div(2),
    slope: (x) => (sigmoid(x) - 1) * sigmoid(x) * (1 - sigmoid(x)),
  },
  {
    name: `KL divergence from (${share}, ${(1 - share).toFixed(1)})`,
    of: 'probability',
    formula: 'sum of p log(p / q), q = (x, 1 - x)',
    value: (x) => {
      const logs = stack([x, x.neg().add(1)], 1).log() // [N, 2]
      const truth = stack([like(x, share), like(x, 1 - share)], 1)
      return F.klDiv(logs, truth, none).sum(1)
    },
    slope: (x) => -share / x + (1 - share) / (1 - x),
  },
  {
    name: `dice, ${foreground} of ${area} pixels`,
    of: 'probability',
    formula: '1 - 2 |XY| / (|X| + |Y|), all true pixels at x, all others at 1 - x',
    value: (x) => {
      const ones = Array<Tensor>(foreground).fill(like(x, 1))
      const truth = stack([...ones, ...Array<Tensor>(area - foreground).fill(zerosLike(x))], 1) // [N, area]
      const inside = Array<Tensor>(foreground).fill(x)
      return dice(stack([...inside, ...Array<Tensor>(area - foreground).fill(x.neg().add(1))], 1), truth)
    },
    slope: (x) => {
      const sum = foreground * x + (area - foreground) * (1 - x) + foreground
      return (-2 * foreground * sum + 2 * foreground * x * (2 * foreground - area)) / sum ** 2
    },
  },
  {
    name: 'contrastive, alike',
    of: 'distance',
    formula: 'd^2 / 2',
    value: (x) => contrastive(x, true),
    slope: (x) => x,
  },
  {
    name: `contrastive, unlike, margin ${margin}`,
    of: 'distance',
    formula: 'max(0, m - d)^2 / 2',
    value: (x) => contrastive(x, false),
    slope: (x) => -Math.max(0, margin - x),
  },
]

/** Values and derivatives at `points`: by autograd, and the largest distance to those by hand. */
export async function evaluate(
  curve: LossCurve,
  points: Tensor,
): Promise<{ values: Float64Array; slopes: Float64Array; error: number }> {
  const x = points.clone().detach()
  x.requiresGrad = true
  const values = curve.value(x)
  values.sum().backward()
  const [found, slopes] = [(await values.data()) as Float64Array, (await x.grad!.data()) as Float64Array]
  const at = (await points.data()) as Float64Array
  const error = slopes.reduce((worst, slope, i) => Math.max(worst, Math.abs(slope - curve.slope(at[i]!))), 0)
  return { values: found, slopes, error }
}
