/** The planner: memory that is used again is free, and what is updated in place has been read before. */
import { describe, expect, it } from 'vitest'
import { dtypes } from '../core/dtype.js'
import { sameShape, sizeOf } from '../core/shape.js'
import type { Program } from '../device/device.js'
import type { Node } from '../graph/node.js'
import { verify } from '../kernel/verify.js'
import { builder as b } from '../ops/builder.js'
import { denseOf } from '../ops/dense.js'
import { bufferNode } from '../ops/make.js'
import type { Dense } from '../ops/op.js'
import { describeDevices, deviceByName } from './devices.js'
import { capture } from './index.js'
import { kernelNames, machines, moved, programOf, randomCase, stored } from './testing.js'

/** What is wrong with a program's memory; the kernels themselves are checked by the verifier, which throws. */
function faults({ steps, slots, arenaBytes }: Program): string[] {
  const found: string[] = []
  const written = new Set<number>()
  const lives = new Map<number, { first: number; last: number }>()
  /** The slot whose memory a slot is a part of. */
  const baseOf = (number: number): number => {
    const slot = slots[number]!
    if (slot.kind !== 'part') return number
    if (slot.of >= number) found.push(`slot ${number} comes before the slot ${slot.of} that it is a part of`)
    if (slot.offset + slot.size > slots[slot.of]!.size) found.push(`slot ${number} ends outside of slot ${slot.of}`)
    return baseOf(slot.of)
  }
  steps.forEach(({ kernel, slots: used }, step) => {
    verify(kernel)
    const fault = (what: string) => found.push(`step ${step} (${kernel.name}): ${what}`)
    if (used.length !== kernel.buffers.length) fault(`${used.length} slots for ${kernel.buffers.length} buffers`)
    if (new Set(used).size !== used.length) fault(`a slot is given twice: ${used.join()}`)
    used.forEach((number, i) => {
      const slot = slots[number]!
      const buffer = kernel.buffers[i]!
      const memory = slots[baseOf(number)]!
      const isLeaf = memory.kind === 'bound' && !memory.written
      if (slot.dtype !== buffer.dtype) fault(`slot ${number} is ${slot.dtype}, its buffer ${buffer.dtype}`)
      if (buffer.written && isLeaf) fault(`leaf ${number} is written`)
      const base = baseOf(number)
      if (!buffer.written && !isLeaf && !written.has(base) && slot.size > 0) fault(`slot ${number} is read before it is written`)
      lives.set(base, { first: lives.get(base)?.first ?? step, last: step })
    })
    used.forEach((number, i) => {
      if (kernel.buffers[i]!.written) written.add(baseOf(number))
    })
  })

  const arena = slots.flatMap((slot, number) => {
    if (slot.kind === 'bound') {
      if (slot.written && slot.size > 0 && !written.has(number)) found.push(`output ${number} is never written`)
      return []
    }
    if (slot.kind === 'part') return []
    const end = slot.offset + slot.size * dtypes[slot.dtype].bytes
    if (slot.offset % 64 !== 0) found.push(`slot ${number} begins at ${slot.offset}`)
    if (end > arenaBytes) found.push(`slot ${number} ends at ${end} of ${arenaBytes}`)
    return [{ number, begin: slot.offset, end, ...lives.get(number)! }]
  })
  // Inputs and outputs of one kernel are alive together, so this also says that no kernel reads what it overwrites.
  arena.forEach((x, i) => {
    for (const y of arena.slice(0, i))
      if (x.first <= y.last && y.first <= x.last && x.begin < y.end && y.begin < x.end)
        found.push(`slots ${y.number} and ${x.number} share bytes in steps ${x.first}..${x.last} and ${y.first}..${y.last}`)
  })
  return found
}

describe.each(Object.entries(machines))('arena on a machine of %s', (_, machine) => {
  const graphs = Array.from({ length: 150 }, (_, seed) => randomCase(seed).outputs)

  it('nothing alive is overwritten: random graphs, each by itself', () => {
    for (const [seed, outputs] of graphs.entries()) expect(faults(programOf(outputs, machine)), `graph ${seed}`).toEqual([])
  })

  it('nothing alive is overwritten: thirty graphs in one program, and memory is used again', () => {
    for (let first = 0; first < graphs.length; first += 30) {
      const program = programOf(graphs.slice(first, first + 30).flat(), machine)
      expect(faults(program)).toEqual([])
      const bytes = program.slots.reduce((sum, s) => sum + (s.kind === 'arena' ? s.size * dtypes[s.dtype].bytes : 0), 0)
      expect(program.arenaBytes).toBeLessThan(bytes)
    }
  })
})

// The graphs are tiny: compiling them well would take longer than all else.
process.env['NABLA_CFLAGS'] = '-O0'
const devices = describeDevices().flatMap(({ name, available }) => (available ? [name] : []))

