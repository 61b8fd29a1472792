/** What the functions of the CS231n assignments look like here. */
import { tensor, type Tensor } from 'nabla'
import type { Arguments, Result } from '../golden/call.js'

/** Arrays of a case by argument name: floats in the dtype that is tested, integers and 0/1 masks as int32. */
export type Inputs = Readonly<Record<string, Tensor>>

/** By the name that the assignments give it, or the method of a class: from arrays and options to results by name. */
export type FunctionTable = Readonly<Record<string, (inputs: Inputs, params: Arguments) => Result>>

/** An array that the case must have. */
export function need(inputs: Inputs, name: string): Tensor {
  const found = inputs[name]
  if (!found) throw new Error(`the case has no input "${name}"; it has ${Object.keys(inputs).join(', ')}`)
  return found
}

/** Inverted dropout by a recorded mask: kept elements are divided by the probability of being kept. Without a mask nothing is dropped. */
export function keep(x: Tensor, mask: Tensor | undefined, { keep_prob = 1 }: Arguments): Tensor {
  return mask ? x.mul(mask.type(x.dtype)).div(keep_prob) : x
}

/** Numbers computed on the host, in the dtype and on the device of another tensor. */
export const hostValues = (values: readonly number[], shape: readonly number[], like: Tensor): Tensor =>
  tensor(Float64Array.from(values), { shape, device: like.device }).type(like.dtype)
