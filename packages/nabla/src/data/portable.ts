/**
 * How something with functions in it gets into a worker: not by copying it, but by its recipe, the module and the export that make it and
 * the arguments they are given. The worker imports the module and calls the same export. Numbers travel as they are, typed arrays in shared
 * memory, and arguments that have a recipe of their own by that.
 */

/** Under this symbol things carry their recipe. Registered, so that two copies of the library in one process agree. */
export const recipeKey: unique symbol = Symbol.for('nabla.recipe') as never

/** From what a thing is made again in another thread. */
export interface Recipe {
  /** Address of the module: its `import.meta.url`. */
  readonly module: string
  /** Name of the export that makes it. */
  readonly name: string
  /** What the export is called with. */
  readonly args: readonly unknown[]
  /** The export is a class. Default false. */
  readonly construct?: boolean
}

/** The recipe of a value, if it has one. */
export function recipeOf(value: unknown): Recipe | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  return (value as { [recipeKey]?: Recipe })[recipeKey]
}

/**
 * A function whose results loader workers can make for themselves. `make` gives a transform, a data set or whatever else is part of one;
 * it may be asynchronous. `name` is the name under which the module exports it:
 *
 *     // augment.ts
 *     export const noisy = portable(import.meta.url, 'noisy', (level: number) => (x: Float32Array, random: SampleRandom) =>
 *       x.map((value) => value + level * random.normal()))
 *
 * Workers import that module. So it must not be the program's main file, which would start the program once more in every worker.
 */
export function portable<F extends (...args: never[]) => unknown>(module: string, name: string, make: F): F {
  const mark = (made: unknown, args: readonly unknown[]): unknown => {
    const markable = (typeof made === 'object' && made !== null) || typeof made === 'function'
    const recipe: Recipe = { module, name, args }
    if (markable && !Object.hasOwn(made, recipeKey)) Object.defineProperty(made, recipeKey, { value: recipe, configurable: true })
    return made
  }
  return ((...args: never[]) => {
    const made = make(...args)
    return made instanceof Promise ? made.then((value) => mark(value, args)) : mark(made, args)
  }) as F
}
