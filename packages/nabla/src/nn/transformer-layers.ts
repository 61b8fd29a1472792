/** The layers of a Transformer: attention and a feed-forward network, each with a residual connection and a norm. */
import { NablaError } from '../core/errors.js'
import { noGrad } from '../tensor/differentiate.js'
import type { Tensor } from '../tensor/tensor.js'
import { MultiheadAttention } from './attention.js'
import { Dropout } from './dropout.js'
import { gelu, relu } from './functional/activation.js'
import type { MaskOptions } from './functional/attention-heads.js'
import { checkCount, Linear, type Place } from './linear.js'
import { Module } from './module.js'
import { LayerNorm } from './norm.js'

/** What a layer of a Transformer is made of. */
export interface TransformerLayerOptions extends Place {
  /** Width of the feed-forward network. Default 2048. */
  readonly dimFeedforward?: number
  /** Probability of dropout, of attention weights too. Default 0.1. */
  readonly dropout?: number
  /** Of the feed-forward network: 'relu' (default), 'gelu' or a function. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor)
  /** Added to the variance by the norms. Default 1e-5. */
  readonly layerNormEps?: number
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  readonly batchFirst?: boolean
  /** Norms come before attention and feed-forward (Xiong et al. 2020) instead of after the residual sum. Default false. */
  readonly normFirst?: boolean
  /** Biases of linear maps and norms. Default true. */
  readonly bias?: boolean
}

type Activation = (x: Tensor) => Tensor

function activationOf(layer: string, given: TransformerLayerOptions['activation'] = 'relu'): Activation {
  if (typeof given === 'function') return given
  const known: Readonly<Record<string, Activation>> = { relu, gelu: (x) => gelu(x) }
  const found = Object.hasOwn(known, given) ? known[given] : undefined
  if (!found)
    throw new NablaError('argument', `[${layer}] unknown activation "${String(given)}"; known: relu, gelu, or a function`, {
      given,
    })
  return found
}

/** What both kinds of layers have: self-attention, the feed-forward network, and how a part is put between residual and norm. */
abstract class TransformerLayer extends Module {
  /** Attention among the positions of the layer's own sequence. */
  readonly selfAttn: MultiheadAttention
  /** First map of the feed-forward network: dModel to dimFeedforward. */
  readonly linear1: Linear
  /** Between the two maps of the feed-forward network. */
  readonly dropout: Dropout
  /** Second map of the feed-forward network: dimFeedforward to dModel. */
  readonly linear2: Linear
  /** The norm of the first part, self-attention. */
  readonly norm1: LayerNorm
  /** The norm of the second part: the feed-forward network, or a decoder's attention over the memory. */
  readonly norm2: LayerNorm
  /** What the first part adds passes through it. */
  readonly dropout1: Dropout
  /** What the second part adds passes through it. */
  readonly dropout2: Dropout
  /** Whether norms come before each part instead of after the residual sum. */
  readonly normFirst: boolean
  readonly #activation: Activation

