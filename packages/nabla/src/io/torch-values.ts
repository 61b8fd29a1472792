/** The values that an unpickled file holds: walked through with care, for they may be shared a million times or contain themselves. */
import { NablaError } from '../core/errors.js'
import { describe } from './pickle.js'
import { type DecodeOptions, storedTypes, type TensorData } from './stored.js'
import type { TensorEntry } from './tensor-file.js'
import { NumpyArray, StoredTensor, TypeName } from './torch-names.js'

/** What a PyTorch file can hold. */
export type TorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | TensorData
  | readonly TorchValue[]
  | ReadonlyMap<string | number | bigint | boolean | null, TorchValue>
  | ReadonlySet<TorchValue>

/** What is nested deeper was not made by anyone who trains networks. */
const depthLimit = 100
/** Longer texts are not shown among a file's metadata. */
const textLimit = 200

/**
 * Guards a walk: no container inside of itself, and not many more visits than a pickle of this length has parts (a list of ten
 * times the same list of ten times the same list ... is short and endless).
 */
function guard(file: string, length: number) {
  const inside = new Set<object>()
  let visits = 65536 + 4 * length
  const stop = (what: string): never => {
    throw new NablaError('io', `[torch] ${file}: ${what}`, { file })
  }
  return {
    stop,
    visit(): void {
      if (visits-- <= 0) stop('its containers hold each other too often: unfolded they would fill the memory')
    },
    enter(container: object, path: string): void {
      if (inside.has(container)) stop(`"${path}" contains itself`)
      if (inside.size >= depthLimit) stop(`"${path.slice(0, textLimit)}" is nested more than ${depthLimit} deep`)
      inside.add(container)
    },
    leave: (container: object): void => void inside.delete(container),
  }
}

const below = (path: string, key: unknown): string => (path ? `${path}.${String(key)}` : String(key))
const tensorIn = (value: unknown): StoredTensor | undefined =>
  value instanceof StoredTensor ? value : value instanceof NumpyArray ? value.tensor : undefined

interface Entries {
  readonly entries: Map<string, TensorEntry>
  readonly metadata: Record<string, string>
}

/** Tensors by their paths, and the numbers and texts beside them. A tensor that is all there is is called `tensor`. */
export function entriesOf(root: unknown, file: string, length: number): Entries {
  const entries = new Map<string, TensorEntry>()
  const metadata: Record<string, string> = Object.create(null)
  const { stop, visit, enter, leave } = guard(file, length)
  const walk = (value: unknown, path: string, named: boolean): void => {
    visit()
    const tensor = tensorIn(value)
    if (tensor) {
      const name = path || 'tensor'
      if (entries.has(name)) stop(`two tensors are at the path "${name}"`)
      const label = `"${name}" of ${file}`
      const { code, shape } = tensor.check(label)
      entries.set(name, { dtype: storedTypes[code].dtype, stored: code, shape, read: (options) => tensor.read(label, options) })
    } else if (value instanceof Map || Array.isArray(value) || value instanceof Set) {
      enter(value, path)
      const dict = value instanceof Map
      let i = 0
      for (const [key, item] of dict ? value : [...value].map((item) => [i++, item] as const)) walk(item, below(path, key), dict)
      leave(value)
    } else if (named && (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')) {
      const text = String(value)
      if (text.length <= textLimit) metadata[path] = text
    }
  }
  walk(root, '', false)
  return { entries, metadata: { ...metadata } }
}

/** The value with its tensors read. */
export async function valueOf(root: unknown, file: string, length: number, options: DecodeOptions): Promise<TorchValue> {
  const { stop, visit, enter, leave } = guard(file, length)
  const walk = async (value: unknown, path: string): Promise<TorchValue> => {
    visit()
    const tensor = tensorIn(value)
    if (tensor) return tensor.read(`"${path || 'tensor'}" of ${file}`, options)
    if (value instanceof TypeName) return value.name
    if (value instanceof Uint8Array) return value.slice()
    if (value instanceof Map || Array.isArray(value) || value instanceof Set) {
      enter(value, path)
      const pairs: [string | number | bigint | boolean | null, TorchValue][] = []
      let i = 0
      for (const [key, item] of value instanceof Map ? value : [...value].map((item) => [i++, item] as const))
        pairs.push([key as string, await walk(item, below(path, key))])
      leave(value)
      if (value instanceof Map) return new Map(pairs)
      const items = pairs.map(([, item]) => item)
      return value instanceof Set ? new Set(items) : items
    }
    if (value === null || ['number', 'boolean', 'string', 'bigint'].includes(typeof value)) return value as TorchValue
    return stop(`at "${path}" there is ${describe(value)}`)
  }
  return walk(root, '')
}
