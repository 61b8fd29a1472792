/** What a browser gets: a bundle that names no module of Node's, stays small, and computes where `process` does not exist. Needs a build. */
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { expect, it } from 'vitest'
import { root } from './blocks.js'

const everything = `
export * from 'nabla'
export * as nn from 'nabla/nn'
export * as optim from 'nabla/optim'
export * as data from 'nabla/data'
export * as io from 'nabla/io'`

async function bundle(code: string, format: 'esm' | 'iife') {
  const entry = join(root, 'tests', 'entry.js')
  const complaints: string[] = []
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? code : null) }],
    onLog: (_level, { message }) => void complaints.push(message),
  })
  const { output } = await build.generate({
    format,
    name: 'nabla',
    minify: true,
    ...(format === 'iife' && { codeSplitting: false }),
  })
  await build.close()
  return { chunks: output.filter((o) => o.type === 'chunk'), complaints }
}

it('the bundle of everything imports nothing from outside', async () => {
  const { chunks, complaints } = await bundle(everything, 'esm')
  const files = chunks.map(({ fileName }) => fileName)
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
  expect(imports.filter((name) => !files.includes(name))).toEqual([])
  expect(complaints).toEqual([])
})

it('bundles stay small: the engine under 250 kB, everything under 400 kB, minified', async () => {
  const sizeOf = async (code: string) => (await bundle(code, 'esm')).chunks.reduce((sum, { code }) => sum + code.length, 0)
  expect(await sizeOf(`export { tensor } from 'nabla'`)).toBeLessThan(250_000)
  expect(await sizeOf(everything)).toBeLessThan(400_000)
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
