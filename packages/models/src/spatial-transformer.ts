/**
 * A network that first turns, scales and moves its image as suits it, by an affine map that it finds for each image.
 *
 * Source: Jaderberg, Simonyan, Zisserman and Kavukcuoglu, "Spatial transformer networks", 2015. Layers and names of weights are those of
 * PyTorch's tutorial network (localization, fc_loc, conv1, conv2, fc1, fc2).
 */
import { noGrad, NablaError, type Tensor, tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { checkImage } from './zoo/image.js'
import { type ZooNetwork, type ZooOptions, zooSettings } from './zoo/options.js'

const { adaptiveAvgPool2d, affineGrid, dropout, dropout2d, gridSample, maxPool2d } = nn.functional

/**
 * Options of the network: of the zoo's, `numClasses` is 10 and `inChannels` 1 unless told, `dropout` (0.5) is that of whole channels before
 * and of hidden units in the classifier, and `stem` changes nothing.
 */
export interface SpatialTransformerOptions extends ZooOptions {
  /** Height and width of the transformed image, 16 or more. Default those of the image. */
  readonly lookSize?: number
}

/**
 * `theta` finds the map, `transform` applies it, `forward` classifies what it gives. At the start the map is the identity: the transformed
 * image is the image itself. The smallest images are 18 x 18.
 */
export class SpatialTransformer extends nn.Module implements ZooNetwork {
  readonly localization: nn.Sequential
  readonly fcLoc: nn.Sequential
  readonly conv1: nn.Conv2d
  readonly conv2: nn.Conv2d
  readonly fc1: nn.Linear
  readonly fc2: nn.Linear
  readonly smallest = 18
  readonly inChannels: number
  readonly head = 'fc2'
  readonly lookSize: number | null
  private readonly p: number

  constructor({ lookSize, ...options }: SpatialTransformerOptions = {}) {
    super()
    const { numClasses, inChannels, dropout, scaled } = zooSettings(
      'SpatialTransformer',
      { numClasses: 10, inChannels: 1, ...options },
      0.5,
    )
    if (lookSize !== undefined && (!Number.isInteger(lookSize) || lookSize < 16))
      throw new NablaError('argument', `[SpatialTransformer] lookSize must be a whole number of at least 16, not ${lookSize}`, {
        lookSize,
      })
    const [l1, l2, l3] = [scaled(8), scaled(10), scaled(32)]
    this.localization = new nn.Sequential(
      new nn.Conv2d(inChannels, l1, 7), // [N, 8, 22, 22] of 28 x 28
      new nn.MaxPool2d(2), //              [N, 8, 11, 11]
      new nn.ReLU(),
      new nn.Conv2d(l1, l2, 5), //         [N, 10, 7, 7]
      new nn.MaxPool2d(2), //              [N, 10, 3, 3]
      new nn.ReLU(),
    )
    const last = new nn.Linear(l3, 6)
    this.fcLoc = new nn.Sequential(new nn.Linear(l2 * 9, l3), new nn.ReLU(), last)
    const [c1, c2, hidden] = [scaled(10), scaled(20), scaled(50)]
    this.conv1 = new nn.Conv2d(inChannels, c1, 5)
    this.conv2 = new nn.Conv2d(c1, c2, 5)
    this.fc1 = new nn.Linear(c2 * 16, hidden)
    this.fc2 = new nn.Linear(hidden, numClasses)
    this.inChannels = inChannels
    this.lookSize = lookSize ?? null
    this.p = dropout
    nn.init.zeros_(last.weight)
    noGrad(() => last.bias!.copy_(tensor([1, 0, 0, 0, 1, 0])))
  }

  /**
   * The map of each image: the point (x, y) of the transformed image, -1 to 1, shows theta (x, y, 1) of the image.
   * @param x [N, inChannels, H, W] @returns [N, 2, 3]
   */
  theta(x: Tensor): Tensor {
    checkImage('SpatialTransformer', x, this)
    const found = adaptiveAvgPool2d(this.localization.forward(x), 3) // [N, 10, 3, 3], which it has of 28 x 28 already
    return this.fcLoc.forward(found.flatten(1)).reshape([-1, 2, 3])
  }

  /**
   * The images as the classifier sees them, read between pixels bilinearly and 0 outside.
   * @param x [N, inChannels, H, W]
   * @param theta [N, 2, 3]; what the network finds unless given.
   * @returns [N, inChannels, lookSize, lookSize]
   */
  transform(x: Tensor, theta = this.theta(x)): Tensor {
    const [count, channels, height, width] = x.shape as [number, number, number, number]
    const grid = affineGrid(theta, [count, channels, this.lookSize ?? height, this.lookSize ?? width])
    return gridSample(x, grid)
  }

  /** @param x [N, inChannels, H, W] @returns logits [N, numClasses] */
  override forward(x: Tensor): Tensor {
    const { p, training } = this
    x = this.transform(x) //                                                     [N, inChannels, 28, 28]
    x = maxPool2d(this.conv1.forward(x), 2).relu() //                            [N, 10, 12, 12]
    x = maxPool2d(dropout2d(this.conv2.forward(x), { p, training }), 2).relu() // [N, 20, 4, 4]
    x = this.fc1.forward(adaptiveAvgPool2d(x, 4).flatten(1)).relu() //           [N, 50]
    return this.fc2.forward(dropout(x, { p, training }))
  }
}

/** The spatial transformer network: 27,360 parameters with the defaults. */
export const spatialTransformer = (options?: SpatialTransformerOptions): SpatialTransformer => new SpatialTransformer(options)
