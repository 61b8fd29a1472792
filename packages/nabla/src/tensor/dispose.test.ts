import { expect, it } from 'vitest'
import { describeDevices } from '../compiler/devices.js'
import { compile } from './compile.js'
import { tensor } from './create.js'

const devices = describeDevices()
  .filter((d) => d.available)
  .map((d) => d.name)
const large = (device: string) => tensor(new Float32Array(100_000).fill(3), { shape: [100_000], device })

it.each(devices)('a tensor that was disposed of says so; its memory serves again (%s)', async (device) => {
  const x = large(device)
  const twice = compile((a: typeof x) => a.mul(2))
  const first = twice(x)
  first.realize()
  first.dispose()
  first.dispose()
  expect(() => first.dataSync()).toThrow(/disposed of/)
  expect(() => first.add(1).dataSync()).toThrow(/disposed of/)
  const second = twice(x)
  expect(Array.from((await second.data()).slice(0, 2))).toEqual([6, 6])
})

it.each(devices)('what others may see stays: views, results, parameters (%s)', async (device) => {
  const x = large(device).mul(1).realize()
  const view = x.reshape(10, -1)
  const sum = x.sum()
  x.dispose()
  const parameter = large(device).requiresGrad_()
  parameter.dispose()
  large(device).mul(5).realize()
  expect(await sum.item()).toBe(300_000)
  expect((await view.data())[99_999]).toBe(3)
  expect((await parameter.data())[0]).toBe(3)
})
