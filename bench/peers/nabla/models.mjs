/** The language models, from the zoo. */
import { GPT, LSTMLanguageModel } from '@nabla/models'
import { manualSeed, tensor } from 'nabla'
import * as nn from 'nabla/nn'
import * as optim from 'nabla/optim'
import { integers } from '../../data.mjs'
import { trainOn } from './training.mjs'

/** Each gives the net, and its logits [N, T, vocabulary] for tokens [N, T]. */
const models = {
  lstm: ({ vocabulary, width, hidden }) => {
    const net = new LSTMLanguageModel({ vocabSize: vocabulary, embedDim: width, hiddenSize: hidden, numLayers: 1 })
    return { net, logitsOf: (tokens) => net.forward(tokens)[0] }
  },
  gpt: ({ vocabulary, steps, width, heads, layers }) => {
    const net = new GPT({ vocabSize: vocabulary, blockSize: steps, embedDim: width, numHeads: heads, numLayers: layers })
    return { net, logitsOf: (tokens) => net.forward(tokens) }
  },
}

/** The step of a model workload: calling it starts one and returns its loss. */
export function modelStep({ name, batch, steps, vocabulary, optimizer, lr, ...sizes }) {
  manualSeed(0)
  const { net, logitsOf } = models[name]({ steps, vocabulary, ...sizes })
  const criterion = new nn.CrossEntropyLoss()
  const [x, y] = [1, 2].map((seed) => tensor(integers(batch * steps, vocabulary, seed), { shape: [batch, steps] }))
  const lossOf = (tokens, next) => criterion.forward(logitsOf(tokens).flatten(0, 1), next.flatten())
  return trainOn(x, y, lossOf, new optim[optimizer](net.parameters(), { lr }))
}
