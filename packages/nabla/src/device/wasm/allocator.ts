/**
 * Which parts of a growing range of addresses are free. Blocks are multiples of a cache line; free neighbours are one, so that every free
 * stretch is as long as it can be; the smallest class of stretches that surely suffices serves a request, and what is left over of
 * it stays free.
 */

/** Bytes: what blocks begin at, and are multiples of. */
export const LINE = 64

/** Four classes for each power of two. */
const classOf = (bytes: number): number => {
  const lines = bytes / LINE
  const power = 31 - Math.clz32(lines)
  return power < 2 ? lines : 4 * power + Math.floor(lines / 2 ** (power - 2)) - 4
}

const CLASSES = classOf(2 ** 32) + 1

export const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit

export class Allocator {
  /** Lengths of free stretches by where they begin, and their begins by where they end. */
  private readonly lengths = new Map<number, number>()
  private readonly begins = new Map<number, number>()
  private readonly classes = Array.from({ length: CLASSES }, () => new Set<number>())
  private used = 0

  /** Bytes that are taken. */
  get taken(): number {
    return this.used
  }

  /** The address of so many bytes (a multiple of a line), or undefined where there are none so long. */
  take(bytes: number): number | undefined {
    const begin = this.find(bytes)
    if (begin === undefined) return undefined
    const length = this.lengths.get(begin)!
    this.remove(begin, length)
    if (length > bytes) this.insert(begin + bytes, length - bytes)
    this.used += bytes
    return begin
  }

  /** Takes back what `take` gave. */
  give(begin: number, bytes: number): void {
    this.used -= bytes
    this.add(begin, bytes)
  }

  /** Makes a range of addresses available. */
  add(begin: number, bytes: number): void {
    let [from, to] = [begin, begin + bytes]
    const before = this.begins.get(from)
    if (before !== undefined) {
      this.remove(before, from - before)
      from = before
    }
    const after = this.lengths.get(to)
    if (after !== undefined) {
      this.remove(to, after)
      to += after
    }
    this.insert(from, to - from)
  }

  /** The length of the free stretch that ends there. */
  freeBefore(end: number): number {
    const begin = this.begins.get(end)
    return begin === undefined ? 0 : end - begin
  }

  private find(bytes: number): number | undefined {
    const own = classOf(bytes)
    // Some stretches of the request's own class may be too short, and most often the first is not.
    let looked = 0
    for (const begin of this.classes[own]!) {
      if (this.lengths.get(begin)! >= bytes) return begin
      if (++looked === 8) break
    }
    for (let c = own + 1; c < CLASSES; c++) for (const begin of this.classes[c]!) return begin
    // Rather than ask for more memory, look at all.
    for (const begin of this.classes[own]!) if (this.lengths.get(begin)! >= bytes) return begin
    return undefined
  }

  private insert(begin: number, bytes: number): void {
    this.lengths.set(begin, bytes)
    this.begins.set(begin + bytes, begin)
    this.classes[classOf(bytes)]!.add(begin)
  }

  private remove(begin: number, bytes: number): void {
    this.lengths.delete(begin)
    this.begins.delete(begin + bytes)
    this.classes[classOf(bytes)]!.delete(begin)
  }
}
