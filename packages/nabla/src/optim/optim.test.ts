import { beforeAll, describe, expect, test } from 'vitest'
import { compile, setDefaultDevice, tensor, type Tensor } from '../index.js'
import * as nn from '../nn/index.js'
import { Adam, AdamW, CosineAnnealingLR, NAdam, OneCycleLR, type Optimizer, type OptimizerState, Rprop, SGD } from './index.js'

beforeAll(() => setDefaultDevice('js'))

type AnyOptimizer = Optimizer<{ readonly lr?: number }>
const start = () => tensor([1, -2, 3], { requiresGrad: true })
const lossOf = (p: Tensor) => p.mul(p).sum().add(p.prod())

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

  test('schedules move rates, momentum and betas of a compiled step without compiling anew', async () => {
    const run = async (compiled: boolean, make: (p: Tensor) => { optimizer: AnyOptimizer; schedule: { step(): void } }) => {
      const p = start()
      const { optimizer, schedule } = make(p)
      let traced = 0
      const body = () => {
        traced++
        optimizer.zeroGrad()
        lossOf(p).backward()
        optimizer.step()
      }
      const step = compiled ? compile(body) : body
      for (let i = 0; i < 8; i++) {
        step()
        schedule.step()
      }
      if (compiled) expect(traced).toBe(1)
      return [...(await p.data())]
    }
    for (const make of [
      (p: Tensor) => {
        const optimizer = new SGD([p], { lr: 0.1, momentum: 0.9 })
        return { optimizer, schedule: new OneCycleLR(optimizer, 0.1, { totalSteps: 10 }) }
      },
      (p: Tensor) => {
        const optimizer = new Adam([p], { lr: 0.1, weightDecay: 0.1 })
        return { optimizer, schedule: new OneCycleLR(optimizer, 0.1, { totalSteps: 10 }) }
      },
      (p: Tensor) => {
        const optimizer = new AdamW([p], { lr: 0.1 })
        return { optimizer, schedule: new CosineAnnealingLR(optimizer, 8) }
      },
    ])
      expect(await run(true, make)).toEqual(await run(false, make))
  })

  test('two steps in one compiled function are two steps', async () => {
    const [p, q] = [start(), start()]
    const [once, twice] = [new Adam([p], { lr: 0.1 }), new Adam([q], { lr: 0.1 })]
    const step = (x: Tensor, optimizer: AnyOptimizer) => {
      optimizer.zeroGrad()
      lossOf(x).backward()
      optimizer.step()
    }
    const both = compile(() => {
      step(q, twice)
      step(q, twice)
    })
    for (let i = 0; i < 2; i++) both()
    for (let i = 0; i < 4; i++) step(p, once)
    expect([...(await q.data())]).toEqual([...(await p.data())])
    expect(twice.stateDict().state['0']!['step']!.itemSync()).toBe(4)
  })

  test('compiled steps over different parameters keep counts apart', async () => {
    const pairs = [false, true].map((compiled) => {
      const [a, c] = [start(), start()]
      const optimizer = new Adam([a, c], { lr: 0.1 })
      const body = (all: boolean) => {
        optimizer.zeroGrad()
        ;(all ? lossOf(a).add(lossOf(c)) : lossOf(a)).backward()
        optimizer.step()
      }
      const step = compiled ? compile(body) : body
      for (const all of [true, false, true, false, true]) step(all)
      return [a, c]
    })
    for (const i of [0, 1]) expect([...(await pairs[0]![i]!.data())]).toEqual([...(await pairs[1]![i]!.data())])
  })

  test('half precision: state and arithmetic are float32', async () => {
    const p = tensor([1, 2], { dtype: 'float16', requiresGrad: true })
    const optimizer = new Adam([p], { lr: 0.01 })
    p.mul(1e-4).sum().backward()
    optimizer.step()
    expect(p.dtype).toBe('float16')
    const [first, second] = await p.data()
    expect(first).toBeCloseTo(0.99, 3)
    expect(second).toBeCloseTo(1.99, 3)
    expect(optimizer.stateDict().state['0']!['expAvgSq']!.dtype).toBe('float32')
  })

  test('clipped gradients inside a compiled step', async () => {
    const run = async (compiled: boolean) => {
      const p = start()
      const optimizer = new SGD([p], { lr: 0.1 })
      const body = () => {
        optimizer.zeroGrad()
        lossOf(p).backward()
        const norm = nn.utils.clipGradNorm_([p], 0.5)
        nn.utils.clipGradValue_([p], 0.4)
        optimizer.step()
        return norm
      }
      const step = compiled ? compile(body) : body
      const norms: number[] = []
      for (let i = 0; i < 3; i++) norms.push(await step().item())
      return [...norms, ...(await p.data())]
    }
    expect(await run(true)).toEqual(await run(false))
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

  test('a count that is kept in double precision goes on exactly', async () => {
    const run = async (resume: boolean) => {
      let p = start()
      let optimizer = new NAdam([p], { lr: 0.1 })
      for (let i = 0; i < 6; i++) {
        if (resume && i === 3) {
          const saved = optimizer.stateDict()
          p = tensor(await p.data(), { requiresGrad: true })
          optimizer = new NAdam([p])
          optimizer.loadStateDict(saved)
        }
        optimizer.zeroGrad()
        lossOf(p).backward()
        optimizer.step()
      }
      return [...(await p.data())]
    }
    expect(await run(true)).toEqual(await run(false))
  })

  test('errors', () => {
    const p = start()
    expect(() => new SGD([p], { weight_decay: 0.1 } as never)).toThrow(
      /unknown option of SGD "weight_decay"; did you mean "weightDecay"/,
    )
    expect(() => new SGD([{ params: [p], betas: [0, 0] } as never])).toThrow(/unknown option of SGD "betas"/)
    expect(() => new SGD([{ lr: 1 } as never])).toThrow(/groups \{ params/)
    expect(() => new SGD([p], { momentum: -0.1 })).toThrow(/momentum is -0.1; expected a number of 0 or more/)
    expect(() => new SGD([p], { maximize: 1 as never })).toThrow(/maximize is 1; expected a boolean/)
    expect(() => new Adam([p], { betas: [0.9] as never })).toThrow(/betas is 0.9; expected 2 numbers/)
    expect(() => new Rprop([p], { etas: [1.2, 0.5] })).toThrow(/etas are 1.2, 0.5/)
    expect(() => (new Rprop([p]).paramGroups[0]!.momentum = 0.5)).toThrow(/no momentum/)
    const inside = new SGD([p])
    expect(() => compile(() => (inside.lr = 1))()).toThrow(/outside of compiled functions/)
    expect(() => new SGD([], {})).toThrow(/no parameters/)
    expect(() => new SGD([p, p])).toThrow(/twice/)
    expect(() => new SGD([p.mul(2)])).toThrow(/computed from others/)
    expect(() => new SGD([p], { lr: -1 })).toThrow(/lr is -1/)
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
