import { describe, expect, test } from 'vitest'
import { machines, programOf, randomCase, randomNumbers } from '../../compiler/testing.js'
import { type DType, dtypes, isFloat, type TypedArray } from '../../core/dtype.js'
import type { Machine, Program } from '../../device/device.js'
import type { Node } from '../../graph/node.js'
import { forgetExpressions } from '../../kernel/expr.js'
import { verify } from '../../kernel/verify.js'
import { builder as b } from '../../ops/builder.js'
import { bufferNode, makeNode } from '../../ops/make.js'
import { gradients } from '../../ops/reverse.js'
import { ops } from '../../ops/table.js'
import { type RenderOptions, renderWasm } from './index.js'
import { Bench, differsFromJs, engine } from './testing.js'

const four = { ...machines.vectors, lanes: 4 }
const plain = { relaxed: false, shared: false }
const cases: readonly (readonly [string, Machine, RenderOptions])[] = [
  ['vectors', { ...four, registers: 11, inFlight: 8 }, plain],
  ['vectors, written out', { ...four, registers: 15 }, { ...plain, inOrder: true }],
  // vectors are too long for ours: all in plain loops, lanes in memory
  ['plain loops', machines.vectors, plain],
  ['scalars', machines.scalar, plain],
]

/** Runs a program's kernels one by one on random memory; what differs from JavaScript in any bit. */
function check(name: string, program: Program, seed: number, options: RenderOptions, tolerance?: number): string[] {
  const next = randomNumbers(seed)
  const random = (dtype: DType, size: number): TypedArray => {
    const data = new dtypes[dtype].array(size)
    for (let i = 0; i < size; i++)
      data[i] =
        dtype === 'bool'
          ? Number(next(0, 1) < 0.5)
          : dtype === 'float16'
            ? next(0, 65536)
            : isFloat(dtype)
              ? next(-2, 2)
              : Math.floor(next(0, 4))
    return data
  }
  const bench = new Bench(
    program.steps.map((s) => s.kernel),
    options,
  )
  return program.steps.flatMap(({ kernel, slots }, k) => {
    verify(kernel)
    // vectors may be read past the end, where JavaScript would find nothing
    const arrays = kernel.buffers.map(({ dtype }, i) => random(dtype, program.slots[slots[i]!]!.size + 16))
    const difference = differsFromJs(kernel, bench, k, arrays, tolerance)
    return difference === undefined ? [] : [`${name}: ${difference}`]
  })
}

const leaf = (...shape: number[]): Node => bufferNode(shape, 'float32', 'js')

/** Graphs of products and convolutions, with epilogues and gradients. */
function contractions(): { readonly name: string; readonly outputs: () => Node[] }[] {
  const products = (
    [
      [1, 1, 1],
      [7, 5, 3],
      [33, 17, 70],
      [64, 64, 64],
      [100, 31, 130],
      [5, 300, 16],
    ] as const
  ).map(([m, k, n]) => ({
    name: `product ${[m, k, n].join()}`,
    outputs: () => {
      const [x, w, bias, w2] = [leaf(m, k), leaf(n, k), leaf(n), leaf(n, 12)]
      const out = b.matmul(b.relu(b.add(b.matmul(x, b.permute(w, [1, 0])), bias)), w2)
      return [out, ...gradients(out, leaf(m, 12), [x, w, bias, w2]).filter((g) => g !== undefined)]
    },
  }))
  const convolutions = (
    [
      [32, 1, 12, 6, 5, 1, 2],
      [32, 6, 10, 16, 5, 1, 0],
      [16, 3, 8, 9, 3, 2, 1],
      [3, 4, 7, 20, 3, 1, 1],
      [1, 2, 9, 33, 3, 3, 0],
    ] as const
  ).map(([n, c, h, k, r, stride, pad]) => ({
    name: `convolution ${[n, c, h, k, r, stride, pad].join()}`,
    outputs: () => {
      const [x, w, bias] = [leaf(n, c, h, h), leaf(k, c, r, r), leaf(1, k, 1, 1)]
      const size = Math.floor((h + 2 * pad - r) / stride) + 1
      // variables: n k y x | c r s
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
      return [act, ...gradients(loss, leaf(1, 1, 1, 1), [x, w, bias]).filter((g) => g !== undefined)]
    },
  }))
  return [...products, ...convolutions]
}

