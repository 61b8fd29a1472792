/** How often tokens and runs of tokens occur, and how steeply that falls: Zipf's law. */
import { NablaError } from '../core/errors.js'

/** Tokens, or lists of tokens (lines, sentences). A string in it is one token. */
export type Corpus = Iterable<string | readonly string[]>

/** How often each token occurs, in the order of first occurrence. */
export function countTokens(corpus: Corpus): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (token: string) => counts.set(token, (counts.get(token) ?? 0) + 1)
  for (const item of corpus) {
    if (typeof item === 'string') add(item)
    else for (const token of item) add(token)
  }
  return counts
}

/**
 * How often each run of `n` tokens occurs; its key is the tokens with `separator` between them (default a space). Given lists,
 * no run crosses from one into the next.
 */
export function countNgrams(
  corpus: readonly string[] | readonly (readonly string[])[],
  n: number,
  separator = ' ',
): Map<string, number> {
  if (!Number.isInteger(n) || n < 1)
    throw new NablaError('argument', `[countNgrams] n ${n}: expected a whole number of 1 or more`, { n })
  const lists = typeof corpus[0] === 'string' ? [corpus as readonly string[]] : (corpus as readonly (readonly string[])[])
  const counts = new Map<string, number>()
  for (const tokens of lists)
    for (let i = 0; i + n <= tokens.length; i++) {
      const gram = tokens.slice(i, i + n).join(separator)
      counts.set(gram, (counts.get(gram) ?? 0) + 1)
    }
  return counts
}

/** The most frequent first; among equals the one whose text is first in code-unit order, so the order depends on nothing else. */
export function mostCommon(
  counts: ReadonlyMap<string, number>,
  limit = Number.POSITIVE_INFINITY,
): [token: string, count: number][] {
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : a > b ? 1 : 0))
  return ranked.slice(0, limit)
}

/** A line through log frequency over log rank. */
export interface ZipfFit {
  /** Counts, the largest first: what belongs on a log-log plot over ranks 1, 2, ... */
  readonly frequencies: readonly number[]
  /** a of frequency = c * rank^-a; near 1 for the words of natural language. */
  readonly exponent: number
  /** c of frequency = c * rank^-a. */
  readonly scale: number
  /** Share of the variance of log frequency that the line explains, 0 to 1. */
  readonly r2: number
}

/**
 * Fits Zipf's law (Zipf 1949) to counts by least squares on logarithms, over the ranks from `from` (default 1) to `to` (default: the
 * last), both included. Throws NablaError('data') where that leaves fewer than two.
 */
export function zipf(
  counts: ReadonlyMap<string, number>,
  { from = 1, to = counts.size }: { readonly from?: number; readonly to?: number } = {},
): ZipfFit {
  const frequencies = [...counts.values()].sort((a, b) => b - a)
  const ys = frequencies.slice(from - 1, to).map(Math.log)
  if (ys.length < 2)
    throw new NablaError(
      'data',
      `[zipf] ranks ${from} to ${to} of ${frequencies.length} different tokens: a line needs two or more`,
      { from, to, tokens: frequencies.length },
    )
  const xs = ys.map((_, i) => Math.log(from + i))
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [x0, y0] = [mean(xs), mean(ys)]
  const sum = (f: (dx: number, dy: number) => number) => xs.reduce((total, x, i) => total + f(x - x0, ys[i]! - y0), 0)
  const slope = sum((dx, dy) => dx * dy) / sum((dx) => dx * dx)
  const spread = sum((_, dy) => dy * dy)
  return {
    frequencies,
    exponent: -slope,
    scale: Math.exp(y0 - slope * x0),
    r2: spread === 0 ? 1 : (slope * slope * sum((dx) => dx * dx)) / spread,
  }
}
