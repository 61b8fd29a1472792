import { beforeAll, describe, expect, test } from 'vitest'
import {
  customFunction,
  enableGrad,
  grad,
  gradcheck,
  gradOf,
  isGradEnabled,
  noGrad,
  ones,
  randn,
  manualSeed,
  setDefaultDevice,
  tensor,
  type Tensor,
  valueAndGrad,
  where,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

const close = async (actual: Tensor, expected: readonly number[], digits = 5) => {
  const data = await actual.data()
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => expect(data[i]!).toBeCloseTo(value, digits))
}
const leaf = (data: number[] | number[][], dtype: 'float32' | 'float64' = 'float32') =>
  tensor(data, { requiresGrad: true, dtype })

describe('backward', () => {
  test('of a number, and of more with a gradient', async () => {
    const x = leaf([1, 2, 3])
    x.mul(x).sum().backward()
    await close(x.grad!, [2, 4, 6])
    x.mul(2).backward(tensor([1, 10, 100]))
    await close(x.grad!, [4, 24, 206]) // gathered
    expect(x.grad!.requiresGrad).toBe(false)
  })

  test('through paths that join, and only where it is wanted', async () => {
    const x = leaf([2])
    const k = tensor([3])
    const y = x.mul(k)
    y.mul(y).add(x).sum().backward()
    await close(x.grad!, [37])
    expect(k.grad).toBeNull()
  })

  test('one gradient for two leaves stays two tensors', async () => {
    const a = leaf([1])
    const b = leaf([1])
    a.add(b).sum().backward()
    a.grad!.mul_(5)
    await close(a.grad!, [5])
    await close(b.grad!, [1])
  })

  test('a leaf by itself', async () => {
    const x = tensor(2, { requiresGrad: true })
    x.backward()
    expect(await x.grad!.item()).toBe(1)
  })

  test('after the values have been read', async () => {
    const x = leaf([1, 2])
    const y = x.exp().sum()
    const value = await y.item()
    y.backward()
    expect(value).toBeCloseTo(10.107338, 5)
    await close(x.grad!, [Math.E, 7.389056])
  })

  test('errors', () => {
    const x = leaf([1, 2])
    expect(() => tensor([1]).sum().backward()).toThrow(/has no graph/)
    expect(() => x.mul(2).backward()).toThrow(/not a single number/)
    expect(() => x.mul(2).backward(ones([3]))).toThrow(/\[3\]/)
    const y = x.exp().sum()
    y.backward()
    expect(() => y.backward()).toThrow(/retainGraph/)
    const z = x.exp().sum()
    z.backward(undefined, { retainGraph: true })
    z.backward()
    const shared = x.exp()
    shared.sum().backward()
    expect(() => shared.mean().backward()).toThrow(/freed/)
    expect(() => tensor([1], { dtype: 'int32', requiresGrad: true })).toThrow(/floating-point/)
  })

  test('leaves change in place only inside noGrad', async () => {
    const x = leaf([1, 2])
    expect(() => x.add_(1)).toThrow(/noGrad/)
    noGrad(() => x.add_(1))
    expect(x.requiresGrad && x.isLeaf).toBe(true)
    x.mul(3).sum().backward()
    await close(x.grad!, [3, 3])
    const y = x.mul(2)
    y.mul_(x) // computed tensors may change: the gradient follows
    y.sum().backward()
    await close(x.grad!, [3 + 8, 3 + 12])
  })

  test('a tensor assigned to a leaf does not become it', async () => {
    const x = leaf([1])
    const next = tensor([5]).mul(1.5)
    noGrad(() => x.assign(next))
    expect(next.requiresGrad).toBe(false)
    const other = leaf([2])
    noGrad(() => x.assign(other))
    x.mul(3).add(other).sum().backward()
    await close(x.grad!, [3])
    await close(other.grad!, [1])
  })
})

describe('recording', () => {
  test('noGrad, enableGrad, detach', async () => {
    const x = leaf([1])
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false)
    expect(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad).toBe(true)
    expect(x.mul(2).detach().requiresGrad).toBe(false)
    x.detach().mul(10).add(x).sum().backward()
    await close(x.grad!, [1])
    expect(x.gt(0).requiresGrad).toBe(false)
    expect(x.int().requiresGrad).toBe(false)
  })

  test('noGrad around async functions and errors', async () => {
    const x = leaf([1])
    const result = await noGrad(async () => {
      await Promise.resolve()
      return x.mul(2)
    })
    expect(result.requiresGrad).toBe(false)
    expect(isGradEnabled()).toBe(true)
    expect(() =>
      noGrad(() => {
        throw new Error('x')
      }),
    ).toThrow('x')
    expect(isGradEnabled()).toBe(true)
    await Promise.all([
      noGrad(async () => {
        await Promise.resolve()
      }),
      noGrad(async () => {
        await new Promise((r) => setTimeout(r, 5))
      }),
    ])
    expect(isGradEnabled()).toBe(true)
  })

  test('freezing and thawing', () => {
    const x = leaf([1])
    x.requiresGrad = false
    expect(x.mul(2).requiresGrad).toBe(false)
    x.requiresGrad_()
    expect(x.mul(2).requiresGrad).toBe(true)
    const plain = tensor([1])
    const before = plain.mul(2)
    plain.requiresGrad = true
    expect(before.requiresGrad).toBe(false)
    expect(() => (x.mul(2).requiresGrad = false)).toThrow(/detach/)
  })
})

