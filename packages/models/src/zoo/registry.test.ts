/** Every network of the registry: names and shapes as torchvision's, the options that all share, the smallest images. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type NablaError, noGrad, ones, setDefaultDevice, type Tensor } from 'nabla'
import type * as nn from 'nabla/nn'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { createModel, mobilenetV2, modelNames, type ResNet, resnet18, resnext50_32x4d } from '../index.js'

// Only names and shapes are looked at here. First weights are drawn in place, and what is pending in place is computed sooner or later:
// a billion numbers for all these networks.
vi.mock('../../../nabla/src/nn/init.js', async (actual) =>
  Object.fromEntries(
    Object.entries(await actual<object>()).map(([name, value]) => [name, name.endsWith('_') ? (same: Tensor) => same : value]),
  ),
)
beforeAll(() => setDefaultDevice('js'))

interface State {
  readonly entries: number
  readonly parameters: number
  /** The first 16 digits of the SHA-256 of the sorted lines `name 64x3x7x7`. */
  readonly digest: string
}
const { states } = JSON.parse(readFileSync(new URL('../../fixtures/torchvision.json', import.meta.url), 'utf8')) as {
  readonly states: Readonly<Record<string, State>>
}

test.each(Object.entries(states))('%s has the names and shapes of torchvision', (name, expected) => {
  const network = createModel(name)
  const lines = Object.entries(network.stateDict()).map(([entry, { shape }]) => `${entry} ${shape.join('x')}`)
  expect({
    entries: lines.length,
    parameters: network.parameters().reduce((sum, { numel }) => sum + numel, 0),
    digest: createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 16),
  }).toEqual(expected)
})

describe.each(modelNames)('%s', (name) => {
  const logitsOf = (network: nn.Module, path: string): number | undefined =>
    (network.getSubmodule(path) as nn.Module & { readonly weight: Tensor }).weight.shape[0]

  test.each(['imagenet', 'small'] as const)('takes the options and says what it is, stem %s', (stem) => {
    const network = createModel(name, { numClasses: 7, inChannels: 2, width: 0.25, stem })
    const { smallest, head, furtherHeads = [] } = network
    expect(network.inChannels).toBe(2)
    for (const path of [head, ...furtherHeads]) expect(logitsOf(network, path)).toBe(7)
    expect(noGrad(() => network.eval().forward(ones([1, 2, smallest, smallest]))).shape).toEqual([1, 7])
    expect(() => network.forward(ones([1, 3, smallest, smallest]))).toThrow(/3/)
    if (smallest > 1)
      expect(() => network.forward(ones([1, 2, smallest - 1, smallest]))).toThrow(new RegExp(`${smallest} ?[x,] ?${smallest}`))
  })
})

test('the small stem keeps the size; width scales all channels', () => {
  const sizeOf = (network: ResNet): Tensor =>
    noGrad(() => network.eval().layer1.forward(network.bn1.forward(network.conv1.forward(ones([1, 3, 32, 32])))))
  expect(sizeOf(resnet18({ stem: 'small', width: 1 / 8 })).shape).toEqual([1, 8, 32, 32])
  expect(resnet18({ stem: 'small', width: 1 / 16 }).maxpool).toBeNull()
  expect(resnet18({ stem: 'small', width: 1 / 16 }).fc.weight.shape).toEqual([1000, 32])
  expect(
    resnext50_32x4d({ width: 1 / 16 })
      .layer1.getSubmodule('0.conv2')
      .toString(),
  ).toMatch(/32, 32/)
  const small = mobilenetV2({ stem: 'small', width: 1 / 8 })
  expect(noGrad(() => small.eval().features.forward(ones([1, 3, 32, 32]))).shape).toEqual([1, 1280, 4, 4])
})

test('a name that does not exist is answered with the nearest', () => {
  const known = /unknown model "resnet_18"; did you mean "resnet18"\? Known: alexnet, densenet121/
  expect(() => createModel('resnet_18')).toThrow(known)
  expect(() => createModel('toString')).toThrow(/unknown model/)
  try {
    createModel('vgg_11')
  } catch (error) {
    expect((error as NablaError).facts.nearest).toBe('vgg11')
  }
})
