/** Embedding layers: tables of vectors that are learned. */
import { NablaError, showShape } from '../core/errors.js'
import { arange, randn } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'
import {
  type BagMode,
  embedding,
  embeddingBag,
  type EmbeddingBagOptions,
  type EmbeddingOptions,
  paddingIndex,
} from './functional/embedding.js'
import { checkCount, type Place } from './linear.js'
import { Module, Parameter } from './module.js'

/** What a table of vectors starts from, and how it is looked up. */
export interface EmbeddingLayerOptions extends EmbeddingOptions, Place {
  /** The table to start from, [numEmbeddings, embeddingDim]. Default: standard normal. */
  readonly weight?: Tensor | null
}

/** Whether a given table is learned further, and how it is looked up. */
export interface PretrainedOptions extends EmbeddingOptions {
  /** The table is not learned. Default true. */
  readonly freeze?: boolean
}

/** The table and how it is looked up. */
abstract class Table extends Module {
  /** The table: [numEmbeddings, embeddingDim]. */
  weight: Parameter
  /** The index whose vector gets no gradient, counted from 0; or null. */
  readonly paddingIdx: number | null

  constructor(
    /** Number of vectors, 1 or more; indices lie below. */
    readonly numEmbeddings: number,
    /** Size of a vector, 1 or more. */
    readonly embeddingDim: number,
    protected readonly options: EmbeddingLayerOptions,
  ) {
    super()
    const name = this.constructor.name
    checkCount(name, 'numEmbeddings', numEmbeddings)
    checkCount(name, 'embeddingDim', embeddingDim)
    this.paddingIdx = paddingIndex(name, options.paddingIdx, numEmbeddings)
    const shape = [numEmbeddings, embeddingDim]
    const { weight } = options
    if (weight && (weight.shape[0] !== numEmbeddings || weight.shape[1] !== embeddingDim || weight.shape.length !== 2))
      throw new NablaError('shape', `[${name}] weight has shape ${showShape(weight.shape)}; expected ${showShape(shape)}`, {
        given: weight.shape,
        expected: shape,
      })
    this.weight = new Parameter(weight ?? drawTable(shape, this.paddingIdx, options))
  }

  protected override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx } = this
    return `${numEmbeddings}, ${embeddingDim}${paddingIdx === null ? '' : `, { paddingIdx: ${paddingIdx} }`}`
  }
}

/** Standard normal, and zeros at the index of padding. */
function drawTable(shape: readonly number[], padding: number | null, place: Place): Tensor {
  const table = randn(shape, place)
  if (padding === null) return table
  const row = arange(shape[0]!, { device: table.device }).unsqueeze(1)
  return table.maskedFill(row.eq(padding), 0)
}

/**
 * A vector for each of `numEmbeddings` indices: [...] (int32 or uint8) to [..., embeddingDim]. `weight` [numEmbeddings,
 * embeddingDim] starts standard normal, the vector of `paddingIdx` at 0.
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super(numEmbeddings, embeddingDim, options)
  }

  /** A layer with the given table [vectors, size], frozen unless `freeze` is false. */
  static fromPretrained(table: Tensor, options: PretrainedOptions = {}): Embedding {
    return pretrained(table, options, (count, size, given) => new Embedding(count, size, given))
  }

  /** Indices of any shape to [..., embeddingDim]; one outside of the table is an error, or NaN if it is still to be computed. */
  forward(input: Tensor): Tensor {
    return embedding(input, this.weight, this.options)
  }
}

/** What a table of vectors starts from, and how those of a bag become one. */
export interface EmbeddingBagLayerOptions extends EmbeddingLayerOptions {
  /** How the vectors of a bag become one. Default 'mean'. */
  readonly mode?: BagMode
  /** Offsets have one more element, the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean
}

/**
 * Sum, mean (default) or maximum of the vectors in each bag of indices, without a vector for each index in memory. `weight`
 * [numEmbeddings, embeddingDim] starts standard normal, the vector of `paddingIdx`, which does not count, at 0.
 */
export class EmbeddingBag extends Table {
  /** How the vectors of a bag become one. */
  readonly mode: BagMode

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    protected override readonly options: EmbeddingBagLayerOptions = {},
  ) {
    super(numEmbeddings, embeddingDim, options)
    this.mode = options.mode ?? 'mean'
  }

  /** A layer with the given table [vectors, size], frozen unless `freeze` is false. */
  static fromPretrained(table: Tensor, options: PretrainedOptions & EmbeddingBagLayerOptions = {}): EmbeddingBag {
    return pretrained(table, options, (count, size, given) => new EmbeddingBag(count, size, given))
  }

  /** Bags [bags, n], or a list [n] with the offsets where bags start, to [bags, embeddingDim]. */
  forward(input: Tensor, offsets: Tensor | null = null, options: Pick<EmbeddingBagOptions, 'perSampleWeights'> = {}): Tensor {
    return embeddingBag(input, this.weight, { ...this.options, ...options, offsets })
  }
}

function pretrained<L extends Table>(
  table: Tensor,
  { freeze = true, ...options }: PretrainedOptions,
  build: (count: number, size: number, options: EmbeddingLayerOptions) => L,
): L {
  if (table.shape.length !== 2)
    throw new NablaError('shape', `[fromPretrained] the table has shape ${showShape(table.shape)}; expected [vectors, size]`, {
      shape: table.shape,
    })
  const layer = build(table.shape[0]!, table.shape[1]!, { ...options, weight: table })
  layer.weight.requiresGrad = !freeze
  return layer
}