describe.each(devices)('updates in place on %s', (name) => {
  const device = deviceByName(name)
  const leaf = (...shape: number[]): Node => bufferNode(shape, 'float32', name)

  /** Runs a program, each output of `targets` in the memory of its leaf. Gives what the outputs hold at the end. */
  function results(
    outputs: readonly Node[],
    targets: ReadonlyMap<number, Node>,
    values: ReadonlyMap<Node, Dense>,
  ): (readonly number[])[] {
    const memory = new Map([...values].map(([node, value]) => [node, stored(value, name)]))
    const { leaves, run } = capture(outputs, targets)
    const storages = outputs.map((o, i) => memory.get(targets.get(i) ?? o) ?? device.allocate(o.dtype, sizeOf(o.shape)))
    run(
      leaves.map((l) => memory.get(l)!),
      storages,
    )
    return storages.map((s) => [...device.readSync(s)])
  }

  /** The same for leaves of float32, with the names of the kernels. */
  function run(
    outputs: readonly Node[],
    targets: ReadonlyMap<number, Node>,
    numbers: ReadonlyMap<Node, readonly number[]>,
  ): { kernels: string[]; results: (readonly number[])[] } {
    const program = programOf(outputs, machines.scalar, targets)
    expect(faults(program)).toEqual([])
    const values = new Map([...numbers].map(([node, x]) => [node, denseOf(node.shape, node.dtype, x)]))
    return { kernels: kernelNames(program), results: results(outputs, targets, values) }
  }

  it('an element-wise update is one kernel', () => {
    const [p, g] = [leaf(4), leaf(4)]
    const values = new Map([
      [p, [1, 2, 3, 4]],
      [g, [4, 0, -4, 8]],
    ])
    const { kernels, results } = run([b.sub(p, b.mul(g, 0.5))], new Map([[0, p]]), values)
    expect(kernels).toEqual(['sub[4]'])
    expect(results).toEqual([[-1, 2, 5, 0]])
  })

  it('what reads other elements than it writes goes through a temporary', () => {
    const p = leaf(2, 2)
    const square = run([b.matmul(p, p)], new Map([[0, p]]), new Map([[p, [1, 2, 3, 4]]]))
    expect(square.kernels).toEqual(['contract[2,2]', 'copy[2,2]'])
    expect(square.results).toEqual([[7, 10, 15, 22]])

    const q = leaf(3)
    const flipped = run([b.flip(q, [0])], new Map([[0, q]]), new Map([[q, [1, 2, 3]]]))
    expect(flipped.kernels).toEqual(['flip[3]', 'copy[3]'])
    expect(flipped.results).toEqual([[3, 2, 1]])

    const r = leaf(3)
    const sums = run([b.add(b.scan(r, 0, 'sum'), b.sum(r, [0]))], new Map([[0, r]]), new Map([[r, [1, 2, 4]]]))
    expect(sums.results).toEqual([[8, 10, 14]])
  })

  it('an update waits for those who read the old value', () => {
    const [p, w] = [leaf(2, 2), leaf(2, 2)]
    const values = new Map([
      [p, [1, 2, 3, 4]],
      [w, [0, 1, 1, 0]],
    ])
    const { kernels, results } = run([b.mul(p, 10), b.matmul(p, w)], new Map([[0, p]]), values)
    expect(kernels).toEqual(['contract[2,2]', 'mul[2,2]'])
    expect(results).toEqual([
      [10, 20, 30, 40],
      [2, 1, 4, 3],
    ])
  })

  it('where the old value is wanted after the new one, the new one waits in a temporary', () => {
    const p = leaf(2, 2)
    const next = b.mul(p, 10)
    const { kernels, results } = run([next, b.matmul(next, p)], new Map([[0, p]]), new Map([[p, [1, 2, 3, 4]]]))
    expect(kernels).toEqual(['mul[2,2]', 'contract[2,2]', 'copy[2,2]'])
    expect(results).toEqual([
      [10, 20, 30, 40],
      [70, 100, 150, 220],
    ])
  })

  it.each([
    ['first', false],
    ['last', true],
  ])('a running value that the same kernel uses, asked for %s', (_, last) => {
    // One kernel computes a row's sum, updates the running value with it, and walks over the row with the old running value.
    const [x, running] = [leaf(2, 3), leaf(2, 1)]
    const next = b.add(running, b.sum(x, [1]))
    const centred = b.sub(x, running)
    const outputs = last ? [centred, next] : [next, centred]
    const values = new Map([
      [x, [1, 2, 3, 4, 5, 6]],
      [running, [10, 20]],
    ])
    const { results } = run(outputs, new Map([[last ? 1 : 0, running]]), values)
    expect(results[last ? 1 : 0]).toEqual([16, 35])
    expect(results[last ? 0 : 1]).toEqual([-9, -8, -7, -16, -15, -14])
  })

  it('two values are exchanged, three go round', () => {
    const [p, q, r] = [leaf(3), leaf(3), leaf(3)]
    const values = new Map([
      [p, [1, 2, 3]],
      [q, [4, 5, 6]],
      [r, [7, 8, 9]],
    ])
    const places = (...nodes: Node[]) => new Map(nodes.entries())
    expect(run([q, p], places(p, q), values).results).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ])
    expect(run([q, r, p], places(p, q, r), values).results).toEqual([
      [4, 5, 6],
      [7, 8, 9],
      [1, 2, 3],
    ])
    expect(run([b.flip(q, [0]), b.mul(p, 2)], places(p, q), values).results).toEqual([
      [6, 5, 4],
      [2, 4, 6],
    ])
  })

  it('random graphs: in place or not, the same bits', () => {
    const outputs: Node[] = []
    const targets = new Map<number, Node>()
    const values = new Map<Node, Dense>()
    const names: string[] = []
    for (let seed = 240; seed < 300; seed++) {
      const graph = moved(randomCase(seed), name)
      for (const [node, value] of graph.values) values.set(node, value)
      // Each output takes the place of a leaf of its shape and type, as long as there are any.
      const free = new Set(graph.values.keys())
      for (const output of graph.outputs) {
        const place = [...free].find((l) => l !== output && l.dtype === output.dtype && sameShape(l.shape, output.shape))
        if (place) targets.set(outputs.length, place)
        if (place) free.delete(place)
        outputs.push(output)
        names.push(`${graph.name}, ${output.op} [${output.shape.join(', ')}]`)
      }
    }
    expect(targets.size).toBeGreaterThan(50)
    const expected = results(outputs, new Map(), values)
    const actual = results(outputs, targets, values)
    expect(names.filter((_, i) => !actual[i]!.every((x, k) => Object.is(x, expected[i]![k])))).toEqual([])
  })
})
