/** Exported models run in ONNX Runtime (WebAssembly) and give what ours give. */
import * as ort from 'onnxruntime-web'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { setDefaultDevice } from '../../compiler/devices.js'
import * as nn from '../../nn/index.js'
import { arange, cat, einsum, manualSeed, randn, stack, type Tensor, tensor, where, zeros } from '../../tensor/index.js'
import { exportOnnx, type OnnxOptions } from './export.js'
import { openOnnx } from './read.js'

setDefaultDevice('js')
ort.env.wasm.numThreads = 1
ort.env.logLevel = 'error'

const types = {
  float32: 'float32',
  float64: 'float64',
  int32: 'int32',
  uint8: 'uint8',
  bool: 'bool',
  float16: 'float16',
  uint32: 'uint32',
} as const

async function feed(t: Tensor): Promise<ort.Tensor> {
  return new ort.Tensor(types[t.dtype] as 'float32', (await t.data()) as Float32Array, [...t.shape])
}

/** Largest difference between ONNX Runtime and the function itself, on other inputs than the examples if there are `others`. */
async function agree(
  model: Parameters<typeof exportOnnx>[0],
  examples: readonly Tensor[],
  options: OnnxOptions = {},
  others = examples,
): Promise<Uint8Array> {
  const bytes = await exportOnnx(model, examples, options)
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const feeds: Record<string, ort.Tensor> = {}
  for (const [i, name] of session.inputNames.entries()) feeds[name] = await feed(others[i]!)
  const results = await session.run(feeds)
  if (typeof model !== 'function') model.eval()
  const result = typeof model === 'function' ? model(...others) : model.forward(...others)
  const expected: Tensor[] = Array.isArray(result)
    ? result.flat(3)
    : 'shape' in (result as object)
      ? [result as Tensor]
      : Object.values(result as object)
  expect(session.outputNames.length).toBe(expected.length)
  for (const [i, name] of session.outputNames.entries()) {
    const got = results[name]!
    const want = expected[i]!
    expect(got.dims).toEqual(want.shape)
    const values = await want.data()
    expect(got.type).toBe(want.dtype)
    const off = Math.max(
      0,
      ...Array.from(values, (v, j) =>
        Object.is(v, Number((got.data as Float32Array)[j]))
          ? 0
          : Math.abs(v - Number((got.data as Float32Array)[j])) / (1 + Math.abs(v)),
      ),
    )
    expect(off, name).toBeLessThan(1e-4)
  }
  await session.release()
  return bytes
}

class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 6, 5, { padding: 2 })
  conv2 = new nn.Conv2d(6, 16, 5)
  fc1 = new nn.Linear(400, 120)
  fc2 = new nn.Linear(120, 10)
  forward(x: Tensor): Tensor {
    x = nn.functional.maxPool2d(this.conv1.forward(x).relu(), 2)
    x = nn.functional.avgPool2d(this.conv2.forward(x).tanh(), 2)
    return nn.functional.logSoftmax(this.fc2.forward(this.fc1.forward(x.flatten(1)).relu()), -1)
  }
}

class Block extends nn.Module {
  conv1 = new nn.Conv2d(4, 8, 3, { stride: 2, padding: 1, bias: false })
  bn1 = new nn.BatchNorm2d(8)
  conv2 = new nn.Conv2d(8, 8, 3, { padding: 1, groups: 4 })
  bn2 = new nn.BatchNorm2d(8)
  down = new nn.Conv2d(4, 8, 1, { stride: 2 })
  forward(x: Tensor): Tensor {
    const y = this.bn2.forward(this.conv2.forward(this.bn1.forward(this.conv1.forward(x)).relu()))
    return y.add(this.down.forward(x)).relu()
  }
}

class Embedded extends nn.Module {
  tokens = new nn.Embedding(11, 8)
  places = new nn.Embedding(6, 8)
  norm = new nn.LayerNorm([8])
  head = new nn.Linear(8, 11)
  forward(ids: Tensor): Tensor {
    const x = this.tokens.forward(ids).add(this.places.forward(arange(ids.shape[1]!, { dtype: 'int32' })))
    return this.head.forward(nn.functional.gelu(this.norm.forward(x)))
  }
}

