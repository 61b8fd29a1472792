/**
 * The names that PyTorch's files may use, and what they mean here: storages, tensors, parameters, sizes, dtypes, numpy's arrays and scalars,
 * and Python's containers. `pickle.ts` refuses all others.
 */
import { NablaError, showShape } from '../core/errors.js'
import { sizeOf, stridesOf } from '../core/shape.js'
import { typeOfDescr } from './npy.js'
import { type Callable, describe, type Stateful } from './pickle.js'
import { contiguous, type DecodeOptions, decodeStored, isShape, type StoredCode, storedTypes, type TensorData } from './stored.js'

/** Memory that tensors share: bytes that are read when wanted. */
export interface Bytes {
  readonly length: number
  readonly bigEndian: boolean
  readonly load: () => Promise<Uint8Array>
}

/** A storage: `count` elements of a type, from byte `start` on. `code` is absent for untyped bytes. */
export interface StorageView {
  readonly bytes: Bytes
  readonly code: StoredCode | undefined
  readonly count: number
  readonly start: number
}

const wrong = (what: string): never => {
  throw new NablaError('io', `[torch] ${what}`)
}

/** Views that repeat elements (`expand`) may have this many elements more than their memory. */
const repeatLimit = 2 ** 22

/** A tensor of a file: a strided view of a storage. */
export class StoredTensor {
  constructor(
    readonly bytes: Bytes,
    readonly code: StoredCode,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** In bytes. */
    readonly start: number,
  ) {}

  /** The elements between the first and the last, both counted. */
  private get span(): number {
    return this.shape.includes(0) ? 0 : this.shape.reduce((sum, n, d) => sum + (n - 1) * this.strides[d]!, 1)
  }

  /** Throws NablaError('io') naming the tensor where it reaches beyond its storage. */
  check(name: string): this {
    const { span, start, bytes, shape, strides, code } = this
    const width = storedTypes[code].bytes
    const size = sizeOf(shape)
    if (!(start + span * width <= bytes.length) || !Number.isSafeInteger(size))
      wrong(
        `${name} of shape ${showShape(shape)} and strides ${showShape(strides)} reaches beyond its storage of ${bytes.length} bytes (it begins at ${start})`,
      )
    if (size > Math.max(bytes.length / width, repeatLimit))
      wrong(`${name} of shape ${showShape(shape)} has far more elements than its storage of ${bytes.length} bytes`)
    return this
  }

  /** The elements, row-major. */
  async read(name: string, options: DecodeOptions): Promise<TensorData> {
    const { code, shape, strides, start, span } = this.check(name)
    const width = storedTypes[code].bytes
    const all = span ? await this.bytes.load() : new Uint8Array(0)
    const own = all.slice(start, start + span * width)
    const flat = decodeStored(code, own, shape, `[torch] ${name}`, { ...options, bigEndian: this.bytes.bigEndian })
    return { ...flat, data: contiguous(flat.data, shape, strides) }
  }
}

/** Types by what comes before `Storage` in PyTorch's names, and by its dtypes' names. */
const storageTypes: Readonly<Record<string, StoredCode>> = {
  Double: 'F64',
  Float: 'F32',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
}
const dtypeNames: Readonly<Record<string, StoredCode>> = {
  float64: 'F64',
  double: 'F64',
  float32: 'F32',
  float: 'F32',
  float16: 'F16',
  half: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  long: 'I64',
  uint64: 'U64',
  int32: 'I32',
  int: 'I32',
  uint32: 'U32',
  int16: 'I16',
  short: 'I16',
  uint16: 'U16',
  int8: 'I8',
  uint8: 'U8',
  bool: 'BOOL',
}
/** PyTorch's storage class of a type. */
export const storageOf = /* @__PURE__ */ Object.fromEntries(
  Object.entries(storageTypes).map(([name, code]) => [code, `${name}Storage`]),
) as Partial<Record<StoredCode, string>>

/** A dtype, or a class of storages: a name that stands for a type of elements. */
export class TypeName implements Callable {
  constructor(
    readonly name: string,
    /** Absent for untyped storages. */
    readonly code: StoredCode | undefined,
    readonly kind: 'dtype' | 'storage',
  ) {}
}

