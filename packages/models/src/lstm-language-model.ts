/**
 * A recurrent language model.
 *
 * Sources: Zaremba, Sutskever, Vinyals, "Recurrent neural network regularization", 2014; tied weights: Press and Wolf, "Using the output
 * embedding to improve language models", 2017.
 */
import { NablaError, type Tensor } from 'nabla'
import * as nn from 'nabla/nn'

export interface LSTMLanguageModelOptions {
  readonly vocabSize: number
  readonly embedDim: number
  readonly hiddenSize: number
  /** Default 2. */
  readonly numLayers?: number
  /** Between the layers of the LSTM. Default 0. */
  readonly dropout?: number
  /** The head shares the embedding's weight; needs embedDim = hiddenSize. Default false. */
  readonly tied?: boolean
}

/** Embedding, LSTM, linear head. */
export class LSTMLanguageModel extends nn.Module {
  readonly embedding: nn.Embedding
  readonly lstm: nn.LSTM
  readonly head: nn.Linear

  constructor({ vocabSize, embedDim, hiddenSize, numLayers = 2, dropout = 0, tied = false }: LSTMLanguageModelOptions) {
    super()
    if (tied && embedDim !== hiddenSize)
      throw new NablaError(
        'argument',
        `[LSTMLanguageModel] tied weights need embedDim (${embedDim}) = hiddenSize (${hiddenSize})`,
        {
          embedDim,
          hiddenSize,
        },
      )
    this.embedding = new nn.Embedding(vocabSize, embedDim)
    this.lstm = new nn.LSTM(embedDim, hiddenSize, { numLayers, dropout, batchFirst: true })
    this.head = new nn.Linear(hiddenSize, vocabSize)
    if (tied) this.head.weight = this.embedding.weight
  }

  /**
   * @param ids [N, T] (int32)
   * @param state [h, c] of the tokens before; zeros if left out
   * @returns logits [N, T, vocabSize], and h and c [numLayers, N, hiddenSize] after the last token
   */
  forward(ids: Tensor, state: readonly [h: Tensor, c: Tensor] | null = null): [logits: Tensor, h: Tensor, c: Tensor] {
    const [output, [h, c]] = this.lstm.forward(this.embedding.forward(ids), state) // [N, T, hiddenSize]
    return [this.head.forward(output), h, c]
  }
}
