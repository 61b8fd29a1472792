/** The snippets of the notes' days 8 to 10, each as something that can be checked. */
import { arange, describeDevices, noGrad, ones, randn, type Tensor, tensor, zeros } from 'nabla'
import { decodeSafetensors, encodeSafetensors, encodeTorch, loadTorch, tensorData, tensorsFrom } from 'nabla/io'
import * as nn from 'nabla/nn'
import { block2, CenteredLayer, FixedHiddenMlp, Mlp, MyLinear, MySequential, NestMlp, small } from './blocks.js'
import { type Check, Checks, errorOf, numbers, same } from './checks.js'

const linear = (layer: nn.Layer): nn.Linear => layer as unknown as nn.Linear
const isLinear = (module: nn.Module): module is nn.Linear => module instanceof nn.Linear

async function customBlocks(): Promise<Check[]> {
  const checks = new Checks(8, 'custom block')
  const net = new Mlp()
  const y = net.forward(randn([2, 20]))
  checks.add('new Mlp().forward(x)  // x [2, 20]', `[${y.shape}]`, y.shape.join() === '2,10')
  checks.claim('its gradients reach every parameter', await gradientsReach(net, y))
  return checks.all
}

async function gradientsReach(net: nn.Module, y: Tensor): Promise<boolean> {
  y.sum().backward()
  return net.parameters().every(({ grad }) => grad !== null)
}

async function containers(): Promise<Check[]> {
  const checks = new Checks(9, 'sequential, nested')
  const [a, b] = [new nn.Linear(20, 256), new nn.Linear(256, 10)]
  const x = randn([2, 20])
  const [own, built] = [new MySequential(a, new nn.ReLU(), b), new nn.Sequential(a, new nn.ReLU(), b)]
  checks.claim('MySequential(...) computes what nn.Sequential(...) computes', await same(own.forward(x), built.forward(x)))
  checks.add('MySequential(...).namedParameters()', names(own).join(' '), names(own).join() === names(built).join())

  const fixed = new FixedHiddenMlp()
  const total = await fixed.forward(x).item()
  checks.add('FixedHiddenMlp().forward(x)  // halved until its parts are 1 in sum', total.toFixed(4), Math.abs(total) <= 1)
  checks.add('FixedHiddenMlp().namedParameters()', names(fixed).join(' '), names(fixed).join() === 'linear.weight,linear.bias')

  const chimera = new nn.Sequential(new NestMlp(), new nn.Linear(16, 20), new FixedHiddenMlp())
  const out = chimera.forward(x)
  checks.add('Sequential(NestMlp, Linear, FixedHiddenMlp).forward(x)', `[${out.shape}]`, out.shape.length === 0)
  return checks.all
}

const names = (module: nn.Module): string[] => module.namedParameters().map(([name]) => name)

async function access(): Promise<Check[]> {
  const checks = new Checks(10, 'parameter access')
  const net = small()
  const last = linear(net.at(2))
  checks.add(
    'net.at(2).stateDict()',
    Object.keys(last.stateDict()).join(' '),
    Object.keys(last.stateDict()).join() === 'weight,bias',
  )
  checks.claim('net.at(2).bias instanceof nn.Parameter', last.bias instanceof nn.Parameter)
  checks.claim('net.at(2).weight.grad === null  // before backward', last.weight.grad === null)
  const shapes = net.namedParameters().map(([name, { shape }]) => `${name} [${shape}]`)
  checks.add(
    'net.namedParameters()',
    shapes.join(' '),
    shapes.join(' ') === '0.weight [8,4] 0.bias [8] 2.weight [1,8] 2.bias [1]',
  )
  checks.claim("net.stateDict()['2.bias'] is net.at(2).bias", net.stateDict()['2.bias'] === last.bias)

  const nested = new nn.Sequential(block2(), new nn.Linear(4, 1))
  const inner = nested.getParameter('0.block0.0.bias')
  checks.add("nested.getParameter('0.block0.0.bias').shape", `[${inner.shape}]`, inner.shape.join() === '8')
  checks.claim('nested.toString() shows four named blocks', (String(nested).match(/\(block\d\): Sequential/g) ?? []).length === 4)
  const unknown = errorOf(() => nested.getParameter('0.block9.0.bias')) ?? 'no error'
  checks.add("nested.getParameter('0.block9.0.bias')", unknown, unknown.includes('did you mean "block0"'))
  return checks.all
}

