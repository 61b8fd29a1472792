/**
 * PyTorch files written: the zip format, a pickle of protocol 2 that uses no names but those of tensors, so that `torch.load` reads it
 * with `weights_only` too. Tensors whose data is one array share one storage.
 *
 *     archive/data.pkl      what there is
 *     archive/byteorder     little
 *     archive/data/0, 1     the storages, each at a multiple of 64 bytes
 *     archive/version       3
 */
import { NablaError } from '../core/errors.js'
import { stridesOf } from '../core/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { codeFor, type EncodeOptions, encodeStored, type StoredCode, type TensorData } from './stored.js'
import { storageOf } from './torch-names.js'
import { tensorData, writeFileAtomic } from './weights.js'
import { writeZip, type ZipFile } from './zip.js'

/** What can be written: tensors as plain data, numbers, texts, truth values, null, and arrays, records and Maps of these. */
export type TorchWritable =
  | null
  | boolean
  | number
  | bigint
  | string
  | TensorData
  | readonly TorchWritable[]
  | ReadonlyMap<string | number, TorchWritable>
  | { readonly [key: string]: TorchWritable }

const isTensor = (value: object): value is TensorData =>
  'dtype' in value && 'shape' in value && 'data' in value && ArrayBuffer.isView(value.data)

/** A growing run of bytes. */
class Bytes {
  private bytes = new Uint8Array(1024)
  private length = 0

  private room(count: number): DataView {
    if (this.length + count > this.bytes.length) {
      const wider = new Uint8Array(2 * (this.length + count))
      wider.set(this.bytes)
      this.bytes = wider
    }
    this.length += count
    return new DataView(this.bytes.buffer, this.length - count, count)
  }

  put(...values: readonly number[]): void {
    this.append(Uint8Array.from(values))
  }
  append(values: Uint8Array): void {
    this.room(values.length)
    this.bytes.set(values, this.length - values.length)
  }
  int32(value: number): void {
    this.room(4).setInt32(0, value, true)
  }
  float64(value: number): void {
    this.room(8).setFloat64(0, value, false)
  }
  get done(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}

/** The pickle of a value, and the storages that it names. */
function pickle(value: TorchWritable, options: EncodeOptions): { bytes: Uint8Array; storages: Uint8Array[] } {
  const out = new Bytes()
  const storages: Uint8Array[] = []
  /** Arrays that have been written, by type: their key. */
  const keys = new Map<ArrayLike<number>, Map<StoredCode, number>>()
  const text = (value: string): void => {
    const bytes = new TextEncoder().encode(value)
    out.put(0x58) // BINUNICODE
    out.int32(bytes.length)
    out.append(bytes)
  }
  const global = (module: string, name: string): void => out.append(new TextEncoder().encode(`c${module}\n${name}\n`))
  const whole = (value: number | bigint): void => {
    if (typeof value === 'number' && value === (value | 0)) {
      out.put(0x4a) // BININT
      out.int32(value)
      return
    }
    const big = BigInt(value)
    let count = 8
    while (BigInt.asIntN(8 * count, big) !== big) count++
    if (count > 255) throw new NablaError('io', '[torch] a whole number of more than 255 bytes')
    out.put(0x8a, count, ...Array.from({ length: count }, (_, i) => Number((big >> BigInt(8 * i)) & 255n))) // LONG1
  }
  const tuple = (items: readonly number[]): void => {
    out.put(0x28)
    for (const item of items) whole(item)
    out.put(0x74)
  }
  const keyOf = (name: string, tensor: TensorData, code: StoredCode): number => {
    const own = keys.get(tensor.data) ?? new Map<StoredCode, number>()
    keys.set(tensor.data, own)
    const bytes = encodeStored('torch', name, tensor, code)
    const key = own.get(code) ?? storages.push(bytes) - 1
    own.set(code, key)
    return key
  }
  const tensor = (name: string, value: TensorData): void => {
    // PyTorch has had unsigned words since 2.3 only; 64-bit integers hold them.
    const words = value.dtype === 'uint32'
    const given = words ? { ...value, data: Float64Array.from(value.data), dtype: 'float64' as const, stored: 'I64' } : value
    const code = words ? 'I64' : codeFor(given, options, (code) => code in storageOf)
    global('torch._utils', '_rebuild_tensor_v2')
    out.put(0x28, 0x28) // MARK of the arguments, MARK of the persistent id
    text('storage')
    global('torch', storageOf[code]!)
    text(String(keyOf(name, given, code)))
    text('cpu')
    whole(value.data.length)
    out.put(0x74, 0x51) // TUPLE, BINPERSID
    whole(0)
    tuple(value.shape)
    tuple(stridesOf(value.shape).map((stride) => Math.max(stride, 1)))
    out.put(0x89) // requires_grad: False
    global('collections', 'OrderedDict')
    out.put(0x29, 0x52, 0x74, 0x52) // EMPTY_TUPLE, REDUCE; TUPLE, REDUCE
  }
  const inside = new Set<object>()
  const write = (value: TorchWritable, path: string): void => {
    if (value === null) out.put(0x4e)
    else if (typeof value === 'boolean') out.put(value ? 0x88 : 0x89)
    else if (typeof value === 'string') text(value)
    else if (typeof value === 'bigint' || Number.isSafeInteger(value)) whole(value as number)
    else if (typeof value === 'number') {
      out.put(0x47) // BINFLOAT
      out.float64(value)
    } else if (typeof value !== 'object')
      throw new NablaError('io', `[torch] "${path}" is a ${typeof value}, which is not written`)
    else if (isTensor(value)) tensor(path, value)
    else {
      if (inside.has(value)) throw new NablaError('io', `[torch] "${path}" contains itself`)
      inside.add(value)
      const list = Array.isArray(value)
      out.put(list ? 0x5d : 0x7d, 0x28) // EMPTY_LIST or EMPTY_DICT, MARK
      if (list) value.forEach((item: TorchWritable, i) => write(item, `${path}.${i}`))
      else
        for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
          write(key as string, path)
          write(item as TorchWritable, path ? `${path}.${key}` : String(key))
        }
      out.put(list ? 0x65 : 0x75) // APPENDS or SETITEMS
      inside.delete(value)
    }
  }
  out.put(0x80, 2)
  write(value, '')
  out.put(0x2e)
  return { bytes: out.done, storages }
}

