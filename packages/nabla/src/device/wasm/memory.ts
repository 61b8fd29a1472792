/**
 * The device's memory: one WebAssembly.Memory for tensors, programs and what threads tell each other. A block is given back when nobody
 * holds it any more; the collector says so at a turn of the event loop at the earliest, so before the memory grows much we also look
 * ourselves (Node), or make the collector hurry (pages).
 */
import { dtypes } from '../../core/dtype.js'
import type { DType, TypedArray } from '../../core/dtype.js'
import { NablaError } from '../../core/errors.js'
import { OVERREAD } from '../../render/wasm/index.js'
import { MEMORY_INITIAL_PAGES, MEMORY_MAXIMUM_PAGES, PAGE_BYTES } from '../../render/wasm/bytes.js'
import type { Words } from '../loaded.js'
import type { QueuedStorage } from '../queue.js'
import { Allocator, LINE, roundUp } from './allocator.js'
import { at } from './driver.js'
import { present, type SharedMemory } from './engine.js'
import { collectGarbage } from './host.node.js'

/** Bytes by which the memory grows at least; pages that nobody has touched cost nothing. */
const growth = 16 << 20
/** Bytes handed out since garbage was last collected before it is collected again rather than the memory grown, at least. */
const patience = 256 << 20
/** Where we cannot collect garbage: array buffers of that many bytes for as many bytes of blocks make the collector come in time. */
const ballast = 64 << 20
/** Kernels may read so many bytes past the end of a block. */
const guard = OVERREAD

/** A stretch of the memory that begins at a cache line. Kernels know its address, so whoever runs one must keep the block alive. */
export class Block {
  /** What makes the collector feel the weight of blocks. */
  readonly weight: ArrayBuffer | undefined

  constructor(
    private readonly home: Memory,
    readonly address: number,
    readonly bytes: number,
    weight: number,
  ) {
    this.weight = weight ? new ArrayBuffer(weight) : undefined
  }

  /** Gives the memory back at once; nobody may use it afterwards. */
  free(): void {
    this.home.free(this.address)
  }
}

interface Lease {
  readonly block: WeakRef<Block>
  readonly address: number
  readonly bytes: number
}

export class Memory {
  readonly object: SharedMemory
  private readonly allocator = new Allocator()
  /** The blocks that have not been given back, by address. */
  private readonly leases = new Map<number, Lease>()
  private readonly registry = new FinalizationRegistry<Lease>((lease) => this.end(lease))
  private size: number
  private views: { doubles: Float64Array; words: Int32Array } | undefined
  private sinceCollected = 0
  private sinceWeighed = 0

  constructor(
    readonly shared: boolean,
    /** Pages at most; for tests. */
    private readonly maximum = MEMORY_MAXIMUM_PAGES,
  ) {
    const limits = { initial: MEMORY_INITIAL_PAGES, shared }
    try {
      this.object = new present.Memory({ ...limits, maximum })
    } catch {
      throw new NablaError('memory', `[wasm] no address space for a memory of ${show(maximum * PAGE_BYTES)}`, { maximum })
    }
    this.size = MEMORY_INITIAL_PAGES * PAGE_BYTES
    this.allocator.add(at.end, this.size - at.end - guard)
  }

  /** All of the memory, as it is now. */
  get doubles(): Float64Array {
    return this.current.doubles
  }

  get words(): Int32Array {
    return this.current.words
  }

  private get current(): { doubles: Float64Array; words: Int32Array } {
    if (this.views?.words.length !== this.size / 4) {
      const { buffer } = this.object
      this.views = { doubles: new Float64Array(buffer), words: new Int32Array(buffer) }
    }
    return this.views!
  }

  /** Throws a NablaError of kind `memory`. */
  block(bytes: number): Block {
    const length = roundUp(Math.max(bytes, 1), LINE)
    const address = (length < 2 ** 32 ? this.allocator.take(length) : undefined) ?? this.more(length, bytes)
    const weight = this.weigh(length)
    const block = new Block(this, address, bytes, weight)
    const lease = { block: new WeakRef(block), address, bytes: length }
    this.leases.set(address, lease)
    this.registry.register(block, lease)
    return block
  }

