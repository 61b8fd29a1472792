/** For tests: graphs computed on a device against the ops' plain references. */
import { dtypes, isFloat, type TypedArray } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { Machine, Program } from '../device/device.js'
import { Node, type Storage, topological } from '../graph/node.js'
import { numbersOf } from '../ops/dense.js'
import type { Dense } from '../ops/op.js'
import { evaluate } from '../ops/reference.js'
import { randomGraph } from '../ops/sampleGraph.js'
import { build } from './build.js'
import { deviceByName } from './devices.js'
import { schedule } from './index.js'
import { plan } from './plan.js'

/** A graph whose leaves have values. */
export interface Case {
  readonly name: string
  readonly outputs: readonly Node[]
  readonly values: ReadonlyMap<Node, Dense>
}

/** The same graph on another device. */
export function moved(c: Case, device: string): Case {
  const copies = new Map<Node, Node>()
  const values = new Map<Node, Dense>()
  for (const node of topological(c.outputs)) {
    const copy = new Node(
      node.op,
      node.inputs.map((i) => copies.get(i)!),
      node.attrs,
      node.shape,
      node.dtype,
      device,
    )
    const value = c.values.get(node)
    if (value) values.set(copy, value)
    copies.set(node, copy)
  }
  return { name: c.name, outputs: c.outputs.map((o) => copies.get(o)!), values }
}

/** A value in the memory of a device. */
export function stored({ shape, dtype, data }: Dense, device: string): Storage {
  const owner = deviceByName(device)
  const storage = owner.allocate(dtype, sizeOf(shape))
  owner.write(storage, data)
  return storage
}

/** Computes all cases in one program, and says where they differ from the references by more than rounding. */
export async function differences(cases: readonly Case[], device: string, tolerance = 2e-5): Promise<string[]> {
  const graphs = cases.map((c) => moved(c, device))
  for (const { values } of graphs) for (const [node, value] of values) node.storage = stored(value, device)
  schedule(graphs.flatMap((g) => g.outputs))
  const found: string[] = []
  for (const [i, c] of cases.entries()) {
    const expected = evaluate(c.outputs, c.values)
    for (const [k, node] of graphs[i]!.outputs.entries()) {
      const data = await deviceByName(device).read(node.storage!)
      const difference = firstDifference({ shape: node.shape, dtype: node.dtype, data }, expected.get(c.outputs[k]!)!, tolerance)
      if (difference) found.push(`${c.name}, output ${k} (${node.op} [${node.shape.join(', ')}]): ${difference}`)
    }
  }
  return found
}

/** Float errors are measured against the largest finite value of the tensor, for sums cancel. */
function firstDifference(actual: Dense, expected: Dense, tolerance: number): string | undefined {
  const [a, e] = [numbersOf(actual), numbersOf(expected)]
  if (a.length !== e.length) throw new NablaError('shape', `${a.length} elements where ${e.length} were expected`)
  const scale = e.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1e-3)
  const bound = !isFloat(expected.dtype) ? 0 : expected.dtype === 'float16' ? 2e-3 * scale : tolerance * scale
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i]) || a[i] === e[i] || Math.abs(a[i]! - e[i]!) <= bound) continue
    return `element ${i} is ${a[i]}, expected ${e[i]}`
  }
  return undefined
}

/** Machines to plan for, that nobody has to own. */
export const machines = {
  scalar: { lanes: 1, registers: 16, threads: 1, l1: 32768, l2: 1 << 20 },
  vectors: { lanes: 8, registers: 16, threads: 2, l1: 32768, l2: 1 << 20 },
} as const satisfies Readonly<Record<string, Machine>>

/** The program of a graph, planned in one go and not run. `inPlace` maps the position of an output to the leaf it overwrites. */
export function programOf(outputs: readonly Node[], machine: Machine, inPlace: ReadonlyMap<number, Node> = new Map()): Program {
  const built = build(outputs)
  const steps = plan(
    built,
    new Map([...inPlace].map(([output, leaf]) => [output, built.leaves.indexOf(leaf)])),
    new Set(),
    machine,
  )
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** What the kernels of a program say they compute, in order. */
export const kernelNames = (program: Program): string[] => program.steps.map(({ kernel }) => kernel.name)

/** Numbers in [low, high), the same for the same seed. */
export function randomNumbers(seed: number): (low: number, high: number) => number {
  let state = seed >>> 0 || 1
  return (low, high) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b)
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b)
    return low + (((x ^ (x >>> 16)) >>> 0) / 4294967296) * (high - low)
  }
}

/** A leaf with random values of its dtype. */
export function randomDense(
  shape: readonly number[],
  dtype: Dense['dtype'],
  next: (low: number, high: number) => number,
  low = -1,
  high = 1,
): Dense {
  const data = new dtypes[dtype].array(sizeOf(shape)) as TypedArray
  for (let i = 0; i < data.length; i++)
    data[i] = dtype === 'bool' ? Number(next(0, 1) < 0.5) : isFloat(dtype) ? next(low, high) : Math.floor(next(low, high))
  return { shape, dtype, data }
}

/** The random graph of a seed, with gradients for some. */
export function randomCase(seed: number): Case {
  const { inputs, outputs } = randomGraph(seed, { device: 'js', gradients: seed % 3 === 0, steps: [2, 7], maxElements: 300 })
  return { name: `graph ${seed}`, outputs, values: new Map(inputs.map(({ node, values }) => [node, values])) }
}

/** What differs among `count` random graphs, compiled a hundred at a time. */
export async function fuzz(device: string, count: number): Promise<string[]> {
  const found: string[] = []
  for (let first = 0; first < count; first += 100) {
    const cases = Array.from({ length: Math.min(100, count - first) }, (_, i) => randomCase(first + i))
    found.push(...(await differences(cases, device, 3e-4)))
  }
  return found
}
