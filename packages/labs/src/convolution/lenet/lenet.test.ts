import { LeNet } from '@nabla/models'
import { manualSeed, setDefaultDevice } from 'nabla'
import { beforeAll, expect, test } from 'vitest'
import { resolveOptions } from '../../options.js'
import { lenet } from './index.js'

beforeAll(() => setDefaultDevice('js'))

test("the notes' settings are the full preset", () => {
  expect(resolveOptions(lenet.options, lenet.presets.full)).toMatchObject({
    data: 'fashion-mnist',
    activation: 'sigmoid',
    optimizer: 'sgd',
    epochs: 10,
    batchSize: 256,
  })
})

test('the predictor names a picture by the classes of its data set, the likeliest first', async () => {
  manualSeed(0)
  const weights = new LeNet().stateDict()
  const data = new Uint8Array(40 * 40 * 4).fill(255)
  for (let y = 5; y < 35; y++) data.fill(0, (y * 40 + 18) * 4, (y * 40 + 22) * 4)
  for (let i = 3; i < data.length; i += 4) data[i] = 255
  for (const [set, name] of [
    ['mnist', '7'],
    ['fashion-mnist', 'Sneaker'],
  ] as const) {
    const classes = await lenet.predictor!(resolveOptions(lenet.options, { data: set }), weights)({ width: 40, height: 40, data })
    expect(classes).toHaveLength(10)
    expect(classes.map((c) => c.name)).toContain(name)
    expect(classes.reduce((sum, c) => sum + c.probability, 0)).toBeCloseTo(1, 5)
    for (let i = 1; i < 10; i++) expect(classes[i]!.probability).toBeLessThanOrEqual(classes[i - 1]!.probability)
  }
})
