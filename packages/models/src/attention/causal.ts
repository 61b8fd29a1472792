/** Self-attention to the past. Source: Vaswani et al., "Attention is all you need", 2017; names of weights as in GPT-2. */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

/** Every position attends to itself and those before, in `numHeads` heads: [N, T, embedDim] to the same. */
export class CausalSelfAttention extends nn.Module {
  readonly cAttn: nn.Linear
  readonly cProj: nn.Linear

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
  ) {
    super()
    if (embedDim % numHeads)
      throw new NablaError('argument', `[CausalSelfAttention] embedDim ${embedDim} is not divisible into ${numHeads} heads`, {
        embedDim,
        numHeads,
      })
    this.cAttn = new nn.Linear(embedDim, 3 * embedDim)
    this.cProj = new nn.Linear(embedDim, embedDim)
  }

  /** @param x [N, T, embedDim] */
  forward(x: Tensor): Tensor {
    const [q, k, v] = this.cAttn
      .forward(x) //                                                                     [N, T, 3 embedDim]
      .chunk(3, 2)
      .map((part) => part.unflatten(2, [this.numHeads, -1]).transpose(1, 2)) as Triple // [N, heads, T, embedDim / heads]
    const y = nn.functional.scaledDotProductAttention(q, k, v, { isCausal: true })
    return this.cProj.forward(y.transpose(1, 2).flatten(2)) //                            [N, T, embedDim]
  }

  protected override extraRepr(): string {
    return `${this.embedDim}, ${this.numHeads}`
  }
}

type Triple = [Tensor, Tensor, Tensor]
