/** Random graphs, many with gradients, on the js device against the plain references; NABLA_FUZZ sets how many. */
import { expect, it } from 'vitest'
import { fuzz } from './testing.js'

const graphs = Number(process.env['NABLA_FUZZ'] ?? 2000)

it(`${graphs} random graphs agree with the references`, { timeout: 600_000 }, async () => {
  expect(await fuzz('js', graphs)).toEqual([])
})
