/** `layer` and `model`: a module with loaded weights, run once for each mode; results, all gradients, and the buffers afterwards. */
import type { Tensor } from 'nabla'
import type { Module } from 'nabla/nn'
import type { Check } from '../../case.js'
import { checkValue, within } from '../../compare.js'
import { checkGradients, checkOutputs, gather, load, loadInputs, nameIn, nameResults } from '../arguments.js'
import type { Arguments, Result, Value } from '../call.js'
import type { Recorded } from '../manifest.js'
import { camel } from '../names.js'
import { lookUp, tables } from '../tables.js'

export function layer(entry: Recorded): Check[] {
  const { build, forward } = lookUp(tables.module, entry.call)
  const module = build(entry.kwargs)
  module.loadStateDict(Object.fromEntries(Object.entries(entry.params).map(([name, key]) => [name, load(entry, key)])))
  const inputs = loadInputs(entry)
  const modes = entry.modes ?? ['train']

  const outputs = new Map<string, Value>()
  modes.forEach((mode, i) => {
    const step = modes.length > 1 ? `step${i}.` : ''
    const own = [...inputs].filter(([name]) => name.startsWith(step)).map(([name, t]) => [name.slice(step.length), t] as const)
    module.train(mode === 'train')
    const names = entry.outputs.map((key) => nameIn(entry, 'out', key)).filter((name) => name.startsWith(step))
    const args = gather(own, entry.forward ?? {})
    const result = forward ? forward(module, args) : callWith(module, args)
    for (const [name, value] of nameResults(
      result,
      names.map((name) => name.slice(step.length)),
    ))
      outputs.set(step + name, value)
  })

  const parameters = new Map(module.namedParameters())
  const byKey = new Map(Object.entries(entry.params).map(([name, key]) => [key, name]))
  return [
    ...checkOutputs(entry, outputs),
    ...checkGradients(entry, outputs, (key) => {
      const name = byKey.get(key)
      if (name === undefined) return { what: nameIn(entry, 'in', key), tensor: inputs.get(nameIn(entry, 'in', key))! }
      return { what: name, tensor: named(parameters, name, 'parameter') }
    }),
    ...checkBuffers(entry, module),
  ]
}

/** Inputs by position, for modules whose `forward` takes nothing else. */
function callWith(module: Module, args: Arguments): Result {
  return (module.forward as (...inputs: readonly unknown[]) => Result).call(module, ...Object.values(args))
}

/** Every buffer as it is now: as recorded afterwards where it changed, else as it was. */
function checkBuffers(entry: Recorded, module: Module): Check[] {
  const buffers = new Map(module.namedBuffers())
  const after = { ...entry.params, ...entry.state_after }
  const names = Object.keys(after).filter(
    (name) => buffers.has(name) || buffers.has(camel(name)) || name in (entry.state_after ?? {}),
  )
  return names.map((name) =>
    checkValue(
      `${name} afterwards`,
      named(buffers, name, 'buffer').detach(),
      entry.data(after[name]!),
      within(entry.rtol, entry.atol),
    ),
  )
}

function named<T extends Tensor>(tensors: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = tensors.get(name) ?? tensors.get(camel(name))
  if (!found) throw new Error(`the module has no ${what} ${name}; it has ${[...tensors.keys()].join(', ') || 'none'}`)
  return found
}
