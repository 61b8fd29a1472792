/** Vision Transformer. Source: Dosovitskiy et al., "An image is worth 16x16 words", 2021. */
import { cat, NablaError, randn, type Tensor, zeros } from 'nabla'
import * as nn from 'nabla/nn'

export interface ViTOptions {
  /** Height and width of the images. */
  readonly imageSize: readonly [number, number]
  /** Side of a square patch. */
  readonly patchSize: number
  /** Channels of the images. */
  readonly inChannels: number
  readonly embedDim: number
  readonly numHeads: number
  readonly numLayers: number
  /** Width of the feed-forward networks. */
  readonly mlpDim: number
  readonly numClasses: number
}

/**
 * Patches by a strided convolution, a class token, learned positions (at first normal with deviation 0.02), a pre-norm encoder with GELU,
 * a linear head on the class token.
 */
export class ViT extends nn.Module {
  readonly clsToken: nn.Parameter
  readonly posEmbed: nn.Parameter
  readonly patch: nn.Conv2d
  readonly encoder: nn.TransformerEncoder
  readonly head: nn.Linear

  constructor({ imageSize, patchSize, inChannels, embedDim, numHeads, numLayers, mlpDim, numClasses }: ViTOptions) {
    super()
    const [rows, columns] = imageSize.map((size) => Math.floor(size / patchSize)) as [number, number]
    if (!(rows * columns >= 1))
      throw new NablaError('argument', `[ViT] patches of ${patchSize} do not fit images of ${imageSize.join(' x ')}`, {
        imageSize,
        patchSize,
      })
    this.clsToken = new nn.Parameter(zeros([1, 1, embedDim]))
    this.posEmbed = new nn.Parameter(randn([1, rows * columns + 1, embedDim]).mul(0.02))
    this.patch = new nn.Conv2d(inChannels, embedDim, patchSize, { stride: patchSize })
    const settings = { dimFeedforward: mlpDim, dropout: 0, activation: 'gelu', batchFirst: true, normFirst: true } as const
    const layer = () => new nn.TransformerEncoderLayer(embedDim, numHeads, settings)
    this.encoder = new nn.TransformerEncoder(layer, numLayers, new nn.LayerNorm(embedDim))
    this.head = new nn.Linear(embedDim, numClasses)
  }

  /** @param images [N, inChannels, ...imageSize] @returns logits [N, numClasses] */
  forward(images: Tensor): Tensor {
    const patches = this.patch.forward(images).flatten(2).transpose(1, 2) // [N, patches, embedDim]
    const expected = this.posEmbed.shape[1]! - 1
    if (patches.shape[1] !== expected)
      throw new NablaError(
        'shape',
        `[ViT] images [${images.shape.join(', ')}] give ${patches.shape[1]} patches, but the model has positions for ${expected}`,
        { shape: images.shape, expected },
      )
    const token = this.clsToken.expand(patches.shape[0]!, -1, -1)
    const x = this.encoder.forward(cat([token, patches], 1).add(this.posEmbed)) // [N, 1 + patches, embedDim]
    return this.head.forward(x.select(1, 0))
  }
}
