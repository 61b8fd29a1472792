import { beforeAll, describe, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor } from '../index.js'
import { ExponentialMovingAverage, SGD, StochasticWeightAverage } from './index.js'

beforeAll(() => setDefaultDevice('js'))

/** A parameter that goes 0, -1, -2, ... by steps of 1, and an average of it. */
function falling<A extends { update(): void }>(make: (p: ReturnType<typeof tensor>) => A, compiled: boolean) {
  const p = tensor([0, 10], { requiresGrad: true })
  const optimizer = new SGD([p], { lr: 1 })
  const average = make(p)
  const body = () => {
    optimizer.zeroGrad()
    p.sum().backward()
    optimizer.step()
    average.update()
  }
  return { p, average, step: compiled ? compile(body) : body }
}

describe.each([
  ['as it is', false],
  ['compiled', true],
] as const)('averages of weights, %s', (_, compiled) => {
  test('exponential', async () => {
    const { average, step, p } = falling((p) => new ExponentialMovingAverage([p], 0.5), compiled)
    for (let i = 0; i < 3; i++) step()
    expect([...(await average.averages[0]!.data())]).toEqual([-2.125, 7.875])
    expect([...(await p.data())]).toEqual([-3, 7])
    expect(average.updates).toBe(3)
  })

  test('exponential with a warm-up: (1 + n) / (10 + n) is kept', async () => {
    const { average, step } = falling((p) => new ExponentialMovingAverage([p], 0.999, { warmup: true }), compiled)
    for (let i = 0; i < 2; i++) step()
    expect((await average.averages[0]!.data())[0]).toBeCloseTo((3 / 12) * -(9 / 11) - 2 * (9 / 12), 5)
  })

  test('the mean of all updates', async () => {
    const { average, step } = falling((p) => new StochasticWeightAverage([p]), compiled)
    for (let i = 0; i < 4; i++) step()
    const [first, second] = await average.averages[0]!.data()
    expect(first).toBeCloseTo(-2.5, 5)
    expect(second).toBeCloseTo(7.5, 5)
  })

  test('in the place of the parameters and back, while training goes on', async () => {
    const { average, step, p } = falling((p) => new ExponentialMovingAverage([p], 0.5), compiled)
    step()
    expect(await average.averaged(async () => [...(await p.data())])).toEqual([-0.5, 9.5])
    expect(average.averaged(() => p.dataSync()[0])).toBe(-0.5)
    expect(() =>
      average.averaged(() => {
        throw new Error('stop')
      }),
    ).toThrow('stop')
    expect([...(await p.data())]).toEqual([-1, 9])
    expect(p.requiresGrad && p.isLeaf).toBe(true)
    step()
    expect([...(await p.data())]).toEqual([-2, 8])
    expect([...(await average.averages[0]!.data())]).toEqual([-1.25, 8.75])
  })
})

test('saved and restored; integers are taken as they are; errors', async () => {
  const [p, count] = [tensor([1, 2]), tensor(new Int32Array([3]))]
  const first = new ExponentialMovingAverage([p, count], 0.5)
  p.add_(2)
  count.add_(1)
  first.update()
  const second = new ExponentialMovingAverage([p, count], 0.5)
  second.loadStateDict(first.stateDict())
  expect(second.updates).toBe(1)
  expect([...(await second.averages[0]!.data())]).toEqual([2, 3])
  expect([...(await second.averages[1]!.data())]).toEqual([4])
  expect(() => second.loadStateDict({ step: tensor(1), 0: tensor([1]) })).toThrow(/0 is \[1\], expected \[2\]; 1 is missing/)
  expect(() => new ExponentialMovingAverage([p], 1.5)).toThrow(/decay is 1.5/)
  expect(() => new ExponentialMovingAverage([])).toThrow(/nothing to average/)
})
