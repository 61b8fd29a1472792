/** Losses. */
import type { Tensor } from 'nabla'
import { functional as f } from 'nabla/nn'
import type { Call, CallTable } from '../call.js'
import { camelOptions } from '../names.js'

/** A loss of two tensors, whose other arguments are options under their own names. */
const pair =
  (loss: (input: Tensor, target: Tensor, options: object) => Tensor): Call =>
  ({ input, target, ...options }) =>
    loss(input, target, camelOptions(options))

export const loss: CallTable = {
  'torch.nn.functional.mse_loss': pair(f.mseLoss),
  'torch.nn.functional.l1_loss': pair(f.l1Loss),
  'torch.nn.functional.smooth_l1_loss': pair(f.smoothL1Loss),
  'torch.nn.functional.huber_loss': pair(f.huberLoss),
  'torch.nn.functional.kl_div': pair(f.klDiv),
  'torch.nn.functional.poisson_nll_loss': pair(f.poissonNllLoss),
  'torch.nn.functional.gaussian_nll_loss': ({ input, target, var: variance, ...options }) =>
    f.gaussianNllLoss(input, target, variance, camelOptions(options)),
  'torch.nn.functional.binary_cross_entropy': pair(f.binaryCrossEntropy),
  'torch.nn.functional.binary_cross_entropy_with_logits': pair(f.binaryCrossEntropyWithLogits),
  'torch.nn.functional.multilabel_soft_margin_loss': pair(f.multilabelSoftMarginLoss),
  'torch.nn.functional.cross_entropy': pair(f.crossEntropy),
  'torch.nn.functional.nll_loss': pair(f.nllLoss),
  'torch.nn.functional.multi_margin_loss': pair(f.multiMarginLoss),
  'torch.nn.functional.multilabel_margin_loss': pair(f.multilabelMarginLoss),
  'torch.nn.functional.hinge_embedding_loss': pair(f.hingeEmbeddingLoss),
  'torch.nn.functional.soft_margin_loss': pair(f.softMarginLoss),
  'torch.nn.functional.margin_ranking_loss': ({ input1, input2, target, ...options }) =>
    f.marginRankingLoss(input1, input2, target, camelOptions(options)),
  'torch.nn.functional.cosine_embedding_loss': ({ input1, input2, target, ...options }) =>
    f.cosineEmbeddingLoss(input1, input2, target, camelOptions(options)),
  'torch.nn.functional.triplet_margin_loss': ({ anchor, positive, negative, ...options }) =>
    f.tripletMarginLoss(anchor, positive, negative, camelOptions(options)),
  'torch.nn.functional.triplet_margin_with_distance_loss': ({ anchor, positive, negative, ...options }) =>
    f.tripletMarginWithDistanceLoss(anchor, positive, negative, camelOptions(options)),
  'torch.nn.functional.ctc_loss': ({ log_probs, targets, input_lengths, target_lengths, ...options }) =>
    f.ctcLoss(log_probs, targets, input_lengths, target_lengths, camelOptions(options)),
}
