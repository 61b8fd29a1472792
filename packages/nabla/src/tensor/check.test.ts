import { afterAll, describe, expect, test } from 'vitest'
import { deviceByName } from '../compiler/devices.js'
import {
  compile,
  defaultDevice,
  describeDevices,
  full,
  NablaError,
  randint,
  setDefaultDevice,
  tensor,
  type Tensor,
} from '../index.js'
import { checkIndices, checkWithin } from './check.js'

const classes = (t: Tensor, allow?: number) => checkIndices('op', 'target', t.node, 10, { of: 'the classes', allow })
const ints = (values: number[] | number[][]) => tensor(values, { dtype: 'int32' })
const before = defaultDevice()
afterAll(() => setDefaultDevice(before))

for (const { name } of describeDevices().filter(({ available }) => available))
  describe(`checks of values on ${name}`, () => {
    test('data at hand: index and value', () => {
      setDefaultDevice(name)
      classes(ints([0, 9, 3]))
      expect(() => classes(ints([0, 1, 2, 12]))).toThrow('[op] target 12 at [3] is outside of the classes 0..9')
      expect(() => classes(ints([[0, 1], [-1, 2]]))).toThrow('target -1 at [1, 0]') // biome-ignore format: rows
      expect(() => classes(tensor(10, { dtype: 'int32' }))).toThrow('target 10 is outside')
      expect(() => classes(full([2], 12, { dtype: 'int32' }))).toThrow('target 12 at [0]')
      classes(ints([0, -100]), -100)
      classes(ints([]))
      const error = (() => {
        try {
          classes(ints([4, 11]))
        } catch (thrown) {
          return thrown
        }
      })()
      expect(error).toBeInstanceOf(NablaError)
      expect(error).toMatchObject({ kind: 'index', facts: { value: 11, index: [1], count: 10 } })
    })

    test('through changes of shape, and casts that change no value', () => {
      setDefaultDevice(name)
      const bytes = tensor([[1, 2], [3, 44]], { dtype: 'uint8' }) // biome-ignore format: rows
      expect(() => classes(bytes.int().reshape(-1))).toThrow('target 44 at [3]')
      expect(() => classes(bytes.unsqueeze(0))).toThrow('target 44 at [0, 1, 1]')
    })

    test('from the end, and numbers within bounds', () => {
      setDefaultDevice(name)
      checkIndices('op', 'index', ints([-3, 2]).node, 3, { of: 'dimension 0', negative: true })
      expect(() => checkIndices('op', 'index', ints([-4]).node, 3, { of: 'dimension 0', negative: true })).toThrow(
        'index -4 at [0] is outside of dimension 0 -3..2',
      )
      checkWithin('op', 'probability', tensor([0, 1, 0.5]).node, 0, 1)
      const half = tensor([0.5, 1.5], { dtype: 'float16' })
      expect(() => checkWithin('op', 'probability', half.node, 0, 1)).toThrow('probability 1.5 at [1] is outside of 0..1')
      expect(() => checkWithin('op', 'probability', tensor([Number.NaN]).node, 0, 1)).toThrow('NaN')
    })

    test('what is still to be computed is not looked at', () => {
      setDefaultDevice(name)
      classes(ints([5]).add(20))
      classes(randint(20, 30, [4]))
    })

    test('a compiled function checks what it is called with, each time', async () => {
      setDefaultDevice(name)
      const outside = ints([1])
      const step = compile((t: Tensor) => {
        classes(t.reshape(-1))
        classes(outside)
        return t.add(outside)
      })
      expect(await step(ints([1, 2])).toArray()).toEqual([2, 3])
      expect(() => step(ints([1, 20]))).toThrow('target 20 at [1]')
      expect(await step(ints([3, 4])).toArray()).toEqual([4, 5])
      outside.copy_(ints([77]))
      await outside.data()
      expect(() => step(ints([1, 2]))).toThrow('target 77 at [0]')
    })
  })

test('memory that a queued run still has to write is not looked at', async () => {
  const native = describeDevices().find((d) => d.name === 'native')
  if (!native?.available) return
  const device = deviceByName('native')
  const x = tensor(new Float32Array(1 << 20), { shape: [1024, 1024], device: 'native' })
  const y = x.matmul(x).realize()
  expect(device.peek(y.node.storage!)).toBeUndefined() // its kernel is being compiled
  await y.data()
  expect(device.peek(y.node.storage!)?.length).toBe(1 << 20)
})
