/**
 * Sequences with a rule behind them, made up as they are asked for: what a recurrent network or a Transformer should learn without a fault. Symbols
 * are numbers from 3 on; 0 is left for padding, 1 for a beginning, 2 for an end.
 *
 *     count     4 5 6 7       -> 5 6 7 8         goes on by a step, around the end of the symbols: what comes next
 *     copy      7 3 9         -> 7 3 9           the same again
 *     reverse   7 3 9         -> 9 3 7           from the end
 *     sort      7 3 9         -> 3 7 9           in order
 *     parity    1 0 1 1       -> 1 1 0 1         whether there was an odd number of ones so far
 *     grammar   the dogs see  -> dogs see a      sentences whose verbs agree with their subjects: what comes next
 */
import { NablaError, unknownName } from '../../core/errors.js'
import { BaseDataset } from '../dataset.js'
import { type Recipe, recipeKey } from '../portable.js'
import { SampleRandom } from '../random.js'

/** What the rule is. */
export type SequenceTask = 'count' | 'copy' | 'reverse' | 'sort' | 'parity' | 'grammar'

/** What the sequences are like. */
export interface SequencesOptions {
  /** Number of samples. Default 1000. */
  readonly length?: number
  /** Fewest and most symbols in an input. Default [3, 10]. The grammar has lengths of its own. */
  readonly between?: readonly [least: number, most: number]
  /** Number of different symbols. Default 10. Parity has 2, the grammar its words. */
  readonly symbols?: number
  /** Another seed gives other sequences. Default 0. */
  readonly seed?: number
}

/** A sequence and what becomes of it. */
export interface SequenceSample {
  /** Numbers of symbols. */
  readonly input: Int32Array
  /** As many again. */
  readonly target: Int32Array
}

const marks = ['<pad>', '<bos>', '<eos>']
const first = marks.length

/** Sentences: [a noun phrase] [a verb in its number] [a noun phrase], perhaps with a relative clause after the first. */
const words = {
  determiners: [
    ['the', 'a'],
    ['the', 'some'],
  ],
  nouns: [
    ['dog', 'cat', 'bird', 'child'],
    ['dogs', 'cats', 'birds', 'children'],
  ],
  verbs: [
    ['sees', 'hears', 'likes'],
    ['see', 'hear', 'like'],
  ],
} as const
const vocabulary = [...new Set([...words.determiners, ...words.nouns, ...words.verbs].flat()), 'that', '.']

const rules: Readonly<
  Record<SequenceTask, (random: SampleRandom, length: number, symbols: number) => readonly [number[], number[]]>
> = {
  count: (random, length, symbols) => {
    const [start, step] = [random.integer(symbols), 1 + random.integer(Math.min(3, symbols - 1))]
    const all = Array.from({ length: length + 1 }, (_, i) => (start + step * i) % symbols)
    return [all.slice(0, -1), all.slice(1)]
  },
  copy: (random, length, symbols) => twice(drawn(random, length, symbols), (all) => all),
  reverse: (random, length, symbols) => twice(drawn(random, length, symbols), (all) => all.toReversed()),
  sort: (random, length, symbols) => twice(drawn(random, length, symbols), (all) => all.toSorted((a, b) => a - b)),
  parity: (random, length) =>
    twice(drawn(random, length, 2), (bits) => {
      let odd = 0
      return bits.map((bit) => (odd ^= bit))
    }),
  grammar: (random) => {
    const all = sentence(random).map((word) => vocabulary.indexOf(word))
    return [all.slice(0, -1), all.slice(1)]
  },
}

const drawn = (random: SampleRandom, length: number, symbols: number): number[] =>
  Array.from({ length }, () => random.integer(symbols))
const twice = (input: number[], f: (input: number[]) => number[]): [number[], number[]] => [input, f(input)]

function sentence(random: SampleRandom): string[] {
  const pick = (list: readonly string[]): string => list[random.integer(list.length)]!
  const phrase = (many: 0 | 1): string[] => [pick(words.determiners[many]), pick(words.nouns[many])]
  const number = (): 0 | 1 => random.integer(2) as 0 | 1
  const many = number()
  const clause = random.chance(0.3) ? ['that', pick(words.verbs[many]), ...phrase(number())] : []
  return [...phrase(many), ...clause, pick(words.verbs[many]), ...phrase(number()), '.']
}

/** The data set that `sequences` makes. */
export class SequencesDataset extends BaseDataset<SequenceSample> {
  readonly length: number
  /** What each number stands for: `<pad>`, `<bos>`, `<eos>`, and then the symbols. */
  readonly tokens: readonly string[]
  private readonly options: Required<SequencesOptions>

  constructor(
    /** The rule. */
    readonly task: SequenceTask,
    { length = 1000, between = [3, 10], symbols = 10, seed = 0 }: SequencesOptions = {},
  ) {
    super()
    if (!Object.hasOwn(rules, task)) throw unknownName('argument', 'task', String(task), Object.keys(rules))
    const [least, most] = between
    const bad = (what: string): never => {
      throw new NablaError('argument', `[sequences] ${what}`, { length, between, symbols, seed })
    }
    const whole = (value: number, low: number): boolean => Number.isSafeInteger(value) && value >= low
    if (!whole(length, 0)) bad(`length ${length}: expected a whole number of 0 or more`)
    if (!whole(least, 1) || !whole(most, least)) bad(`between [${least}, ${most}]: expected the least and the most, 1 or more`)
    if (!whole(symbols, 2)) bad(`symbols ${symbols}: expected a whole number of 2 or more`)
    if (!whole(seed, 0)) bad(`seed ${seed}: expected a whole number of 0 or more`)
    this.length = length
    this.options = { length, between, symbols, seed }
    const digits = Array.from({ length: task === 'parity' ? 2 : symbols }, (_, i) => String(i))
    this.tokens = [...marks, ...(task === 'grammar' ? vocabulary : digits)]
  }

  get(index: number): SequenceSample {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length))
      throw new NablaError('index', `[sequences] there is no sample ${index}: there are ${this.length}`, { index })
    const { between, symbols, seed } = this.options
    const random = new SampleRandom(seed, 0, index)
    const length = between[0] + random.integer(between[1] - between[0] + 1)
    const [input, target] = rules[this.task](random, length, symbols)
    return { input: Int32Array.from(input, (x) => x + first), target: Int32Array.from(target, (x) => x + first) }
  }

  /** Numbers as text: `set.show(sample.input)`. */
  show(numbers: ArrayLike<number>): string {
    return Array.from(numbers, (x) => this.tokens[x] ?? '?').join(' ')
  }

  /** How a loader's worker makes this data set again. */
  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'SequencesDataset', args: [this.task, this.options], construct: true }
  }
}

/**
 * Sequences by a rule, `{ input, target }` of equal length.
 *
 *     const set = sequences('reverse', { length: 2000, between: [4, 8], symbols: 12 })
 *     set.show(set.get(0).target)
 *
 * Throws NablaError with the nearest name for a task that there is not, and for settings that make no sequence.
 */
export const sequences = (task: SequenceTask, options: SequencesOptions = {}): SequencesDataset =>
  new SequencesDataset(task, options)
