/**
 * Learning merges: of all neighbouring symbols the most frequent pair becomes a symbol of its own, again and again
 * (Gage 1994; for words: Sennrich, Haddow and Birch 2016). Both byte pair and WordPiece vocabularies are made by it.
 *
 *     l o w   l o w e r   ->   lo w   lo w e r   ->   low   low e r
 *
 * Among equally frequent pairs the one whose symbols have the smaller numbers is taken, so the result depends on the counts alone.
 * The work of a merge is that of the words that hold the pair: counts are kept up to date, and a heap knows the largest, lazily: an entry
 * whose count has changed is put back when it comes up.
 */
import { breathe } from '../core/turn.js'

/** Symbols in the order of their numbers. */
export class SymbolTable {
  readonly names: string[] = []
  private readonly numbers = new Map<string, number>()

  /** The symbol's number; it gets the next one if it is new. */
  add(name: string): number {
    let id = this.numbers.get(name)
    if (id === undefined) {
      id = this.names.push(name) - 1
      this.numbers.set(name, id)
    }
    return id
  }

  find(name: string): number | undefined {
    return this.numbers.get(name)
  }
}

/** A word as numbers of symbols, and how often it occurs. */
export interface CountedWord {
  symbols: readonly number[]
  readonly count: number
}

export interface MergeOptions {
  /** Symbols to stop at. */
  readonly size: number
  /** Pairs that occur less often are not merged. */
  readonly minFrequency: number
  /** The name of two symbols' union. */
  readonly join: (left: string, right: string) => string
}

/** A pair as one number: exact up to 2^26 symbols. */
const shift = 2 ** 26
const keyOf = (left: number, right: number): number => left * shift + right

/** Milliseconds of work after which the event loop gets a turn. */
const turn = 20

/** Merges pairs until `table` is full or no pair is frequent enough; gives the merged pairs in order. Changes `words` and `table`. */
export async function learnMerges(
  words: readonly CountedWord[],
  table: SymbolTable,
  options: MergeOptions,
): Promise<[string, string][]> {
  const { size, minFrequency, join } = options
  const counts = new Map<number, number>()
  const homes = new Map<number, number[]>()
  const heap = new PairHeap()

  /** Counts the pairs of a word `times` times; those that are new in it remember the word. */
  const take = (index: number, times: number, touched?: Set<number>): void => {
    const { symbols } = words[index]!
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = keyOf(symbols[i]!, symbols[i + 1]!)
      counts.set(key, (counts.get(key) ?? 0) + times)
      if (times < 0) continue
      const home = homes.get(key)
      if (!home) homes.set(key, [index])
      else if (home.at(-1) !== index) home.push(index)
      touched?.add(key)
    }
  }
  words.forEach(({ count }, i) => take(i, count))
  for (const [key, count] of counts) heap.push(key, count)

  const merges: [string, string][] = []
  const least = Math.max(1, minFrequency)
  for (let since = performance.now(); table.names.length < size; ) {
    const top = heap.pop()
    if (!top) break
    const count = counts.get(top.key) ?? 0
    if (count !== top.count) {
      if (count > 0) heap.push(top.key, count)
      continue
    }
    if (count < least) break
    const [left, right] = [Math.floor(top.key / shift), top.key % shift]
    const pair: [string, string] = [table.names[left]!, table.names[right]!]
    const union = table.add(join(...pair))
    merges.push(pair)
    const touched = new Set<number>()
    for (const index of homes.get(top.key) ?? []) {
      const word = words[index]!
      const merged = mergePair(word.symbols, left, right, union)
      if (merged.length === word.symbols.length) continue // Another merge has taken the pair away.
      take(index, -word.count)
      words[index]!.symbols = merged
      take(index, word.count, touched)
    }
    homes.delete(top.key)
    counts.delete(top.key)
    for (const key of touched) heap.push(key, counts.get(key)!)
    if (performance.now() - since > turn) {
      await breathe()
      since = performance.now()
    }
  }
  return merges
}

/** The symbols with every `left right`, from the left, replaced by `union`. */
function mergePair(symbols: readonly number[], left: number, right: number, union: number): number[] {
  const out: number[] = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      out.push(union)
      i++
    } else out.push(symbols[i]!)
  }
  return out
}

interface Entry {
  readonly key: number
  readonly count: number
}

const before = (a: Entry, b: Entry): boolean => a.count > b.count || (a.count === b.count && a.key < b.key)

/** A binary heap: the most frequent pair first, of equals the one with the smaller key. */
class PairHeap {
  private readonly entries: Entry[] = []

  push(key: number, count: number): void {
    const { entries } = this
    const entry = { key, count }
    let at = entries.push(entry) - 1
    for (let up = (at - 1) >> 1; at > 0 && before(entry, entries[up]!); up = (at - 1) >> 1) {
      entries[at] = entries[up]!
      at = up
    }
    entries[at] = entry
  }

  pop(): Entry | undefined {
    const { entries } = this
    const top = entries[0]
    const last = entries.pop()
    if (top === undefined || last === undefined || entries.length === 0) return top
    let at = 0
    for (let down = 1; down < entries.length; down = 2 * at + 1) {
      if (down + 1 < entries.length && before(entries[down + 1]!, entries[down]!)) down++
      if (!before(entries[down]!, last)) break
      entries[at] = entries[down]!
      at = down
    }
    entries[at] = last
    return top
  }
}
