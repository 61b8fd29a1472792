/** Linear classifiers by weighted gradient descent on all examples, and what is asked of them. */
import { compile, noGrad, ones, type Tensor, zeros } from 'nabla'
import { functional as F } from 'nabla/nn'
import { Adam } from 'nabla/optim'

/** From points [N, 2] to logits [N, classes]. */
export type Classifier = (points: Tensor) => Tensor

/** Multinomial logistic regression; `weights` [N] say how much each example counts. */
export async function learn(
  points: Tensor,
  labels: Tensor,
  classes: number,
  { steps, weights = ones([points.shape[0]!]) }: { steps: number; weights?: Tensor },
): Promise<Classifier> {
  const [w, b] = [zeros([points.shape[1]!, classes]), zeros([classes])]
  for (const parameter of [w, b]) parameter.requiresGrad = true
  const optimizer = new Adam([w, b], { lr: 0.05 })
  const logits: Classifier = (x) => x.matmul(w).add(b)
  const share = weights.div(weights.sum()).detach()
  const step = compile((x: Tensor, y: Tensor, each: Tensor) => {
    optimizer.zeroGrad()
    const loss = F.crossEntropy(logits(x), y, { reduction: 'none' }).mul(each).sum()
    loss.backward()
    optimizer.step()
    return loss
  })
  let loss: Tensor | undefined
  for (let i = 0; i < steps; i++) loss = step(points, labels, share)
  await loss?.item()
  return (x) => noGrad(() => logits(x))
}

/** 1 where a classifier is wrong, else 0: [N]. */
export const mistakes = (classify: Classifier, points: Tensor, labels: Tensor): Tensor =>
  classify(points).argmax(1).ne(labels).type('float32')

/** The mean of what is lost, each example counting by its weight. */
export const risk = (lost: Tensor, weights?: Tensor): Promise<number> =>
  noGrad(() => (weights ? lost.mul(weights).sum().div(weights.sum()) : lost.mean())).item()