describe.each(cases)('kernels for %s against JavaScript', (_, machine, options) => {
  test('random graphs', () => {
    const found: string[] = []
    for (let seed = 0; seed < 200; seed++) {
      forgetExpressions()
      found.push(...check(`graph ${seed}`, programOf(randomCase(seed).outputs, machine), seed, options))
    }
    expect(found).toEqual([])
  })

  test('every sample of every op, with gradients', () => {
    const found: string[] = []
    for (const op of Object.values(ops)) {
      if (op.kind === 'buffer') continue
      op.samples.forEach((sample, i) => {
        if (op.kind === 'source' && op.name !== 'randomBits' && !sample.attrs?.['shape']) return
        forgetExpressions()
        const inputs = sample.inputs.map(({ shape, dtype }) => bufferNode(shape, dtype, 'js'))
        const node = makeNode(op.name, inputs, sample.attrs, 'js')
        const outputs = [node]
        const wrt = inputs.filter((n) => isFloat(n.dtype))
        if (op.gradient && sample.differentiable !== false && isFloat(node.dtype) && wrt.length)
          outputs.push(...gradients(node, bufferNode(node.shape, node.dtype, 'js'), wrt).filter((g) => g !== undefined))
        found.push(...check(`${op.name} ${JSON.stringify(sample)}`, programOf(outputs, machine), i + 1, options))
      })
    }
    expect(found).toEqual([])
  })

  test('reductions, softmax and norms of awkward sizes, along every axis', () => {
    const found: string[] = []
    for (const shape of [[37, 19], [64, 33], [8, 3, 5, 7], [32, 6, 4, 4], [3, 300], [300, 3], [7000]]) {
      forgetExpressions()
      const x = leaf(...shape)
      const outputs: Node[] = []
      const dims = shape.map((_, d) => d)
      for (const d of dims) {
        const e = b.exp(b.sub(x, b.max(x, [d])))
        outputs.push(b.sum(x, [d]), b.div(e, b.sum(e, [d])), b.argmax(x, d), b.min(x, [d]))
      }
      outputs.push(b.sum(x, dims), b.max(x, dims), b.permute(b.relu(x), [...dims].reverse()))
      const mean = b.div(b.sum(x, [0]), shape[0]!)
      const centred = b.sub(x, mean)
      outputs.push(b.div(centred, b.sqrt(b.add(b.div(b.sum(b.mul(centred, centred), [0]), shape[0]!), 1e-5))))
      found.push(...check(`[${shape.join()}]`, programOf(outputs, machine), 3, options))
    }
    expect(found).toEqual([])
  })

  test('products and convolutions with epilogues and gradients', () => {
    const found = contractions().flatMap(({ name, outputs }) => {
      forgetExpressions()
      return check(name, programOf(outputs(), machine), 4, options)
    })
    expect(found).toEqual([])
  })
})

const relaxed = { ...plain, relaxed: true, inOrder: true }
/** Whether this engine has fused multiply-adds: whether it takes a product that was rendered with them. */
function fuses(): boolean {
  const { steps } = programOf([b.matmul(leaf(16, 16), leaf(16, 16))], { ...four, registers: 15 })
  return engine.validate(
    renderWasm(
      steps.map(({ kernel }) => kernel),
      relaxed,
    ).bytes,
  )
}

test.skipIf(!fuses())('fused multiply-adds differ by rounding alone', () => {
  const found = contractions().flatMap(({ name, outputs }) => {
    forgetExpressions()
    return check(name, programOf(outputs(), { ...four, registers: 15 }), 4, relaxed, 1e-5)
  })
  expect(found).toEqual([])
})
