import { beforeAll, describe, expect, test } from 'vitest'
import { compile, noGrad, ones, setDefaultDevice, tensor, type Tensor, zeros } from '../index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))

class Pair extends nn.Module {
  readonly left = new nn.Linear(2, 2)
  readonly right = new nn.Linear(2, 2)
  forward(a: Tensor, b: Tensor): { sum: Tensor; parts: Tensor[] } {
    const parts = [this.left.forward(a), this.right.forward(b)]
    return { sum: parts[0]!.add(parts[1]!), parts }
  }
}

describe('hooks', () => {
  test('run in nested modules too, see and replace what goes in and out, and leave no trace', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU())
    const seen: string[] = []
    const handles = [
      net.at(0).registerForwardPreHook((module, [x]) => {
        seen.push(`pre ${module.constructor.name} ${x.shape}`)
        return [x.mul(0)]
      }),
      net.at(0).registerForwardHook((_, [x], y) => {
        seen.push(`${x.toArraySync()} -> ${y.shape}`)
        return y.mul(0).add(7)
      }),
      net.at(1).registerForwardHook((_, __, y) => void seen.push(`relu ${y.toArraySync()}`)),
      net.registerForwardHook(() => void seen.push('all')),
    ]
    expect(net.forward(ones([1, 2])).toArraySync()).toEqual([[7, 7, 7]])
    expect(seen).toEqual(['pre Linear 1,2', '0,0 -> 1,3', 'relu 7,7,7', 'all'])
    for (const handle of handles) handle.remove()
    expect(Object.hasOwn(net, 'forward')).toBe(false)
    net.forward(ones([1, 2]))
    expect(seen.length).toBe(4)
  })

  test('a forward of the instance own survives', () => {
    const relu = new nn.ReLU()
    relu.forward = (x) => x.add(1)
    const handle = relu.registerForwardHook((_, __, y) => y.mul(10))
    expect(relu.forward(ones([1])).itemSync()).toBe(20)
    handle.remove()
    expect(relu.forward(ones([1])).itemSync()).toBe(2)
  })

  test('the way back: gradients of all arguments together, and others in their place', () => {
    const net = new Pair()
    const [a, b] = [ones([1, 2], { requiresGrad: true }), ones([1, 2], { requiresGrad: true })]
    let given: unknown
    net.registerFullBackwardHook((_, inputs, outputs) => {
      given = [inputs.map((g) => g?.shape), outputs.map((g) => g?.toArraySync() ?? null)]
      return inputs.map((g) => g?.mul(0).add(5) ?? null)
    })
    const { sum, parts } = net.forward(a, b)
    sum.sum().add(parts[0]!.sum().mul(2)).backward()
    expect(given).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [[[1, 1]], [[2, 2]], null],
    ])
    expect(a.grad!.toArraySync()).toEqual([[5, 5]])
    expect(b.grad!.toArraySync()).toEqual([[5, 5]])
    expect(net.left.bias!.grad!.toArraySync()).toEqual([3, 3])
  })

  test('the way back where no argument learns, and where nothing is recorded', () => {
    const layer = new nn.Linear(2, 1)
    const seen: unknown[] = []
    layer.registerFullBackwardHook((_, inputs, outputs) => void seen.push([inputs, outputs[0]!.itemSync()]))
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward()
    expect(seen).toEqual([[[null], 1]])
    noGrad(() => layer.forward(ones([1, 2])))
    expect(seen.length).toBe(1)
  })

  test('are part of a compiled function that was traced with them', () => {
    const layer = new nn.Linear(2, 1)
    layer.registerForwardHook((_, __, y) => y.mul(0).add(3))
    const run = compile((x: Tensor) => layer.forward(x))
    expect([run(ones([1, 2])).itemSync(), run(zeros([1, 2])).itemSync()]).toEqual([3, 3])
  })
})

