/** Errors: structured values first and prose once, with what was given, what was expected and what to do. */

export type ErrorKind =
  | 'shape'
  | 'dtype'
  | 'index'
  | 'argument'
  | 'autograd'
  | 'device'
  | 'memory'
  | 'compile'
  | 'data'
  | 'io'
  | 'training'

/** Every error that is thrown on purpose. The message says what was given, what was expected and what to do. */
export class NablaError extends Error {
  /** 'NablaError'. */
  override readonly name = 'NablaError'
  constructor(
    /** What went wrong, for programs. */
    readonly kind: ErrorKind,
    message: string,
    /** Facts a program can read: shapes, names, paths. */
    readonly facts: Readonly<Record<string, unknown>> = {},
  ) {
    super(message)
  }
}

export const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** The known name nearest to a mistyped one (edit distance), if it is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j)
    for (let i = 1; i <= a.length; i++) {
      const next = [i]
      for (let j = 1; j <= b.length; j++)
        next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      row = next
    }
    return row[b.length]!
  }
  const ranked = known.map((k) => ({ k, d: distance(name.toLowerCase(), k.toLowerCase()) })).sort((x, y) => x.d - y.d)
  const best = ranked[0]
  return best && best.d <= Math.max(2, Math.floor(name.length / 3)) ? best.k : undefined
}

/** `unknown data set "mnits"; did you mean "mnist"? Known: ...` */
export function unknownName(kind: ErrorKind, what: string, name: string, known: readonly string[]): NablaError {
  const near = nearest(name, known)
  return new NablaError(kind, `unknown ${what} "${name}"${near ? `; did you mean "${near}"?` : ''} Known: ${known.join(', ')}`, {
    name,
    known,
    nearest: near,
  })
}
