/** Stacks of Transformer layers, the whole Transformer, and positions for it. */
import { NablaError, showShape } from '../core/errors.js'
import { builder as b } from '../ops/builder.js'
import { zeros, type TensorOptions } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { ModuleList } from './containers.js'
import { Dropout } from './dropout.js'
import { biasWhere, causal } from './functional/attention.js'
import { xavierUniform_ } from './init.js'
import { checkCount, type Place } from './linear.js'
import { type Layer, Module } from './module.js'
import { LayerNorm } from './norm.js'
import {
  type DecoderMasks,
  type EncoderMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from './transformer-layers.js'

/** What an encoder may be made of. */
export interface EncoderLayer extends Module {
  forward(src: Tensor, masks?: EncoderMasks): Tensor
}

/** What a decoder may be made of. */
export interface DecoderLayer extends Module {
  forward(tgt: Tensor, memory: Tensor, masks?: DecoderMasks): Tensor
}

/** `count` layers: copies of one, or what a function makes. */
function layersOf<L extends Module>(name: string, layer: { copy(): L } | (() => L), count: number): ModuleList<L> {
  checkCount(name, 'numLayers', count, 0)
  return new ModuleList(Array.from({ length: count }, () => (typeof layer === 'function' ? layer() : layer.copy())))
}

/** What positions do not see, in every layer of an encoder. */
export interface EncoderStackMasks {
  /** As the layers' `srcMask`. */
  readonly mask?: Tensor | null
  /** As the layers' `srcKeyPaddingMask`. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** A position sees those up to itself. Default false. */
  readonly isCausal?: boolean
}

/** Encoder layers one after the other, then `norm` (Vaswani et al. 2017). */
export class TransformerEncoder extends Module {
  /** The layers, first to last. */
  readonly layers: ModuleList<EncoderLayer>

  /** @param layer is copied `numLayers` times, its values too; or a function that makes one. */
  constructor(
    layer: (EncoderLayer & { copy(): EncoderLayer }) | (() => EncoderLayer),
    /** How many layers there are, 0 or more. */
    readonly numLayers: number,
    /** What follows the last layer. Default null: nothing. */
    readonly norm: Layer | null = null,
  ) {
    super()
    this.layers = layersOf<EncoderLayer>('TransformerEncoder', layer, numLayers)
  }

  /** As its layers: src to the same shape. */
  forward(src: Tensor, { mask = null, ...rest }: EncoderStackMasks = {}): Tensor {
    let x = src
    for (const layer of this.layers) x = layer.forward(x, { srcMask: mask, ...rest })
    return this.norm ? this.norm.forward(x) : x
  }
}

/** Decoder layers one after the other, each with the same memory, then `norm` (Vaswani et al. 2017). */
export class TransformerDecoder extends Module {
  /** The layers, first to last. */
  readonly layers: ModuleList<DecoderLayer>

  /** @param layer is copied `numLayers` times, its values too; or a function that makes one. */
  constructor(
    layer: (DecoderLayer & { copy(): DecoderLayer }) | (() => DecoderLayer),
    /** How many layers there are, 0 or more. */
    readonly numLayers: number,
    /** What follows the last layer. Default null: nothing. */
    readonly norm: Layer | null = null,
  ) {
    super()
    this.layers = layersOf<DecoderLayer>('TransformerDecoder', layer, numLayers)
  }

  /** As its layers: tgt and memory to the shape of tgt. */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    let x = tgt
    for (const layer of this.layers) x = layer.forward(x, memory, masks)
    return this.norm ? this.norm.forward(x) : x
  }
}

/** Any encoder, by its call. */
export interface Encoder extends Module {
  forward(src: Tensor, masks?: EncoderStackMasks): Tensor
}

/** What a Transformer is made of. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** How many layers the encoder has. Default 6. */
  readonly numEncoderLayers?: number
  /** How many layers the decoder has. Default 6. */
  readonly numDecoderLayers?: number
  /** Takes the encoder's place. */
  readonly customEncoder?: Encoder | null
  /** Takes the decoder's place. */
  readonly customDecoder?: DecoderLayer | null
}

/** What positions of both sequences do not see. */
export interface TransformerMasks extends DecoderMasks {
  /** Pairs of sources to be left out: [S, S], or [N * heads, S, S]. */
  readonly srcMask?: Tensor | null
  /** Sources to be left out, of each sequence: [N, S]. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** A source sees those up to itself. Default false. */
  readonly srcIsCausal?: boolean
}

/**
 * Encoder and decoder, each of 6 layers and a last norm unless told (Vaswani et al. 2017, "Attention is all you need"). All
 * matrices start by Xavier. Embeddings and positions are the caller's.
 */
export class Transformer extends Module {
  /** Makes the memory of the source. */
  readonly encoder: Encoder
  /** Makes the result of the target and the memory. */
  readonly decoder: DecoderLayer