async function initialisation(): Promise<Check[]> {
  const checks = new Checks(10, 'initialisation')
  const drawn = new nn.Sequential(new nn.Linear(200, 200), new nn.ReLU(), new nn.Linear(200, 1))
  drawn.apply((m) => {
    if (!isLinear(m)) return
    nn.init.normal_(m.weight, 0, 0.1)
    nn.init.zeros_(m.bias!)
  })
  const deviation = await noGrad(() => linear(drawn.at(0)).weight.std()).item()
  checks.add('init.normal_(weight, 0, 0.1)  // deviation', deviation.toFixed(4), Math.abs(deviation - 0.1) < 0.005)
  checks.claim(
    'init.zeros_(bias)',
    (await numbers(linear(drawn.at(0)).bias!)).every((value) => value === 0),
  )

  const net = small()
  net.apply((m) => {
    if (isLinear(m)) nn.init.constant_(m.weight, 1)
  })
  checks.claim(
    'init.constant_(weight, 1)',
    (await numbers(linear(net.at(0)).weight)).every((value) => value === 1),
  )

  nn.init.xavierUniform_(linear(net.at(0)).weight)
  nn.init.constant_(linear(net.at(2)).weight, 42)
  const bound = Math.sqrt(6 / (4 + 8))
  checks.claim(
    'init.xavierUniform_(first)  // within sqrt(6 / 12)',
    (await numbers(linear(net.at(0)).weight)).every((v) => Math.abs(v) <= bound),
  )
  checks.claim(
    'init.constant_(second, 42)',
    (await numbers(linear(net.at(2)).weight)).every((value) => value === 42),
  )

  const weight = linear(drawn.at(0)).weight
  noGrad(() => {
    nn.init.uniform_(weight, -10, 10)
    weight.mul_(weight.abs().ge(5).type('float32'))
  })
  const own = await numbers(weight)
  const zero = own.filter((value) => value === 0).length / own.length
  const fits = own.every((value) => value === 0 || (Math.abs(value) >= 5 && Math.abs(value) <= 10))
  checks.add('uniform in -10..10, 0 where |w| < 5  // share of zeros', zero.toFixed(3), fits && Math.abs(zero - 0.5) < 0.02)

  const before = await numbers(linear(net.at(0)).weight)
  noGrad(() => {
    linear(net.at(0)).weight.add_(1)
    linear(net.at(0)).weight.setAt([0, 0], 42)
  })
  const after = await numbers(linear(net.at(0)).weight)
  checks.add(
    'weight.add_(1); weight.setAt([0, 0], 42)',
    after[0]!,
    after[0] === 42 && Math.abs(after[1]! - before[1]! - 1) < 1e-6,
  )
  return checks.all
}

async function sharing(): Promise<Check[]> {
  const checks = new Checks(10, 'tied parameters')
  const shared = new nn.Linear(8, 8)
  const net = new nn.Sequential(
    new nn.Linear(4, 8),
    new nn.ReLU(),
    shared,
    new nn.ReLU(),
    shared,
    new nn.ReLU(),
    new nn.Linear(8, 1),
  )
  const [a, b] = [linear(net.at(2)).weight, linear(net.at(4)).weight]
  checks.claim('net.at(2).weight === net.at(4).weight', a === b)
  noGrad(() => a.setAt([0, 0], 100))
  checks.claim('a change of one is a change of the other', (await numbers(b))[0] === 100)
  checks.add('net.parameters().length  // shared ones once', net.parameters().length, net.parameters().length === 6)
  // Its gradient is the sum over both places: compare with two layers of equal weights.
  const copy = () => {
    const layer = new nn.Linear(8, 8)
    layer.loadStateDict(shared.stateDict())
    return layer
  }
  const [first, second] = [copy(), copy()]
  const untied = new nn.Sequential(net.at(0), new nn.ReLU(), first, new nn.ReLU(), second, new nn.ReLU(), net.at(6))
  const x = randn([3, 4])
  net.forward(x).sum().backward()
  untied.forward(x).sum().backward()
  const [whole, parts] = [await numbers(a.grad!), await numbers(first.weight.grad!.add(second.weight.grad!))]
  const scale = Math.max(1, ...whole.map(Math.abs))
  checks.claim(
    'its gradient is the sum over both places',
    whole.every((value, i) => Math.abs(value - parts[i]!) <= 1e-4 * scale),
  )
  return checks.all
}

