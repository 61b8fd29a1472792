/**
 * What is measured, described once for every peer: a network as a list of layers, the shape of its input, the optimizer's settings.
 * Each peer reads the list in its own way (peers/*); the arithmetic of a step is counted from the same list.
 */

const conv = (inputs, outputs, kernel, padding = 0) => ({ kind: 'conv', inputs, outputs, kernel, padding })
const linear = (inputs, outputs) => ({ kind: 'linear', inputs, outputs })
const relu = { kind: 'relu' }
const tanh = { kind: 'tanh' }
const flatten = { kind: 'flatten' }
const avgPool = (size) => ({ kind: 'avgpool', size })
const maxPool = (size) => ({ kind: 'maxpool', size })
const dropout2d = (p) => ({ kind: 'dropout2d', p })
const batchNorm = (features) => ({ kind: 'batchnorm', features })

/** A product of two square matrices that stay where the peer computes. */
const matmul = (n) => ({ name: `matmul-${n}`, kind: 'matmul', n })

/** One training step: forward, cross entropy, backward, SGD with momentum 0.9. Labels are class numbers below `classes`. */
const training = (name, input, classes, layers, { nesterov = false } = {}) => ({
  name,
  kind: 'training',
  input,
  classes,
  layers,
  lr: 0.001, // small, so that thousands of steps on one batch drive nothing into denormal numbers
  momentum: 0.9,
  nesterov,
})

export const workloads = [
  matmul(256),
  matmul(512),
  matmul(1024),
  training('mlp', [256, 784], 10, [linear(784, 256), relu, linear(256, 10)]),
  training('tiny-mlp', [32, 20], 2, [linear(20, 64), tanh, linear(64, 64), tanh, linear(64, 2)]),
  training('lenet', [256, 1, 28, 28], 10, [
    ...[conv(1, 6, 5, 2), relu, avgPool(2)], // [256, 6, 14, 14]
    ...[conv(6, 16, 5), relu, avgPool(2)], //   [256, 16, 5, 5]
    ...[flatten, linear(400, 120), relu, linear(120, 84), relu, linear(84, 10)],
  ]),
  // The CIFAR-10 network of the notes: its last layer has 1024 outputs, of which the labels name ten.
  training(
    'convnet',
    [64, 3, 32, 32],
    10,
    [
      ...[conv(3, 32, 3, 1), relu, dropout2d(0.25), maxPool(2), batchNorm(32)], //    [64, 32, 16, 16]
      ...[conv(32, 128, 3, 1), relu, dropout2d(0.25), maxPool(2), batchNorm(128)], // [64, 128, 8, 8]
      ...[conv(128, 256, 3, 1), relu, dropout2d(0.25), maxPool(2)], //                [64, 256, 4, 4]
      ...[flatten, linear(4096, 1024)],
    ],
    { nesterov: true },
  ),
]

/** The shape after `layer`, of one sample: `[channels, height, width]` or `[features]`. */
function shapeAfter(layer, shape) {
  const [channels, height, width] = shape
  const { kind, outputs, kernel, padding, size } = layer
  if (kind === 'conv') return [outputs, height + 2 * padding - kernel + 1, width + 2 * padding - kernel + 1]
  if (kind === 'avgpool' || kind === 'maxpool') return [channels, Math.floor(height / size), Math.floor(width / size)]
  if (kind === 'flatten') return [shape.reduce((a, b) => a * b, 1)]
  if (kind === 'linear') return [outputs]
  return shape
}

/** Multiply-adds of one sample's forward pass; the taps in a border of zeros are counted, as every convention does. */
function multiplyAdds(layer, after) {
  if (layer.kind === 'linear') return layer.inputs * layer.outputs
  if (layer.kind === 'conv') return after.reduce((a, b) => a * b, 1) * layer.inputs * layer.kernel ** 2
  return 0
}

/**
 * Floating-point operations of one step. Of a training step only products are counted: forward, gradient of weights, and gradient
 * of inputs except for the first layer, which nobody asks for.
 */
export function flops(workload) {
  if (workload.kind === 'matmul') return 2 * workload.n ** 3
  const [batch, ...sample] = workload.input
  let shape = sample
  let total = 0
  for (const layer of workload.layers) {
    shape = shapeAfter(layer, shape)
    total += 2 * batch * multiplyAdds(layer, shape) * (total === 0 ? 2 : 3)
  }
  return total
}

/** The same numbers in every run and every peer written in JavaScript: uniform in [-1, 1). */
export function uniform(size, seed = 1) {
  let state = seed >>> 0
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** Labels in [0, classes). */
export const labels = (workload) =>
  Int32Array.from(uniform(workload.input[0], 7), (x) => Math.floor(((x + 1) / 2) * workload.classes))

/** How many times as fast as a peer Nabla means to be. */
export const goals = {
  'matmul-1024': { openblas: 0.9 },
  mlp: { torch: 2.5 },
  'tiny-mlp': { torch: 4 },
  lenet: { torch: 4 },
  convnet: { torch: 1.4 },
}
