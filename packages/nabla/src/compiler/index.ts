/**
 * The compiler's face: graphs in, programs launched. A graph's structure is its key; a structure seen before finds its compiled
 * program, so a step that is built again every time is only rebuilt, not planned or compiled again.
 */
import { NablaError } from '../core/errors.js'
import { sizeOf } from '../core/shape.js'
import type { BoundSlot, Device, Executable, KernelTime, Planning } from '../device/device.js'
import type { Node, Storage } from '../graph/node.js'
import { type Snapshot, build, snapshot } from './build.js'
import { debug } from './debug.js'
import { deviceByName } from './devices.js'
import { plan } from './plan.js'

/** A graph captured once and run many times. */
export interface Captured {
  /** All 'buffer' nodes and nodes with storage that the outputs depend on, in the order in which `run` wants their storages. */
  readonly leaves: readonly Node[]
  run(leaves: readonly Storage[], outputs: readonly Storage[]): void
  profile(leaves: readonly Storage[], outputs: readonly Storage[]): Promise<KernelTime[]>
}

interface Compiled {
  readonly executable: Executable
}

const programs = new Map<string, Compiled>()
/** Oldest structures are forgotten first. */
const MOST_PROGRAMS = 512

/**
 * Gives every node a storage: plans, compiles and launches one program for all. Returns at once; the values are there when the
 * device has run what was launched.
 */
export function schedule(nodes: readonly Node[]): void {
  const byDevice = new Map<string, Node[]>()
  for (const node of new Set(nodes)) if (!node.storage) byDevice.set(node.device, [...(byDevice.get(node.device) ?? []), node])
  for (const [name, wanted] of byDevice) {
    const device = deviceByName(name)
    const { executable, leaves } = compiled(wanted, new Map(), device)
    const outputs = wanted.map((n) =>
      device.allocate(
        n.dtype,
        n.shape.reduce((a, b) => a * b, 1),
      ),
    )
    const bindings = [...leaves.map(storageOf), ...outputs]
    launch(executable, bindings)
    wanted.forEach((n, i) => (n.storage = outputs[i]))
  }
}

/**
 * Compiles the graph of `outputs` without running it. `inPlace` maps the position of an output to the leaf whose storage that
 * output will be given; reads of the leaf are ordered before the write. What is computed of `lasting` leaves alone is not computed again while nobody
 * writes them.
 */
export function capture(
  outputs: readonly Node[],
  inPlace: ReadonlyMap<number, Node>,
  lasting: ReadonlySet<Node> = new Set(),
): Captured {
  const first = outputs[0]
  if (!first) throw new NablaError('argument', 'nothing to compile: the function returns no tensor and updates none')
  const device = deviceByName(first.device)
  const { executable, leaves } = compiled(outputs, inPlace, device, lasting)
  return {
    leaves,
    run: (given, results) => launch(executable, [...given, ...results]),
    profile: (given, results) => executable.profile([...given, ...results]),
  }
}

function launch(executable: Executable, bindings: readonly Storage[]): void {
  if (debug.times) void executable.profile(bindings).then(debug.timings, (error: unknown) => console.error(error))
  else executable.run(bindings)
}

function storageOf(leaf: Node): Storage {
  if (leaf.storage) return leaf.storage
  throw new NablaError(
    'argument',
    `a value of shape [${leaf.shape.join(', ')}] has no memory: it belongs to a compiled function that has ended (return it from the function to use it outside), or was disposed of`,
    { shape: leaf.shape },
  )
}

function compiled(
  outputs: readonly Node[],
  inPlace: ReadonlyMap<number, Node>,
  device: Device,
  lasting: ReadonlySet<Node> = new Set(),
): { executable: Executable; leaves: readonly Node[] } {
  const nodes = snapshot(outputs)
  const { key, leaves } = structure(outputs, nodes, inPlace, device, lasting)
  let program = programs.get(key)
  if (!program) {
    program = { executable: device.load(planned(outputs, nodes, leaves, inPlace, lasting, device, key)) }
    programs.set(key, program)
    if (programs.size > MOST_PROGRAMS) programs.delete(programs.keys().next().value!)
  }
  return { executable: program.executable, leaves }
}

/** The program of a graph, to be made later. */
function planned(
  outputs: readonly Node[],
  nodes: Snapshot,
  leaves: readonly Node[],
  inPlace: ReadonlyMap<number, Node>,
  lasting: ReadonlySet<Node>,
  device: Device,
  key: string,
): Planning {
  const targets = new Map(
    [...inPlace].flatMap(([output, leaf]) => {
      const position = leaves.indexOf(leaf)
      return position < 0 ? [] : [[output, position] as const]
    }),
  )
  const lastingAt = new Set(leaves.flatMap((leaf, i) => (lasting.has(leaf) ? [i] : [])))
  const slot = ({ dtype, shape }: Node, written: boolean): BoundSlot => ({ kind: 'bound', dtype, size: sizeOf(shape), written })
  return {
    bound: [...leaves.map((leaf) => slot(leaf, false)), ...outputs.map((output) => slot(output, true))],
    ...(debug.plans ? {} : { key }),
    make: () => plan(build(outputs, nodes), targets, lastingAt, device.machine),
  }
}

/** The graph as text, up to the names of its nodes; leaves in the order in which `build` meets them. */
function structure(
  outputs: readonly Node[],
  nodes: Snapshot,
  inPlace: ReadonlyMap<number, Node>,
  device: Device,
  lasting: ReadonlySet<Node>,
): { key: string; leaves: Node[] } {
  const numbers = new Map<Node, number>()
  const leaves: Node[] = []
  const lines: string[] = [device.name]
  for (const { node, inputs } of nodes) {
    numbers.set(node, numbers.size)
    if (node.device !== device.name)
      throw new NablaError(
        'device',
        `a value on device "${node.device}" is used with values on "${device.name}"; move one with .to(device)`,
        { devices: [node.device, device.name] },
      )
    if (!inputs) {
      leaves.push(node)
      lines.push(`leaf ${node.dtype} ${node.shape.join()}${lasting.has(node) ? ' lasting' : ''}`)
    } else
      lines.push(
        `${node.op} ${JSON.stringify(node.attrs)} ${inputs.map((i) => numbers.get(i)).join()} ${node.dtype} ${node.shape.join()}`,
      )
  }
  lines.push(outputs.map((o) => numbers.get(o)).join(), [...inPlace].map(([o, leaf]) => `${o}>${numbers.get(leaf)}`).join())
  return { key: lines.join('\n'), leaves }
}
