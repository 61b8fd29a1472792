/**
 * The settings of a lab, declared once: the command line makes flags and help of them, the studio controls, and `resolve` checks values
 * from anywhere.
 */
import { NablaError, unknownName } from 'nabla'

export type OptionSpec =
  | { readonly kind: 'choice'; readonly help: string; readonly values: readonly string[]; readonly default: string }
  | {
      readonly kind: 'number'
      readonly help: string
      /** Without one, the lab chooses by its other settings; `shown` says how. */
      readonly default?: number
      /** Whole numbers only. */
      readonly whole?: boolean
      /** Least value allowed. */
      readonly atLeast?: number
      /** Values must be greater than this. */
      readonly above?: number
      readonly below?: number
      /** The default in words, where there is no number: `0.9 with sigmoid, 0.05 with relu`. */
      readonly shown?: string
    }

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** Values by option: a text for a choice (one of its values), a number for a number, undefined where the lab is to choose. */
export type OptionValues<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { readonly kind: 'choice'; readonly values: readonly (infer V)[] }
    ? V
    : S[K] extends { readonly default: number }
      ? number
      : number | undefined
}

export type GivenOptions = Readonly<Record<string, string | number | undefined>>

/** `batchSize` as the command line writes it: `--batch-size`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`

/**
 * All options with the given values, defaults for the rest. Texts are read as numbers where a number is wanted.
 * Throws NablaError('argument') that names the option, the value and what is allowed; for unknown names, the nearest one.
 */
export function resolveOptions<S extends OptionSpecs>(specs: S, given: GivenOptions): OptionValues<S> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(specs, name)) throw unknownName('argument', 'option', name, Object.keys(specs))
  const entries = Object.entries(specs).map(([name, spec]) => {
    const value = given[name]
    return [name, value === undefined ? spec.default : checkOption(name, spec, value)] as const
  })
  return Object.fromEntries(entries) as OptionValues<S>
}

function checkOption(name: string, spec: OptionSpec, value: string | number): string | number {
  const flag = flagOf(name)
  if (spec.kind === 'choice') {
    if (spec.values.includes(String(value))) return String(value)
    throw unknownName('argument', `value for ${flag}:`, String(value), spec.values)
  }
  const number = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value)
  const { whole = false, atLeast, above, below } = spec
  const fits =
    Number.isFinite(number) &&
    (!whole || Number.isSafeInteger(number)) &&
    (atLeast === undefined || number >= atLeast) &&
    (above === undefined || number > above) &&
    (below === undefined || number < below)
  if (fits) return number
  const bounds = [
    atLeast === undefined ? '' : `of ${atLeast} or more`,
    above === undefined ? '' : `above ${above}`,
    below === undefined ? '' : `below ${below}`,
  ]
  const expected = [whole ? 'a whole number' : 'a number', bounds.filter(Boolean).join(' and ')].filter(Boolean).join(' ')
  throw new NablaError('argument', `${flag} ${value}: expected ${expected}`, { option: name, value, expected })
}
