/**
 * A set of recorded cases: a folder with `manifest.json` and a safetensors file for each group. Nothing in it is trusted: what is
 * missing or misshapen is reported by file, case and field.
 */
import { decodeSafetensors, type TensorData } from 'nabla/io'
import { BadInput } from '../case.js'
import { bytesAt, jsonAt, type Read } from '../read.js'
import type { Arguments } from './call.js'

type Names = Readonly<Record<string, string>>

/** An entry of the manifest; keys are those of the tensors in the group's file. */
export interface Entry {
  readonly name: string
  readonly group: string
  readonly kind: string
  readonly call: string
  /** Plain arguments; infinities and NaN are numbers. */
  readonly kwargs: Arguments
  readonly inputs: readonly string[]
  readonly params: Names
  readonly outputs: readonly string[]
  readonly upstream: Names
  readonly grads: Names
  readonly rtol: number
  readonly atol: number
  readonly expression?: string
  readonly modes?: readonly string[]
  readonly forward?: Arguments
  readonly tied?: Names
  readonly state_after?: Names
  readonly steps?: number
  readonly groups?: readonly Arguments[]
  readonly clip_grad_norm_?: Arguments
  readonly optimizer?: Arguments
  readonly epochs?: readonly number[]
  readonly tensor?: string
  readonly shape?: readonly number[]
  readonly stats?: Readonly<Record<string, number | string>>
}

/** An entry with the tensors it speaks of. */
export interface Recorded extends Entry {
  /** The tensor of that key. */
  readonly data: (key: string) => TensorData
}

type Test = (value: unknown) => boolean
const text: Test = (value) => typeof value === 'string'
const number: Test = (value) => typeof value === 'number'
const object: Test = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test)
const recordOf =
  (test: Test): Test =>
  (value) =>
    object(value) && Object.values(value as object).every(test)

const fields: Readonly<Record<keyof Entry, readonly [test: Test, what: string, required?: true]>> = {
  name: [text, 'a text', true],
  group: [text, 'a text', true],
  kind: [text, 'a text', true],
  call: [text, 'a text', true],
  kwargs: [object, 'an object', true],
  inputs: [listOf(text), 'a list of keys', true],
  params: [recordOf(text), 'keys by name', true],
  outputs: [listOf(text), 'a list of keys', true],
  upstream: [recordOf(text), 'keys by key', true],
  grads: [recordOf(text), 'keys by key', true],
  rtol: [number, 'a number', true],
  atol: [number, 'a number', true],
  expression: [text, 'a text'],
  modes: [listOf((mode) => mode === 'train' || mode === 'eval'), 'a list of "train" and "eval"'],
  forward: [object, 'an object'],
  tied: [recordOf(text), 'names by name'],
  state_after: [recordOf(text), 'keys by name'],
  steps: [number, 'a number'],
  groups: [listOf(object), 'a list of objects'],
  clip_grad_norm_: [object, 'an object'],
  optimizer: [object, 'an object'],
  epochs: [listOf(number), 'a list of numbers'],
  tensor: [text, 'a text'],
  shape: [listOf(number), 'a list of numbers'],
  stats: [object, 'an object'],
}

const special: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }

/** Texts that stand for numbers JSON cannot write, as numbers, at any depth. */
function decode(value: unknown): unknown {
  if (typeof value === 'string') return Object.hasOwn(special, value) ? special[value] : value
  if (Array.isArray(value)) return value.map(decode)
  if (object(value)) return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, decode(item)]))
  return value
}

/** The cases of a folder, in the order of its manifest. Throws BadInput for anything that is not as it must be. */
export async function readManifest(folder: string, read: Read): Promise<Recorded[]> {
  const path = `${folder}/manifest.json`
  const fail = (what: string): never => {
    throw new BadInput(`${path}: ${what}`)
  }
  const manifest = await jsonAt(path, read)
  if (!object(manifest)) fail('not an object')
  const { groups, cases } = manifest as { groups?: unknown; cases?: unknown }
  if (!recordOf(text)(groups)) fail('"groups" is not an object of file names')
  if (!listOf(object)(cases)) fail('"cases" is not a list of objects')

  const files = new Map<string, Readonly<Record<string, TensorData>>>()
  for (const [group, file] of Object.entries(groups as Names)) files.set(group, await tensorsAt(`${folder}/${file}`, read))

  return (cases as Readonly<Record<string, unknown>>[]).map((raw, i) => {
    const label = `case ${i + 1}${text(raw['name']) ? ` ("${raw['name']}")` : ''}`
    for (const [field, [test, what, required]] of Object.entries(fields)) {
      if (raw[field] === undefined ? required : !test(raw[field])) fail(`${label}: "${field}" is not ${what}`)
    }
    const entry = decode(raw) as Entry
    const tensors = files.get(entry.group) ?? fail(`${label}: there is no group "${entry.group}"`)
    const data = (key: string): TensorData =>
      Object.hasOwn(tensors, key) ? tensors[key]! : fail(`${label}: the file of group "${entry.group}" has no tensor "${key}"`)
    for (const key of [...entry.inputs, ...entry.outputs, ...[entry.params, entry.state_after ?? {}].flatMap(Object.values)])
      data(key)
    for (const pair of [entry.upstream, entry.grads].flatMap(Object.entries)) pair.forEach(data)
    return { ...entry, data }
  })
}

async function tensorsAt(path: string, read: Read): Promise<Readonly<Record<string, TensorData>>> {
  const bytes = await bytesAt(path, read)
  try {
    return decodeSafetensors(bytes, path, { wideIntegers: 'float64' }).tensors
  } catch (error) {
    throw new BadInput((error as Error).message)
  }
}
