/** TensorFlow.js as a peer, on its plain JavaScript back end (`cpu`) or on WebAssembly. Images are NHWC, as its CPU kernels want them. */
import * as tf from '@tensorflow/tfjs'
import { labels, uniform } from '../data.mjs'
import { serve } from '../worker.mjs'

const parameter = (shape, fan, seed) =>
  tf.variable(
    tf
      .tensor(
        uniform(
          shape.reduce((a, b) => a * b),
          seed,
        ),
        shape,
      )
      .div(Math.sqrt(fan)),
  )

/** A layer as a function of its input; its variables are the ones TensorFlow.js finds by itself. */
function build(layer, seed) {
  const { kind, inputs, outputs, kernel, padding, size, features, p } = layer
  if (kind === 'linear') {
    const [w, b] = [parameter([inputs, outputs], inputs, seed), parameter([outputs], inputs, seed + 1)]
    return (x) => x.matMul(w).add(b)
  }
  if (kind === 'conv') {
    const fan = inputs * kernel ** 2
    const [w, b] = [parameter([kernel, kernel, inputs, outputs], fan, seed), parameter([outputs], fan, seed + 1)]
    return (x) => tf.conv2d(x, w, 1, padding).add(b)
  }
  if (kind === 'batchnorm') {
    const [scale, shift] = [tf.variable(tf.ones([features])), tf.variable(tf.zeros([features]))]
    return (x) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2])
      return tf.batchNorm(x, mean, variance, shift, scale, 1e-5)
    }
  }
  if (kind === 'relu') return tf.relu
  if (kind === 'tanh') return tf.tanh
  if (kind === 'avgpool') return (x) => tf.avgPool(x, size, size, 'valid')
  if (kind === 'maxpool') return (x) => tf.maxPool(x, size, size, 'valid')
  if (kind === 'dropout2d') return (x) => tf.dropout(x, p, [x.shape[0], 1, 1, x.shape[3]])
  if (kind === 'flatten') return (x) => x.reshape([x.shape[0], -1])
  throw new Error(`no layer ${kind}`)
}

function matmul({ n }) {
  const [a, b] = [1, 2].map((seed) => tf.tensor(uniform(n * n, seed), [n, n]))
  let last
  const step = () => {
    last?.dispose()
    last = a.matMul(b)
  }
  return { step, finish: async () => void (await last.slice([0, 0], [1, 1]).data()) }
}

function training(workload) {
  const { input, layers, lr, momentum, nesterov } = workload
  const [batch, channels, height, width] = input
  const shape = input.length === 4 ? [batch, height, width, channels] : input
  const x = tf.tensor(uniform(shape.reduce((a, b) => a * b)), shape)
  const outputs = layers.at(-1).outputs
  const y = tf.oneHot(tf.tensor1d(labels(workload), 'int32'), outputs)
  const net = layers.map((layer, i) => build(layer, 10 + 2 * i))
  const optimizer = tf.train.momentum(lr, momentum, nesterov)
  let loss
  const step = () => {
    loss?.dispose()
    loss = optimizer.minimize(
      () =>
        tf.losses.softmaxCrossEntropy(
          y,
          net.reduce((value, layer) => layer(value), x),
        ),
      true,
    )
  }
  const finish = async () => {
    const [value] = await loss.data()
    if (!Number.isFinite(value)) throw new Error(`the loss is ${value}`)
  }
  return { step, finish }
}

await serve(async (workload, { backend }) => {
  if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend(backend))) throw new Error(`the ${backend} back end of TensorFlow.js does not start`)
  await tf.ready()
  const name = `TensorFlow.js ${tf.version.tfjs}`
  return { name, device: backend, ...(workload.kind === 'matmul' ? matmul(workload) : training(workload)) }
})
