/** Multi-head attention as a layer. */
import { NablaError } from '../core/errors.js'
import { zeros } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import { type MaskOptions, multiHeadAttention } from './functional/attention-heads.js'
import { xavierNormal_, xavierUniform_, zeros_ } from './init.js'
import { checkCount, Linear, type Place } from './linear.js'
import { Module, Parameter } from './module.js'

/** What a MultiheadAttention is made of. */
export interface MultiheadAttentionOptions extends Place {
  /** Probability with which a weight becomes 0 in training. Default 0. */
  readonly dropout?: number
  /** Biases of the projections. Default true. */
  readonly bias?: boolean
  /** Learn one more key and value. Default false. */
  readonly addBiasKv?: boolean
  /** One more key and value of zeros. Default false. */
  readonly addZeroAttn?: boolean
  /** Width of the keys. Default embedDim. */
  readonly kdim?: number | null
  /** Width of the values. Default embedDim. */
  readonly vdim?: number | null
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  readonly batchFirst?: boolean
}

/** Which pairs take part in one call, and what it gives. */
export interface AttentionOptions extends MaskOptions {
  /** Give the weights too. Default true. */
  readonly needWeights?: boolean
  /** The weights' mean over the heads instead of each head's. Default true. */
  readonly averageAttnWeights?: boolean
}

/**
 * Each head projects queries, keys and values to embedDim / numHeads dimensions and gives softmax(q k^T / sqrt(d)) v; the heads
 * side by side are projected once more (Vaswani et al. 2017, "Attention is all you need"). Projections start by Xavier, biases
 * at 0.
 *
 * Parameters: `inProjWeight` [3 E, E], or `qProjWeight`, `kProjWeight`, `vProjWeight` where kdim or vdim differ; `inProjBias`;
 * `biasK`, `biasV`; `outProj`.
 */
export class MultiheadAttention extends Module {
  /** Projections of queries, keys and values below each other: [3 embedDim, embedDim]; null where kdim or vdim differ. */
  readonly inProjWeight: Parameter | null
  /** [embedDim, embedDim], where kdim or vdim differ from embedDim; else null. */
  readonly qProjWeight: Parameter | null
  /** [embedDim, kdim], where kdim or vdim differ from embedDim; else null. */
  readonly kProjWeight: Parameter | null
  /** [embedDim, vdim], where kdim or vdim differ from embedDim; else null. */
  readonly vProjWeight: Parameter | null
  /** [3 embedDim], 0 at the start; null with `bias: false`. */
  readonly inProjBias: Parameter | null
  /** The learned key behind all others, [1, 1, embedDim]; null without `addBiasKv`. */
  readonly biasK: Parameter | null
  /** The value that goes with it, [1, 1, embedDim]; null without `addBiasKv`. */
  readonly biasV: Parameter | null
  /** The projection of the heads side by side: embedDim to embedDim. */
  readonly outProj: Linear
  /** Probability with which a weight becomes 0 in training. */
  readonly dropout: number
  /** Whether a key and value of zeros stand behind all others. */
  readonly addZeroAttn: boolean
  /** Whether sequences are [N, L, E] instead of [L, N, E]. */
  readonly batchFirst: boolean

  constructor(
    /** Width E of queries and results, divisible by `numHeads`. */
    readonly embedDim: number,
    /** Number of heads; each is embedDim / numHeads wide. */
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super()
    const {
      dropout = 0,
      bias = true,
      addBiasKv = false,
      addZeroAttn = false,
      batchFirst = false,
      kdim: k,
      vdim: v,
      ...place
    } = options
    const kdim = k ?? embedDim
    const vdim = v ?? embedDim
    for (const [name, n] of Object.entries({ embedDim, numHeads, kdim, vdim })) checkCount('MultiheadAttention', name, n)
    if (embedDim % numHeads)
      throw new NablaError(
        'argument',
        `[MultiheadAttention] embedDim is ${embedDim}, which is not divisible into ${numHeads} heads`,
        { embedDim, numHeads },
      )
    if (!(dropout >= 0 && dropout <= 1))
      throw new NablaError('argument', `[MultiheadAttention] the probability dropout is ${dropout}; expected 0 to 1`, { dropout })
    this.dropout = dropout
    this.addZeroAttn = addZeroAttn
    this.batchFirst = batchFirst
    const empty = (...shape: number[]) => new Parameter(zeros(shape, place))
    const xavier = (columns: number, rows = embedDim) => {
      const parameter = empty(rows, columns)
      xavierUniform_(parameter)
      return parameter
    }
    const extra = () => {
      const parameter = empty(1, 1, embedDim)
      xavierNormal_(parameter)
      return parameter
    }
    const packed = kdim === embedDim && vdim === embedDim
    this.qProjWeight = packed ? null : xavier(embedDim)
    this.kProjWeight = packed ? null : xavier(kdim)
    this.vProjWeight = packed ? null : xavier(vdim)
    this.inProjWeight = packed ? xavier(embedDim, 3 * embedDim) : null
    this.inProjBias = bias ? empty(3 * embedDim) : null
    this.biasK = addBiasKv ? extra() : null
    this.biasV = addBiasKv ? extra() : null
    this.outProj = new Linear(embedDim, embedDim, { bias, ...place })
    if (this.outProj.bias) zeros_(this.outProj.bias)
  }

  /**
   * @param query [L, N, embedDim]; [N, L, embedDim] with `batchFirst`; [L, embedDim] of one sequence.
   * @param key [S, N, kdim], laid out as the query.
   * @param value [S, N, vdim], laid out as the query.
   * @returns the output in the query's shape, and the weights [N, L, S] ([N, heads, L, S] if not averaged; without N for one
   * sequence), or null.
   */
  forward(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): [output: Tensor, weights: Tensor | null] {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV, outProj } = this
    const projections = { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV }
    return multiHeadAttention(
      query,
      key,
      value,
      this.numHeads,
      { ...projections, outProjWeight: outProj.weight, outProjBias: outProj.bias },
      {
        ...options,
        addZeroAttn: this.addZeroAttn,
        dropoutP: this.training ? this.dropout : 0,
        batchFirst: this.batchFirst,
      },
    )
  }

  protected override extraRepr(): string {
    return `${this.embedDim}, ${this.numHeads}${this.batchFirst ? ', { batchFirst: true }' : ''}`
  }
}