describe('gradients as values', () => {
  test('of leaves and of what is computed on the way', async () => {
    const x = leaf([1, 2])
    const y = x.mul(x)
    const [dy, dx] = grad(y.mul(3).sum(), [y, x])
    await close(dy!, [3, 3])
    await close(dx!, [6, 12])
    expect(x.grad).toBeNull()
    expect(() => grad(x.sum(), [leaf([1])])).toThrow(/does not depend/)
    const [none] = grad(x.sum(), [leaf([1])], { allowUnused: true })
    await close(none!, [0])
  })

  // Values: PyTorch 1.13, torch.autograd.grad with create_graph.
  test('second order through composed gradients', async () => {
    const x = leaf([0.5, -1, 2])
    const y = x.softmax(0).mul(x.tanh()).sum()
    const [g] = grad(y, [x], { createGraph: true })
    const [h] = grad(g!.mul(g!).sum(), [x])
    await close(y, [0.808554])
    await close(g!, [0.07713, -0.044986, 0.177643])
    await close(h!, [-0.023691, 0.010841, -0.071056])
  })

  test('of functions, and of their gradients', async () => {
    const cube = (x: Tensor) => x.mul(x).mul(x).sum()
    await close(gradOf(cube)(tensor([2])), [12])
    await close(gradOf((x) => gradOf(cube)(x).sum())(tensor([2])), [12])
    await close(gradOf((x) => gradOf((y) => gradOf(cube)(y).sum())(x).sum())(tensor([2])), [6])
    const { value, grads } = valueAndGrad((a, b) => a.mul(b).sum())(tensor([2]), tensor([5]))
    await close(value, [10])
    await close(grads[0]!, [5])
    await close(grads[1]!, [2])
  })

  test('custom functions', async () => {
    const clipped = customFunction({
      name: 'straight',
      forward: (x) => x.round(),
      backward: (g, [x]) => [where(x!.abs().lt(1), g, 0)],
    })
    const x = leaf([0.6, 1.4])
    const y = clipped(x)
    await close(y, [1, 1])
    y.mul(3).sum().backward()
    await close(x.grad!, [3, 0])
    const wrong = customFunction({ name: 'wrong', forward: (a) => a.mul(2), backward: () => [] })
    expect(() =>
      wrong(leaf([1]))
        .sum()
        .backward(),
    ).toThrow(/\[wrong\] backward gave 0 gradients for 1 inputs/)
    const misshapen = customFunction({ forward: (a) => a.mul(2), backward: () => [ones([7])] })
    expect(() =>
      misshapen(leaf([1]))
        .sum()
        .backward(),
    ).toThrow(/has shape \[7\]/)
  })
})

describe('numerical check', () => {
  const at = (shape: readonly number[]) => {
    manualSeed(3)
    return randn(shape, { dtype: 'float64' }).realize().requiresGrad_()
  }
  const cases: Record<string, (x: Tensor) => Tensor> = {
    softmax: (x) => x.softmax(1),
    logSoftmax: (x) => x.logSoftmax(0),
    logsumexp: (x) => x.logsumexp(1),
    variance: (x) => x.var(1),
    std: (x) => x.std(0),
    norm: (x) => x.norm(2, 1),
    max: (x) => x.max(1).values,
    sort: (x) => x.sort(1, { descending: true }).values,
    cumsum: (x) => x.cumsum(1),
    prod: (x) => x.prod(1),
    einsum: (x) => x.matmul(x.t()),
    diagonal: (x) => x.diagonal(),
    chain: (x) =>
      x
        .at([0, 2])
        .exp()
        .mul(x.at([1, 3]).sigmoid())
        .flip(0)
        .pad([
          [1, 0],
          [0, 1],
        ]),
  }
  test.each(Object.entries(cases))('%s', async (_, f) => {
    expect(await gradcheck(f, [at([3, 4])])).toBe(true)
  })

  test('finds a wrong gradient, and asks for float64', async () => {
    const wrong = customFunction({ forward: (x) => x.mul(x), backward: (g, [x]) => [g.mul(x!)] })
    await expect(gradcheck(wrong, [at([2])])).rejects.toThrow(/the gradient is/)
    await expect(gradcheck((x) => x, [leaf([1])])).rejects.toThrow(/float64/)
  })
})
