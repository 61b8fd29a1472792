/** What hyper-parameters may be: lists of values, and ranges from which a random search draws. */
import { NablaError } from '../core/errors.js'
import type { SampleRandom } from '../data/random.js'

/** The values that one hyper-parameter may have. */
export interface Domain<T = unknown> {
  /** As it stands in messages: `logUniform(0.0001, 0.1)`. */
  readonly name: string
  /** One of them, by chance. */
  sample(random: SampleRandom): T
  /** All of them, where they can be counted. */
  readonly values?: readonly T[]
}

/** Hyper-parameters by name: a list of values, or a domain. */
export type SearchSpace = Readonly<Record<string, readonly unknown[] | Domain>>

/** One value for each hyper-parameter of a space. */
export type SettingsOf<Space extends SearchSpace> = {
  readonly [Name in keyof Space]: Space[Name] extends readonly (infer T)[] ? T : Space[Name] extends Domain<infer T> ? T : never
}

function checkRange(name: string, low: number, high: number, fits: boolean, expected: string): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high && fits))
    throw new NablaError('argument', `[${name}] from ${low} to ${high}: expected ${expected}`, { low, high })
}

/** Any number from `low` to `high`, each as likely. */
export function uniform(low: number, high: number): Domain<number> {
  checkRange('uniform', low, high, true, 'finite numbers, the lower one first')
  return { name: `uniform(${low}, ${high})`, sample: (random) => random.uniform(low, high) }
}

/** A number from `low` to `high` whose logarithm is uniform: each power of ten as likely. For learning rates and weight decays. */
export function logUniform(low: number, high: number): Domain<number> {
  checkRange('logUniform', low, high, low > 0, 'finite numbers above 0, the lower one first')
  const [from, to] = [Math.log(low), Math.log(high)]
  const sample = (random: SampleRandom) => Math.min(high, Math.max(low, Math.exp(random.uniform(from, to))))
  return { name: `logUniform(${low}, ${high})`, sample }
}

/** A whole number from `low` to `high`, both included, in steps of `step` (default 1), each as likely. */
export function integer(low: number, high: number, step = 1): Domain<number> {
  const whole = [low, high, step].every(Number.isSafeInteger) && step > 0
  checkRange('integer', low, high, whole, 'whole numbers, the lower one first, and a step above 0')
  const count = Math.floor((high - low) / step) + 1
  return {
    name: `integer(${low}, ${high}${step === 1 ? '' : `, ${step}`})`,
    sample: (random) => low + step * random.integer(count),
    get values() {
      return Array.from({ length: count }, (_, i) => low + step * i)
    },
  }
}

/** One of these values, each as likely; a plain list in a space means the same. */
export function choice<const T>(values: readonly T[]): Domain<T> {
  if (values.length === 0) throw new NablaError('argument', '[choice] there are no values to choose from')
  return { name: `choice of ${values.length}`, sample: (random) => values[random.integer(values.length)]!, values }
}

/** A space as domains only. Throws NablaError('argument') naming a hyper-parameter that has no value. */
export function domainsOf(space: SearchSpace): [name: string, domain: Domain][] {
  return Object.entries(space).map(([name, domain]) => {
    if (!Array.isArray(domain)) return [name, domain as Domain]
    if (domain.length === 0) throw new NablaError('argument', `[search] "${name}" has no values to choose from`, { name })
    return [name, choice(domain)]
  })
}

/** All combinations of a space, the last hyper-parameter changing fastest. Throws NablaError('argument') naming a range. */
export function gridOf(space: SearchSpace): Readonly<Record<string, unknown>>[] {
  return domainsOf(space).reduce<Readonly<Record<string, unknown>>[]>(
    (grid, [name, { values, name: domain }]) => {
      if (!values)
        throw new NablaError('argument', `[gridSearch] "${name}" is ${domain}, which is no list: give the values to try`, {
          name,
          domain,
        })
      return grid.flatMap((settings) => values.map((value) => ({ ...settings, [name]: value })))
    },
    [{}],
  )
}
