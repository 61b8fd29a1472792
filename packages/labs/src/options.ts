/**
 * The settings of a lab, declared once: the command line makes flags and help of them, the studio controls, and `resolve` checks values
 * from anywhere.
 */
import { NablaError, unknownName } from 'nabla'

/** Which numbers are allowed. */
interface Bounds {
  /** Whole numbers only. */
  readonly whole?: boolean
  /** Least value allowed. */
  readonly atLeast?: number
  /** Values must be greater than this. */
  readonly above?: number
  readonly below?: number
}

interface Described {
  readonly help: string
}

export interface ChoiceSpec extends Described {
  readonly kind: 'choice'
  readonly values: readonly string[]
  readonly default: string
}

export interface BooleanSpec extends Described {
  readonly kind: 'boolean'
  readonly default: boolean
}

export interface NumberSpec extends Described, Bounds {
  readonly kind: 'number'
  /** Without one, the lab chooses by its other settings; `shown` says how. */
  readonly default?: number
  /** The default in words, where there is no number: `0.9 with sigmoid, 0.05 with relu`. */
  readonly shown?: string
}

/** One or more numbers, on the command line with commas between them. The bounds are those of each. */
export interface NumbersSpec extends Described, Bounds {
  readonly kind: 'numbers'
  readonly default: readonly number[]
}

export type OptionSpec = ChoiceSpec | BooleanSpec | NumberSpec | NumbersSpec

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** What an option's value may be. */
export type OptionValue = string | number | boolean | readonly number[]

type ValueOf<S extends OptionSpec> = S extends { readonly kind: 'choice'; readonly values: readonly (infer V)[] }
  ? V
  : S extends { readonly kind: 'boolean' }
    ? boolean
    : S extends { readonly kind: 'numbers' }
      ? readonly number[]
      : S extends { readonly default: number }
        ? number
        : number | undefined

/** Values by option: one of its values for a choice, a number for a number, undefined where the lab is to choose. */
export type OptionValues<S extends OptionSpecs> = { readonly [K in keyof S]: ValueOf<S[K]> }

export type GivenOptions = Readonly<Record<string, OptionValue | undefined>>

/** `batchSize` as the command line writes it: `--batch-size`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`

/** The default as help shows it. */
export function shownDefault(spec: OptionSpec): string {
  if (spec.kind === 'number') return String(spec.default ?? spec.shown ?? 'chosen by the lab')
  return showValue(spec.default)
}

/** A value as the command line writes it. */
export const showValue = (value: OptionValue): string => (typeof value === 'object' ? value.join(',') : String(value))

/** What is allowed, in words. */
export function allowed(spec: OptionSpec): string {
  if (spec.kind === 'choice') return `one of ${spec.values.join(', ')}`
  if (spec.kind === 'boolean') return 'true or false'
  const many = spec.kind === 'numbers'
  const noun = `${many ? '' : 'a '}${spec.whole ? 'whole ' : ''}number${many ? 's with commas between them' : ''}`
  const { atLeast, above, below } = spec
  const bounds = [
    atLeast === undefined ? '' : `of ${atLeast} or more`,
    above === undefined ? '' : `above ${above}`,
    below === undefined ? '' : `below ${below}`,
  ]
  return [noun + (many && bounds.some(Boolean) ? ', each' : ''), bounds.filter(Boolean).join(' and ')].filter(Boolean).join(' ')
}

/** How a message writes an option, before its value: `--lr `, `--set lr=`. */
type Named = (name: string) => string
const asFlag: Named = (name) => `${flagOf(name)} `

/**
 * All options with the given values, defaults for the rest. Texts are read as what is wanted: `0.1`, `true`, `0.1,0.2`.
 * Throws NablaError('argument') that names the option (as `named` writes it), the value and what is allowed; for unknown names, the nearest one.
 */
export function resolveOptions<S extends OptionSpecs>(specs: S, given: GivenOptions, named: Named = asFlag): OptionValues<S> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(specs, name)) throw unknownName('argument', 'option', name, Object.keys(specs))
  const entries = Object.entries(specs).map(([name, spec]) => {
    const value = given[name]
    return [name, value === undefined ? spec.default : checkOption(name, spec, value, named)] as const
  })
  return Object.fromEntries(entries) as OptionValues<S>
}

function checkOption(name: string, spec: OptionSpec, value: OptionValue, named: Named): OptionValue {
  const shown = showValue(value)
  if (spec.kind === 'choice') {
    if (spec.values.includes(shown)) return shown
    throw unknownName('argument', `value for ${named(name).replace(/[ =]$/, '')}:`, shown, spec.values)
  }
  const read =
    spec.kind === 'boolean' ? booleanOf(shown) : spec.kind === 'number' ? numberOf(value, spec) : numbersOf(value, spec)
  if (read !== undefined) return read
  const expected = allowed(spec)
  throw new NablaError('argument', `${named(name)}${shown}: expected ${expected}`, { option: name, value, expected })
}

const booleanOf = (text: string): boolean | undefined => (text === 'true' ? true : text === 'false' ? false : undefined)

function numberOf(value: OptionValue, { whole = false, atLeast, above, below }: Bounds): number | undefined {
  const number = typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  const fits =
    Number.isFinite(number) &&
    (!whole || Number.isSafeInteger(number)) &&
    (atLeast === undefined || number >= atLeast) &&
    (above === undefined || number > above) &&
    (below === undefined || number < below)
  return fits ? number : undefined
}

function numbersOf(value: OptionValue, bounds: Bounds): readonly number[] | undefined {
  const parts = typeof value === 'string' ? value.split(',') : typeof value === 'object' ? value : [value]
  const numbers = parts.map((part) => numberOf(part, bounds))
  return numbers.length && !numbers.includes(undefined) ? (numbers as number[]) : undefined
}
