/** Models as ONNX files: a traced function, written in ONNX's operators with its weights. */
import { NablaError, showShape } from '../../core/errors.js'
import type { Handle } from '../../tensor/handle.js'
import type { Spec } from '../../tensor/signature.js'
import { Tensor } from '../../tensor/tensor.js'
import { Emitter, elementsOf } from './emitter.js'
import { type Extent, isFixed } from './extent.js'
import { writeGroup } from './groups.js'
import { typeOf, writeStep } from './ops.js'
import { type OnnxValue, writeModel } from './proto.js'
import { type Step, type Traced, traceFunction } from './trace.js'

/** How a model is exported. */
export interface OnnxOptions {
  /** Names of the inputs. Default `input`, or `input_0`, `input_1`, ... */
  readonly inputNames?: readonly string[]
  /** Names of the outputs. Default the keys of a record that the model returns, else `output`, or `output_0`, ... */
  readonly outputNames?: readonly string[]
  /** Leave the first dimension of all inputs open: the file takes batches of any size. Default false. */
  readonly dynamicBatch?: boolean
  /** Which set of operators is written, from 13 to 21. Default 17. */
  readonly opset?: number
  /** The graph's name. Default the model's class, or `model`. */
  readonly name?: string
  /** Texts that go into the file. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** What a module must have to be exported: any of `nabla/nn` does. */
export interface Exportable {
  /** Whether it is in training mode. */
  readonly training: boolean
  /** What it computes. */
  // biome-ignore lint/suspicious/noExplicitAny: a module takes what it takes
  forward(...inputs: any[]): unknown
  /** Itself and all modules inside, those around first. */
  modules(): Iterable<Exportable>
  /** Sets the mode, here and inside. */
  train(mode?: boolean): unknown
  /** Evaluation mode, here and inside. */
  eval(): unknown
  /** Its tensors by name. */
  stateDict(): Readonly<Record<string, Tensor>>
}

const opsets = { from: 13, to: 21 }

/**
 * The bytes of an ONNX file with the computation of a module, or of a function of tensors, as it is on inputs like the examples (their
 * shapes and types count, not their values). A module is exported in evaluation mode; weights keep their names.
 *
 *     await writeFileAtomic('lenet.onnx', await exportOnnx(net, [zeros([1, 1, 28, 28])], { dynamicBatch: true }))
 *
 * Products become MatMul or Gemm, convolutions Conv, everything else the operators of our primitives. Throws NablaError('argument')
 * naming the op where there is no way to write one (random numbers, running products), and where the function changes a state.
 */
export async function exportOnnx(
  // biome-ignore lint/suspicious/noExplicitAny: a function takes what it takes
  model: Exportable | ((...inputs: any[]) => unknown),
  exampleInputs: Tensor | readonly Tensor[],
  options: OnnxOptions = {},
): Promise<Uint8Array> {
  const { dynamicBatch = false, opset = 17, metadata = {} } = options
  if (!Number.isInteger(opset) || opset < opsets.from || opset > opsets.to)
    throw new NablaError('argument', `[onnx] opset must be a whole number from ${opsets.from} to ${opsets.to}, not ${opset}`, {
      opset,
    })
  const examples = exampleInputs instanceof Tensor ? [exampleInputs] : exampleInputs
  const scalar = examples.find(({ shape }) => shape.length === 0)
  if (dynamicBatch && (scalar || examples.length === 0))
    throw new NablaError('argument', '[onnx] dynamicBatch needs inputs that all have a first dimension', {})
  const names = new Map<Handle, string>()
  if (typeof model !== 'function')
    for (const [name, tensor] of Object.entries(model.stateDict())) if (!names.has(tensor)) names.set(tensor, name)
  const fn = typeof model === 'function' ? model : (...inputs: Tensor[]) => model.forward(...inputs)
  const traced = evaluating(model, () => traceFunction(fn, examples, dynamicBatch))

  const inputNames = named('inputNames', options.inputNames, examples.length, () => plain('input', examples.length))
  const outputNames = named('outputNames', options.outputNames, traced.outputs.length, () => namesOf(traced.result))
  const e = new Emitter(opset, inputNames[0] ?? '')
  for (const name of [...inputNames, ...outputNames])
    if (e.name(name) !== name) throw new NablaError('argument', `[onnx] the name "${name}" is given twice`, { name })
  const values = await writeSteps(e, traced, inputNames, names)
  traced.outputs.forEach((step, i) => e.into('Identity', [values.get(step)!], [outputNames[i]!]))

  const value = (step: Step, name: string): OnnxValue => ({ name, type: typeOf(step.dtype), shape: step.shape.map(extentName) })
  return writeModel({
    name: options.name ?? (typeof model === 'function' ? model.name || 'model' : model.constructor.name),
    opset,
    producer: 'nabla',
    metadata,
    ...e.needed(outputNames),
    inputs: traced.inputs.map((step, i) => value(step, inputNames[i]!)),
    outputs: traced.outputs.map((step, i) => value(step, outputNames[i]!)),
  })
}

/** How an open extent is called in the file: the batch is `batch`, twice as many are `batch*2`. */
const extentName = (extent: Extent): number | string =>
  typeof extent === 'number'
    ? extent
    : `batch${extent.scale === 1 ? '' : `*${extent.scale}`}${extent.plus === 0 ? '' : extent.plus > 0 ? `+${extent.plus}` : extent.plus}`

/** Runs `trace` with the module in evaluation mode, and leaves every module in the mode it had. */
function evaluating<R>(model: Exportable | ((...inputs: Tensor[]) => unknown), trace: () => R): R {
  if (typeof model === 'function') return trace()
  const modes = [...model.modules()].map((module) => [module, module.training] as const)
  model.eval()
  try {
    return trace()
  } finally {
    for (const [module, mode] of modes) module.train(mode) // those inside come after those around them
  }
}

const plain = (word: string, count: number): string[] =>
  count === 1 ? [word] : Array.from({ length: count }, (_, i) => `${word}_${i}`)

/** A record's keys name its tensors; anything else is numbered. */
function namesOf(result: Spec): string[] {
  const count = (spec: Spec): number =>
    spec.kind === 'tensor' ? 1 : spec.kind === 'value' ? 0 : spec.items.reduce((sum, item) => sum + count(item), 0)
  const flat = result.kind === 'record' && result.items.every(({ kind }) => kind === 'tensor')
  return flat ? [...(result as Spec & { kind: 'record' }).keys] : plain('output', count(result))
}

function named(option: string, given: readonly string[] | undefined, count: number, standard: () => string[]): readonly string[] {
  if (!given) return standard()
  if (given.length !== count || given.some((name) => typeof name !== 'string' || name === ''))
    throw new NablaError('argument', `[onnx] ${option} has ${given.length} names, the model has ${count}`, { given, count })
  return given
}

/** Writes all steps; gives the names of their values. */
async function writeSteps(
  e: Emitter,
  { steps, inputs }: Traced,
  inputNames: readonly string[],
  names: ReadonlyMap<Handle, string>,
): Promise<Map<Step, string>> {
  const values = new Map<Step, string>(inputs.map((step, i) => [step, inputNames[i]!]))
  for (const step of steps) {
    if (values.has(step)) continue
    if (step.op === 'leaf') values.set(step, await writeLeaf(e, step, names))
    else
      values.set(
        step,
        writeGroup(e, step, (input) => values.get(input)!) ??
          writeStep(
            e,
            step,
            step.inputs.map((input) => values.get(input)!),
          ),
      )
  }
  return values
}

async function writeLeaf(
  e: Emitter,
  { leaves, shape, dtype, handle }: Step,
  names: ReadonlyMap<Handle, string>,
): Promise<string> {
  const [data, ...others] = await Promise.all(leaves.map((leaf) => leaf.data()))
  const differs = others.some((other) => other.length !== data!.length || other.some((value, i) => !Object.is(value, data![i])))
  if (differs || !isFixed(shape))
    throw new NablaError(
      'argument',
      `[onnx] a tensor that the function makes from data depends on the batch (${leaves.map(({ shape }) => showShape(shape)).join(', ')}); export with a fixed batch`,
    )
  const name = (handle && names.get(handle)) ?? 'tensor'
  return e.initializer(name, typeOf(dtype), shape, elementsOf(data!, dtype))
}