/**
 * A value as the bytes of a PyTorch file. Numbers that are whole become ints, all others floats; records and Maps become dicts; uint32
 * becomes int64. Throws NablaError('io') where a tensor's data does not fit its shape, or the file would be larger than 4 GiB.
 */
export function encodeTorch(value: TorchWritable, options: EncodeOptions = {}): Uint8Array {
  const { bytes, storages } = pickle(value, options)
  const text = (name: string, content: string): ZipFile => ({ name, bytes: new TextEncoder().encode(content) })
  const files = [
    { name: 'archive/data.pkl', bytes },
    text('archive/byteorder', 'little'),
    ...storages.map((bytes, key) => ({ name: `archive/data/${key}`, bytes })),
    text('archive/version', '3\n'),
  ]
  return writeZip('torch', files, { align: 64 })
}

/** How a state dict is saved. */
export interface SaveTorchOptions {
  /**
   * Write names as PyTorch has them: `bn1.runningMean` becomes `bn1.running_mean`. Default true; modules here read either.
   */
  readonly snakeCase?: boolean
}

/** A path in PyTorch's writing: every capital within a part becomes an underscore and its small letter. */
const snakePath = (path: string): string => path.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * Saves tensors by name so that `torch.load` reads them, whole or not at all.
 *
 *     await saveTorch('lenet.pt', net.stateDict())
 *
 * Throws NablaError('io') when the file cannot be written, or when two names become one in snake case.
 */
export async function saveTorch(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  { snakeCase = true }: SaveTorchOptions = {},
): Promise<void> {
  const data = Object.entries(await tensorData(tensors))
  const state = new Map(data.map(([name, value]) => [snakeCase ? snakePath(name) : name, value] as const))
  if (state.size < data.length)
    throw new NablaError('io', '[torch] two names become one in snake case; save with { snakeCase: false }')
  await writeFileAtomic(path, encodeTorch(state))
}
