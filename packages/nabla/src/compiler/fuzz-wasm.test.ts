/** Random graphs, many with gradients, on the wasm device against the plain references; NABLA_FUZZ sets how many. */
import { expect, it } from 'vitest'
import { describeDevices } from './devices.js'
import { fuzz } from './testing.js'

const isHere = describeDevices().some((d) => d.name === 'wasm' && d.available)

const graphs = Number(process.env['NABLA_FUZZ'] ?? 500)

it.runIf(isHere)(`${graphs} random graphs agree with the references`, { timeout: 600_000 }, async () => {
  expect(await fuzz('wasm', graphs)).toEqual([])
})
