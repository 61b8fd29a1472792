/** Every op's own samples, and gradients, on every device against the plain references; then sizes that the vector code is for. */
import { describe, expect, it } from 'vitest'
import { isFloat } from '../core/dtype.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { denseOf } from '../ops/dense.js'
import { bufferNode, makeNode } from '../ops/make.js'
import type { Dense, Op, Sample } from '../ops/op.js'
import { gradients } from '../ops/reverse.js'
import { ops } from '../ops/table.js'
import { describeDevices } from './devices.js'
import { type Case, differences, randomDense, randomNumbers } from './testing.js'

const devices = describeDevices()
  .filter((d) => d.available)
  .map((d) => d.name)

function caseOf(op: Op, sample: Sample, i: number): Case[] {
  if (op.kind === 'source' && op.name !== 'randomBits' && !sample.attrs?.['shape']) return []
  const next = randomNumbers(i + 1)
  const values = new Map<Node, Dense>()
  const inputs = sample.inputs.map(({ shape, dtype, low, high, values: given }) => {
    const node = bufferNode(shape, dtype, 'js')
    values.set(node, given ? denseOf(shape, dtype, given) : randomDense(shape, dtype, next, low, high))
    return node
  })
  const node = makeNode(op.name, inputs, sample.attrs, 'js')
  const outputs = [node]
  const wrt = inputs.filter((n) => isFloat(n.dtype))
  if (op.gradient && sample.differentiable !== false && isFloat(node.dtype) && wrt.length) {
    const seed = bufferNode(node.shape, node.dtype, 'js')
    values.set(seed, randomDense(node.shape, node.dtype, next))
    outputs.push(...gradients(node, seed, wrt).filter((g) => g !== undefined))
  }
  return [
    {
      name: `${op.name} ${JSON.stringify(sample.attrs ?? {})} on ${sample.inputs.map((x) => `${x.dtype}[${x.shape.join()}]`).join(' ')}`,
      outputs,
      values,
    },
  ]
}

describe.each(devices)('ops on %s', (device) => {
  it('every sample of every op, compiled together', async () => {
    const cases = Object.values(ops)
      .filter((op) => op.kind !== 'buffer')
      .flatMap((op) => op.samples.flatMap((sample, i) => caseOf(op, sample, i)))
    expect(cases.length).toBeGreaterThan(500)
    expect(await differences(cases, device)).toEqual([])
  })

  it('vector code: reductions, softmax and norms of awkward sizes, along every axis', async () => {
    const next = randomNumbers(3)
    const cases: Case[] = []
    for (const shape of [[37, 19], [64, 33], [8, 3, 5, 7], [32, 6, 4, 4], [3, 1000], [1000, 3], [70000]]) {
      const values = new Map<Node, Dense>()
      const x = bufferNode(shape, 'float32', 'js')
      values.set(x, randomDense(shape, 'float32', next, -3, 3))
      const outputs: Node[] = []
      for (let d = 0; d < shape.length; d++) {
        const m = b.max(x, [d])
        const e = b.exp(b.sub(x, m))
        outputs.push(b.sum(x, [d]), b.div(e, b.sum(e, [d])), b.argmax(x, d), b.min(x, [d]))
      }
      const dims = shape.map((_, d) => d)
      outputs.push(b.sum(x, dims), b.max(x, dims))
      if (shape.length > 1) {
        const inner = dims.filter((d) => d !== 1)
        const n = shape.filter((_, d) => d !== 1).reduce((p, q) => p * q, 1)
        const mean = b.div(b.sum(x, inner), n)
        const centred = b.sub(x, mean)
        const variance = b.div(b.sum(b.mul(centred, centred), inner), n)
        outputs.push(b.div(centred, b.sqrt(b.add(variance, 1e-5))), b.permute(b.relu(x), [...dims].reverse()))
      }
      cases.push({ name: `[${shape.join()}]`, outputs, values })
    }
    expect(await differences(cases, device)).toEqual([])
  })

  it('products of awkward sizes, with epilogues', async () => {
    const next = randomNumbers(4)
    for (const [m, k, n] of [
      [1, 1, 1],
      [7, 5, 3],
      [33, 17, 70],
      [64, 64, 64],
      [100, 31, 130],
      [256, 20, 10],
      [5, 300, 16],
    ] as const) {
      const values = new Map<Node, Dense>()
      const leaf = (shape: number[]): Node => {
        const node = bufferNode(shape, 'float32', 'js')
        values.set(node, randomDense(shape, 'float32', next))
        return node
      }
      const [x, w, bias, w2] = [leaf([m, k]), leaf([n, k]), leaf([n]), leaf([n, 12])]
      const h = b.relu(b.add(b.matmul(x, b.permute(w, [1, 0])), bias))
      const out = b.matmul(h, w2)
      const seed = leaf([m, 12])
      const cases = [
        {
          name: `${m} ${k} ${n}`,
          outputs: [out, b.matmul(x, b.permute(w, [1, 0])), ...gradients(out, seed, [x, w, bias, w2]).map((g) => g!)],
          values,
        },
      ]
      expect(await differences(cases, device)).toEqual([])
    }
  })

  it('convolutions with their gradients: batch lanes, borders, strides', async () => {
    const next = randomNumbers(5)
    for (const [n, c, h, k, r, stride, pad] of [
      [32, 1, 12, 6, 5, 1, 2],
      [32, 6, 10, 16, 5, 1, 0],
      [16, 3, 8, 9, 3, 2, 1],
      [64, 5, 6, 7, 3, 1, 1],
      [3, 4, 7, 20, 3, 1, 1],
      [1, 2, 9, 33, 3, 3, 0],
    ] as const) {
      const values = new Map<Node, Dense>()
      const leaf = (shape: number[]): Node => {
        const node = bufferNode(shape, 'float32', 'js')
        values.set(node, randomDense(shape, 'float32', next))
        return node
      }
      const [x, w, bias] = [leaf([n, c, h, h]), leaf([k, c, r, r]), leaf([1, k, 1, 1])]
      const size = Math.floor((h + 2 * pad - r) / stride) + 1
      // Variables: n k y x | c r s
      const unit = (...at: [number, number][]) => ({
        offset: 0,
        divisor: 1,
        coef: Array.from({ length: 7 }, (_, j) => at.find(([i]) => i === j)?.[1] ?? 0),
      })
      const y = b.contract(x, w, {
        out: [n, k, size, size],
        reduced: [c, r, r],
        a: [
          unit([0, 1]),
          unit([4, 1]),
          { ...unit([2, stride], [5, 1]), offset: -pad },
          { ...unit([3, stride], [6, 1]), offset: -pad },
        ],
        b: [unit([1, 1]), unit([4, 1]), unit([5, 1]), unit([6, 1])],
      })
      const act = b.relu(b.add(y, bias))
      const loss = b.sum(b.mul(act, act), [0, 1, 2, 3])
      const seed = leaf([1, 1, 1, 1])
      const name = `conv ${[n, c, h, k, r, stride, pad].join()}`
      expect(
        await differences(
          [{ name, outputs: [act, ...gradients(loss, seed, [x, w, bias]).map((g) => g!)], values }],
          device,
          5e-5,
        ),
      ).toEqual([])
    }
  })
})
