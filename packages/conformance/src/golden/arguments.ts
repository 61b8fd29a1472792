/** From recorded tensors to arguments, from results to recorded names, and the gradients between the two. */
import { grad, Tensor } from 'nabla'
import { tensorsFrom } from 'nabla/io'
import type { Check } from '../case.js'
import { checkValue, within } from '../compare.js'
import type { Arguments, Result, Value } from './call.js'
import type { Recorded } from './manifest.js'

/** The name in a key `<case>/<section>/<name>`. */
export const nameIn = (entry: Recorded, section: string, key: string): string => key.slice(`${entry.name}/${section}/`.length)

/** A recorded tensor as one of the library's. */
export const load = (entry: Recorded, key: string): Tensor => tensorsFrom({ [key]: entry.data(key) })[key]!

/** The case's tensor arguments by name, those with a recorded gradient as leaves. */
export function loadInputs(entry: Recorded): Map<string, Tensor> {
  return new Map(
    entry.inputs.map((key) => {
      const input = load(entry, key)
      return [nameIn(entry, 'in', key), key in entry.grads ? input.requiresGrad_() : input]
    }),
  )
}

/** Tensors and plain arguments together; `tensors.0`, `tensors.1` become a list `tensors`. */
export function gather(inputs: Iterable<readonly [string, Tensor]>, plain: Arguments): Arguments {
  const gathered: Record<string, unknown> = { ...plain }
  for (const [key, value] of inputs) {
    const dot = key.indexOf('.')
    if (dot < 0) gathered[key] = value
    else {
      const list = (gathered[key.slice(0, dot)] ??= []) as Tensor[]
      list.push(value)
    }
  }
  return gathered
}

/** Results under the recorded names. */
export function nameResults(result: Result, names: readonly string[]): Map<string, Value> {
  const kind = (value: unknown): value is Value => typeof value !== 'object' || value instanceof Tensor
  if (kind(result)) {
    if (names.length !== 1) throw new Error(`the call gives one result, expected ${names.join(', ')}`)
    return new Map([[names[0]!, result]])
  }
  if (!Array.isArray(result)) {
    const named = result as Readonly<Record<string, Value>>
    return new Map(
      names.map((name) => {
        const value = named[name]
        if (value === undefined) throw new Error(`the call gives ${Object.keys(named).join(', ')}, expected ${names.join(', ')}`)
        return [name, value]
      }),
    )
  }
  const given = (result as readonly (Value | null)[]).filter((value) => value !== null)
  if (given.length !== names.length)
    throw new Error(`the call gives ${given.length} results, expected ${names.length}: ${names.join(', ')}`)
  return new Map(names.map((name, i) => [name, given[i]!]))
}

/** Checks of all recorded outputs. */
export const checkOutputs = (entry: Recorded, outputs: ReadonlyMap<string, Value>): Check[] =>
  entry.outputs.map((key) => {
    const name = nameIn(entry, 'out', key)
    return checkValue(name, outputs.get(name)!, entry.data(key), within(entry.rtol, entry.atol))
  })

/** Checks of all recorded gradients, for the sum of output times upstream. `leaf` finds the tensor of an input's or parameter's key. */
export function checkGradients(
  entry: Recorded,
  outputs: ReadonlyMap<string, Value>,
  leaf: (key: string) => { readonly what: string; readonly tensor: Tensor },
): Check[] {
  const wanted = Object.entries(entry.grads).map(([key, gradient]) => ({ ...leaf(key), expected: entry.data(gradient) }))
  if (wanted.length === 0) return []
  const flows = Object.entries(entry.upstream).map(([key, upstream]) => {
    const output = outputs.get(nameIn(entry, 'out', key))
    if (!(output instanceof Tensor)) throw new Error(`${nameIn(entry, 'out', key)} is a ${typeof output}: it has no gradient`)
    return { output, upstream: load(entry, upstream) }
  })
  if (flows.some(({ output, upstream }) => String(output.shape) !== String(upstream.shape))) return [] // the outputs' checks say so
  const leaves = wanted.map(({ tensor }) => tensor)
  const gradients = grad(
    flows.map(({ output }) => output),
    leaves,
    { gradOutputs: flows.map(({ upstream }) => upstream), allowUnused: true },
  )
  return wanted.map(({ what, expected }, i) =>
    checkValue(`gradient of ${what}`, gradients[i]!, expected, within(entry.rtol, entry.atol)),
  )
}
