/** What a browser gets: a bundle that names no module of Node's, and computes where `process` does not exist. Needs a build. */
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { bundle, everything } from './bundle.js'

it('the bundle of everything imports nothing from outside', async () => {
  const { chunks, complaints } = await bundle(everything)
  const files = chunks.map(({ fileName }) => fileName)
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
  expect(imports.filter((name) => !files.includes(name))).toEqual([])
  expect(complaints).toEqual([])
})

it('a training step runs without Node', async () => {
  const { chunks } = await bundle(everything, 'iife')
  const step = `(async () => {
    nabla.manualSeed(0)
    const net = new nabla.nn.Sequential(new nabla.nn.Linear(2, 3), new nabla.nn.Tanh(), new nabla.nn.Linear(3, 1))
    const optimizer = new nabla.optim.SGD(net.parameters(), { lr: 0.1 })
    const losses = []
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad()
      const loss = net.forward(nabla.tensor([[1, 2], [3, 4]])).sub(1).square().mean()
      loss.backward()
      optimizer.step()
      losses.push(await loss.item())
    }
    return losses
  })()`
  const quiet = { warn() {}, log() {}, error() {} }
  const losses = (await runInNewContext(`${chunks[0]!.code}\n${step}`, {
    console: quiet,
    performance,
    TextEncoder,
    TextDecoder,
    setTimeout,
  })) as number[]
  expect(losses).toHaveLength(3)
  expect(losses[2]).toBeLessThan(losses[0]!)
})
