import { beforeAll, describe, expect, test } from 'vitest'
import { setDefaultDevice, tensor } from '../../index.js'
import {
  Adam,
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiplicativeLR,
  OneCycleLR,
  ReduceLROnPlateau,
  Rprop,
  type Schedule,
  SequentialLR,
  SGD,
  StepLR,
  SWALR,
  warmup,
} from '../index.js'

beforeAll(() => setDefaultDevice('js'))

const parameter = () => [tensor([0], { requiresGrad: true })]
const sgd = (lr = 0.1) => new SGD(parameter(), { lr, momentum: 0.9 })
const after = (optimizer: SGD, schedule: { step(): void }, steps: number): number[] => {
  const rates = [optimizer.lr]
  for (let i = 0; i < steps; i++) {
    schedule.step()
    rates.push(optimizer.lr)
  }
  return rates
}
const close = (got: readonly number[], expected: readonly number[]) => {
  expect(got).toHaveLength(expected.length)
  got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 7))
}

// Recorded with PyTorch 1.13: SGD with lr 0.1, ten steps.
const recorded: [string, (o: SGD) => Schedule, number[]][] = [
  [
    'one after the other',
    (o) =>
      new SequentialLR(
        o,
        [new LinearLR(o, { startFactor: 0.1, totalIters: 3 }), new CosineAnnealingLR(o, 5, { etaMin: 0.01 })],
        [3],
      ),
    [0.01, 0.04, 0.07, 0.1, 0.09140576, 0.06890576, 0.04109424, 0.01859424, 0.01, 0.01859424, 0.04109424],
  ],
  [
    'one upon the other',
    (o) => new ChainedScheduler([new ConstantLR(o, { factor: 0.1, totalIters: 2 }), new ExponentialLR(o, 0.9)]),
    [0.01, 0.009, 0.081, 0.0729, 0.06561, 0.059049, 0.0531441, 0.04782969, 0.04304672, 0.03874205, 0.03486784],
  ],
  [
    'cyclic',
    (o) => new CyclicLR(o, 0.01, 0.1, { stepSizeUp: 2, stepSizeDown: 3, mode: 'triangular2' }),
    [0.01, 0.055, 0.1, 0.07, 0.04, 0.01, 0.0325, 0.055, 0.04, 0.025, 0.01],
  ],
  [
    'for averaging',
    (o) => new SWALR(o, 0.05, { annealEpochs: 4 }),
    [0.1, 0.09267767, 0.075, 0.05732233, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05],
  ],
  [
    'multiplicative',
    (o) => new MultiplicativeLR(o, (epoch) => 0.9 + 0.01 * epoch),
    [0.1, 0.091, 0.08372, 0.0778596, 0.07318802, 0.06952862, 0.06674748, 0.06474505, 0.06345015, 0.06281565, 0.06281565],
  ],
]

