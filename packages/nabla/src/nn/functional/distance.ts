/** Distances and angles of vectors. */
import { cosineSimilarity as cosineNode, pairwiseDistance as pairwiseNode } from '../../tensor/norms.js'
import { Tensor } from '../../tensor/tensor.js'

/** Along which dimension vectors lie, and how 0 is kept out of the division. */
export interface CosineSimilarityOptions {
  /** The dimension that the vectors lie along, of the shape that both broadcast to. Default 1. */
  readonly dim?: number
  /** Lengths count as this much at least, so that nothing is divided by 0. Default 1e-8. */
  readonly eps?: number
}

/** The cosine of the angle between vectors, x1 x2 / (|x1| |x2|): shapes broadcast, and dimension `dim` falls away. */
export const cosineSimilarity = (x1: Tensor, x2: Tensor, options: CosineSimilarityOptions = {}): Tensor =>
  new Tensor(cosineNode(x1.node, x2.node, options.dim, options.eps))

/** By which norm distances are measured. */
export interface PairwiseDistanceOptions {
  /** The norm that measures distance. Default 2. */
  readonly p?: number
  /** Added to every difference, so that the gradient exists at distance 0. Default 1e-6. */
  readonly eps?: number
  /** Keep the vectors' dimension with extent 1. Default false. */
  readonly keepdim?: boolean
}

/** The p-norm of x1 - x2 + eps along the last dimension: [..., k] and [..., k], which broadcast, to [...]. */
export const pairwiseDistance = (x1: Tensor, x2: Tensor, options: PairwiseDistanceOptions = {}): Tensor =>
  new Tensor(pairwiseNode(x1.node, x2.node, options.p, options.eps, options.keepdim))