async function lazy(): Promise<Check[]> {
  const checks = new Checks(10, 'lazy shapes')
  const net = new nn.Sequential(
    new nn.Linear(20, 256),
    new nn.ReLU(),
    new nn.LazyLinear(128),
    new nn.ReLU(),
    new nn.LazyLinear(10),
  )
  const early = errorOf(() => net.parameters().map(({ shape }) => shape))
  checks.add('parameters() before any data', early ?? 'no error', early !== undefined)
  const y = net.forward(randn([2, 20]))
  const shapes = net.namedParameters().filter(([name]) => name.endsWith('weight'))
  const text = shapes.map(([, { shape }]) => `[${shape}]`).join(' ')
  checks.add('after net.forward(x)', text, y.shape.join() === '2,10' && text === '[256,20] [128,256] [10,128]')
  return checks.all
}

async function customLayers(): Promise<Check[]> {
  const checks = new Checks(10, 'custom layers')
  const centred = await numbers(new CenteredLayer().forward(tensor([1, 2, 3, 4, 5])))
  checks.add('CenteredLayer().forward([1, 2, 3, 4, 5])', centred.join(' '), centred.join() === '-2,-1,0,1,2')
  const mean = await new nn.Sequential(new nn.Linear(8, 128), new CenteredLayer())
    .forward(randn([4, 8]))
    .mean()
    .item()
  checks.add('Sequential(Linear(8, 128), CenteredLayer()).forward(x).mean()', mean.toExponential(1), Math.abs(mean) < 1e-6)
  const own = new MyLinear(4, 8)
  checks.add('MyLinear(4, 8).namedParameters()', names(own).join(' '), names(own).join() === 'weight,bias')
  const y = new MySequential(own, new nn.Linear(8, 2)).forward(randn([2, 4]))
  checks.add('MySequential(MyLinear(4, 8), Linear(8, 2)).forward(x)', `[${y.shape}]`, y.shape.join() === '2,2')
  return checks.all
}

/** To bytes and back, in both formats; files are these bytes (`saveSafetensors`, `saveTorch`). */
async function saving(): Promise<Check[]> {
  const checks = new Checks(10, 'saving and loading')
  const formats = {
    safetensors: async (state: Record<string, Tensor>) =>
      tensorsFrom(decodeSafetensors(encodeSafetensors(await tensorData(state))).tensors),
    torch: async (state: Record<string, Tensor>) => loadTorch(encodeTorch(await tensorData(state))),
  }
  const net = new Mlp()
  const x = randn([2, 20])
  for (const [format, trip] of Object.entries(formats)) {
    const tensors = await trip({ x: arange(4), y: zeros([4]) })
    checks.claim(`tensors by name, as ${format}`, (await same(tensors.x!, arange(4))) && (await same(tensors.y!, zeros([4]))))
    const clone = new Mlp()
    clone.loadStateDict(await trip(net.stateDict()))
    checks.claim(`a model's parameters, as ${format}: the clone computes the same`, await same(clone.forward(x), net.forward(x)))
  }
  const part = new Mlp()
  part.hidden.loadStateDict(net.hidden.stateDict())
  checks.claim('one layer: clone.hidden.loadStateDict(net.hidden.stateDict())', await same(part.hidden.weight, net.hidden.weight))
  const wrong = errorOf(() => new Mlp().loadStateDict({ 'hidden.weight': ones([3, 3]) }))
  checks.add('a state that does not fit', wrong ?? 'taken', wrong !== undefined)
  return checks.all
}

async function devices(): Promise<Check[]> {
  const checks = new Checks(10, 'devices')
  const known = (await describeDevices()).map(({ name }) => name)
  checks.add('describeDevices()', known.join(' '), known.includes('js'))
  const x = ones([2, 3], { device: 'js' })
  checks.add("ones([2, 3], { device: 'js' }).device", x.device, x.device === 'js')
  const net = new nn.Sequential(new nn.Linear(3, 1)).to('js')
  checks.add("net.to('js'); net.at(0).weight.device", linear(net.at(0)).weight.device, linear(net.at(0)).weight.device === 'js')
  const y = net.forward(x)
  checks.claim('the result lies where the operands lie', y.device === 'js' && (await numbers(y)).every(Number.isFinite))
  return checks.all
}

/** All of them, in the notes' order. */
export const topics: readonly (() => Promise<Check[]>)[] = [
  customBlocks,
  containers,
  access,
  initialisation,
  sharing,
  lazy,
  customLayers,
  saving,
  devices,
]