describe('schedules', () => {
  test.each(recorded)('%s', (_, make, expected) => {
    const optimizer = sgd()
    const schedule = make(optimizer)
    close(after(optimizer, schedule, 10), expected)
    close(schedule.getLastLr(), [expected[10]!])
  })

  const resumed: [string, (o: SGD) => Schedule][] = [
    ...recorded.map(([name, make]) => [name, make] as [string, (o: SGD) => Schedule]),
    ['warm restarts', (o) => new CosineAnnealingWarmRestarts(o, 2, { tMult: 2 })],
    ['one cycle', (o) => new OneCycleLR(o, 1, { totalSteps: 12 })],
    ['warm-up', (o) => warmup(o, 4, { after: new StepLR(o, 2) })],
  ]
  test.each(resumed)('%s goes on exactly from a saved state', (_, make) => {
    const whole = sgd()
    const expected = after(whole, make(whole), 10)
    const first = sgd()
    const begun = make(first)
    after(first, begun, 4)
    const saved = JSON.parse(JSON.stringify(begun.stateDict()))
    const second = sgd()
    const goes = make(second)
    second.loadStateDict(first.stateDict())
    goes.loadStateDict(saved)
    expect(after(second, goes, 6)).toEqual(expected.slice(4))
    expect(second.paramGroups[0]!.momentum).toBe(whole.paramGroups[0]!.momentum)
  })

  test('resumed by lastEpoch, from where the optimizer started', () => {
    const whole = sgd()
    const expected = after(whole, new CosineAnnealingLR(whole, 10), 6)
    const optimizer = sgd()
    expect(() => new CosineAnnealingLR(optimizer, 10, { lastEpoch: 3 })).toThrow(/no initialLr/)
    optimizer.paramGroups[0]!.initialLr = 0.1
    close(after(optimizer, new CosineAnnealingLR(optimizer, 10, { lastEpoch: 3 }), 2), expected.slice(4))
  })

  test('momentum is moved against the rate, or the first beta', () => {
    const optimizer = new Adam(parameter(), { betas: [0.5, 0.9] })
    const schedule = new OneCycleLR(optimizer, 1, { totalSteps: 10 })
    expect(optimizer.paramGroups[0]!.options.betas).toEqual([0.95, 0.9])
    schedule.step()
    schedule.step()
    expect(optimizer.paramGroups[0]!.options.betas[0]).toBeCloseTo(0.85)
    expect(() => new OneCycleLR(new Rprop(parameter()), 1, { totalSteps: 10 })).toThrow(/no momentum to cycle/)
  })

  test('warm-up alone, and before another schedule', () => {
    const optimizer = sgd(1)
    close(after(optimizer, warmup(optimizer, 4), 5), [0.2, 0.4, 0.6, 0.8, 1, 1])
    const other = sgd(1)
    const schedule = warmup(other, 2, { startFactor: 0.5, after: new ExponentialLR(other, 0.5) })
    close(after(other, schedule, 4), [0.5, 0.75, 1, 0.5, 0.25])
  })

  test('functions per group, and a schedule of one`s own', () => {
    const optimizer = new SGD([
      { params: parameter(), lr: 1 },
      { params: parameter(), lr: 2 },
    ])
    new LambdaLR(optimizer, [(epoch) => 1 / (epoch + 1), () => 1]).step()
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.5, 2])
    const halves = new LRScheduler(optimizer, { next: ({ lr }) => lr / 2 })
    expect(halves.getLastLr()).toEqual([0.25, 1])
  })

  test('a plateau: metrics as tensors, NaN is no improvement, saved and restored', () => {
    const optimizer = sgd(1)
    const schedule = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 })
    schedule.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())))
    schedule.step(tensor(1))
    schedule.step(NaN)
    const saved = JSON.parse(JSON.stringify(schedule.stateDict()))
    schedule.step(2)
    expect(optimizer.lr).toBe(0.5)
    const again = new ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 })
    again.loadStateDict(saved)
    again.step(1)
    expect(optimizer.lr).toBe(0.25)
  })

  test('errors', () => {
    const o = sgd()
    expect(() => new StepLR(o, 0)).toThrow(/stepSize is 0/)
    expect(() => new LinearLR(o, { startFactor: 0 })).toThrow(/startFactor is 0/)
    expect(() => new ConstantLR(o, { factor: 2 })).toThrow(/factor is 2; expected 0 to 1/)
    expect(() => new CosineAnnealingWarmRestarts(o, 2, { tMult: 1.5 })).toThrow(/tMult is 1.5/)
    expect(() => new CosineAnnealingWarmRestarts(o, 2).step(-1)).toThrow(/epoch is -1/)
    expect(() => new OneCycleLR(o, 1)).toThrow(/totalSteps, or epochs/)
    expect(() => new OneCycleLR(o, [1, 2], { totalSteps: 5 })).toThrow(/maxLr has 2 values, the optimizer 1/)
    expect(() => new OneCycleLR(o, 1, { totalSteps: 5, annealStrategy: 'sine' as never })).toThrow(/expected one of cos, linear/)
    const cycle = new OneCycleLR(o, 1, { totalSteps: 2 })
    expect(() => after(o, cycle, 3)).toThrow(/step 4 of a cycle of 2 steps/)
    expect(() => new ReduceLROnPlateau(o, { factor: 1 })).toThrow(/factor is 1/)
    expect(() => new SequentialLR(o, [new StepLR(o, 1)], [3])).toThrow(/1 schedules need 0 milestones/)
    expect(() => new SequentialLR(o, [new StepLR(sgd(), 1)], [])).toThrow(/of the optimizer/)
    expect(() => new StepLR(o, 1).loadStateDict({})).toThrow(/has not lastEpoch/)
  })
})
