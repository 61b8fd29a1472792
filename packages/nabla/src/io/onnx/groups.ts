/**
 * Groups of our primitives for which ONNX has one operator: engines know it, and fuse it with a convolution before it, where they would run the parts
 * one after the other. What is matched is the form in which nn/functional writes them.
 */
import type { Emitter } from './emitter.js'
import { sameExtent } from './extent.js'
import type { Step } from './trace.js'

/** Name of a step's value that has been written. */
type NameOf = (step: Step) => string

/** Writes a step as the last of a group; undefined where it ends none. */
export const writeGroup = (e: Emitter, step: Step, nameOf: NameOf): string | undefined =>
  batchNorm(e, step, nameOf) ?? clip(e, step, nameOf)

/** (x - mean) * (1 / sqrt(variance + eps)) * weight + bias, by running statistics. */
function batchNorm(e: Emitter, step: Step, nameOf: NameOf): string | undefined {
  const [scaled, bias] = perChannel(step, 'add')
  const [normal, weight] = perChannel(scaled, 'mul')
  const [centred, scale] = perChannel(normal, 'mul')
  const [x, mean] = perChannel(centred, 'sub')
  const [one, root] = inputsOf(scale, 'div')
  const [sum] = inputsOf(root, 'sqrt')
  const [variance, eps] = inputsOf(sum, 'add')
  const epsilon = numberIn(eps)
  if (!x || !mean || !weight || !bias || !variance || epsilon === undefined || numberIn(one) !== 1) return undefined
  if (step.dtype !== 'float32' || step.shape.length < 3) return undefined
  return e.op('BatchNormalization', [x, weight, bias, mean, variance].map(nameOf), { epsilon: { float: epsilon } })
}

/** min(max(x, low), high) with numbers. */
function clip(e: Emitter, step: Step, nameOf: NameOf): string | undefined {
  const [raised, high] = inputsOf(step, 'minimum')
  const [x, low] = inputsOf(raised, 'maximum')
  const bounds = [numberIn(low), numberIn(high)]
  if (!x || bounds.includes(undefined) || step.dtype !== 'float32') return undefined
  return e.op('Clip', [nameOf(x), ...bounds.map((bound) => e.scalar(bound!, step.dtype))])
}

/** The operands of a step, if it is that op. */
const inputsOf = (step: Step | undefined, op: string): readonly (Step | undefined)[] => (step?.op === op ? step.inputs : [])

/** The operands of a step of that op whose second one is [C], repeated over all of [N, C, ...] but the channels. */
function perChannel(step: Step | undefined, op: string): readonly (Step | undefined)[] {
  const [x, repeated] = inputsOf(step, op)
  let one = repeated?.op === 'expand' ? repeated.inputs[0]! : undefined
  if (!x || !one || one.shape.some((n, d) => d !== 1 && n !== 1)) return []
  while (one.op === 'reshape') one = one.inputs[0]!
  return one.shape.length === 1 && sameExtent(one.shape[0]!, x.shape[1]!) ? [x, one] : []
}

/** The number that a constant step repeats. */
const numberIn = (step: Step | undefined): number | undefined =>
  step?.op === 'constant' && typeof step.attrs['value'] === 'number' ? step.attrs['value'] : undefined
