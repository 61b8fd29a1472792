/** Which values share a kernel: the names of the kernels say what is in each. */
import { expect, it } from 'vitest'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { bufferNode } from '../ops/make.js'
import { kernelNames, machines, programOf } from './testing.js'

const leaf = (...shape: number[]): Node => bufferNode(shape, 'float32', 'js')

/** The kernels of a graph, which must be the same with vectors and without. */
function kernels(...outputs: Node[]): string[] {
  const [scalar, vectors] = [machines.scalar, machines.vectors].map((machine) => kernelNames(programOf(outputs, machine)))
  expect(vectors).toEqual(scalar)
  return scalar!
}

const softmax = (x: Node, dim: number): Node => {
  const e = b.exp(b.sub(x, b.max(x, [dim])))
  return b.div(e, b.sum(e, [dim]))
}
/** Mean and variance over `dims`, and the centred values. */
const moments = (x: Node, dims: readonly number[]): { mean: Node; variance: Node; centred: Node } => {
  const n = dims.reduce((count, d) => count * x.shape[d]!, 1)
  const mean = b.div(b.sum(x, dims), n)
  const centred = b.sub(x, mean)
  return { mean, centred, variance: b.div(b.sum(b.mul(centred, centred), dims), n) }
}

it('element-wise work over one domain is one kernel, whatever becomes of it', () => {
  const [x, y] = [leaf(4, 8), leaf(8)]
  const z = b.mul(b.add(x, y), 2)
  expect(kernels(z, b.relu(z), b.sub(x, 1))).toHaveLength(1)
})

it('views cost nothing', () => {
  const x = leaf(4, 8)
  expect(kernels(b.add(b.permute(b.reshape(x, [8, 4]), [1, 0]), b.flip(x, [1])))).toEqual(['add[4,8]'])
})

it('softmax, over rows or columns', () => {
  expect(kernels(softmax(leaf(16, 24), 1))).toEqual(['max+exp+sum+div[16,24]'])
  expect(kernels(softmax(leaf(16, 24), 0))).toEqual(['max+exp+sum+div[16,24]'])
})

it('layer norm, with scale and shift', () => {
  const [x, scale, shift] = [leaf(16, 24), leaf(24), leaf(24)]
  const { centred, variance } = moments(x, [1])
  const normal = b.div(centred, b.sqrt(b.add(variance, 1e-5)))
  expect(kernels(b.add(b.mul(normal, scale), shift))).toEqual(['sum+div+sqrt+add[16,24]'])
})

it('mean and variance of a batch', () => {
  const { mean, variance } = moments(leaf(8, 3, 4, 4), [0, 2, 3])
  expect(kernels(mean, variance)).toEqual(['sum+div[8,3,4,4]'])
})

it('sums over different dimensions are different kernels', () => {
  const x = leaf(4, 8)
  expect(kernels(b.sum(x, [0]), b.sum(x, [1]))).toEqual(['sum[4,8]', 'sum[4,8]'])
})

it('bias and activation belong to the product they follow', () => {
  const [x, w, bias] = [leaf(4, 8), leaf(8, 8), leaf(8)]
  expect(kernels(b.relu(b.add(b.matmul(x, w), bias)))).toEqual(['contract+relu[4,8]'])
})

it('an update belongs to the product that is its gradient', () => {
  const [p, x, y] = [leaf(8, 8), leaf(8, 4), leaf(4, 8)]
  expect(kernels(b.sub(p, b.mul(b.matmul(x, y), 0.1)))).toEqual(['contract+sub[8,8]'])
})

it('a diamond through another kernel stays open', () => {
  // The last value reads the sum and x as the first kernel does, but also a product that waits for that kernel.
  const [x, w] = [leaf(8, 8), leaf(8, 8)]
  const total = b.sum(x, [1])
  const mixed = b.matmul(w, total)
  expect(kernels(b.add(b.mul(x, total), mixed))).toEqual(['sum[8,8]', 'contract[8,1]', 'add[8,8]'])
  // Without the product the same value joins the sum.
  expect(kernels(b.mul(x, total))).toEqual(['sum+mul[8,8]'])
})

it('a map that a product reads does not take in what is made of the product', () => {
  const [x, w] = [leaf(8, 8), leaf(8, 8)]
  const h = b.relu(x)
  expect(kernels(h, b.sub(b.sum(b.matmul(h, w), [0]), h))).toEqual(['relu[8,8]', 'contract[8,8]', 'sum+sub[8,8]'])
})