describe('models', () => {
  test.each([false, true])('LeNet, open batch: %s', async (dynamicBatch) => {
    manualSeed(1)
    const x = randn([2, 1, 28, 28])
    await agree(new LeNet(), [x], { dynamicBatch }, dynamicBatch ? [randn([5, 1, 28, 28])] : [x])
  })

  test.each([false, true])('a ResNet block with batch norm and groups, open batch: %s', async (dynamicBatch) => {
    manualSeed(2)
    const block = new Block()
    await block.forward(randn([4, 4, 9, 9])).data() // moves the running statistics
    expect(block.training).toBe(true)
    await agree(block, [randn([2, 4, 9, 9])], { dynamicBatch }, [randn([dynamicBatch ? 3 : 2, 4, 9, 9])])
  })

  test.each([false, true])('an LSTM, open batch: %s', async (dynamicBatch) => {
    manualSeed(3)
    const lstm = new nn.LSTM(5, 7, { batchFirst: true, numLayers: 2, bidirectional: true })
    await agree(
      (x: Tensor) => {
        const [y, [h, c]] = lstm.forward(x) as unknown as [Tensor, [Tensor, Tensor]]
        return dynamicBatch ? [y] : [y, h, c]
      },
      [randn([2, 6, 5])],
      { dynamicBatch },
      [randn([dynamicBatch ? 4 : 2, 6, 5])],
    )
  })

  test.each([false, true])('a Transformer encoder layer, open batch: %s', async (dynamicBatch) => {
    manualSeed(4)
    const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true })
    await agree(layer, [randn([2, 5, 8])], { dynamicBatch }, [randn([dynamicBatch ? 3 : 2, 5, 8])])
  })

  test.each([false, true])('embeddings, layer norm and GELU, as in GPT, open batch: %s', async (dynamicBatch) => {
    manualSeed(5)
    const ids = tensor(
      [
        [1, 2, 3, 4, 10, 0],
        [0, 0, 5, 6, 7, 8],
      ],
      { dtype: 'int32' },
    )
    await agree(new Embedded(), [ids], { dynamicBatch }, dynamicBatch ? [cat([ids, ids], 0)] : [ids])
  })
})

/** The file as a reader of another make sees it. */
const schema = protobuf
  .parse(`syntax = "proto3";
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated Opset opset_import = 8; repeated Pair metadata_props = 14; }
  message Opset { string domain = 1; int64 version = 2; }
  message Pair { string key = 1; string value = 2; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated Value input = 11; repeated Value output = 12; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Value { string name = 1; Type type = 2; }
  message Type { TensorType tensor_type = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Shape { repeated Dim dim = 1; }
  message Dim { oneof value { int64 dim_value = 1; string dim_param = 2; } }`)
  .root.lookupType('Model')

// biome-ignore lint/suspicious/noExplicitAny: a decoded message
const decoded = (bytes: Uint8Array): any => schema.toObject(schema.decode(bytes), { longs: Number })

describe('the file', () => {
  test('weights keep their names, products and convolutions are operators of their own, the batch is open', async () => {
    const model = decoded(
      await exportOnnx(new LeNet(), zeros([1, 1, 28, 28]), { dynamicBatch: true, metadata: { made: 'here' } }),
    )
    const names = model.graph.initializer.map(({ name }: { name: string }) => name)
    for (const name of ['conv1.weight', 'conv2.bias', 'fc2.weight']) expect(names).toContain(name)
    const used = model.graph.node.map(({ op_type: op, opType }: Record<string, string>) => op ?? opType)
    for (const op of ['Conv', 'Gemm', 'Relu', 'Tanh']) expect(used).toContain(op)
    expect(used).not.toContain('Einsum')
    expect(model.graph.name).toBe('LeNet')
    expect(model.graph.input[0].type.tensorType.shape.dim[0]).toEqual({ dimParam: 'batch' })
    expect(model.metadataProps).toEqual([{ key: 'made', value: 'here' }])
  })

  test('batch norm, bounds and grouped convolutions are the operators that engines fuse', async () => {
    const net = new nn.Sequential(new nn.Conv2d(4, 8, 3, { groups: 4, bias: false }), new nn.BatchNorm2d(8), new nn.ReLU6())
    const { graph } = decoded(await exportOnnx(net, zeros([1, 4, 6, 6]), { dynamicBatch: true }))
    const used = graph.node.map(({ op_type: op, opType }: Record<string, string>) => op ?? opType)
    expect(used.filter((op: string) => op !== 'Identity')).toEqual(['Conv', 'BatchNormalization', 'Clip'])
    const names = graph.initializer.map(({ name }: { name: string }) => name)
    for (const name of ['1.weight', '1.bias', '1.runningMean', '1.runningVar']) expect(names).toContain(name)
    await agree(net, [randn([2, 4, 6, 6])], { dynamicBatch: true }, [randn([3, 4, 6, 6]).mul(9)])
  })

  test('its weights open as tensors', async () => {
    const net = new LeNet()
    const file = await openOnnx(await exportOnnx(net, zeros([1, 1, 28, 28])))
    expect(file.info('fc1.weight')).toEqual({ dtype: 'float32', stored: 'F32', shape: [120, 400] })
    expect((await file.read('fc1.weight')).data).toEqual(await net.fc1.weight.data())
  })

  test('names are those that were asked for, or those of a record', async () => {
    const fn = (a: Tensor, b: Tensor) => ({ sum: a.add(b), product: a.mul(b) })
    const examples = [zeros([2]), zeros([2])]
    const plain = decoded(await exportOnnx(fn, examples)).graph
    expect(plain.output.map(({ name }: { name: string }) => name)).toEqual(['sum', 'product'])
    const named = decoded(await exportOnnx(fn, examples, { inputNames: ['l', 'r'], outputNames: ['s', 'p'] })).graph
    expect([...named.input, ...named.output].map(({ name }: { name: string }) => name)).toEqual(['l', 'r', 's', 'p'])
    await expect(exportOnnx(fn, examples, { inputNames: ['x'] })).rejects.toThrow(/inputNames has 1 names, the model has 2/)
    await expect(exportOnnx(fn, examples, { inputNames: ['x', 'x'] })).rejects.toThrow(/"x" is given twice/)
  })
})

