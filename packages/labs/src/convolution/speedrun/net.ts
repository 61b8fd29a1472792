/**
 * A small network that learns fast: whitened patches of two by two pixels, then three blocks of two convolutions.
 *
 *     [N, 3, 32, 32]  whitening 2x2, frozen, gelu              [N, 24, 31, 31]
 *     block 1   conv, pool, norm, gelu, conv, norm, gelu       [N, w1, 15, 15]
 *     block 2   the same                                       [N, w2,  7,  7]
 *     block 3   the same                                       [N, w3,  3,  3]
 *     largest of each channel, linear, one ninth               [N, 10]
 *
 * The ideas are public: D. Page, "How to train your ResNet" (2018: whitening, norms without weights, scaled logits); T. Fisher, hlb-CIFAR10
 * (2022: the shape); K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024: partial identities as first weights).
 */
import { cat, noGrad, type Tensor, zeros } from 'nabla'
import { eigh } from 'nabla/linalg'
import * as nn from 'nabla/nn'

/** Values of a patch: 3 channels of 2 x 2 pixels. */
const patch = 3 * 2 * 2

/** A 3 x 3 convolution that begins as the identity, as far as the input has channels; the other filters are random. */
function conv3(from: number, to: number): nn.Conv2d {
  const conv = new nn.Conv2d(from, to, 3, { padding: 1, bias: false })
  const kept = Math.min(from, to)
  noGrad(() => {
    const identity = nn.init.dirac_(zeros([kept, from, 3, 3]))
    conv.weight.copy_(kept === to ? identity : cat([identity, conv.weight.narrow(0, kept, to - kept)]))
  })
  return conv
}

/** Statistics of a batch with a learnt bias; the weight stays 1, since what follows can scale for itself. */
function norm(channels: number): nn.BatchNorm2d {
  const layer = new nn.BatchNorm2d(channels, { momentum: 0.4 })
  layer.weight!.requiresGrad = false
  return layer
}

/** Two convolutions; the image is halved after the first. */
class Block extends nn.Module {
  readonly conv1: nn.Conv2d
  readonly norm1: nn.BatchNorm2d
  readonly conv2: nn.Conv2d
  readonly norm2: nn.BatchNorm2d
  private readonly pool = new nn.MaxPool2d(2)

  constructor(from: number, to: number) {
    super()
    this.conv1 = conv3(from, to)
    this.norm1 = norm(to)
    this.conv2 = conv3(to, to)
    this.norm2 = norm(to)
  }

  /** @param x [N, from, H, W] @returns [N, to, H / 2, W / 2], rounded down */
  forward(x: Tensor): Tensor {
    x = nn.functional.gelu(this.norm1.forward(this.pool.forward(this.conv1.forward(x))))
    return nn.functional.gelu(this.norm2.forward(this.conv2.forward(x)))
  }
}

/** See above. */
export class SpeedNet extends nn.Module {
  readonly whiten: nn.Conv2d
  readonly block1: Block
  readonly block2: Block
  readonly block3: Block
  readonly linear: nn.Linear

  /** @param widths channels of the three blocks */
  constructor(widths: readonly [number, number, number], numClasses: number) {
    super()
    const [w1, w2, w3] = widths
    this.whiten = new nn.Conv2d(3, 2 * patch, 2, { bias: false })
    this.whiten.weight.requiresGrad = false
    this.block1 = new Block(2 * patch, w1)
    this.block2 = new Block(w1, w2)
    this.block3 = new Block(w2, w3)
    this.linear = new nn.Linear(w3, numClasses, { bias: false })
  }

  /** All batch norms, in order. */
  get norms(): readonly nn.BatchNorm2d[] {
    return [this.block1, this.block2, this.block3].flatMap(({ norm1, norm2 }) => [norm1, norm2])
  }

  /**
   * Makes the first layer's outputs uncorrelated, of variance 1, by the principal axes of patches: with covariance C = V diag(l) V^T the filters
   * are v / sqrt(l + 5e-4), and their negatives, so that the activation keeps both sides.
   *
   * @param images [N, 3, H, W], normalised
   */
  whitenBy(images: Tensor): void {
    noGrad(() => {
      const patches = nn.functional.unfold(images, 2) //              [N, 12, L]
      const rows = patches.transpose(1, 2).reshape(-1, patch) //      [N L, 12]
      const covariance = rows.t().matmul(rows).div(rows.size(0)) //   [12, 12]
      const { eigenvalues, eigenvectors } = eigh(covariance)
      const filters = eigenvectors.div(eigenvalues.add(5e-4).sqrt()).t().reshape(patch, 3, 2, 2)
      this.whiten.weight.copy_(cat([filters, filters.neg()]))
    })
  }

  /** @param x [N, 3, H, W], 18 x 18 or larger @returns logits [N, numClasses] */
  forward(x: Tensor): Tensor {
    x = nn.functional.gelu(this.whiten.forward(x)) //                 [N, 24, 31, 31]
    x = this.block3.forward(this.block2.forward(this.block1.forward(x)))
    return this.linear.forward(x.amax([2, 3])).div(9) //              [N, numClasses]
  }
}
