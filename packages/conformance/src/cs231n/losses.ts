/** Losses of assignments 1 and 3. */
import { arange, cat, type Tensor } from 'nabla'
import { functional as F } from 'nabla/nn'
import { type FunctionTable, need } from './table.js'

/** x (N, T, V) scores of y (N, T): cross-entropy where `mask` (N, T) is 1, summed over time, averaged over N. */
export function temporalSoftmaxLoss(x: Tensor, y: Tensor, mask: Tensor): Tensor {
  const [batch = 1, , words = 1] = x.shape
  const losses = F.crossEntropy(x.reshape([-1, words]), y.flatten(), { reduction: 'none' })
  return losses.mul(mask.flatten().type(x.dtype)).sum().div(batch)
}

export const losses: FunctionTable = {
  softmax_loss: (inputs) => ({ loss: F.crossEntropy(need(inputs, 'x'), need(inputs, 'y')) }),
  svm_loss: (inputs) => {
    const x = need(inputs, 'x')
    return { loss: F.multiMarginLoss(x, need(inputs, 'y')).mul(x.shape[1]!) } // the library's is a mean over the classes
  },
  temporal_softmax_loss: (inputs) => ({
    loss: temporalSoftmaxLoss(need(inputs, 'x'), need(inputs, 'y'), need(inputs, 'mask')),
  }),

  bce_loss: (inputs) => ({ loss: F.binaryCrossEntropyWithLogits(need(inputs, 'input'), need(inputs, 'target')) }),
  leaky_relu: (inputs, { alpha = 0.01 }) => ({ out: F.leakyRelu(need(inputs, 'x'), alpha) }),
  discriminator_loss: (inputs) => ({
    loss: judged(need(inputs, 'logits_real'), 1).add(judged(need(inputs, 'logits_fake'), 0)),
  }),
  generator_loss: (inputs) => ({ loss: judged(need(inputs, 'logits_fake'), 1) }),
  ls_discriminator_loss: (inputs) => ({
    loss: halfSquare(need(inputs, 'scores_real'), 1).add(halfSquare(need(inputs, 'scores_fake'), 0)),
  }),
  ls_generator_loss: (inputs) => ({ loss: halfSquare(need(inputs, 'scores_fake'), 1) }),

  sim: (inputs) => ({ sim: cosines(need(inputs, 'z_i').unsqueeze(0), need(inputs, 'z_j').unsqueeze(0)).reshape([]) }),
  sim_positive_pairs: (inputs) => {
    const [left, right] = [need(inputs, 'out_left'), need(inputs, 'out_right')]
    return {
      sim: F.normalize(left, { dim: 1 })
        .mul(F.normalize(right, { dim: 1 }))
        .sum(1, { keepdim: true }),
    }
  },
  compute_sim_matrix: (inputs) => ({ sim_matrix: cosines(need(inputs, 'out'), need(inputs, 'out')) }),
  simclr_loss: (inputs, { tau }) => ({ loss: contrastive(need(inputs, 'out_left'), need(inputs, 'out_right'), tau) }),
  get_similarity: (inputs) => ({ similarity: cosines(need(inputs, 'text_features'), need(inputs, 'image_features')) }),
}

/** Mean binary cross-entropy of logits against one label for all. */
const judged = (logits: Tensor, label: number): Tensor =>
  F.binaryCrossEntropyWithLogits(logits, logits.detach().mul(0).add(label))

const halfSquare = (scores: Tensor, label: number): Tensor => F.mseLoss(scores, scores.detach().mul(0).add(label)).mul(0.5)

/** Cosine similarities of all rows of a (N, D) with all rows of b (M, D): (N, M). */
const cosines = (a: Tensor, b: Tensor): Tensor => F.normalize(a, { dim: 1 }).matmul(F.normalize(b, { dim: 1 }).t())

/**
 * Chen et al. 2020, SimCLR: for each of 2N rows cross-entropy of its similarities over tau to all others, its partner being the class.
 */
function contrastive(left: Tensor, right: Tensor, tau: number): Tensor {
  const pairs = left.shape[0]!
  const all = cat([left, right])
  const self = arange(2 * pairs, { device: left.device })
  const scores = cosines(all, all).div(tau).maskedFill(self.unsqueeze(1).eq(self), -Infinity)
  return F.crossEntropy(scores, self.add(pairs).remainder(2 * pairs))
}
