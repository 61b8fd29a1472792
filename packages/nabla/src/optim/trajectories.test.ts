/** The first steps of the optimizers, against PyTorch. */
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor, type Tensor } from '../index.js'
import { Adam, AdamW, ASGD, Lion, NAdam, type Optimizer, RAdam, Rprop, SGD } from './index.js'

beforeAll(() => setDefaultDevice('js'))

type AnyOptimizer = Optimizer<{ readonly lr?: number }>
const start = () => tensor([1, -2, 3], { requiresGrad: true })
const lossOf = (p: Tensor) => p.mul(p).sum().add(p.prod())

async function trajectory(make: (p: Tensor[]) => AnyOptimizer, compiled: boolean): Promise<number[][]> {
  const p = start()
  const optimizer = make([p])
  const body = () => {
    optimizer.zeroGrad()
    lossOf(p).backward()
    optimizer.step()
  }
  const step = compiled ? compile(body) : body
  const rows: number[][] = []
  for (let i = 0; i < 4; i++) {
    step()
    rows.push([...(await p.data())])
  }
  return rows
}

// Recorded with PyTorch 1.13: loss sum(p^2) + prod(p) from [1, -2, 3], four steps.
const recorded: [string, (p: Tensor[]) => AnyOptimizer, number[][]][] = [
  [
    'SGD',
    (p) => new SGD(p, { lr: 0.1 }),
    [
      [1.4, -1.9, 2.6],
      [1.614, -1.884, 2.346],
      [1.733186, -1.885844, 2.180877],
      [1.797829, -1.886662, 2.071554],
    ],
  ],
  [
    'SGD with momentum',
    (p) => new SGD(p, { lr: 0.1, momentum: 0.9 }),
    [
      [1.4, -1.9, 2.6],
      [1.974, -1.794, 1.986],
      [2.452088, -1.731836, 1.390336],
      [2.632734, -1.670444, 1.000832],
    ],
  ],
  [
    'SGD with nesterov and decay',
    (p) => new SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    [
      [1.3705, -1.886, 2.5915],
      [1.719354, -1.79855, 2.145898],
      [1.966537, -1.729945, 1.739105],
      [2.071291, -1.651911, 1.412862],
    ],
  ],
  [
    'SGD with dampening',
    (p) => new SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.5 }),
    [
      [1.4, -1.9, 2.6],
      [1.867, -1.802, 2.113],
      [2.290981, -1.730848, 1.631617],
      [2.58467, -1.680627, 1.233477],
    ],
  ],
  [
    'Adam',
    (p) => new Adam(p, { lr: 0.1 }),
    [
      [1.1, -1.9, 2.9],
      [1.199068, -1.804039, 2.800267],
      [1.296337, -1.718138, 2.700982],
      [1.39078, -1.651036, 2.602342],
    ],
  ],
  [
    'Adam with amsgrad and decay',
    (p) => new Adam(p, { lr: 0.1, amsgrad: true, betas: [0.5, 0.6], weightDecay: 0.1 }),
    [
      [1.1, -1.9, 2.9],
      [1.198686, -1.803734, 2.800366],
      [1.29156, -1.72995, 2.701278],
      [1.372282, -1.68443, 2.603238],
    ],
  ],
  [
    'AdamW',
    (p) => new AdamW(p, { lr: 0.1, weightDecay: 0.5 }),
    [
      [1.05, -1.8, 2.75],
      [1.095256, -1.612243, 2.512898],
      [1.1338, -1.438162, 2.288305],
      [1.163254, -1.279204, 2.075842],
    ],
  ],
  [
    'ASGD',
    (p) => new ASGD(p, { lr: 0.1, lambd: 0.1, t0: 1 }),
    [
      [1.39, -1.88, 2.57],
      [1.579838, -1.842709, 2.29369],
      [1.669392, -1.818469, 2.105942],
      [1.701069, -1.788819, 1.970309],
    ],
  ],
  [
    'Rprop',
    (p) => new Rprop(p, { lr: 0.1, etas: [0.3, 1.5] }),
    [
      [1.1, -1.9, 2.9],
      [1.25, -1.75, 2.75],
      [1.475, -1.525, 2.525],
      [1.8125, -1.525, 2.1875],
    ],
  ],
  [
    'NAdam',
    (p) => new NAdam(p, { lr: 0.1 }),
    [
      [1.104953, -1.895047, 2.895047],
      [1.17558, -1.836888, 2.819969],
      [1.238037, -1.794848, 2.751188],
      [1.297281, -1.765047, 2.683854],
    ],
  ],
  [
    'RAdam',
    (p) => new RAdam(p, { lr: 0.1, betas: [0.6, 0.9] }),
    [
      [1.4, -1.9, 2.6],
      [1.68375, -1.8525, 2.29125],
      [1.867477, -1.837035, 2.065365],
      [1.96949, -1.837085, 1.911113],
    ],
  ],
  [
    // By hand: the signs are those of the gradients, every element moves by lr and shrinks by lr weightDecay.
    'Lion',
    (p) => new Lion(p, { lr: 0.1, weightDecay: 0.5 }),
    [
      [1.05, -1.8, 2.75],
      [1.0975, -1.61, 2.5125],
      [1.142625, -1.4295, 2.286875],
      [1.185494, -1.258025, 2.072531],
    ],
  ],
]

describe.each([
  ['as it is', false],
  ['compiled', true],
] as const)('trajectories, %s', (_, compiled) => {
  test.each(recorded)('%s', async (_, make, expected) => {
    const rows = await trajectory(make, compiled)
    rows.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 4)))
  })
})
