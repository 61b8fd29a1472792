import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  describeDevices,
  manualSeed,
  noGrad,
  ones,
  profile,
  rand,
  randn,
  setDefaultDevice,
  tensor,
  type Tensor,
  zeros,
} from '../index.js'
import * as nn from '../nn/index.js'
import { Adam, SGD } from '../optim/index.js'

const devices = describeDevices()
  .filter((d) => d.available)
  .map((d) => d.name)

describe.each(devices)('compiled functions on %s', (device) => {
  beforeAll(() => setDefaultDevice(device))

  test('give what the function gives, and are traced once per signature', async () => {
    let traced = 0
    const f = compile((x: Tensor, y: Tensor) => {
      traced++
      return { sum: x.add(y), list: [x.mul(y), x.sum()] as const, note: 'as it is' }
    })
    const first = f(tensor([1, 2]), tensor([3, 4]))
    expect(await first.sum.toArray()).toEqual([4, 6])
    const second = f(tensor([5, 6]), tensor([7, 8]))
    expect(await second.list[0].toArray()).toEqual([35, 48])
    expect(await first.list[1].item()).toBe(3) // results are tensors of their own
    expect(second.note).toBe('as it is')
    expect(traced).toBe(1)
    f(tensor([1]), tensor([1]))
    expect(traced).toBe(2)
    f(tensor([1, 2]), tensor([3, 4]))
    expect(traced).toBe(2)
  })

  test('plain arguments are constants of the program', async () => {
    let traced = 0
    const scale = compile((x: Tensor, options: { by: number }) => {
      traced++
      return x.mul(options.by)
    })
    expect(await scale(tensor([1]), { by: 2 }).item()).toBe(2)
    expect(await scale(tensor([1]), { by: 3 }).item()).toBe(3)
    expect(await scale(tensor([2]), { by: 2 }).item()).toBe(4)
    expect(traced).toBe(2)
  })

  test('read tensors from outside anew at each call, and move them', async () => {
    const state = zeros([2])
    const scale = tensor(2)
    const add = compile((x: Tensor) => {
      state.add_(x.mul(scale))
      return state.sum()
    })
    expect(state.node.storage).toBeUndefined()
    expect(await add(tensor([1, 2])).item()).toBe(6)
    expect(await add(tensor([1, 2])).item()).toBe(12)
    scale.fill_(10)
    const kept = state.clone()
    expect(await add(tensor([1, 0])).item()).toBe(22)
    expect(await state.toArray()).toEqual([14, 8])
    expect(await kept.toArray()).toEqual([4, 8])
    state.zero_()
    expect(await add(tensor([1, 1])).item()).toBe(20)
  })

  test('write in place only what nobody else can see', async () => {
    const state = tensor([1, 2])
    const step = compile(() => {
      state.mul_(2)
      return state
    })
    const first = step()
    const alias = state.detach()
    const reshaped = state.reshape(2, 1)
    const second = step()
    expect(await first.toArray()).toEqual([2, 4])
    expect(await alias.toArray()).toEqual([2, 4])
    expect(await reshaped.toArray()).toEqual([[2], [4]])
    expect(await second.toArray()).toEqual([4, 8])
    const storage = state.node.storage
    step()
    expect(state.node.storage).toBe(storage)
  })

  test('do not disturb a value that is being read', async () => {
    const state = zeros([1000])
    const step = compile(() => {
      state.add_(1)
    })
    step()
    const reads: Promise<ArrayLike<number>>[] = []
    for (let i = 0; i < 20; i++) {
      reads.push(state.data())
      step()
      step()
    }
    const values = await Promise.all(reads)
    expect(values.map((v) => v[999])).toEqual(values.map((_, i) => 1 + 2 * i))
  })

  test('may give constants, and use data made inside', async () => {
    const f = compile((x: Tensor) => [zeros([2]), tensor([1, 2]), x.add(tensor([10, 20]))] as const)
    f(tensor([0, 0]))
    const [a, b, c] = f(tensor([1, 1]))
    expect([await a.toArray(), await b.toArray(), await c.toArray()]).toEqual([
      [0, 0],
      [1, 2],
      [11, 21],
    ])
  })

  test('exchange two tensors', async () => {
    const a = tensor([1, 1])
    const b = tensor([2, 2])
    const swap = compile(() => {
      const held = a.clone()
      a.assign(b)
      b.assign(held)
    })
    swap()
    swap()
    swap()
    expect(await a.toArray()).toEqual([2, 2])
    expect(await b.toArray()).toEqual([1, 1])
  })

  test('change their arguments in place, and return them', async () => {
    const f = compile((x: Tensor) => {
      x.add_(1)
      return [x, x] as const
    })
    const x = tensor([1])
    const [a, b] = f(x)
    expect(await x.item()).toBe(2)
    f(x)
    expect([await a.item(), await b.item(), await x.item()]).toEqual([2, 2, 3])
  })

  test('draw new random numbers at each call, the same as uncompiled', async () => {
    const draw = () => [rand([3]), randn([2])] as const
    const compiled = compile(draw)
    const values = async (f: typeof draw) => {
      const [a, b] = f()
      return [...(await a.data()), ...(await b.data())]
    }
    manualSeed(5)
    const plain = [await values(draw), await values(draw), await values(draw)]
    manualSeed(5)
    const replayed = [await values(compiled), await values(compiled), await values(draw)]
    manualSeed(5)
    const again = [await values(compiled), await values(draw), await values(compiled)]
    const near = (x: number[][], y: number[][]) => x.flat().forEach((v, i) => expect(v).toBeCloseTo(y.flat()[i]!, 6))
    near(replayed, plain)
    near(again, plain)
    expect(plain[0]).not.toEqual(plain[1])
  })

  const make = () =>
    new nn.Sequential(new nn.Linear(3, 8), new nn.BatchNorm1d(8), new nn.Tanh(), new nn.Dropout(0.25), new nn.Linear(8, 2))

  test.each([
    ['SGD', (net: nn.Module) => new SGD(net.parameters(), { lr: 0.1, momentum: 0.9 })],
    ['Adam', (net: nn.Module) => new Adam(net.parameters(), { lr: 0.05 })],
  ])('train with %s as uncompiled', async (_, optimizerOf) => {
    const train = async (compiled: boolean) => {
      manualSeed(11)
      const net = make()
      const optimizer = optimizerOf(net)
      const criterion = new nn.CrossEntropyLoss()
      const body = (x: Tensor, t: Tensor) => {
        optimizer.zeroGrad()
        const loss = criterion.forward(net.forward(x), t)
        loss.backward()
        optimizer.step()
        return loss
      }
      const step = compiled ? compile(body) : body
      const x = randn([6, 3]).realize()
      const t = tensor([0, 1, 0, 1, 1, 0], { dtype: 'int32' })
      const losses: number[] = []
      for (let i = 0; i < 6; i++) {
        if (i === 3) optimizer.lr = 0.02
        losses.push(await step(x, t).item())
      }
      const state = net.stateDict()
      return {
        losses,
        mean: await state['1.runningMean']!.data(),
        count: await state['1.numBatchesTracked']!.item(),
        weight: await state['0.weight']!.data(),
        net,
      }
    }
    const plain = await train(false)
    const fast = await train(true)
    plain.losses.forEach((loss, i) => expect(fast.losses[i]!).toBeCloseTo(loss, 4))
    plain.mean.forEach((m, i) => expect(fast.mean[i]!).toBeCloseTo(m, 4))
    plain.weight.forEach((w, i) => expect(fast.weight[i]!).toBeCloseTo(w, 4))
    expect(fast.count).toBe(6)
    expect(fast.net.parameters().every((p) => p.grad === null)).toBe(true)
    expect(fast.losses.at(-1)!).toBeLessThan(fast.losses[0]!)
  })

  test('leave gradients that no optimizer used, and gather them', async () => {
    const w = tensor([1, 2], { requiresGrad: true })
    const backward = compile((x: Tensor) => w.mul(x).sum().backward())
    backward(tensor([1, 10]))
    expect(await w.grad!.toArray()).toEqual([1, 10])
    backward(tensor([1, 10]))
    expect(await w.grad!.toArray()).toEqual([2, 20])
    w.grad = null
    backward(tensor([3, 3]))
    expect(await w.grad!.toArray()).toEqual([3, 3])
    const x = tensor([1], { requiresGrad: true })
    const square = compile((y: Tensor) => y.mul(y).sum().backward())
    square(x)
    square(x)
    expect(await x.grad!.item()).toBe(4)
  })

  test('are traced anew when a mode or a flag has changed', async () => {
    const net = new nn.Dropout(0.999)
    const f = compile((x: Tensor) => net.forward(x).sum())
    expect(await f(ones([8])).item()).not.toBe(8)
    net.eval()
    expect(await f(ones([8])).item()).toBe(8)
    const w = tensor([2], { requiresGrad: true })
    const g = compile(() => {
      const y = w.mul(3).sum()
      return y.requiresGrad ? y : y.neg()
    })
    expect(await g().item()).toBe(6)
    expect(await noGrad(() => g()).item()).toBe(-6)
    w.requiresGrad = false
    expect(await g().item()).toBe(-6)
  })

  test('sums over columns of what follows from other sums over the same columns', async () => {
    const given = [randn([32, 64]), randn([64, 32]), randn([32, 32]), randn([32, 32]), randn([32]), randn([32])] as const
    const way = (x: Tensor, w: Tensor, next: Tensor, g: Tensor, gamma: Tensor, beta: Tensor): Tensor[] => {
      const y = x.matmul(w)
      const centred = y.sub(y.mean(0))
      const deviation = centred.square().mean(0).add(1e-5).sqrt()
      const unit = centred.div(deviation)
      const h = gamma.mul(unit).add(beta)
      const kept = rand([32, 32]).lt(0.7).type('float32')
      const dh = g.matmul(next.t()).mul(kept).mul(h.gt(0).type('float32'))
      const inner = dh
        .mul(32)
        .sub(dh.sum(0))
        .sub(unit.mul(dh.mul(unit).sum(0)))
      return [
        h.relu().mul(kept).matmul(next),
        gamma
          .div(deviation)
          .mul(1 / 32)
          .mul(inner),
      ]
    }
    manualSeed(3)
    const eager = way(...given)
    manualSeed(3)
    for (const [i, compiled] of compile(way)(...given).entries())
      expect(await compiled.sub(eager[i]!).abs().max().item()).toBeLessThan(1e-3)
  })

  test('gradients go from one compiled function to the next', async () => {
    const w = tensor(0).requiresGrad_()
    const optimizer = new SGD([w], { lr: 1 })
    const first = compile((x: Tensor) => {
      optimizer.zeroGrad()
      w.mul(x).sum().backward()
    })
    const last = compile((x: Tensor) => {
      w.mul(x).sum().backward()
      optimizer.step()
    })
    const values: number[] = []
    for (const x of [1, 10, 100]) {
      first(tensor(x))
      last(tensor(x))
      values.push(await w.item())
    }
    expect(values).toEqual([-2, -22, -222])
  })

  test('profile', async () => {
    const x = rand([32, 32]).realize()
    const times = await profile(() => x.matmul(x).add(1))
    expect(times.length).toBeGreaterThan(0)
    expect(times[0]!.ms).toBeGreaterThanOrEqual(0)
  })
})

describe('compiled functions say what they cannot do', () => {
  beforeAll(() => setDefaultDevice('js'))

  test('values, promises, stray tensors, graphs from outside', async () => {
    const x = tensor([1, 2], { requiresGrad: true })
    expect(() => compile(() => x.sum().itemSync())()).toThrow(/cannot be read while a function is being compiled/)
    expect(() => compile(async () => x.sum())()).toThrow(/async/)
    let stray: Tensor | undefined
    compile(() => {
      stray = x.mul(2)
      return x.sum()
    })()
    expect(() => stray!.add(1)).toThrow(/made inside a compiled function/)
    const y = x.mul(2)
    expect(() => compile(() => y.sum().backward())()).toThrow(/built outside/)
    expect(() => compile(() => x.sum())().backward()).toThrow(/returned by a compiled function/)
    expect(await x.toArray()).toEqual([1, 2]) // after a failure everything is as before
  })

  test('a compiled function inside another is a part of it', async () => {
    const inner = compile((x: Tensor) => x.mul(2))
    const outer = compile((x: Tensor) => inner(x).add(1))
    expect(await outer(tensor([3])).item()).toBe(7)
  })
})
