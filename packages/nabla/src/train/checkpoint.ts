/**
 * Checkpoints: everything that a run needs to go on as if it had never stopped. As bytes they are a safetensors file, so that other tools
 * can look into them:
 *
 *     model.<name>        the weights, by the model's names
 *     optimizer.<i>.<x>   what the optimizer remembers of the i-th parameter
 *     average.<x>         the average of the weights, if there is one
 *     metadata            state (JSON: position, sums, schedules, random streams), sha256 (of the file with zeros in its place)
 */
import { NablaError } from '../core/errors.js'
import { decodeSafetensors, encodeSafetensors, type TensorData } from '../io/safetensors.js'
import { tensorData, tensorsFrom } from '../io/weights.js'
import type { Tensor } from '../tensor/tensor.js'
import { type Plain, plainFromJson, plainToJson } from './plain.js'

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>

/** What a checkpoint says of its run besides tensors; `step` is how many updates were made. */
export type CheckpointState = { readonly [name: string]: Plain } & { readonly step?: number }

/** Everything that a run needs to go on as if it had never stopped. The tensors are the run's own: they change with its next step. */
export interface Checkpoint {
  /** Weights, by the model's names. */
  readonly model: Tensors
  /** What the optimizer remembers, by name. */
  readonly optimizer: Tensors
  /** The average of the weights, where one is kept. */
  readonly average?: Tensors
  /** Position in the run, running sums, schedules, random streams. */
  readonly state: CheckpointState
  /** Seconds of training so far: apart from the rest, which is the same for every run with the same settings. */
  readonly seconds: number
}

/** Weights that scored best, and by what. */
export interface BestInfo {
  /** Updates that were made. */
  readonly step: number
  /** What was watched. */
  readonly monitor: string
  /** Its value. */
  readonly value: number
}

/** Where checkpoints are kept: a run's folder, a page's storage, memory. */
export interface CheckpointStore {
  /** The checkpoint to go on from; undefined for a new run. */
  load(): Promise<Checkpoint | undefined>
  /** Keeps this checkpoint in place of the one before it, which stays where this one cannot be written. */
  save(checkpoint: Checkpoint): Promise<void>
  /** Keeps the weights that scored best. */
  saveBest?(model: Tensors, info: BestInfo): Promise<void>
  /** The weights that scored best, if any were kept. */
  loadBest?(): Promise<Tensors | undefined>
}

const parts = ['model', 'optimizer', 'average'] as const
const noDigest = '0'.repeat(64)

/** The digest's place in a file's header, or -1. */
function placeOf(bytes: Uint8Array, digest: string): number {
  const wanted = new TextEncoder().encode(`"sha256":"${digest}"`)
  const end = Math.min(bytes.length, 8 + Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)))
  search: for (let i = 8; i + wanted.length <= end; i++) {
    for (let j = 0; j < wanted.length; j++) if (bytes[i + j] !== wanted[j]) continue search
    return i + '"sha256":"'.length
  }
  return -1
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle
  if (!subtle)
    throw new NablaError('io', '[checkpoint] there is no SHA-256 here: a page must come from https or localhost to have one')
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads the values of tensors, and refuses those that are not finite. Throws NablaError('training') naming the first. */
export async function finiteData(tensors: Tensors, step: number | undefined): Promise<Record<string, TensorData>> {
  const data = await tensorData(tensors)
  for (const [name, { data: values, dtype }] of Object.entries(data)) {
    if (!dtype.startsWith('float')) continue
    const bad =
      dtype === 'float16'
        ? (values as Uint16Array).findIndex((bits) => (bits & 0x7c00) === 0x7c00)
        : (values as Float32Array).findIndex((value) => !Number.isFinite(value))
    if (bad >= 0)
      throw new NablaError(
        'training',
        `[train] after step ${step} the weight ${name} holds ${dtype === 'float16' ? 'a value that is not finite' : values[bad]}: training has diverged`,
        { name, step },
      )
  }
  return data
}

/**
 * A checkpoint as bytes, and its weights as plain data. `notes` are kept beside it. Throws NablaError('training') when a weight is not
 * finite.
 */
export async function encodeCheckpoint(
  checkpoint: Checkpoint,
  notes: Readonly<Record<string, Plain>> = {},
): Promise<{ readonly bytes: Uint8Array; readonly weights: Record<string, TensorData> }> {
  const weights = await finiteData(checkpoint.model, checkpoint.state.step)
  const all: Record<string, TensorData> = {}
  for (const part of parts) {
    const data = part === 'model' ? weights : await tensorData(checkpoint[part] ?? {})
    for (const [name, value] of Object.entries(data)) all[`${part}.${name}`] = value
  }
  const bytes = encodeSafetensors(all, {
    state: plainToJson(checkpoint.state),
    notes: plainToJson(notes),
    sha256: noDigest,
  })
  const place = placeOf(bytes, noDigest)
  bytes.set(new TextEncoder().encode(await sha256(bytes)), place)
  return { bytes, weights }
}

/** What `encodeCheckpoint` was given, but for `seconds`. Throws NablaError('io') naming `name` when a byte of it has changed. */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  name = 'checkpoint',
): Promise<{ readonly checkpoint: Omit<Checkpoint, 'seconds'>; readonly notes: Readonly<Record<string, Plain>> }> {
  const { tensors, metadata } = decodeSafetensors(bytes, name)
  const damaged = (what: string): NablaError => new NablaError('io', `[checkpoint] ${name} is damaged: ${what}`, { name })
  const place = metadata.sha256 === undefined ? -1 : placeOf(bytes, metadata.sha256)
  if (place < 0) throw damaged('it holds no checksum')
  const blank = Uint8Array.from(bytes)
  blank.set(new TextEncoder().encode(noDigest), place)
  const found = await sha256(blank)
  if (found !== metadata.sha256) throw damaged(`its SHA-256 is ${found}, it was written as ${metadata.sha256}`)
  const part = (prefix: string): Tensors =>
    tensorsFrom(
      Object.fromEntries(
        Object.entries(tensors).flatMap(([key, data]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), data]] : [])),
      ),
    )
  const read = (text: string | undefined): Readonly<Record<string, Plain>> | undefined => {
    try {
      const value = plainFromJson(text ?? '')
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, Plain>>
    } catch {
      // said by the caller
    }
    return undefined
  }
  const state = read(metadata.state)
  if (!state || (state.step !== undefined && typeof state.step !== 'number'))
    throw damaged('it does not say where the run stopped')
  const average = part('average.')
  return {
    checkpoint: {
      model: part('model.'),
      optimizer: part('optimizer.'),
      ...(Object.keys(average).length && { average }),
      state: state as CheckpointState,
    },
    notes: read(metadata.notes) ?? {},
  }
}
