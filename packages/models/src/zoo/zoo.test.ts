/** Options, images and weights of the zoo: what is refused, and what the errors say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualSeed, NablaError, noGrad, ones, randn, setDefaultDevice } from 'nabla'
import { loadTorch, saveTorch } from 'nabla/io'
import { beforeAll, describe, expect, test } from 'vitest'
import { BasicBlock, loadWeights, mobilenetV2, ResNet, resnet18 } from '../index.js'

beforeAll(() => {
  setDefaultDevice('js')
  manualSeed(1)
})

const tiny = { width: 1 / 16, numClasses: 5, stem: 'small' } as const
const failure = (fails: () => unknown): NablaError => {
  try {
    fails()
  } catch (error) {
    if (error instanceof NablaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('options are checked', () => {
  expect(() => resnet18({ numClasses: 0 })).toThrow(/\[ResNet\] numClasses must be a whole number of at least 1, not 0/)
  expect(() => resnet18({ inChannels: 1.5 })).toThrow(/inChannels must be a whole number/)
  expect(() => resnet18({ width: 0 })).toThrow(/width is the factor of all channels and must be above 0, not 0/)
  expect(() => resnet18({ stem: 'smal' as 'small' })).toThrow(/unknown stem of ResNet "smal"; did you mean "small"\?/)
  expect(() => resnet18({ dropout: 0.5 })).toThrow(/\[ResNet\] has no dropout/)
  expect(() => mobilenetV2({ dropout: 2 })).toThrow(/probability between 0 and 1, not 2/)
  expect(() => mobilenetV2({ roundNearest: 0 })).toThrow(/roundNearest/)
  expect(() => new ResNet('basic', [2, 2])).toThrow(/blocks of four stages, 1 or more each, not \[2, 2\]/)
  expect(() => new ResNet('basik' as 'basic', [1, 1, 1, 1])).toThrow(/"basik"; did you mean "basic"/)
  expect(() => new ResNet('basic', [1, 1, 1, 1], { groups: 2 })).toThrow(/\[BasicBlock\] has 1 group of width 64, not 2 of 64/)
  expect(() => resnet18(tiny).forward(ones([3, 32, 32]))).toThrow(/\[ResNet\] expected images .*unsqueeze\(0\)/)
})

test('zeroInitResidual makes the blocks begin as the identity', async () => {
  const block = resnet18({ ...tiny, zeroInitResidual: true }).layer1.at(0)
  expect(block).toBeInstanceOf(BasicBlock)
  const x = randn([1, 4, 3, 3]).abs().realize()
  expect(await noGrad(() => block.forward(x)).data()).toEqual(await x.data())
})

describe('weights from a file', () => {
  const values = async (network: ResNet, path: string): Promise<number[]> => [...(await network.getParameter(path).data())]

  test('go round by the names of torchvision, and with another head', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nabla-zoo-'))
    const trained = resnet18(tiny)
    await saveTorch(join(folder, 'trained.pt'), trained.stateDict())
    const weights = await loadTorch(join(folder, 'trained.pt'))
    rmSync(folder, { recursive: true })
    expect(Object.keys(weights)).toContain('layer1.0.bn1.running_mean')

    const same = loadWeights(resnet18(tiny), weights)
    expect(await values(same, 'fc.weight')).toEqual(await values(trained, 'fc.weight'))

    const other = resnet18({ ...tiny, numClasses: 3 })
    const fresh = await values(other, 'fc.weight')
    const error = failure(() => loadWeights(other, weights))
    expect(error.message).toMatch(/fc\.weight is \[5, 32\], expected \[3, 32\]; fc\.bias is \[5\], expected \[3\]/)
    expect(error.message).toMatch(/Only the classifier differs: \{ head: 'skip' \} loads all but fc/)
    expect(loadWeights(other, weights, { head: 'skip' })).toBe(other)
    expect(await values(other, 'fc.weight')).toEqual(fresh)
    expect(await values(other, 'layer4.1.conv2.weight')).toEqual(await values(trained, 'layer4.1.conv2.weight'))

    const { 'fc.weight': _, 'fc.bias': __, ...headless } = weights
    loadWeights(other, headless, { head: 'skip' }) // a file that has no head at all
    expect(failure(() => loadWeights(other, headless)).facts.missing).toEqual(['fc.weight', 'fc.bias'])
  })

  test('that do not fit are named together, and nothing is changed', async () => {
    const network = resnet18(tiny)
    const before = await values(network, 'bn1.weight')
    const { 'bn1.bias': _, ...rest } = resnet18(tiny).stateDict()
    const wrong = { ...rest, 'bn1.weight': ones([4]).mul(9), 'conv1.weight': ones([4, 1, 3, 3]), extra: ones([1]) }
    for (const head of ['load', 'skip'] as const) {
      const error = failure(() => loadWeights(network, wrong, { head }))
      expect(error.kind).toBe('data')
      expect(error.message).toMatch(/missing: bn1\.bias/)
      expect(error.message).toMatch(/unexpected: extra/)
      expect(error.message).toMatch(/conv1\.weight is \[4, 1, 3, 3\], expected \[4, 3, 3, 3\]/)
      expect(error.message).not.toMatch(/Only the classifier/)
    }
    expect(await values(network, 'bn1.weight')).toEqual(before)
    const wider = failure(() => loadWeights(network, resnet18({ ...tiny, width: 1 / 8 }).stateDict(), { head: 'skip' }))
    expect((wider.facts.wrong as readonly string[]).length).toBeGreaterThan(50)
    expect(() => loadWeights(network, wrong, { head: 'none' as 'skip' })).toThrow(/head is 'load' or 'skip', not 'none'/)
  })
})
