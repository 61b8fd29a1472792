import { beforeAll, describe, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor, type Tensor } from '../index.js'
import * as nn from '../nn/index.js'
import { Adam, AdamW, type Optimizer, type OptimizerState, type Settings, SGD } from './index.js'

beforeAll(() => setDefaultDevice('js'))

type AnyOptimizer = Optimizer<{ readonly lr?: number }, Settings>
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

describe('optimizers', () => {
  test('groups have settings of their own', async () => {
    const a = tensor([1], { requiresGrad: true })
    const b = tensor([1], { requiresGrad: true })
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.1 })
    a.add(b).sum().backward()
    optimizer.step()
    expect(await a.item()).toBeCloseTo(0.9)
    expect(await b.item()).toBeCloseTo(0.5)
    expect(optimizer.paramGroups.map((g) => g.lr)).toEqual([0.1, 0.5])
    optimizer.lr = 0.2
    expect(optimizer.paramGroups.map((g) => g.lr)).toEqual([0.2, 0.2])
  })

  test('a learning rate changes a compiled step without compiling anew; another setting is seen too', async () => {
    const p = tensor([1], { requiresGrad: true })
    const optimizer = new SGD([p], { lr: 0.1 })
    let traced = 0
    const step = compile(() => {
      traced++
      optimizer.zeroGrad()
      p.sum().backward()
      optimizer.step()
    })
    step()
    optimizer.lr = 0.5
    step()
    expect(await p.item()).toBeCloseTo(0.4)
    expect(traced).toBe(1)
    const group = optimizer.paramGroups[0]!
    group.options = { ...group.options, maximize: true }
    step()
    expect(await p.item()).toBeCloseTo(0.9)
    expect(traced).toBe(2)
  })

  test('parameters without a gradient stay, and keep their own count of steps', async () => {
    const a = tensor([1], { requiresGrad: true })
    const b = tensor([1], { requiresGrad: true })
    const both = new Adam([a, b], { lr: 0.1 })
    const alone = tensor([1], { requiresGrad: true })
    const reference = new Adam([alone], { lr: 0.1 })
    for (let i = 0; i < 3; i++) {
      both.zeroGrad()
      reference.zeroGrad()
      a.mul(a).sum().backward()
      if (i !== 1) {
        b.mul(b).sum().backward()
        alone.mul(alone).sum().backward()
        reference.step()
      }
      both.step()
    }
    expect(await b.item()).toBeCloseTo(await alone.item(), 6)
    expect(await a.item()).not.toBeCloseTo(await b.item(), 2)
  })

  test('states are saved and restored', async () => {
    const run = async (optimizer: AnyOptimizer, p: Tensor, steps: number) => {
      for (let i = 0; i < steps; i++) {
        optimizer.zeroGrad()
        lossOf(p).backward()
        optimizer.step()
      }
      return [...(await p.data())]
    }
    const p = start()
    const first = new Adam([p], { lr: 0.1, amsgrad: true })
    await run(first, p, 3)
    const live = first.stateDict()
    const saved: OptimizerState = {
      paramGroups: live.paramGroups,
      state: Object.fromEntries(
        Object.entries(live.state).map(([i, tensors]) => [
          i,
          Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.clone().realize()])),
        ]),
      ),
    }
    const q = tensor(await p.data(), { requiresGrad: true })
    const second = new Adam([q], { lr: 0.9 })
    second.loadStateDict(saved)
    expect(second.lr).toBe(0.1)
    expect(await run(second, q, 2)).toEqual(await run(first, p, 2))
    expect(Object.keys(saved.state['0']!).sort()).toEqual(['expAvg', 'expAvgSq', 'maxExpAvgSq', 'step'])
    expect(() => new Adam([start(), start()]).loadStateDict(saved)).toThrow(/groups of 1/)
    expect(() => new Adam([tensor([1], { requiresGrad: true })]).loadStateDict(saved)).toThrow(/0.expAvg \[3\], parameter \[1\]/)
  })

  test('errors', () => {
    const p = start()
    expect(() => new SGD([], {})).toThrow(/no parameters/)
    expect(() => new SGD([p, p])).toThrow(/twice/)
    expect(() => new SGD([p.mul(2)])).toThrow(/computed from others/)
    expect(() => new SGD([p], { lr: -1 })).toThrow(/learning rate is -1/)
    expect(() => new SGD([p], { nesterov: true })).toThrow(/nesterov needs/)
    expect(() => new Adam([p], { betas: [0.9, 1] })).toThrow(/betas\[1\] is 1/)
    expect(() => (new SGD([p]).lr = NaN)).toThrow(/NaN/)
  })

  test('an optimizer of a module that was replaced says so', () => {
    let net = new nn.Linear(2, 1)
    const optimizer = new SGD(net.parameters(), { lr: 0.1 })
    net = new nn.Linear(2, 1)
    net
      .forward(tensor([[1, 2]]))
      .sum()
      .backward()
    expect(() => optimizer.step()).toThrow(/none of the 2 parameters has a gradient.*replaced/)
  })
})
