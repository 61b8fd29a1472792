/** Derivatives of functions. Values: PyTorch 1.13, torch.autograd.functional. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  gradcheck,
  hessian,
  hvp,
  jacobian,
  jvp,
  ones,
  setDefaultDevice,
  tensor,
  type Tensor,
  vhp,
  vjp,
  zeros,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

const double = (data: number[] | number[][], requiresGrad = false) => tensor(data, { dtype: 'float64', requiresGrad })
const close = async (actual: Tensor, expected: readonly number[], shape?: readonly number[]) => {
  if (shape) expect(actual.shape).toEqual(shape)
  const data = await actual.data()
  expect(data.length).toBe(expected.length)
  expected.forEach((value, i) => expect(data[i]!).toBeCloseTo(value, 9))
}

const x = () =>
  double([
    [0.5, -1],
    [2, 0.25],
  ])
const y = () => double([0.3, -0.7])
const f = (a: Tensor, c: Tensor) => a.matmul(c).tanh().mul(c.exp()).cumsum(0)
const g = (a: Tensor, c: Tensor) => a.matmul(c).tanh().mul(c.exp()).pow(2).sum()
const v = () => [ones([2, 2], { dtype: 'float64' }), double([1, -2])]

describe('first order', () => {
  test('jacobian by several inputs', async () => {
    const [byX, byY] = jacobian(f, [x(), y()])
    const row = [0.21155918143485455, -0.4936380900146606]
    await close(byX!, [...row, 0, 0, ...row, 0.12500412026657975, -0.29167628062201945], [2, 2, 2])
    await close(byY!, [1.285444846225618, -0.7051972714495152, 2.1188056480028163, -0.4018297804753398], [2, 2])
  })

  test('jacobian of several results, of an empty one, and of what does not depend', async () => {
    const [twice, none] = jacobian((a) => [a.mul(2), ones([2], { dtype: 'float64' })] as const, y())
    await close(twice!, [2, 0, 0, 2])
    await close(none!, [0, 0, 0, 0])
    expect(jacobian((a) => a.slice(0, 0, 0), y()).shape).toEqual([0, 2])
  })

  test('products from either side', async () => {
    const [value, forward] = jvp(f, [x(), y()], v())
    const [J, K] = jacobian(f, [x(), y()])
    const [a, c] = v()
    const expected = J!.reshape(2, 4).mv(a!.flatten()).add(K!.mv(c!))
    await close(value, [...(await f(x(), y()).data())])
    await close(forward, [...(await expected.data())], [2])
    const [, [byX, byY]] = vjp(f, [x(), y()], double([1, -1]))
    await close(byX!, [0, 0, -0.12500412026657975, 0.29167628062201945], [2, 2])
    await close(byY!, [-0.8333608017771983, -0.30336749097417543], [2])
    expect(() => vjp(f, [x(), y()])).toThrow(/needs a vector/)
    expect(() => jvp(f, [x(), y()], [ones([2])])).toThrow(/must be equal/)
  })
})

describe('second order', () => {
  test('hessian in blocks', async () => {
    const blocks = hessian(g, [x(), y()])
    expect(blocks.map((row) => row.map((block) => block.shape))).toEqual([
      [
        [2, 2, 2, 2],
        [2, 2, 2],
      ],
      [
        [2, 2, 2],
        [2, 2],
      ],
    ])
    await close(blocks[1]![1]!, [6.762472198922586, -1.4483923567872403, -1.4483923567872392, -0.48574702480407417])
    await close(
      blocks[0]![1]!,
      [1.9815127511741666, 0.24715435254591814, -1.5536069418793306, 0.7389877153806446].concat([
        0.2944428283118361, 0.11565691974177061, -0.2996922390998718, -0.10386284879509747,
      ]),
    )
  })

  test('products with the Hessian agree with it', async () => {
    const blocks = hessian(g, [x(), y()])
    const [a, c] = v()
    const expected = blocks[1]![0]!.reshape(2, 4).mv(a!.flatten()).add(blocks[1]![1]!.mv(c!))
    for (const product of [hvp, vhp]) {
      const [value, [, byY]] = product(g, [x(), y()], v())
      await close(value, [await g(x(), y()).item()])
      await close(byY!, [...(await expected.data())])
    }
    await close(
      hessian((a) => a.pow(3).sum(), double([1, 2])),
      [6, 0, 0, 12],
      [2, 2],
    )
    expect(() => hessian(f, [x(), y()])).toThrow(/must give one number/)
  })

  test('with createGraph they are differentiable again, and they can be compiled', async () => {
    const third = (a: Tensor) => hessian((t) => t.pow(4).sum(), a, { createGraph: true })
    expect(await gradcheck(third, [double([0.5, -1], true)])).toBe(true)
    expect(
      await gradcheck((a) => jvp((t) => t.exp(), a, double([1, 2]), { createGraph: true })[1], [double([0.5, -1], true)]),
    ).toBe(true)
    const compiled = compile((a: Tensor) => hvp((t) => t.pow(3).sum(), a, zeros([2], { dtype: 'float64' }).add(1))[1])
    await close(compiled(double([1, 2])), [6, 12])
    await close(compiled(double([2, 3])), [12, 18])
  })
})
