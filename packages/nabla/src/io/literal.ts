/** Python's literals, as far as an npy header has them: dicts, lists, tuples, texts, whole numbers, True, False, None. */

/** A value: lists and tuples are arrays. */
export type Literal = null | boolean | number | string | readonly Literal[] | ReadonlyMap<string, Literal>

const tokens = /\s*(?:([{}[\](),:])|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d{1,20})L?|(True|False|None)\b|(\S))/gy
/** Nesting that structured types need, and no more. */
const depthLimit = 16

/** The value of a text. `fail` is told what is wrong. */
export function parseLiteral(text: string, fail: (what: string) => never): Literal {
  const all = [...text.matchAll(tokens)]
  let at = 0
  const peek = (): string | undefined => all[at]?.[1]
  const expect = (mark: string): void => {
    if (all[at++]?.[1] !== mark) fail(`the header is damaged: expected ${mark}`)
  }
  const list = (close: string, depth: number): Literal[] => {
    const items: Literal[] = []
    while (peek() !== close) {
      items.push(value(depth))
      if (peek() !== close) expect(',')
    }
    at++
    return items
  }
  const value = (depth: number): Literal => {
    const token = all[at++]
    if (!token || depth > depthLimit) return fail('the header is damaged: it is not a Python literal')
    const [, mark, single, double, number, word] = token
    if (single !== undefined || double !== undefined) return (single ?? double)!.replace(/\\(.)/g, '$1')
    if (number !== undefined) return Number(number)
    if (word !== undefined) return word === 'None' ? null : word === 'True'
    if (mark === '[') return list(']', depth + 1)
    if (mark === '(') {
      const start = at
      const items = list(')', depth + 1)
      return items.length === 1 && all[at - 2]?.[1] !== ',' && at > start ? items[0]! : items
    }
    if (mark === '{') {
      const entries = new Map<string, Literal>()
      while (peek() !== '}') {
        const key = value(depth + 1)
        if (typeof key !== 'string') return fail('the header is damaged: a key is not a text')
        expect(':')
        entries.set(key, value(depth + 1))
        if (peek() !== '}') expect(',')
      }
      at++
      return entries
    }
    return fail('the header is damaged: it is not a Python literal')
  }
  const found = value(0)
  if (at < all.length) fail('the header is damaged: something follows the dict')
  return found
}
