/** Graphs by the references alone, and random graphs: reproducible, tame, and of all families. */
import { describe, expect, it } from 'vitest'
import { isFloat } from '../core/dtype.js'
import { type Node, topological } from '../graph/node.js'
import { builder as b } from './builder.js'
import { denseOf, numbersOf } from './dense.js'
import { bufferNode } from './make.js'
import { evaluate } from './reference.js'
import { randomGraph } from './sampleGraph.js'
import { ops } from './table.js'

describe('evaluate', () => {
  it('gives the values of everything on the way', () => {
    const x = bufferNode([3], 'float32', 'js')
    const twice = b.mul(x, 2)
    const sum = b.sum(twice, [0])
    const known = evaluate([sum], new Map([[x, denseOf([3], 'float32', [1, 2, 3])]]))
    expect(numbersOf(known.get(twice)!)).toEqual([2, 4, 6])
    expect(numbersOf(known.get(sum)!)).toEqual([12])
  })
  it('takes any node as given', () => {
    const x = bufferNode([1], 'float32', 'js')
    const y = b.exp(x)
    expect(numbersOf(evaluate([b.add(y, 1)], new Map([[y, denseOf([1], 'float32', [4])]])).get(y)!)).toEqual([4])
  })
  it('misses a buffer by its shape', () => {
    expect(() => evaluate([b.neg(bufferNode([2, 3], 'float32', 'js'))], new Map())).toThrow(
      '[evaluate] a buffer of shape [2, 3] has no value',
    )
  })
})

describe('random graphs', () => {
  const seen = new Map<string, number>()
  const show = (nodes: readonly Node[]): string[] =>
    topological(nodes).map((n) => `${n.op} ${JSON.stringify(n.attrs)} ${n.shape.join()} ${n.dtype}`)

  it('are valid, finite and tame', () => {
    for (let seed = 0; seed < 300; seed++) {
      const graph = randomGraph(seed, { device: 'js' })
      expect(graph.outputs.length, `seed ${seed}`).toBeGreaterThan(0)
      const bound = new Map(graph.inputs.map(({ node, values }) => [node, values]))
      const known = evaluate(graph.outputs, bound)
      for (const output of graph.outputs)
        if (isFloat(output.dtype))
          expect(
            numbersOf(known.get(output)!).every((x) => Math.abs(x) <= 1e4),
            `seed ${seed}`,
          ).toBe(true)
      for (const node of topological(graph.outputs)) {
        seen.set(node.op, (seen.get(node.op) ?? 0) + 1)
        expect(node.device).toBe('js')
      }
    }
  })
  it('are of every op', () => {
    expect(Object.keys(ops).filter((name) => !seen.has(name))).toEqual([])
  })
  it('are the same for the same seed', () => {
    for (const seed of [1, 2, 3, 99]) {
      const [first, second] = [randomGraph(seed), randomGraph(seed)]
      expect(show(second.outputs)).toEqual(show(first.outputs))
      expect(second.inputs.map((i) => [...i.values.data])).toEqual(first.inputs.map((i) => [...i.values.data]))
    }
  })
})
