/** Random graphs, many with gradients, on the native device against the plain references; NABLA_FUZZ sets how many. */
import { expect, it } from 'vitest'
import { fuzz } from './testing.js'
import { describeDevices } from './devices.js'

// The graphs are tiny: compiling them well would take longer than all else.
process.env['NABLA_CFLAGS'] = '-O0'
const isHere = describeDevices().some((d) => d.name === 'native' && d.available)

const graphs = Number(process.env['NABLA_FUZZ'] ?? 2000)

it.runIf(isHere)(`${graphs} random graphs agree with the references`, { timeout: 600_000 }, async () => {
  expect(await fuzz('native', graphs)).toEqual([])
})