  constructor(
    /** Width of the sequences, divisible by `nhead`. Default 512. */
    readonly dModel = 512,
    /** Number of attention heads. Default 8. */
    readonly nhead = 8,
    options: TransformerOptions = {},
  ) {
    super()
    const { numEncoderLayers = 6, numDecoderLayers = 6, customEncoder, customDecoder, ...settings } = options
    const { layerNormEps: eps = 1e-5, bias = true, dtype, device } = settings
    const norm = () => new LayerNorm(dModel, { eps, bias, ...(dtype ? { dtype } : {}), ...(device ? { device } : {}) })
    this.encoder =
      customEncoder ??
      new TransformerEncoder(() => new TransformerEncoderLayer(dModel, nhead, settings), numEncoderLayers, norm())
    this.decoder =
      customDecoder ??
      new TransformerDecoder(() => new TransformerDecoderLayer(dModel, nhead, settings), numDecoderLayers, norm())
    this.resetParameters()
  }

  /** Draws every parameter of two or more dimensions anew, Xavier uniform. */
  resetParameters(): void {
    for (const parameter of this.parameters()) if (parameter.shape.length > 1) xavierUniform_(parameter)
  }

  /**
   * src [S, N, dModel] and tgt [T, N, dModel] ([N, S, dModel] with `batchFirst`, [S, dModel] of one sequence) to the shape of
   * tgt.
   */
  forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const { srcMask = null, srcKeyPaddingMask = null, srcIsCausal = false, ...rest } = masks
    for (const [name, x] of Object.entries({ src, tgt }))
      if ((x.shape.length !== 2 && x.shape.length !== 3) || x.shape.at(-1) !== this.dModel || x.shape.length !== src.shape.length)
        throw new NablaError(
          'shape',
          `[Transformer] ${name} has shape ${showShape(x.shape)}; expected src and tgt of rank 3 (or both 2) that end in dModel = ${this.dModel}`,
          { src: src.shape, tgt: tgt.shape, dModel: this.dModel },
        )
    const memory = this.encoder.forward(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal })
    return this.decoder.forward(tgt, memory, rest)
  }

  /** [size, size], 0 on and below the diagonal and -Infinity above: added to scores, a position sees those up to itself. */
  static generateSquareSubsequentMask(size: number, options: TensorOptions = {}): Tensor {
    const like = zeros([], options).node
    return new Tensor(biasWhere(causal(size, size, like.device), like))
  }
}

/** How positions are added. */
export interface PositionalEncodingOptions extends Place {
  /** Applied to the sum, in training. Default 0.1. */
  readonly dropout?: number
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  readonly batchFirst?: boolean
}

/**
 * Adds to position p the sines and cosines sin(p / 10000^(2i / E)), cos(p / 10000^(2i / E)) in turn (Vaswani et al. 2017,
 * section 3.5). It has no parameters and no longest sequence.
 */
export class PositionalEncoding extends Module {
  /** Applied to the sum. */
  readonly dropout: Dropout
  /** Whether sequences are [N, L, E] instead of [L, N, E]. */
  readonly batchFirst: boolean

  constructor(
    /** Width E of the sequences, 1 or more. */
    readonly dModel: number,
    options: PositionalEncodingOptions = {},
  ) {
    super()
    checkCount('PositionalEncoding', 'dModel', dModel)
    this.dropout = new Dropout(options.dropout ?? 0.1)
    this.batchFirst = options.batchFirst ?? false
  }

  /** [L, N, dModel], [N, L, dModel] with `batchFirst`, or [L, dModel], to the same shape. */
  forward(input: Tensor): Tensor {
    const { shape, dtype, device } = input
    if ((shape.length !== 2 && shape.length !== 3) || shape.at(-1) !== this.dModel)
      throw new NablaError(
        'shape',
        `[PositionalEncoding] the input has shape ${showShape(shape)}; expected a sequence [L, ${this.dModel}] or a batch of them`,
        { shape, dModel: this.dModel },
      )
    const along = shape.length === 3 && this.batchFirst ? 1 : 0
    const length = shape[along]!
    const column = b.iota([this.dModel], 'int32', device)
    const pair = b.cast(b.floorDiv(column, 2), dtype)
    const position = b.reshape(b.iota([length], dtype, device), [length, 1])
    const angle = b.mul(position, b.exp(b.mul(pair, (-2 * Math.log(10000)) / this.dModel)))
    const table = b.where(b.eq(b.remainder(column, 2), 0), b.sin(angle), b.cos(angle)) // [L, E]
    const laid = shape.length === 3 && along === 0 ? b.reshape(table, [length, 1, this.dModel]) : table
    return this.dropout.forward(new Tensor(b.add(input.node, laid)))
  }

  protected override extraRepr(): string {
    return String(this.dModel)
  }
}
