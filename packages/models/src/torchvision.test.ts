/**
 * The zoo against torchvision: the logits of small cases with weights that a formula gives on both sides. They are recorded by
 * fixtures/record_torchvision.py, which records the full networks too: NABLA_TORCHVISION=FILE compares with those. Names and shapes of all
 * states: zoo/registry.test.ts.
 */
import { readFileSync } from 'node:fs'
import { noGrad, setDefaultDevice, tensor, type Tensor } from 'nabla'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  alexnet,
  createModel,
  DenseNet,
  googlenet,
  loadWeights,
  MobileNetV2,
  ResNet,
  squeezenet1_0,
  squeezenet1_1,
  vgg11,
  vgg11Bn,
  type ZooNetwork,
} from './index.js'

interface Recorded {
  readonly cases: Readonly<Record<string, { shape: readonly number[]; logits: readonly number[] }>>
}
const fixture = process.env.NABLA_TORCHVISION ?? new URL('../fixtures/torchvision.json', import.meta.url)
// Small cases run faster than their kernels would be compiled.
beforeAll(() => setDefaultDevice(process.env.NABLA_TORCHVISION ? 'native' : 'js'))
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as Recorded

/** Small networks of every family, by the names of the recorded cases. */
const cases: Readonly<Record<string, () => ZooNetwork>> = {
  'basic blocks': () => new ResNet('basic', [1, 2, 1, 1], { numClasses: 10 }),
  'bottlenecks in groups': () => new ResNet('bottleneck', [2, 1, 1, 1], { numClasses: 10, groups: 4, widthPerGroup: 8 }),
  'alexnet of width 1/16': () => alexnet({ numClasses: 10, width: 1 / 16 }),
  'densenet of three blocks': () => new DenseNet({ numClasses: 10, growth: 8, blocks: [2, 1, 2], firstChannels: 16 }),
  'googlenet of width 1/8': () => googlenet({ numClasses: 10, width: 1 / 8 }),
  'mobilenet of width 0.5': () => new MobileNetV2({ numClasses: 10, width: 0.5 }),
  'squeezenet 1.0 of width 1/4': () => squeezenet1_0({ numClasses: 10, width: 1 / 4 }),
  'squeezenet 1.1 of width 1/4': () => squeezenet1_1({ numClasses: 10, width: 1 / 4 }),
  'vgg11 of width 1/16': () => vgg11({ numClasses: 10, width: 1 / 16 }),
  'vgg11 of width 1/16 with batch norm': () => vgg11Bn({ numClasses: 10, width: 1 / 16 }),
}

/** The formula: `count` numbers in [-1, 1) from the name and the place, exact in float32. */
function uniform(name: string, count: number): Float32Array {
  let seed = 0x811c9dc5
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193)
  return Float32Array.from({ length: count }, (_, i) => {
    let x = Math.imul(i + 1, 0x9e3779b1) ^ seed
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d)
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39)
    x ^= x >>> 15
    return (x >>> 8) / 2 ** 23 - 1
  })
}

/** The tensor of a name: weights of the size that keeps variance through ReLU, norms near 0.7, small biases and means, variances near 1. */
function values(name: string, shape: readonly number[]): Tensor {
  const u = uniform(
    name,
    shape.reduce((a, b) => a * b, 1),
  )
  const last = name.split('.').at(-1)
  const scaled = (add: number, by: number): Tensor => tensor(u.map((v) => add + by * v)).reshape([...shape])
  if (last === 'numBatchesTracked') return tensor(0, { dtype: 'int32' })
  if (last === 'runningVar') return scaled(1, 0.5)
  if (last === 'weight' && shape.length === 1) return scaled(0.7, 0.2)
  return scaled(0, shape.length > 1 ? Math.sqrt(6 / shape.slice(1).reduce((a, b) => a * b, 1)) : 0.1)
}

describe.each(Object.entries(recorded.cases))('%s', (name, { shape, logits }) => {
  test('has the logits of torchvision', async () => {
    const network = (cases[name] ?? (() => createModel(name)))().eval()
    const state = network.stateDict()
    loadWeights(network, Object.fromEntries(Object.entries(state).map(([entry, value]) => [entry, values(entry, value.shape)])))
    const found = await noGrad(() =>
      network.forward(tensor(uniform('input', 3 * shape[2]! * shape[3]! * shape[0]!)).reshape([...shape])).data(),
    )
    const largest = Math.max(...logits.map(Math.abs))
    const error = Math.max(...logits.map((value, i) => Math.abs(value - found[i]!))) / largest
    if (process.env.NABLA_TORCHVISION) console.log(`${name}: ${error.toExponential(1)} of the largest logit ${largest}`)
    expect(found.length).toBe(logits.length)
    expect(error).toBeLessThan(1e-4)
  })
})
