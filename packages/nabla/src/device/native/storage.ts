/** Memory of the native device: array buffers, so that V8 accounts for them and frees them. */
import { totalmem } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { dtypes } from '../../core/dtype.js'
import type { DType, TypedArray } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import type { QueuedStorage } from '../queue.js'
import type { Runtime } from './library.js'

const line = 64
const largePage = 2 << 20
const small = 4 << 10
const pages = 4 << 20
const large = 64 << 20

/** A stretch of memory that begins at a cache line. Kernels know its address, so whoever runs one must keep the block alive. */
export class Block {
  readonly buffer: ArrayBuffer
  readonly offset: number
  readonly address: number

  constructor(
    runtime: Runtime,
    readonly bytes: number,
  ) {
    const alignment = bytes >= pages ? largePage : line
    // Room to align in, and a line that a vector load may run into past the end.
    this.buffer = reserve(alignment + (Math.ceil(bytes / line) + 1) * line)
    const start = runtime.address(new Uint8Array(this.buffer))
    this.offset = (alignment - (start % alignment)) % alignment
    this.address = start + this.offset
    if (bytes >= pages) runtime.preferLargePages(this.address, bytes)
  }
}

/**
 * Blocks whose storage has been collected, by size: memory that has been touched before is several times as fast to write as
 * pages that are new. Only for sizes where that matters, and only so much.
 */
const kept = new Map<number, Block[]>()
let keptBytes = 0
const keptFrom = 256 << 10
const keptAtMost = 96 << 20
const returned = new FinalizationRegistry<Block>(keep)

function keep(block: Block): void {
  if (keptBytes + block.bytes > keptAtMost) return
  keptBytes += block.bytes
  const same = kept.get(block.bytes)
  if (same) same.push(block)
  else kept.set(block.bytes, [block])
}

function takeKept(bytes: number): Block | undefined {
  const block = bytes < keptFrom ? undefined : kept.get(bytes)?.pop()
  if (block) keptBytes -= bytes
  return block
}

export class NativeStorage implements QueuedStorage {
  readonly device = 'native'
  readonly address: number
  readonly view: TypedArray
  last = 0
  written = 0
  state = 0
  failure: NablaError | undefined

  private readonly block: Block

  constructor(
    runtime: Runtime,
    readonly dtype: DType,
    readonly size: number,
  ) {
    const { bytes, array } = dtypes[dtype]
    const block = takeKept(size * bytes) ?? new Block(runtime, size * bytes)
    if (block.bytes >= keptFrom) returned.register(this, block, this)
    this.block = block
    this.address = block.address
    this.view = new array(block.buffer, block.offset, size)
  }

  /** Gives the block back at once; whoever uses the storage again is told. */
  free(): void {
    if (this.failure || this.block.bytes < keptFrom) return
    returned.unregister(this)
    this.failure = new NablaError('argument', 'this tensor was disposed of: its memory has been given back')
    keep(this.block)
  }
}

function reserve(bytes: number): ArrayBuffer {
  // The system hands out more than it has and kills us when we use it, so large requests are compared with what there is.
  if (bytes >= large && bytes > room()) {
    collectGarbage()
    if (bytes > room()) throw outOfMemory(bytes)
  }
  try {
    // Zeroing, which `new ArrayBuffer` does, costs more than many a kernel.
    return bytes > small && bytes < large ? (Buffer.allocUnsafeSlow(bytes).buffer as ArrayBuffer) : new ArrayBuffer(bytes)
  } catch {
    throw outOfMemory(bytes)
  }
}

/** What this process could still use if all others stood back. */
function room(): number {
  const limit = process.constrainedMemory()
  return Math.min(totalmem(), limit > 0 ? limit : Infinity) - process.memoryUsage.rss()
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

function outOfMemory(asked: number): NablaError {
  const held = process.memoryUsage().arrayBuffers
  const free = room()
  const show = (n: number) => (n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(1)} GB`)
  return new NablaError(
    'memory',
    `out of memory: ${show(asked)} were asked for, tensors and other buffers hold ${show(held)}, and there is room for ${show(free)}. Smaller batches need less.`,
    { asked, held, free },
  )
}
