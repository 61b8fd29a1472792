/** States of modules by name: which given tensor belongs to which of a module's own, and everything that does not fit. */
import { NablaError, nearest, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import type { Tensor } from '../tensor/tensor.js'

/** Parameters and persistent buffers by their paths. */
export type StateDict = Record<string, Tensor>

/** Names without a partner. */
export interface LoadResult {
  /** Names of the module that the state lacks. */
  readonly missingKeys: string[]
  /** Names of the state that the module lacks. */
  readonly unexpectedKeys: string[]
}

/** A path in snake case as this library writes it: `bn1.running_mean` is `bn1.runningMean`, `h.0.ln_1.weight` is `h.0.ln1.weight`. */
export const camelPath = (path: string): string => path.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The given tensors under the module's names, where it has them. */
export function byOwnName<T>(own: (name: string) => boolean, given: Readonly<Record<string, T>>): Map<string, T> {
  return new Map(Object.entries(given).map(([name, value]) => [own(name) ? name : camelPath(name), value]))
}

/**
 * Compares names and shapes; `lacking` are names of the module whose shapes it does not know. What does not fit
 * is thrown together, in one error; `strict: false` gives odd names back instead.
 */
export function compareStates(
  module: string,
  own: Readonly<StateDict>,
  given: ReadonlyMap<string, Tensor>,
  lacking: readonly string[],
  strict: boolean,
): LoadResult {
  const missingKeys = [...Object.keys(own), ...lacking].filter((name) => !given.has(name))
  const unexpectedKeys = [...given.keys()].filter((name) => !(name in own || lacking.includes(name)))
  const misshapen = [...given].flatMap(([name, value]) => {
    const target = own[name]
    return target && !sameShape(target.shape, value.shape)
      ? [`${name} is ${showShape(value.shape)}, expected ${showShape(target.shape)}`]
      : []
  })
  if (misshapen.length || (strict && (missingKeys.length || unexpectedKeys.length))) {
    const hint = (name: string): string => {
      const near = nearest(name, missingKeys)
      return near ? `${name} (did you mean ${near}?)` : name
    }
    const parts = [
      ...(missingKeys.length ? [`missing: ${missingKeys.join(', ')}`] : []),
      ...(unexpectedKeys.length ? [`unexpected: ${unexpectedKeys.map(hint).join(', ')}`] : []),
      ...(misshapen.length ? [`of another shape: ${misshapen.join('; ')}`] : []),
    ]
    throw new NablaError('data', `the state does not fit ${module}:\n  ${parts.join('\n  ')}`, {
      missing: missingKeys,
      unexpected: unexpectedKeys,
      wrong: misshapen,
    })
  }
  return { missingKeys, unexpectedKeys }
}