  constructor(
    /** Width of the sequences, divisible by `nhead`. */
    readonly dModel: number,
    /** Number of attention heads. */
    readonly nhead: number,
    protected readonly settings: TransformerLayerOptions = {},
  ) {
    super()
    const name = this.constructor.name
    checkCount(name, 'dModel', dModel)
    checkCount(name, 'nhead', nhead)
    const { dimFeedforward = 2048, dropout: p = 0.1, bias = true } = settings
    checkCount(name, 'dimFeedforward', dimFeedforward)
    const place = placeOf(settings)
    this.#activation = activationOf(name, settings.activation)
    this.normFirst = settings.normFirst ?? false
    this.selfAttn = this.attention()
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, ...place })
    this.dropout = new Dropout(p)
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, ...place })
    this.norm1 = this.norm()
    this.norm2 = this.norm()
    this.dropout1 = new Dropout(p)
    this.dropout2 = new Dropout(p)
  }

  protected attention(): MultiheadAttention {
    const { dropout = 0.1, bias = true, batchFirst = false } = this.settings
    return new MultiheadAttention(this.dModel, this.nhead, { dropout, bias, batchFirst, ...placeOf(this.settings) })
  }

  protected norm(): LayerNorm {
    const { layerNormEps: eps = 1e-5, bias = true } = this.settings
    return new LayerNorm(this.dModel, { eps, bias, ...placeOf(this.settings) })
  }

  protected feedForward(x: Tensor): Tensor {
    return this.linear2.forward(this.dropout.forward(this.#activation(this.linear1.forward(x))))
  }

  /** x + dropout(part(norm(x))) with `normFirst`, else norm(x + dropout(part(x))). */
  protected residual(x: Tensor, norm: LayerNorm, dropout: Dropout, part: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return x.add(dropout.forward(part(norm.forward(x))))
    return norm.forward(x.add(dropout.forward(part(x))))
  }

  /** The values of another layer of the same settings. */
  protected like(other: this): this {
    const own = this.parameters()
    noGrad(() => other.parameters().forEach((parameter, i) => own[i]!.copy_(parameter)))
    return this
  }

  protected override extraRepr(): string {
    return `${this.dModel}, ${this.nhead}${this.normFirst ? ', { normFirst: true }' : ''}`
  }
}

const placeOf = ({ dtype, device }: Place): Place => ({ ...(dtype ? { dtype } : {}), ...(device ? { device } : {}) })

/** The output of attention, without its weights. */
function attended(attention: MultiheadAttention, query: Tensor, memory: Tensor, masks: MaskOptions): Tensor {
  return attention.forward(query, memory, memory, { ...masks, needWeights: false })[0]
}

/** What positions of an encoder's sequence do not see. */
export interface EncoderMasks {
  /** Pairs to be left out: [S, S], or [N * heads, S, S]. Of bools, true is left out; floats are added to the scores. */
  readonly srcMask?: Tensor | null
  /** Positions to be left out, of each sequence: [N, S]. Of bools, true is left out; floats are added to the scores. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** A position sees those up to itself. Default false. */
  readonly isCausal?: boolean
}

/**
 * Self-attention, then linear2(activation(linear1(x))), each followed by dropout, the residual sum and a layer norm, or with the
 * norm first (Vaswani et al. 2017, "Attention is all you need").
 */
export class TransformerEncoderLayer extends TransformerLayer {
  /** src [S, N, dModel], [N, S, dModel] with `batchFirst`, or [S, dModel], to the same shape. */
  forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const { srcMask: attnMask = null, srcKeyPaddingMask: keyPaddingMask = null, isCausal = false } = masks
    const x = this.residual(src, this.norm1, this.dropout1, (y) =>
      attended(this.selfAttn, y, y, { attnMask, keyPaddingMask, isCausal }),
    )
    return this.residual(x, this.norm2, this.dropout2, (y) => this.feedForward(y))
  }

  /** Another layer with the same settings and values. */
  copy(): TransformerEncoderLayer {
    return new TransformerEncoderLayer(this.dModel, this.nhead, this.settings).like(this)
  }
}

/** What positions of a decoder's sequence do not see, of their own and of the memory. */
export interface DecoderMasks {
  /**
   * Pairs of targets to be left out: [T, T], or [N * heads, T, T]. Of bools, true is left out; floats are added to the scores.
   */
  readonly tgtMask?: Tensor | null
  /** Pairs of target and memory to be left out: [T, S], or [N * heads, T, S]. */
  readonly memoryMask?: Tensor | null
  /** Targets to be left out, of each sequence: [N, T]. */
  readonly tgtKeyPaddingMask?: Tensor | null
  /** Positions of the memory to be left out: [N, S]. */
  readonly memoryKeyPaddingMask?: Tensor | null
  /** A target sees those up to itself. Default false. */
  readonly tgtIsCausal?: boolean
  /** A target sees the memory up to its own position. Default false. */
  readonly memoryIsCausal?: boolean
}

/**
 * Self-attention, attention over the encoder's memory, then linear2(activation(linear1(x))), each followed by dropout, the
 * residual sum and a layer norm, or with the norm first (Vaswani et al. 2017, "Attention is all you need").
 */
export class TransformerDecoderLayer extends TransformerLayer {
  /** Attention over the memory. */
  readonly multiheadAttn: MultiheadAttention
  /** The norm of the third part, the feed-forward network. */
  readonly norm3: LayerNorm
  /** What the third part adds passes through it. */
  readonly dropout3: Dropout

  constructor(dModel: number, nhead: number, settings: TransformerLayerOptions = {}) {
    super(dModel, nhead, settings)
    this.multiheadAttn = this.attention()
    this.norm3 = this.norm()
    this.dropout3 = new Dropout(settings.dropout ?? 0.1)
  }

  /**
   * tgt [T, N, dModel] and memory [S, N, dModel] ([N, T, dModel] with `batchFirst`, [T, dModel] of one sequence) to the shape of
   * tgt.
   */
  forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const { tgtMask = null, memoryMask = null, tgtKeyPaddingMask = null, memoryKeyPaddingMask = null } = masks
    const own = { attnMask: tgtMask, keyPaddingMask: tgtKeyPaddingMask, isCausal: masks.tgtIsCausal ?? false }
    const other = { attnMask: memoryMask, keyPaddingMask: memoryKeyPaddingMask, isCausal: masks.memoryIsCausal ?? false }
    const x = this.residual(tgt, this.norm1, this.dropout1, (y) => attended(this.selfAttn, y, y, own))
    const z = this.residual(x, this.norm2, this.dropout2, (y) => attended(this.multiheadAttn, y, memory, other))
    return this.residual(z, this.norm3, this.dropout3, (y) => this.feedForward(y))
  }

  /** Another layer with the same settings and values. */
  copy(): TransformerDecoderLayer {
    return new TransformerDecoderLayer(this.dModel, this.nhead, this.settings).like(this)
  }
}
