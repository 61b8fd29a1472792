/** Cutting a data set into parts: at random, with the classes in proportion, and into folds. Everything follows from the seed. */
import { NablaError } from '../core/errors.js'
import { type MapStyleDataset, Subset } from './dataset.js'
import { permutation, upTo } from './permutation.js'

/** From what a split is drawn. */
export interface SplitOptions {
  /** The parts are a function of this. Default 0. */
  readonly seed?: number
}

/** How folds are cut. */
export interface FoldOptions extends SplitOptions {
  /** Mix the samples first. Default true. */
  readonly shuffle?: boolean
}

/** One round of a cross-validation: numbers of samples, each ascending. */
export interface Fold {
  /** To learn from. */
  readonly train: Uint32Array
  /** To be judged by: in no other round's test part. */
  readonly test: Uint32Array
}

/**
 * Random parts of a data set: of these many samples each, or of these fractions, which add up to 1 (what rounding leaves goes to the first
 * parts, one each, as in PyTorch). Throws NablaError('argument') when they do not add up.
 */
export function randomSplit<Sample>(
  dataset: MapStyleDataset<Sample>,
  sizes: readonly number[],
  { seed = 0 }: SplitOptions = {},
): Subset<Sample>[] {
  const counts = countsOf('randomSplit', sizes, dataset.length)
  const order = permutation(dataset.length, seed)
  let at = 0
  return counts.map((count) => new Subset(dataset, order.subarray(at, (at += count))))
}

/**
 * Parts of these fractions in which every class has its share, give or take one sample; `labels[i]` is the class of sample i. Gives the
 * numbers of each part's samples, mixed: `dataset.subset(part)`.
 */
export function stratifiedSplit(
  labels: ArrayLike<number | string>,
  fractions: readonly number[],
  { seed = 0 }: SplitOptions = {},
): Uint32Array[] {
  const counts = countsOf('stratifiedSplit', fractions, labels.length)
  const total = counts.reduce((a, b) => a + b, 0) || 1
  const parts: number[][] = fractions.map(() => [])
  // Every class goes on where the one before it ended: sample k of the line belongs to the part that is most behind its share.
  const filled = new Float64Array(parts.length)
  let k = 0
  for (const members of classesOf(labels, seed).values())
    for (const index of members) {
      k++
      let most = -Infinity
      let part = 0
      counts.forEach((count, p) => {
        const behind = (count * k) / total - filled[p]!
        if (filled[p]! < count && behind > most) [most, part] = [behind, p]
      })
      filled[part]!++
      parts[part]!.push(index)
    }
  return parts.map((part, p) => mixed(part, seed, p))
}

/**
 * k rounds of a cross-validation over n samples: each sample is in the test part of exactly one round. The first n mod k test parts have one
 * sample more. Throws NablaError('argument') unless 2 <= k <= n.
 */
export function kFold(n: number, k: number, { seed = 0, shuffle = true }: FoldOptions = {}): Fold[] {
  checkFolds('kFold', n, k)
  const order = shuffle ? permutation(n, seed) : upTo(n)
  const fold = new Uint32Array(n)
  for (let round = 0, at = 0; round < k; round++)
    for (const end = at + Math.floor(n / k) + (round < n % k ? 1 : 0); at < end; at++) fold[order[at]!] = round
  return foldsOf(fold, k)
}

/**
 * Like `kFold`, with every class in proportion in every test part, give or take one sample. Throws NablaError('data') when a class has fewer
 * than k samples.
 */
export function stratifiedKFold(
  labels: ArrayLike<number | string>,
  k: number,
  { seed = 0, shuffle = true }: FoldOptions = {},
): Fold[] {
  checkFolds('stratifiedKFold', labels.length, k)
  const fold = new Uint32Array(labels.length)
  let next = 0
  for (const [label, members] of classesOf(labels, shuffle ? seed : undefined)) {
    if (members.length < k)
      throw new NablaError('data', `[stratifiedKFold] class ${label} has ${members.length} samples: too few for ${k} folds`, {
        label,
        k,
      })
    for (const index of members) fold[index] = next++ % k
  }
  return foldsOf(fold, k)
}

function checkFolds(what: string, n: number, k: number): void {
  if (!Number.isInteger(k) || k < 2 || k > n)
    throw new NablaError('argument', `[${what}] ${k} folds of ${n} samples: expected a whole number from 2 to ${n}`, { n, k })
}

function foldsOf(fold: Uint32Array, k: number): Fold[] {
  return Array.from({ length: k }, (_, round) => {
    const [train, test]: [number[], number[]] = [[], []]
    fold.forEach((f, i) => (f === round ? test : train).push(i))
    return { train: Uint32Array.from(train), test: Uint32Array.from(test) }
  })
}

/** The samples of each class, mixed if there is a seed; classes in the order of their first samples. */
function classesOf(
  labels: ArrayLike<number | string>,
  seed: number | undefined,
): Map<number | string, ArrayLike<number> & Iterable<number>> {
  const classes = new Map<number | string, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const members = classes.get(labels[i]!)
    if (members) members.push(i)
    else classes.set(labels[i]!, [i])
  }
  return seed === undefined ? classes : new Map([...classes].map(([label, members], c) => [label, mixed(members, seed, c + 1)]))
}

/** The same numbers in another order. */
const mixed = (numbers: readonly number[], seed: number, stream: number): Uint32Array =>
  permutation(numbers.length, seed, stream).map((i) => numbers[i]!)

/** How many samples each part gets: the sizes themselves, or fractions of n, what rounding leaves going to the first parts. */
function countsOf(what: string, sizes: readonly number[], n: number): number[] {
  const sum = sizes.reduce((a, b) => a + b, 0)
  const fail = (expected: string): never => {
    throw new NablaError('argument', `[${what}] parts of ${sizes.join(', ')} add up to ${sum}: expected ${expected}`, {
      sizes,
      samples: n,
    })
  }
  if (sizes.length === 0 || sizes.some((size) => !(size >= 0))) fail('numbers of 0 or more')
  if (sizes.every(Number.isInteger) && !(sum === 1 && n !== 1))
    return sum === n ? [...sizes] : fail(`the ${n} samples there are, or 1`)
  if (Math.abs(sum - 1) > 1e-9) fail(`the ${n} samples there are, or 1`)
  const counts = sizes.map((size) => Math.floor(size * n + 1e-9))
  let rest = n - counts.reduce((a, b) => a + b, 0)
  for (let part = 0; rest > 0; part = (part + 1) % counts.length)
    if (sizes[part]! > 0) {
      counts[part]!++
      rest--
    }
  return counts
}
