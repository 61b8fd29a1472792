/** Random graphs, with gradients, on every device against the plain references. */
import { describe, expect, it } from 'vitest'
import { Node } from '../graph/node.js'
import { randomGraph } from '../ops/sampleGraph.js'
import { describeDevices } from './devices.js'
import { type Case, differences } from './testing.js'

const devices = describeDevices().filter((d) => d.available).map((d) => d.name)
const graphs = Number(process.env['NABLA_FUZZ'] ?? 200)
/** Graphs that are compiled together. */
const together = 100

const caseOf = (seed: number): Case => {
  const { inputs, outputs } = randomGraph(seed, { device: 'js', gradients: seed % 2 === 0 })
  return { name: `graph ${seed}`, outputs, values: new Map(inputs.map(({ node, values }) => [node as Node, values])) }
}

describe.each(devices)('random graphs on %s', (device) => {
  it(`${graphs} of them agree with the references`, { timeout: 600_000 }, async () => {
    const found: string[] = []
    for (let first = 0; first < graphs; first += together) {
      const cases = Array.from({ length: Math.min(together, graphs - first) }, (_, i) => caseOf(first + i))
      found.push(...(await differences(cases, device, 3e-4)))
    }
    expect(found).toEqual([])
  })
})
