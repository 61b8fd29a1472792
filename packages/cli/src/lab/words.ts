/** Names of labs, presets and settings as the command line gives them, and what is said where there are none. */
import type { GivenOptions, Lab, PresetName } from '@nabla/labs'
import { NablaError, unknownName } from 'nabla'

/** A lab's preset by name; `quick` where none is given. Throws NablaError('argument') with the nearest one. */
export function knownPreset(lab: Lab, name: string | undefined): PresetName {
  if (name === undefined) return 'quick'
  if (Object.hasOwn(lab.presets, name)) return name as PresetName
  throw unknownName('argument', 'preset', name, Object.keys(lab.presets))
}

/** How messages write a setting that came by --set. */
export const asSetting = (name: string): string => `--set ${name}=`

/**
 * The settings of `--set key=value`, the last of each key; keys may be written with dashes. Throws NablaError('argument') for what has no `=`, and for a
 * key that the lab does not have, with the nearest one and all that it has. Values are checked with the lab's other options.
 */
export function settingsOf(lab: Lab, pairs: readonly string[]): GivenOptions {
  const known = Object.keys(lab.options)
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      const key = pair.slice(0, Math.max(0, at)).trim()
      if (!key)
        throw new NablaError('argument', `--set ${pair}: expected key=value, as in --set ${known[0] ?? 'key'}=...`, {
          given: pair,
        })
      const name = key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
      if (!known.length) throw new NablaError('argument', `--set ${pair}: the lab ${lab.id} has no settings`, { name })
      if (!Object.hasOwn(lab.options, name)) throw unknownName('argument', `setting of the lab ${lab.id}`, key, known)
      return [name, pair.slice(at + 1)]
    }),
  )
}

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The command that repeats a run: what the environment says of device and threads becomes part of it. */
export function repeatCommand(
  lab: Lab,
  preset: PresetName,
  given: { readonly set?: readonly string[]; readonly seed?: string; readonly device?: string },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const device = given.device ?? environment.NABLA_DEVICE
  const threads = environment.NABLA_THREADS
  return [
    ...(threads ? [`NABLA_THREADS=${threads}`] : []),
    `npx nabla lab run ${lab.id} --preset ${preset}`,
    ...(given.set ?? []).map((pair) => `--set ${quoted(pair)}`),
    ...(given.seed === undefined ? [] : [`--seed ${given.seed}`]),
    ...(device ? [`--device ${device}`] : []),
  ].join(' ')
}
