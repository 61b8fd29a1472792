/** jax-js as a peer, on its WebAssembly back end: the whole step under `jit`. Arrays are owned: what is used again is passed as `.ref`. */
import { readFileSync } from 'node:fs'
import { blockUntilReady, init, jit, lax, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax'
import { labels, uniform } from '../data.mjs'
import { serve } from '../worker.mjs'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.resolve('@jax-js/jax'))))

const array = (shape, seed, scale = 1) =>
  np
    .array(
      uniform(
        shape.reduce((a, b) => a * b),
        seed,
      ).map((x) => x * scale),
    )
    .reshape(shape)

const parameter = (shape, fan, seed) => array(shape, seed, 1 / Math.sqrt(fan))

/** A layer's parameters, by name. */
function parameters({ kind, inputs, outputs, kernel, features }, seed) {
  if (kind === 'linear') return { w: parameter([inputs, outputs], inputs, seed), b: parameter([outputs], inputs, seed + 1) }
  if (kind === 'batchnorm') return { w: np.ones([1, features, 1, 1]), b: np.zeros([1, features, 1, 1]) }
  if (kind !== 'conv') return {}
  const fan = inputs * kernel ** 2
  return { w: parameter([outputs, inputs, kernel, kernel], fan, seed), b: parameter([1, outputs, 1, 1], fan, seed + 1) }
}

/** Windows of `size` x `size` as two axes of their own, 3 and 5. */
const windows = (x, size) => x.reshape([x.shape[0], x.shape[1], x.shape[2] / size, size, x.shape[3] / size, size])

function forward({ kind, kernel, padding, size, p }, { w, b }, x, key) {
  if (kind === 'linear') return np.matmul(x, w).add(b)
  if (kind === 'conv') return lax.conv(x, w, [1, 1], Array(2).fill(kernel && [padding, padding])).add(b)
  if (kind === 'relu') return nn.relu(x)
  if (kind === 'tanh') return np.tanh(x)
  if (kind === 'avgpool') return np.mean(windows(x, size), [3, 5])
  if (kind === 'maxpool') return np.max(windows(x, size), [3, 5])
  if (kind === 'flatten') return x.reshape([x.shape[0], -1])
  if (kind === 'dropout2d') {
    const keep = random.bernoulli(key, 1 - p, [x.shape[0], x.shape[1], 1, 1]).astype(np.float32)
    return x.mul(keep.mul(1 / (1 - p)))
  }
  if (kind === 'batchnorm') {
    const centred = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }))
    const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true })
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(w)
      .add(b)
  }
  throw new Error(`no layer ${kind}`)
}

function matmul({ n }) {
  const [a, b] = [array([n, n], 1), array([n, n], 2)]
  const product = jit((a, b) => np.matmul(a, b))
  const step = async () => {
    const result = await blockUntilReady(product(a.ref, b.ref)) // what is disposed before it is asked for is never computed
    result.dispose()
  }
  return { step, finish: async () => {} }
}

function training(workload) {
  const { input, layers, lr, momentum, nesterov } = workload
  const x = array(input, 1)
  const y = nn.oneHot(np.array(labels(workload)), layers.at(-1).outputs)
  const dropouts = layers.filter(({ kind }) => kind === 'dropout2d').length

  const lossOf = (params, x, y, keys) => {
    const key = [...keys]
    const out = layers.reduce((value, layer, i) => forward(layer, params[i], value, layer.kind === 'dropout2d' && key.shift()), x)
    return np.mean(np.sum(nn.logSoftmax(out, -1).mul(y), -1)).neg()
  }
  const update = jit((params, velocity, x, y, keys) => {
    const [loss, gradient] = valueAndGrad(lossOf)(tree.ref(params), x, y, keys)
    const heavier = (v, g) => v.mul(momentum).add(g)
    const next = tree.map(heavier, velocity, nesterov ? tree.ref(gradient) : gradient)
    const direction = nesterov ? tree.map(heavier, tree.ref(next), gradient) : tree.ref(next)
    return [tree.map((p, d) => p.sub(d.mul(lr)), params, direction), next, loss]
  })

  let params = layers.map((layer, i) => parameters(layer, 10 + 2 * i))
  let velocity = tree.map((p) => np.zeros(p.shape), params)
  let seed = 0
  let loss
  const step = () => {
    loss?.dispose()
    const keys = Array.from({ length: dropouts }, () => random.key(seed++))
    ;[params, velocity, loss] = update(params, velocity, x.ref, y.ref, keys)
  }
  const finish = async () => {
    await blockUntilReady(params)
    const [value] = await loss.ref.data()
    if (!Number.isFinite(value)) throw new Error(`the loss is ${value}`)
  }
  return { step, finish }
}

await serve(async (workload) => {
  await init('wasm')
  return { name: `jax-js ${version}`, device: 'wasm', ...(workload.kind === 'matmul' ? matmul(workload) : training(workload)) }
})