const callable = (name: string, call?: Callable['call']): Callable => (call ? { name, call } : { name })

const numbers = (value: unknown, what: string): readonly number[] =>
  isShape(value) ? value : wrong(`${what} is ${describe(value)}`)
const whole = (value: unknown, what: string): number => numbers([value], what)[0]!

function tensorOf(
  view: StorageView,
  code: StoredCode | undefined,
  offset: unknown,
  size: unknown,
  stride: unknown,
): StoredTensor {
  if (typeof view !== 'object' || view === null || !('bytes' in view))
    return wrong('a tensor is made of something that is no storage')
  const type = code ?? view.code ?? wrong('a tensor has bytes for its storage and no dtype')
  const shape = numbers(size, "a tensor's size")
  const strides = numbers(stride, "a tensor's strides")
  if (shape.length !== strides.length) return wrong(`a tensor has shape ${showShape(shape)} and strides ${showShape(strides)}`)
  return new StoredTensor(
    view.bytes,
    type,
    shape,
    strides,
    view.start + whole(offset, "a tensor's offset") * storedTypes[type].bytes,
  )
}

const rebuild: Callable['call'] = ([view, offset, size, stride]) => tensorOf(view as StorageView, undefined, offset, size, stride)
const first: Callable['call'] = ([data]) =>
  data instanceof StoredTensor ? data : wrong(`a parameter is made of ${describe(data)}`)

/** numpy's dtype: made of a code, told its byte order afterwards. */
class NumpyType implements Stateful {
  private order = '|'
  constructor(private readonly letters: string) {}
  setState(state: unknown): void {
    if (Array.isArray(state) && typeof state[1] === 'string') this.order = state[1]
    if (Array.isArray(state) && state[3] != null) wrong('a numpy array of a structured type')
  }
  get type(): { code: StoredCode; bigEndian: boolean } {
    const type = typeOfDescr(`${this.order}${this.letters}`)
    return typeof type === 'string' ? wrong(`a numpy array has ${type}`) : type
  }
}

const bytesOf = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value
  // Python 2's texts are bytes, and were read as such.
  return typeof value === 'string' ? Uint8Array.from(value, (c) => c.charCodeAt(0)) : wrong(`numpy data is ${describe(value)}`)
}

function numpyTensor(dtype: unknown, shape: unknown, fortran: boolean, data: unknown): StoredTensor {
  if (!(dtype instanceof NumpyType)) return wrong(`a numpy array has ${describe(dtype)} for its type`)
  const { code, bigEndian } = dtype.type
  const extents = numbers(shape, "a numpy array's shape")
  const bytes = bytesOf(data)
  const strides = fortran ? stridesOf([...extents].reverse()).reverse() : stridesOf(extents)
  return new StoredTensor({ length: bytes.length, bigEndian, load: async () => bytes }, code, extents, strides, 0)
}

/** numpy's array: made empty, told everything afterwards. */
export class NumpyArray implements Stateful {
  private held: StoredTensor | undefined
  setState(state: unknown): void {
    if (!Array.isArray(state) || state.length !== 5) return wrong('a numpy array without its five parts')
    const [, shape, dtype, fortran, data] = state as unknown[]
    this.held = numpyTensor(dtype, shape, Boolean(fortran), data)
  }
  get tensor(): StoredTensor {
    return this.held ?? wrong('a numpy array without its contents')
  }
}

function numpyScalar([dtype, data]: readonly unknown[]): number | bigint | boolean {
  const { code, bigEndian } =
    dtype instanceof NumpyType ? dtype.type : wrong(`a numpy number has ${describe(dtype)} for its type`)
  const bytes = bytesOf(data).slice()
  if (bytes.length !== storedTypes[code].bytes) return wrong(`a numpy number of type ${code} has ${bytes.length} bytes`)
  const { data: found } = decodeStored(code, bytes, [], '[torch] a numpy number', { wideIntegers: 'float64', bigEndian })
  const [value] = code === 'F16' ? [new DataView(bytes.buffer).getUint16(0, true)] : found
  return code === 'BOOL' ? Boolean(value) : value!
}

