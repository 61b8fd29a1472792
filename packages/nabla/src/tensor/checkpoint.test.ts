import { expect, it } from 'vitest'
import { compile } from './compile.js'
import { checkpoint } from './checkpoint.js'
import { randn, tensor } from './create.js'
import { grad } from './differentiate.js'
import { bernoulliNode, manualSeed } from './random.js'
import { Tensor } from './tensor.js'

const drop = (x: Tensor): Tensor => x.mul(new Tensor(bernoulliNode(0.5, x.shape, x.device)).float())
const plain = <R>(fn: (...inputs: Tensor[]) => R, ...inputs: Tensor[]): R => fn(...inputs)

/** The loss of a few layers, each behind `call`, and the gradients of its input and weight. */
async function gradients(call: typeof plain, compiled: boolean): Promise<number[]> {
  manualSeed(3)
  const x = randn([4, 6]).realize()
  const w = randn([6, 6]).mul(0.4).detach().realize().requiresGrad_()
  const step = (input: Tensor): Tensor[] => {
    w.grad = null
    const leaf = input.detach().requiresGrad_()
    let h: Tensor = leaf
    for (let i = 0; i < 3; i++) h = call((a: Tensor) => drop(a.matmul(w)).tanh(), h)
    const loss = h.square().sum()
    loss.backward()
    return [loss.detach(), leaf.grad!, w.grad!]
  }
  const results = compiled ? compile(step)(x) : step(x)
  return (await Promise.all(results.map((t) => t.data()))).flatMap((data) => [...data])
}

it('gives the same gradients, of inputs and parameters, with the same random numbers', async () => {
  for (const compiled of [false, true])
    expect(await gradients(checkpoint as typeof plain, compiled)).toEqual(await gradients(plain, compiled))
})

it('computes again what the backward pass needs', async () => {
  const x = randn([64, 64]).realize()
  const layers = (call: typeof plain) =>
    compile((input: Tensor) => {
      const leaf = input.detach().requiresGrad_()
      let h: Tensor = leaf
      for (let i = 0; i < 4; i++) h = call((a: Tensor) => a.matmul(a.t()).tanh().matmul(a).sin(), h)
      h.sum().backward()
      return leaf.grad!
    })
  const kernels = async (call: typeof plain) => (await layers(call).profile(x)).filter((k) => k.name.includes('contract')).length
  expect(await kernels(checkpoint as typeof plain)).toBeGreaterThanOrEqual((await kernels(plain)) + 6)
})

it('several results, and gradients of gradients', async () => {
  const x = tensor([0.3, -0.7], { dtype: 'float64', requiresGrad: true })
  const both = (a: Tensor): [Tensor, Tensor] => [a.sin(), a.exp().mul(a)]
  const second = async (call: typeof plain) => {
    const [s, e] = call(both, x)
    const [first] = grad(s.mul(e).sum(), [x], { createGraph: true })
    return [...(await grad(first!.sum(), [x])[0]!.data())]
  }
  const [checkpointed, direct] = [await second(checkpoint as typeof plain), await second(plain)]
  checkpointed.forEach((value, i) => expect(value).toBeCloseTo(direct[i]!, 12))
})

it('a function that is not the same twice is refused', () => {
  let calls = 0
  const x = tensor([1, 2, 3], { requiresGrad: true })
  const y = checkpoint((a) => (calls++ ? a.sum() : a.mul(2)), x)
  expect(() => y.sum().backward()).toThrow(/other results/)
})
