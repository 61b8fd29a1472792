/** `op` and `loss`: a call of tensors and plain arguments, its results, and its gradients. */
import type { Check } from '../../case.js'
import { checkGradients, checkOutputs, gather, loadInputs, nameIn, nameResults } from '../arguments.js'
import { evaluate } from '../expression.js'
import type { Recorded } from '../manifest.js'
import { lookUp, tables } from '../tables.js'

export function operation(entry: Recorded): Check[] {
  const inputs = loadInputs(entry)
  const args = gather(inputs, entry.kwargs)
  const result = entry.expression ? evaluate(entry.expression, args) : lookUp(tables.call, entry.call)(args)
  const outputs = nameResults(
    result,
    entry.outputs.map((key) => nameIn(entry, 'out', key)),
  )
  return [
    ...checkOutputs(entry, outputs),
    ...checkGradients(entry, outputs, (key) => {
      const what = nameIn(entry, 'in', key)
      return { what, tensor: inputs.get(what)! }
    }),
  ]
}