describe('registering and finding by name', () => {
  test('parameters, buffers, modules', () => {
    const net = new nn.Sequential({ a: new nn.Linear(2, 2), b: new nn.ReLU() })
    net.registerParameter('scale', new nn.Parameter(ones([2])))
    net.registerBuffer('mean', zeros([2]))
    net.registerBuffer('cache', zeros([2]), { persistent: false })
    expect(Object.keys(net.stateDict())).toEqual(['scale', 'mean', 'a.weight', 'a.bias'])
    expect(net.namedBuffers().map(([name]) => name)).toEqual(['mean', 'cache'])
    expect(net.getSubmodule('a')).toBe(net.at('a'))
    expect(net.getParameter('a.weight').shape).toEqual([2, 2])
    expect(net.getBuffer('mean').shape).toEqual([2])
    expect(() => net.getParameter('a.wieght')).toThrow(/parameter of Linear "wieght"; did you mean "weight"/)
    expect(() => net.getSubmodule('c.d')).toThrow(/module in "c.d": "c"/)
    for (const name of ['forward', '', 'x.y', 'scale'])
      expect(() => net.registerBuffer(name, zeros([1]))).toThrow(/no name|something else/)
  })

  test('tied parameters count once, are saved under both names, and stay tied', () => {
    const net = new nn.Sequential(new nn.Linear(3, 3), new nn.Linear(3, 3, { bias: false }))
    const [first, second] = [...net] as [nn.Linear, nn.Linear]
    second.registerParameter('weight', first.weight)
    expect(net.namedParameters().map(([name]) => name)).toEqual(['0.weight', '0.bias'])
    const state = { '0.weight': ones([3, 3]), '0.bias': zeros([3]), '1.weight': ones([3, 3]) }
    expect(Object.keys(net.stateDict())).toEqual(Object.keys(state))
    net.loadStateDict(state)
    expect(second.weight).toBe(first.weight)
    net
      .forward(ones([1, 3]))
      .sum()
      .backward()
    expect(first.weight.grad!.toArraySync()).toEqual([
      [6, 6, 6],
      [6, 6, 6],
      [6, 6, 6],
    ])
  })
})

describe('containers', () => {
  test('Sequential: names, slices, insertion', () => {
    const layers = [new nn.ReLU(), new nn.Tanh(), new nn.Sigmoid()] as const
    const net = new nn.Sequential(...layers)
    expect([...net.slice(1)].map((m) => m.constructor.name)).toEqual(['Tanh', 'Sigmoid'])
    expect(net.slice(1).namedChildren()[0]![0]).toBe('1')
    expect(net.insert(0, new nn.Identity()).at(1)).toBe(layers[0])
    expect(net.set(-1, layers[0]).at('3')).toBe(layers[0])
    expect(net.append(layers[1], 'last').at('last')).toBe(layers[1])
    expect(() => net.append(layers[1], 'last')).toThrow(/already/)
    expect(() => net.at(9)).toThrow(/no item 9; it has 5/)
    expect(() => new nn.Sequential(null as never)).toThrow(/takes modules/)
  })

  test('lists and dictionaries', () => {
    class Net extends nn.Module {
      readonly list = new nn.ModuleList([new nn.Linear(1, 1)]).append(new nn.Linear(2, 2))
      readonly dict = new nn.ModuleDict({ x: new nn.Linear(1, 2, { bias: false }) })
      readonly parts = new nn.ParameterList([ones([2]), zeros([3])])
      readonly named = new nn.ParameterDict({ p: ones([4]) })
      forward(): void {}
    }
    const net = new Net()
    expect(net.namedParameters().map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
      'list.0.weight 1,1',
      'list.0.bias 1',
      'list.1.weight 2,2',
      'list.1.bias 2',
      'dict.x.weight 2,1',
      'parts.0 2',
      'parts.1 3',
      'named.p 4',
    ])
    expect(net.list.set(-1, net.list.at(0)).at(1)).toBe(net.list.at(0))
    expect(net.list.slice(1).length).toBe(1)
    expect(net.named.get('p').requiresGrad).toBe(true)
    expect(() => net.dict.get('y')).toThrow(/item of ModuleDict "y"/)
    expect(() => net.dict.set('a.b', net.list.at(0))).toThrow(/no name/)
    expect(() => net.list.forward()).toThrow(/no forward/)
    net.to('float64')
    expect(net.parameters().every((p) => p.dtype === 'float64')).toBe(true)
  })
})

test('a state that fits by name and has another shape is refused even where names may lack', () => {
  const layer = new nn.Linear(2, 1)
  expect(() => layer.loadStateDict({ weight: tensor([1]) }, { strict: false })).toThrow(/weight is \[1\], expected \[1, 2\]/)
})
