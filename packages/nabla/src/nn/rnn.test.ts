import { beforeAll, describe, expect, test } from 'vitest'
import {
  cat,
  compile,
  gradcheck,
  gradOf,
  manualSeed,
  noGrad,
  ones,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from '../index.js'
import { Adam } from '../optim/index.js'
import * as nn from './index.js'

beforeAll(() => setDefaultDevice('js'))

const close = async (actual: Tensor, expected: Tensor, digits = 5) => {
  expect(actual.shape).toEqual(expected.shape)
  const [a, e] = [await actual.data(), await expected.data()]
  a.forEach((value, i) => expect(value).toBeCloseTo(e[i]!, digits))
}

describe('recurrent layers', () => {
  test('parameters have the names and shapes of a PyTorch state dict', () => {
    const lstm = new nn.LSTM(4, 3, { numLayers: 2, bidirectional: true, projSize: 2 })
    const shapes = Object.fromEntries(Object.entries(lstm.stateDict()).map(([name, value]) => [name, value.shape]))
    expect(Object.keys(shapes).slice(0, 6)).toEqual([
      'weightIhL0',
      'weightHhL0',
      'biasIhL0',
      'biasHhL0',
      'weightHrL0',
      'weightIhL0Reverse',
    ])
    expect(shapes).toMatchObject({
      weightIhL0: [12, 4],
      weightHhL0: [12, 2],
      biasHhL1Reverse: [12],
      weightIhL1Reverse: [12, 4],
      weightHrL1: [2, 3],
    })
    const state = Object.fromEntries(
      Object.entries(lstm.stateDict()).map(([name, value]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value]),
    )
    expect(Object.keys(state)).toContain('weight_ih_l1_reverse')
    expect(lstm.loadStateDict(state).missingKeys).toEqual([])
    expect(new nn.GRU(4, 3, { bias: false }).parameters().length).toBe(2)
    expect(lstm.weightIhL0!.requiresGrad).toBe(true)
  })

  test.each([
    ['rnn', () => new nn.RNN(2, 3, { bidirectional: true, numLayers: 2 })],
    ['gru', () => new nn.GRU(2, 3, { bidirectional: true, numLayers: 2 })],
    ['lstm', () => new nn.LSTM(2, 3, { bidirectional: true, numLayers: 2 })],
  ] as const)('%s: lengths give what each sequence gives by itself', async (_, make) => {
    manualSeed(1)
    const layer = make()
    const x = randn([4, 3, 2])
    const lengths = [4, 1, 3]
    const run = (input: Tensor, options: nn.SequenceOptions = {}): [Tensor, Tensor[]] => {
      const [output, state] = layer.forward(input, null as never, options) as [Tensor, Tensor | Tensor[]]
      return [output, [state].flat()]
    }
    const [output, state] = run(x, { lengths })
    for (const [row, length] of lengths.entries()) {
      const [alone, end] = run(x.select(1, row).narrow(0, 0, length))
      await close(output.select(1, row), cat([alone, zeros([4 - length, 6])]))
      for (const [k, s] of end.entries()) await close(state[k]!.select(1, row), s)
    }
    await close(run(x, { lengths: tensor(lengths, { dtype: 'int32' }) })[0], output)
  })

  test('a cell in a loop is the layer', async () => {
    const layer = new nn.LSTM(2, 3)
    const cell = new nn.LSTMCell(2, 3)
    cell.loadStateDict(Object.fromEntries(Object.entries(layer.stateDict()).map(([name, value]) => [name.slice(0, -2), value])))
    const x = randn([4, 2, 2])
    let state: [Tensor, Tensor] | null = null
    for (const step of x.unbind()) state = cell.forward(step, state)
    const [, [h, c]] = layer.forward(x)
    await close(state![0], h.squeeze(0))
    await close(state![1], c.squeeze(0))
  })

  test('gradients, of the state and through lengths too', async () => {
    const double = (...shape: number[]) => randn(shape, { dtype: 'float64', requiresGrad: true })
    for (const layer of [new nn.GRU(2, 2, { dtype: 'float64' }), new nn.RNN(2, 2, { dtype: 'float64' })])
      await gradcheck((x, h) => layer.forward(x, h, { lengths: [3, 2] })[0], [double(3, 2, 2), double(1, 2, 2)])
    const lstm = new nn.LSTM(2, 2, { dtype: 'float64', batchFirst: true })
    await gradcheck((x, h, c) => cat([...lstm.forward(x, [h, c])[1]]), [double(2, 3, 2), double(1, 2, 2), double(1, 2, 2)])
    await gradcheck(
      gradOf((x) =>
        lstm
          .forward(x, null, { lengths: [2, 1] })[0]
          .pow(2)
          .sum(),
      ),
      [double(2, 2, 2)],
    )
  })

  test('a compiled training step learns', async () => {
    manualSeed(0)
    const layer = new nn.LSTM(1, 8, { batchFirst: true, numLayers: 2, dropout: 0.1 })
    const head = new nn.Linear(8, 1)
    const optimizer = new Adam([...layer.parameters(), ...head.parameters()], { lr: 0.02 })
    const step = compile((x: Tensor) => {
      const loss = head.forward(layer.forward(x)[0]).squeeze(2).sub(x.squeeze(2).cumsum(1)).square().mean()
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      return loss
    })
    const x = randn([16, 5, 1])
    const first = await step(x).item()
    for (let i = 0; i < 60; i++) step(x)
    expect(await step(x).item()).toBeLessThan(first / 3)
  })

  test('dropout is between layers and in training only', async () => {
    const layer = new nn.RNN(2, 3, { numLayers: 2, dropout: 1 })
    layer.eval()
    const x = ones([2, 1, 2])
    const kept = await layer.forward(x)[0].data()
    layer.train()
    const dropped = await noGrad(() => layer.forward(x))[0].data()
    expect(dropped).not.toEqual(kept)
    await close(layer.forward(x)[0], layer.forward(x.mul(3))[0])
  })

  test('what does not fit is refused', () => {
    expect(() => new nn.LSTM(0, 3)).toThrow(/inputSize is 0/)
    expect(() => new nn.LSTM(2, 3, { projSize: 3 })).toThrow(/projSize is 3 and hiddenSize 3/)
    expect(() => new nn.GRU(2, 3, { dropout: 2 })).toThrow(/dropout is 2; expected 0 to 1/)
    expect(() => new nn.RNN(2, 3, { nonlinearity: 'sigmoid' as 'tanh' })).toThrow(/known: tanh, relu/)
    const gru = new nn.GRU(2, 3, { batchFirst: true })
    expect(() => gru.forward(ones([4, 5, 3]))).toThrow(
      /\[GRU\] the input has shape \[4, 5, 3\]; expected \[N, T, inputs\].*2 inputs/,
    )
    expect(() => gru.forward(ones([4, 5, 2]), ones([1, 5, 3]))).toThrow(/state h has shape \[1, 5, 3\]; expected \[1, 4, 3\]/)
    expect(() => gru.forward(ones([5, 2]), ones([1, 1, 3]))).toThrow(/expected \[1, 3\]/)
    expect(() => gru.forward(ones([4, 0, 2]))).toThrow(/sequence is empty/)
    expect(() => gru.forward(ones([2, 5, 2]), null, { lengths: [5, 6] })).toThrow(/sequence 1 is 6; expected 1 to 5/)
    expect(() => gru.forward(ones([2, 5, 2]), null, { lengths: [5] })).toThrow(/expected \[2\]/)
    expect(() => new nn.LSTMCell(2, 3).forward(ones([4, 3]))).toThrow(/expected \[N, 2\] or \[2\]/)
    expect(() => new nn.LSTMCell(2, 3).forward(ones([2]), [ones([3]), ones([2])])).toThrow(
      /state c has shape \[2\]; expected \[3\]/,
    )
  })
})
