/**
 * Floating-point operations of one step, counted from a workload's description. Only products count: what else a step does is next to
 * nothing, or, where there are no products, no measure of it (null).
 */

/** In training a product comes three times: forward, for the gradient of its weights, for the gradient of its input. */
const passes = 3

const product = (shape) => shape.reduce((a, b) => a * b, 1)

/** The shape after `layer`, of one sample: `[channels, height, width]` or `[features]`. */
function shapeAfter(layer, shape) {
  const [channels, height, width] = shape
  const { kind, outputs, kernel, padding, size } = layer
  if (kind === 'conv') return [outputs, height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1]
  if (kind === 'avgpool' || kind === 'maxpool') return [channels, Math.floor(height / size), Math.floor(width / size)]
  if (kind === 'flatten') return [product(shape)]
  if (kind === 'linear') return [outputs]
  return shape
}

/** Multiply-adds of one sample's forward pass; the taps in a border of zeros are counted, as every convention does. */
function multiplyAdds(layer, after) {
  if (layer.kind === 'linear') return layer.inputs * layer.outputs
  if (layer.kind === 'conv') return product(after) * layer.inputs * layer.kernel ** 2
  return 0
}

/** Nobody asks for the gradient of a network's input. */
function network({ input, layers }) {
  const [batch, ...sample] = input
  let shape = sample
  let total = 0
  for (const layer of layers) {
    shape = shapeAfter(layer, shape)
    total += 2 * batch * multiplyAdds(layer, shape) * (total === 0 ? passes - 1 : passes)
  }
  return total
}

/** Multiply-adds of an LSTM over one sequence: four gates of the input and, but for the first step, of the state. */
const lstm = (steps, inputs, hidden) => 4 * hidden * (steps * inputs + (steps - 1) * hidden)

/** Of self-attention over one sequence: four projections, scores, weighted values; those that a mask hides are counted. */
const attention = (steps, width) => 4 * steps * width ** 2 + 2 * steps ** 2 * width

/** Multiply-adds of a batch through a language model. */
const models = {
  lstm: ({ batch, steps, vocabulary, width, hidden }) => batch * (lstm(steps, width, hidden) + steps * hidden * vocabulary),
  gpt: ({ batch, steps, vocabulary, width, layers }) =>
    batch * (layers * (attention(steps, width) + 8 * steps * width ** 2) + steps * width * vocabulary),
}

/** Multiply-adds of a batch through the operators that are products. */
const operators = {
  'lstm-layer': ({ input: [steps, batch, inputs], hidden }) => batch * lstm(steps, inputs, hidden),
  attention: ({ input: [batch, steps, width] }) => batch * attention(steps, width),
  depthwise: ({ input, kernel }) => product(input) * kernel ** 2,
}

/** Of a description that tells its multiply-adds. */
const counted = ({ input: [batch], counts: { multiplyAdds, first } }) => 2 * batch * (passes * multiplyAdds - first)

const kinds = {
  matmul: ({ n }) => 2 * n ** 3,
  training: network,
  zoo: counted,
  prediction: ({ input: [batch], counts }) => 2 * batch * counts.multiplyAdds,
  model: (workload) => passes * 2 * models[workload.name](workload),
  operator: (workload) => (workload.name in operators ? passes * 2 * operators[workload.name](workload) : null),
}

/** Of one step, or null where products do not say how much work it is. */
export const flops = (workload) => kinds[workload.kind](workload)
