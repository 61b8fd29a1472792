/** The operators: each a step whose results are all that its row names. */
import { compile, manualSeed, randint, randn } from 'nabla'
import * as nn from 'nabla/nn'
import { Adam } from 'nabla/optim'

/** Forward and backward from a given gradient of the output: the output, then the gradients of the input, if it has one, and of parameters. */
function layerStep(layer, input, outputOf = (x) => layer.forward(x)) {
  const gradient = randn(outputOf(input).shape).realize()
  const params = [...layer.parameters()]
  const step = compile((given, upstream) => {
    const x = given.dtype === 'float32' ? given.detach().requiresGrad_() : given
    const output = outputOf(x)
    output.backward(upstream)
    const leaves = [x, ...params].filter((leaf) => leaf.requiresGrad)
    const results = [output.detach(), ...leaves.map((leaf) => leaf.grad)]
    for (const leaf of leaves) leaf.grad = null
    return results
  })
  return () => step(input, gradient)
}

const normal = (shape) => randn(shape).realize()

const operators = {
  softmax: ({ input }) => layerStep(new nn.Softmax(-1), normal(input)),
  layernorm: ({ input }) => layerStep(new nn.LayerNorm(input.at(-1)), normal(input)),
  batchnorm: ({ input }) => layerStep(new nn.BatchNorm2d(input[1]), normal(input)),
  embedding: ({ input, rows, width }) => layerStep(new nn.Embedding(rows, width), randint(0, rows, input).realize()),
  'lstm-layer': ({ input, hidden }) => {
    const lstm = new nn.LSTM(input.at(-1), hidden)
    return layerStep(lstm, normal(input), (x) => lstm.forward(x)[0])
  },
  attention: ({ input, heads }) => {
    const attention = new nn.MultiheadAttention(input.at(-1), heads, { batchFirst: true })
    return layerStep(attention, normal(input), (x) => attention.forward(x, x, x, { needWeights: false })[0])
  },
  maxpool: ({ input, kernel, stride, padding }) => layerStep(new nn.MaxPool2d(kernel, { stride, padding }), normal(input)),
  depthwise: ({ input, kernel, padding }) =>
    layerStep(new nn.Conv2d(input[1], input[1], kernel, { padding, groups: input[1] }), normal(input)),
  adam: ({ size }) => {
    const param = new nn.Parameter(normal([size]))
    const optimizer = new Adam([param])
    const step = compile((gradient) => {
      param.grad = gradient
      optimizer.step()
    })
    const gradient = normal([size])
    return () => {
      step(gradient)
      return param.detach()
    }
  },
  sort: ({ size }) => {
    const step = compile((x) => {
      const { values, indices } = x.sort()
      return [values, indices]
    })
    const x = normal([size])
    return () => step(x)
  },
}

/** The step of an operator workload: calling it starts one and returns its results. */
export function operatorStep(workload) {
  manualSeed(0)
  return operators[workload.name](workload)
}