describe('operations', () => {
  const x = tensor([
    [0.5, -1.5, 2.5],
    [3.25, -0.75, 1],
  ])
  const y = tensor([
    [1, 2, -2],
    [0.5, 3, -1],
  ])
  const n = tensor(
    [
      [7, -7, 5],
      [-5, 2, 0],
    ],
    { dtype: 'int32' },
  )
  const m = tensor(
    [
      [2, 2, -3],
      [3, 5, 1],
    ],
    { dtype: 'int32' },
  )
  const cases: Record<string, [Parameters<typeof exportOnnx>[0], Tensor[], OnnxOptions?]> = {
    'functions of one number': [
      (x: Tensor) =>
        cat(
          [
            x.sin(),
            x.cos(),
            x.tanh(),
            x.exp(),
            x.expm1(),
            x.abs().log1p(),
            x.abs().log2(),
            x.trunc(),
            x.round(),
            x.floor(),
            x.ceil(),
            x.sign(),
            x.neg(),
            x.erf(),
            x.sigmoid(),
            x.abs().sqrt(),
            x.atan(),
            x.sinh(),
          ],
          0,
        ),
      [x],
    ],
    'division and its rests, of floats': [
      (x: Tensor, y: Tensor) => cat([x.floorDivide(y), x.remainder(y), x.fmod(y), x.div(y), x.abs().pow(y)], 0),
      [x, y],
    ],
    'division and its rests, of integers': [
      (n: Tensor, m: Tensor) => cat([n.floorDivide(m), n.remainder(m), n.fmod(m), n.maximum(m), n.minimum(m)], 0),
      [n, m],
    ],
    'comparisons and logic': [
      (x: Tensor, y: Tensor) => [
        x.lt(y),
        x.ge(y).logicalAnd(x.ne(y)),
        x.eq(y).logicalNot(),
        where(x.gt(0), x.lt(y), x.gt(y)),
        where(x.gt(0), x, y),
      ],
      [x, y],
    ],
    'bits, with set 18': [
      (n: Tensor, m: Tensor) => cat([n.bitwiseAnd(m), n.bitwiseOr(m), n.bitwiseXor(m)], 0),
      [n, m],
      { opset: 18 },
    ],
    reductions: [
      (x: Tensor) => [
        x.sum(),
        x.mean(1),
        x.prod(0),
        x.amax(1),
        x.amin(0),
        x.argmax(1),
        x.argmin(0),
        x.std(1),
        x.logsumexp(1),
        x.softmax(0),
      ],
      [x],
    ],
    'reductions, with set 18': [(x: Tensor) => [x.sum(0), x.amax(1), x.prod(1)], [x], { opset: 18 }],
    'order and picking': [
      (x: Tensor) => {
        const { values, indices } = x.sort(1, { descending: true })
        return [values, indices, x.cumsum(1), x.gather(1, indices), x.flip([0, 1]), x.roll(1, 1)]
      },
      [x],
    ],
    movement: [
      (x: Tensor) => [
        x.t(),
        x.reshape(3, 2),
        x.at(null, [1, null, 2]),
        nn.functional.pad(x, [1, 2], { value: 3 }),
        x.unfold(1, 2, 1),
        x.repeat(2, 1),
        stack([x, x], 1),
        x.tril(),
      ],
      [x],
    ],
    scattering: [
      (x: Tensor) =>
        zeros([4, 3]).scatterAdd(
          0,
          tensor(
            [
              [0, 1, 3],
              [3, 1, 0],
            ],
            { dtype: 'int32' },
          ),
          x,
        ),
      [x],
    ],
    products: [
      (x: Tensor, y: Tensor) => [
        x.matmul(y.t()),
        x.t().matmul(y),
        einsum('ij,kj->ik', x, y),
        einsum('ij,ij->', x, y),
        einsum('ij,kl->ijkl', x, y),
        einsum('ij,ik->ijk', x, y),
      ],
      [x, y],
    ],
    'convolutions of every kind': [
      (x: Tensor, w: Tensor, v: Tensor) => [
        nn.functional.conv1d(x, w, null, { stride: 2, padding: 2, dilation: 2 }),
        nn.functional.conv1d(x, v, null, { groups: 2, padding: 1 }),
        nn.functional.convTranspose1d(x, w.transpose(0, 1), null, { stride: 2, padding: 1, outputPadding: 1 }),
        nn.functional.convTranspose1d(x, v.transpose(0, 1).reshape(4, 1, 3), null, { stride: 3, groups: 2 }),
      ],
      [randn([2, 4, 9]), randn([3, 4, 3]), randn([4, 2, 3]).slice(0, 0, 2)],
    ],
    'a convolution that is turned for its gradient': [
      (x: Tensor, w: Tensor) => nn.functional.convTranspose2d(x, w, null, { stride: [2, 1], padding: [0, 1], dilation: [1, 2] }),
      [randn([1, 2, 4, 5]), randn([2, 3, 3, 2])],
    ],
    folding: [(x: Tensor) => nn.functional.fold(x, [4, 4], [2, 2], { stride: 2 }), [randn([1, 8, 4])]],
    pooling: [
      (x: Tensor) => [
        nn.functional.maxPool2d(x, 3, { stride: 2, padding: 1 }),
        nn.functional.avgPool2d(x, 2),
        nn.functional.adaptiveAvgPool2d(x, 1),
      ],
      [randn([1, 2, 7, 7])],
    ],
    'counting, constants and casts': [
      (x: Tensor) => [arange(6, { dtype: 'int32' }).reshape(2, 3).add(1).mul(x), x.to('int32'), x.to('bool')],
      [x],
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [fn, inputs, options]) => {
    await agree(fn, inputs, options)
  })
})

