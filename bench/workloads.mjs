/**
 * What is measured, described once for every peer: a network as a list of layers or by its name (zoo.mjs), a language model or an
 * operator by its sizes. Each peer reads the description in its own way (peers/*); the arithmetic of a step is counted from it too (flops.mjs).
 */
import { networks, predictions } from './zoo.mjs'

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

/** One training step of a language model on a batch of random tokens: forward, cross entropy, backward, update. */
const model = (name, sizes) => ({ name, kind: 'model', ...sizes })

/**
 * An operator, or a layer forward and backward: its results are the output, and from a given gradient of it the gradients of the input
 * and of the parameters.
 */
const operator = (name, sizes) => ({ name, kind: 'operator', ...sizes })

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
  ...networks,
  ...predictions,
  model('lstm', { batch: 32, steps: 35, vocabulary: 65, width: 128, hidden: 256, optimizer: 'SGD', lr: 0.1 }),
  model('gpt', { batch: 16, steps: 64, vocabulary: 65, width: 128, heads: 4, layers: 4, optimizer: 'AdamW', lr: 0.0003 }),
  operator('softmax', { input: [1024, 1024] }),
  operator('layernorm', { input: [4096, 768] }),
  operator('batchnorm', { input: [32, 64, 32, 32] }), // in training: running statistics move on
  operator('embedding', { input: [64, 64], rows: 10_000, width: 256 }), // indices; they have no gradient
  operator('lstm-layer', { input: [35, 32, 128], hidden: 256 }), // [steps, batch, inputs]
  operator('attention', { input: [16, 128, 256], heads: 8 }), //    [batch, steps, width]
  operator('maxpool', { input: [32, 64, 56, 56], kernel: 3, stride: 2, padding: 1 }),
  operator('depthwise', { input: [8, 96, 56, 56], kernel: 3, padding: 1 }),
  operator('adam', { size: 10_000_000 }), // one update
  operator('sort', { size: 1_000_000 }), //  values and indices
]

/** Engines from here on have fused multiply-adds in WebAssembly. */
const fuses = Number(process.versions.node.split('.')[0]) >= 22

/** The same goals for all workloads of a kind. */
const ofKind = (kind, goals) =>
  Object.fromEntries(workloads.filter((workload) => workload.kind === kind).map(({ name }) => [name, goals]))

/** How many times as fast as a peer each of Nabla's devices means to be. */
export const goals = {
  native: {
    'matmul-1024': { openblas: 0.9 },
    mlp: { torch: 2.5 },
    'tiny-mlp': { torch: 4 },
    lenet: { torch: 4 },
    convnet: { torch: 1.4 },
    lstm: { torch: 4 },
    gpt: { torch: 2 },
    ...ofKind('zoo', { torch: 1.5 }),
    resnet18: { torch: 1.3 },
    ...ofKind('prediction', { torch: 1, onnxruntime: 0.8 }),
    ...ofKind('operator', { torch: 1 }),
  },
  wasm: {
    'matmul-1024': { 'jax-js': fuses ? 2.8 : 1.8, 'tfjs-wasm': fuses ? 4 : 2.5 },
    mlp: { 'tfjs-wasm': 10 },
    lenet: { 'jax-js': 100, native: fuses ? 0.25 : 0.15 },
  },
}
