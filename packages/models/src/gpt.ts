/**
 * A decoder-only language model with the names of GPT-2's weights.
 *
 * Source: Radford et al., "Language models are unsupervised multitask learners", 2019.
 */
import { arange, NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'
import { CausalSelfAttention } from './attention/causal.js'

export interface GPTOptions {
  readonly vocabSize: number
  /** The longest sequence: positions are learned. */
  readonly blockSize: number
  readonly embedDim: number
  readonly numHeads: number
  readonly numLayers: number
  /** The head shares the embedding's weight. Default true. */
  readonly tied?: boolean
}

/** Norm and self-attention, norm and a network of four times the width, each beside a residual: [N, T, embedDim] to the same. */
export class GPTBlock extends nn.Module {
  readonly ln1: nn.LayerNorm
  readonly attn: CausalSelfAttention
  readonly ln2: nn.LayerNorm
  readonly mlp: nn.Sequential

  constructor(embedDim: number, numHeads: number) {
    super()
    this.ln1 = new nn.LayerNorm(embedDim)
    this.attn = new CausalSelfAttention(embedDim, numHeads)
    this.ln2 = new nn.LayerNorm(embedDim)
    this.mlp = new nn.Sequential(
      new nn.Linear(embedDim, 4 * embedDim),
      new nn.GELU({ approximate: 'tanh' }),
      new nn.Linear(4 * embedDim, embedDim),
    )
  }

  /** @param x [N, T, embedDim] */
  forward(x: Tensor): Tensor {
    x = x.add(this.attn.forward(this.ln1.forward(x)))
    return x.add(this.mlp.forward(this.ln2.forward(x)))
  }
}

/** Token and position embeddings, blocks, a last norm, a head without bias. */
export class GPT extends nn.Module {
  readonly wte: nn.Embedding
  readonly wpe: nn.Embedding
  readonly h: nn.ModuleList<GPTBlock>
  readonly lnF: nn.LayerNorm
  readonly lmHead: nn.Linear

  constructor({ vocabSize, blockSize, embedDim, numHeads, numLayers, tied = true }: GPTOptions) {
    super()
    this.wte = new nn.Embedding(vocabSize, embedDim)
    this.wpe = new nn.Embedding(blockSize, embedDim)
    this.h = new nn.ModuleList(Array.from({ length: numLayers }, () => new GPTBlock(embedDim, numHeads)))
    this.lnF = new nn.LayerNorm(embedDim)
    this.lmHead = new nn.Linear(embedDim, vocabSize, { bias: false })
    if (tied) this.lmHead.weight = this.wte.weight
  }

  /** @param ids [N, T] (int32), T at most blockSize @returns logits [N, T, vocabSize] */
  forward(ids: Tensor): Tensor {
    const blockSize = this.wpe.weight.shape[0]!
    const length = ids.shape[1]
    if (ids.ndim !== 2 || length === undefined || length > blockSize)
      throw new NablaError('shape', `[GPT] expected tokens [N, T] with T up to ${blockSize}, got [${ids.shape.join(', ')}]`, {
        shape: ids.shape,
        blockSize,
      })
    const positions = this.wpe.forward(arange(length, { dtype: 'int32', device: ids.device })) // [T, embedDim]
    let x = this.wte.forward(ids).add(positions) //                                               [N, T, embedDim]
    for (const block of this.h) x = block.forward(x)
    return this.lmHead.forward(this.lnF.forward(x)) //                                            [N, T, vocabSize]
  }
}