describe('what cannot be exported is refused by name', () => {
  test.each<[string, (x: Tensor) => unknown, RegExp, OnnxOptions?]>([
    [
      'random numbers',
      (x) => nn.functional.dropout(x, { p: 0.5 }),
      /changes a tensor of shape \[2\] while it computes \(random numbers of a dropout/,
    ],
    ['a running product', (x) => x.cumprod(0), /scan cannot be exported: ONNX has no running prod/],
    ['an op without counterpart', (x) => x.atan2(x), /atan2 cannot be exported/],
    ['bits before set 18', (x) => x.to('int32').bitwiseAnd(3), /and cannot be exported: on int32 it needs operator set 18/],
    ['values that are read', (x) => x.nonzero(), /nonzero/],
    ['nothing at all', () => 3, /returns no tensors/],
    ['an unknown set', (x) => x, /opset must be a whole number from 13 to 21, not 99/, { opset: 99 }],
    ['the square of the batch', (x) => x.matmul(x.t()).reshape(-1), /depends on the batch/, { dynamicBatch: true }],
  ])('%s', async (_, fn, message, options) => {
    await expect(exportOnnx(fn, randn([4, 3]), options)).rejects.toThrow(message)
  })

  test('a state that changes: batch norm in training mode, as a function', async () => {
    const norm = new nn.BatchNorm1d(3)
    await expect(exportOnnx((x: Tensor) => norm.forward(x), randn([4, 3]))).rejects.toThrow(/export it in evaluation mode/)
    expect(norm.training).toBe(true)
  })
})
