/** Results by word, kept: texts use few words often. */

/** Words longer than this are not kept, so that what is kept stays small. */
const longest = 64

/** `f`, remembering what the latest words gave: between `limit` and twice as many. */
export function memoized<T>(f: (word: string) => T, limit = 30_000): (word: string) => T {
  let recent = new Map<string, T>()
  let older = new Map<string, T>()
  return (word) => {
    let value = recent.get(word)
    if (value !== undefined) return value
    value = older.get(word) ?? f(word)
    if (word.length > longest) return value
    if (recent.size >= limit) {
      older = recent
      recent = new Map()
    }
    recent.set(word, value)
    return value
  }
}