  free(address: number): void {
    const lease = this.leases.get(address)
    if (lease) this.end(lease)
  }

  private end(lease: Lease): void {
    if (this.leases.get(lease.address) !== lease) return
    this.leases.delete(lease.address)
    this.allocator.give(lease.address, lease.bytes)
  }

  /** Memory that was not free a moment ago. */
  private more(length: number, asked: number): number {
    const limit = this.maximum * PAGE_BYTES
    if (length < limit) {
      const due = this.sinceCollected > Math.max(patience, this.allocator.taken / 2)
      const address = (due ? this.collected(length) : undefined) ?? this.grown(length) ?? this.collected(length)
      if (address !== undefined) return address
    }
    const held = this.allocator.taken
    throw new NablaError(
      'memory',
      `[wasm] out of memory: ${show(asked)} were asked for, tensors and programs hold ${show(held)} of the ${show(limit)} that a WebAssembly memory has at most. Smaller batches need less; tensors that were dropped are given back when the event loop gets a turn (await something), or at once by dispose().`,
      { asked, held, limit },
    )
  }

  private collected(length: number): number | undefined {
    this.sinceCollected = 0
    if (!collectGarbage()) return undefined
    for (const lease of [...this.leases.values()]) if (!lease.block.deref()) this.end(lease)
    return this.allocator.take(length)
  }

  private grown(length: number): number | undefined {
    const needed = length - this.allocator.freeBefore(this.size - guard)
    for (const by of [Math.max(needed, growth), needed]) {
      const pages = Math.ceil(by / PAGE_BYTES)
      try {
        this.object.grow(pages)
      } catch {
        continue
      }
      this.allocator.add(this.size - guard, pages * PAGE_BYTES)
      this.size += pages * PAGE_BYTES
      return this.allocator.take(length)
    }
    return undefined
  }

  /** Bytes of array buffers that a new block is to hold. */
  private weigh(length: number): number {
    this.sinceCollected += length
    this.sinceWeighed += length
    if (collectGarbage.possible || this.sinceWeighed < ballast) return 0
    this.sinceWeighed = 0
    return ballast
  }
}

/** A view of a block, made anew where the memory has grown and is not shared. */
class View<T extends TypedArray> {
  private made: T | undefined

  constructor(
    private readonly memory: Memory,
    private readonly array: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
    private readonly address: number,
    private readonly length: number,
  ) {}

  get now(): T {
    // The old buffer of a memory that is not shared is gone; that of a shared one is as good as the new one.
    if (!this.made || (!this.memory.shared && this.made.buffer !== this.memory.object.buffer))
      this.made = new this.array(this.memory.object.buffer, this.address, this.length)
    return this.made
  }
}

/** Numbers in the memory. */
export class WasmWords implements Words {
  readonly address: number
  private readonly view: View<Float64Array>

  constructor(
    memory: Memory,
    /** Held, so that it is not given back. */
    readonly block: Block,
    values: readonly number[],
  ) {
    this.address = block.address
    this.view = new View(memory, Float64Array, block.address, values.length)
    this.values.set(values)
  }

  get values(): Float64Array {
    return this.view.now
  }
}

export class WasmStorage implements QueuedStorage {
  readonly device = 'wasm'
  readonly address: number
  last = 0
  written = 0
  state = 0
  failure: NablaError | undefined
  private block: Block | undefined
  private readonly contents: View<TypedArray>

  constructor(
    readonly memory: Memory,
    readonly dtype: DType,
    readonly size: number,
  ) {
    const { bytes, array } = dtypes[dtype]
    this.block = memory.block(size * bytes)
    this.address = this.block.address
    this.contents = new View(memory, array, this.address, size)
  }

  get view(): TypedArray {
    if (this.block) return this.contents.now
    throw disposed()
  }

  free(): void {
    this.failure = disposed()
    this.block?.free()
    this.block = undefined
  }
}

const disposed = (): NablaError => new NablaError('argument', 'this tensor was disposed of: its memory has been given back')

function show(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
