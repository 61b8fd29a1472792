/**
 * What a module is made of and what it costs: for every module inside its output shape, parameters and multiply-adds, and memory for
 * prediction and for training. A forward pass is traced and nothing is computed; multiply-adds are counted on the graph, so they include
 * what `forward` does by functions.
 */
import { defaultDevice } from '../compiler/devices.js'
import { type DType, dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { Node, topological } from '../graph/node.js'
import type { ContractAttrs } from '../ops/op.js'
import { opOf } from '../ops/table.js'
import { zeros } from '../tensor/create.js'
import { noGrad } from '../tensor/differentiate.js'
import { Tensor } from '../tensor/tensor.js'
import { addHook, tensorsIn } from './hooks.js'
import type { Module } from './module.js'

/** An argument of `forward`: a tensor, or the shape of one. */
export type SummaryInput = Tensor | Shape

/** What the inputs are made of, and what the optimizer keeps. */
export interface SummaryOptions {
  /** Of inputs that are given by their shapes. Default float32. */
  readonly dtype?: DType
  /** Of inputs that are given by their shapes. Default: the default device. */
  readonly device?: string
  /** Tensors that the optimizer keeps for each parameter: 0 for plain SGD, 1 with momentum, 2 for Adam. Default 2. */
  readonly optimizerTensors?: number
}

/** One module. */
export interface SummaryRow {
  /** Its path; '' for the whole. */
  readonly name: string
  /** Name of its class. */
  readonly type: string
  /** How deep it lies: 0 for the whole. */
  readonly depth: number
  /** Shapes of its results; of the last call if there were several, none if it was not called. */
  readonly outputShapes: readonly Shape[]
  /** Elements of its parameters, those inside too, shared ones once. */
  readonly parameters: number
  /** Multiply-adds of all its calls, those inside too. */
  readonly multiplyAdds: number
  /** How often it was called. */
  readonly calls: number
}

/** Bytes, estimated. */
export interface SummaryMemory {
  /** All parameters, shared ones once. */
  readonly parameters: number
  /** All buffers. */
  readonly buffers: number
  /** The inputs of the call. */
  readonly inputs: number
  /** What the backward pass needs again: what products read (parameters apart) and give, and the results. */
  readonly activations: number
  /** Parameters, buffers, inputs, and the product with the largest operands and result. */
  readonly prediction: number
  /** Parameters, their gradients and the optimizer's tensors; buffers, inputs and activations. */
  readonly training: number
}

/** A module's account. `toString()` is a table. */
export interface ModuleSummary {
  /** The module and all inside, outer ones before inner ones. */
  readonly rows: readonly SummaryRow[]
  /** Elements of all parameters, shared ones once. */
  readonly parameters: number
  /** Elements of those parameters that require gradients. */
  readonly trainable: number
  /** One for each multiplication whose product is added up: matrix products, convolutions and einsum. */
  readonly multiplyAdds: number
  /** What prediction and training take. */
  readonly memory: SummaryMemory
  /** A table of the rows, with the totals below. */
  toString(): string
}

const elements = (tensors: readonly Tensor[]): number => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
const bytesOf = ({ shape, dtype }: { shape: Shape; dtype: DType }): number => sizeOf(shape) * dtypes[dtype].bytes
const totalBytes = (items: Iterable<{ shape: Shape; dtype: DType }>): number =>
  [...items].reduce((sum, item) => sum + bytesOf(item), 0)

/**
 * Calls `module` with inputs (one, or a list where its forward takes several) in evaluation mode, without gradients, and adds up. Lazy
 * layers get their sizes by it.
 */
export function summary(
  module: Module,
  input: SummaryInput | readonly SummaryInput[],
  options: SummaryOptions = {},
): ModuleSummary {
  const { optimizerTensors = 2 } = options
  const inputs = inputsOf(input, options)
  const { accounts, output, start } = trace(module, inputs)
  const whole = accounts.get(module)!
  const [params, buffers] = [module.parameters(), module.buffers()]
  const { kept, largest } = activations(tensorsIn(output), start, new Set(params.map(({ node }) => node)))
  const bytes = { parameters: totalBytes(params), buffers: totalBytes(buffers), inputs: totalBytes(inputs) }
  const trainable = params.filter((p) => p.requiresGrad)
  const constant = bytes.parameters + bytes.buffers + bytes.inputs
  const result = {
    rows: module.namedModules().map(([name, part]) => rowOf(name, part, accounts.get(part))),
    parameters: elements(params),
    trainable: elements(trainable),
    multiplyAdds: whole.multiplyAdds,
    memory: {
      ...bytes,
      activations: kept,
      prediction: constant + largest,
      training: constant + totalBytes(trainable) * (1 + optimizerTensors) + kept,
    },
  }
  return { ...result, toString: () => table(result) }
}

function inputsOf(
  input: SummaryInput | readonly SummaryInput[],
  { dtype = 'float32', device = defaultDevice() }: SummaryOptions,
): Tensor[] {
  const isShape = (value: unknown): value is Shape => Array.isArray(value) && value.every((n) => typeof n === 'number')
  const list = input instanceof Tensor || isShape(input) ? [input] : input
  return list.map((one) => {
    if (one instanceof Tensor) return one
    if (isShape(one)) return zeros(one, { dtype, device })
    throw new NablaError('argument', `[summary] an input is a tensor or a shape, was given ${typeof one}`)
  })
}

/** What is known of a module after the pass. */
interface Account {
  outputShapes: readonly Shape[]
  multiplyAdds: number
  calls: number
}

/** Runs forward once, with an account for every module that is called. */
function trace(module: Module, inputs: Tensor[]): { accounts: Map<Module, Account>; output: unknown; start: number } {
  const modules = module.modules()
  const modes = modules.map((part) => part.training)
  const accounts = new Map<Module, Account>(modules.map((part) => [part, { outputShapes: [], multiplyAdds: 0, calls: 0 }]))
  const starts = new Map<Module, number[]>(modules.map((part) => [part, []]))
  const handles = modules.flatMap((part) => [
    addHook(part, 'pre', () => void starts.get(part)!.push(Node.next)),
    addHook(part, 'post', (_: Module, __: unknown, output: unknown) => {
      const results = tensorsIn(output)
      const account = accounts.get(part)!
      account.outputShapes = results.map(({ shape }) => shape)
      account.multiplyAdds += nodesSince(results, starts.get(part)!.pop()!).reduce((sum, node) => sum + multiplyAdds(node), 0)
      account.calls++
    }),
  ])
  const start = Node.next
  try {
    module.eval()
    const forward = module.forward as (...inputs: Tensor[]) => unknown
    return { accounts, output: noGrad(() => forward.apply(module, inputs)), start }
  } finally {
    for (const handle of handles) handle.remove()
    modules.forEach((part, i) => void part.train(modes[i]))
  }
}

/** The nodes behind results that were made at `start` or later. */
const nodesSince = (results: readonly Tensor[], start: number): Node[] =>
  topological(
    results.map(({ node }) => node),
    ({ id }) => id < start,
  ).filter(({ id }) => id >= start)

/** Of a product: results times terms, but for the places between the elements of a strided operand, where nothing is multiplied. */
function multiplyAdds(node: Node): number {
  if (node.op !== 'contract') return 0
  const { out, reduced, a, b } = node.attrs as unknown as ContractAttrs
  const between = [...a, ...b].reduce((all, { divisor }) => all * divisor, 1)
  return Math.round((sizeOf(out) * sizeOf(reduced)) / between)
}

/** Bytes of all distinct values that products read and give, and of the largest product's; parameters do not count. */
function activations(
  results: readonly Tensor[],
  start: number,
  parameters: ReadonlySet<Node>,
): { kept: number; largest: number } {
  const nodes = nodesSince(results, start)
  const users = new Map<Node, Node[]>()
  for (const node of nodes)
    for (const input of node.inputs) {
      const known = users.get(input)
      if (known) known.push(node)
      else users.set(input, [node])
    }

  /** A product with what is added to it at once: its bias. */
  const withBias = (node: Node): Node => {
    const [user, other] = users.get(node) ?? []
    const goesOn = user && !other && (user.op === 'add' || user.op === 'reshape') && sizeOf(user.shape) === sizeOf(node.shape)
    return goesOn ? withBias(user) : node
  }
  const counts = (node: Node): boolean => node.id >= start && !parameters.has(node)
  const kept = new Set(results.map(({ node }) => storedAt(node)).filter(counts))
  let largest = totalBytes(results)
  for (const node of nodes)
    if (node.op === 'contract') {
      const values = [withBias(node), ...node.inputs].map(storedAt).filter(counts)
      for (const value of values) kept.add(value)
      largest = Math.max(largest, totalBytes(values))
    }
  return { kept: totalBytes(kept), largest }
}

/** What a view is a view of. */
function storedAt(node: Node): Node {
  while (opOf(node.op).kind === 'movement' && node.inputs.length === 1) node = node.inputs[0]!
  return node
}

const rowOf = (name: string, module: Module, account: Account | undefined): SummaryRow => ({
  name,
  type: module.constructor.name,
  depth: name === '' ? 0 : name.split('.').length,
  outputShapes: account?.outputShapes ?? [],
  parameters: elements(module.parameters()),
  multiplyAdds: account?.multiplyAdds ?? 0,
  calls: account?.calls ?? 0,
})

const count = (n: number): string => n.toLocaleString('en-US')

/** 12.3 MB and the like, by powers of 1024. */
function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power ? 2 : 0)} ${units[power]}`
}

function table({ rows, parameters, trainable, multiplyAdds, memory }: Omit<ModuleSummary, 'toString'>): string {
  const cells = rows.map((row) => [
    `${'  '.repeat(row.depth)}${row.name ? `${row.name.slice(row.name.lastIndexOf('.') + 1)}: ` : ''}${row.type}`,
    row.calls ? row.outputShapes.map(showShape).join(', ') : '-',
    row.parameters ? count(row.parameters) : '-',
    row.multiplyAdds ? count(row.multiplyAdds) : '-',
  ])
  const head = ['module', 'output', 'parameters', 'multiply-adds']
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const frozen = parameters - trainable
  return [
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    '',
    `parameters     ${count(parameters)}${frozen ? `, ${count(frozen)} of them frozen` : ''}`,
    `multiply-adds  ${count(multiplyAdds)}`,
    `memory         prediction ${size(memory.prediction)}, training ${size(memory.training)} (activations ${size(memory.activations)})`,
  ].join('\n')
}
