/** Data sets on their way into a worker: recipes instead of functions, shared memory instead of copies. See portable.ts. */
import { NablaError } from '../core/errors.js'
import { type Recipe, recipeOf } from './portable.js'
import { isNumbers, shared } from './shared.js'

/** Marks a recipe among plain objects. */
const mark = '\u0000recipe'

/** What structured cloning copies as it is. */
const cloned = [Date, RegExp, Map, Set, ArrayBuffer, DataView]

/**
 * A value in a form that can be posted to a worker. Throws NablaError('argument') with the place of what cannot: a function or an object of
 * a class without a recipe.
 */
export function pack(value: unknown, place: string, within: readonly unknown[] = []): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return value
  if (isNumbers(value)) return shared(value)
  if (within.includes(value)) throw new NablaError('argument', `[DataLoader] ${place} holds itself: workers cannot be given that`)
  const inside = [...within, value]
  const recipe = recipeOf(value)
  if (recipe) {
    const at = (i: number): string => `${place} > ${recipe.name}(${recipe.args.length > 1 ? `argument ${i + 1}` : ''})`
    return { [mark]: { ...recipe, args: recipe.args.map((arg, i) => pack(arg, at(i), inside)) } }
  }
  if (Array.isArray(value)) return value.map((entry, i) => pack(entry, `${place}[${i}]`, inside))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof value === 'object' && (prototype === Object.prototype || prototype === null)) {
    const methods = Object.values(value).some((entry) => typeof entry === 'function' && !recipeOf(entry))
    if (!methods)
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, pack(entry, `${place}.${key}`, inside)]))
  } else if (cloned.some((type) => value instanceof type)) return value
  throw new NablaError('argument', `[DataLoader] workers cannot be given ${place}, ${nameOf(value)}: ${howTo}`, { place })
}

const howTo =
  "make it by a function that its own module exports, export const name = portable(import.meta.url, 'name', (...) => ...), so that every worker can do the same"

function nameOf(value: object): string {
  if (typeof value === 'function') return value.name ? `the function "${value.name}"` : 'a function'
  const { name } = value.constructor
  return name === 'Object' ? 'an object with functions' : `a ${name}`
}

/** The modules that a packed value needs. */
export function modulesOf(packed: unknown, found = new Set<string>()): Set<string> {
  if (typeof packed !== 'object' || packed === null || isNumbers(packed)) return found
  const recipe = (packed as { [mark]?: Recipe })[mark]
  if (recipe) found.add(recipe.module)
  for (const entry of recipe ? recipe.args : Object.values(packed)) modulesOf(entry, found)
  return found
}

/** Loads a module by its address. */
export type Load = (module: string) => Promise<Readonly<Record<string, unknown>>>

/** What was packed, made anew. */
export async function unpack(packed: unknown, load: Load): Promise<unknown> {
  if (typeof packed !== 'object' || packed === null || isNumbers(packed) || cloned.some((type) => packed instanceof type))
    return packed
  if (Array.isArray(packed)) return Promise.all(packed.map((entry) => unpack(entry, load)))
  const recipe = (packed as { [mark]?: Recipe })[mark]
  if (!recipe) {
    const entries = await Promise.all(Object.entries(packed).map(async ([key, entry]) => [key, await unpack(entry, load)]))
    return Object.fromEntries(entries)
  }
  const { module, name, construct } = recipe
  const args = await Promise.all(recipe.args.map((arg) => unpack(arg, load)))
  const exported = await load(module)
  const make = exported[name]
  if (typeof make !== 'function')
    throw new NablaError(
      'argument',
      `[DataLoader] ${module} exports no function "${name}": the name given to portable() must be that of the export; it exports ${Object.keys(exported).join(', ') || 'nothing'}`,
      { module, name },
    )
  return construct ? Reflect.construct(make, args) : ((await make(...args)) as unknown)
}