const size: Callable['call'] = ([items]) => numbers(items ?? [], 'a torch.Size')
const set: Callable['call'] = ([items]) => new Set(Array.isArray(items) ? items : [])

/** dict and OrderedDict: of nothing, or of pairs. */
const dict: Callable['call'] = ([items]) => {
  if (items === undefined) return new Map()
  if (items instanceof Map) return new Map(items)
  if (!Array.isArray(items) || !items.every((pair) => Array.isArray(pair) && pair.length === 2))
    return wrong(`a dict of ${describe(items)}`)
  return new Map(items as [unknown, unknown][])
}

/** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
const encode: Callable['call'] = ([text, encoding]) =>
  typeof text === 'string' && (encoding === 'latin1' || encoding === 'latin-1')
    ? bytesOf(text)
    : wrong(`_codecs.encode to ${String(encoding)}`)

/** numpy moved these about: `core` is where. */
const numpyCalls = (core: string): Record<string, Callable['call']> => ({
  [`${core}.multiarray._reconstruct`]: () => new NumpyArray(),
  [`${core}.multiarray.scalar`]: numpyScalar,
  [`${core}.numeric._frombuffer`]: ([data, dtype, shape, order]) => numpyTensor(dtype, shape, order === 'F', data),
})

const calls: Readonly<Record<string, Callable['call']>> = {
  .../* @__PURE__ */ numpyCalls('numpy.core'),
  .../* @__PURE__ */ numpyCalls('numpy._core'),
  'collections.OrderedDict': dict,
  'builtins.dict': dict,
  'builtins.set': set,
  'builtins.frozenset': set,
  '__builtin__.set': set,
  '__builtin__.frozenset': set,
  '_codecs.encode': encode,
  'torch.Size': size,
  'torch.device': (parts) => parts.join(':'),
  'torch._utils._rebuild_tensor': rebuild,
  'torch._utils._rebuild_tensor_v2': rebuild,
  'torch._utils._rebuild_tensor_v3': ([view, offset, size, stride, , , dtype]) =>
    dtype instanceof TypeName && dtype.code
      ? tensorOf(view as StorageView, dtype.code, offset, size, stride)
      : wrong(`a tensor has ${describe(dtype)} for its dtype`),
  'torch._utils._rebuild_parameter': first,
  'torch._utils._rebuild_parameter_with_state': first,
  // A subclass of tensors: how it is made, its class, the arguments, and attributes that say nothing about its values.
  'torch._tensor._rebuild_from_type_v2': ([make, , args]) => {
    const { call, name = '' } = (make ?? {}) as Partial<Callable>
    return call && name.startsWith('torch._utils._rebuild_') && Array.isArray(args)
      ? call(args)
      : wrong(`a tensor is made by ${describe(make)}`)
  },
  'numpy.dtype': ([letters]) =>
    typeof letters === 'string' ? new NumpyType(letters) : wrong(`a numpy type is ${describe(letters)}`),
}
/** Classes that are named and never called. */
const classes = ['numpy.ndarray', 'torch.Tensor', 'torch.nn.parameter.Parameter', 'torch.nn.parameter.Buffer']

/** What a name in a file stands for; undefined for those that are refused. */
export function findName(module: string, name: string): unknown {
  const full = `${module}.${name}`
  if (Object.hasOwn(calls, full)) return callable(full, calls[full])
  if (classes.includes(full)) return callable(full)
  if (module === 'torch' && Object.hasOwn(dtypeNames, name)) return new TypeName(full, dtypeNames[name], 'dtype')
  const kind = name.match(/^(\w+)Storage$/)?.[1]
  if (kind === undefined || !['torch', 'torch.cuda', 'torch.storage'].includes(module)) return undefined
  if (kind === 'Untyped') return new TypeName(full, undefined, 'storage')
  return Object.hasOwn(storageTypes, kind) ? new TypeName(full, storageTypes[kind], 'storage') : undefined
}
