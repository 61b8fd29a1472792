/** Sequences of different lengths to one rectangle: cut what is too long, fill what is too short, and say how long each was. */
import { NablaError } from '../core/errors.js'
import { tensor } from '../tensor/create.js'
import type { Tensor } from '../tensor/tensor.js'

/** How sequences become rows of one length. */
export interface PadOptions {
  /** Length of every row. Default: that of the longest sequence. */
  readonly length?: number
  /** What fills the rows. Default 0. */
  readonly pad?: number
  /** The end that is filled. Default `right`. */
  readonly side?: 'right' | 'left'
  /** The end that is cut off a sequence longer than `length`; `never`: such a sequence is an error. Default `right`. */
  readonly truncate?: 'right' | 'left' | 'never'
}

/** Rows of one length, on the host. */
export interface PaddedRows {
  /** The numbers, row-major [rows, length]. */
  readonly ids: Int32Array
  /** How many of each row are the sequence's: [rows]. */
  readonly lengths: Int32Array
  /** 1 where a number is the sequence's, 0 where it fills: [rows, length]. */
  readonly mask: Uint8Array
  /** Length of every row. */
  readonly length: number
}

/** Rows of one length, as tensors. */
export interface PaddedBatch {
  /** The numbers: int32 [N, T]. */
  readonly ids: Tensor
  /** How many of each row are the sequence's: int32 [N]. */
  readonly lengths: Tensor
  /** True where a number is the sequence's: bool [N, T]. (Attention's `keyPaddingMask` is its opposite, as in PyTorch.) */
  readonly mask: Tensor
}

/** As `padSequences`, on the host: for collation, and for workers. Throws NablaError('data') for what is too long with `truncate: 'never'`. */
export function padRows(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): PaddedRows {
  const { pad = 0, side = 'right', truncate = 'right' } = options
  const length = options.length ?? sequences.reduce((longest, s) => Math.max(longest, s.length), 0)
  if (!Number.isInteger(length) || length < 0)
    throw new NablaError('argument', `[padSequences] length ${length}: expected a whole number of 0 or more`, { length })
  const ids = new Int32Array(sequences.length * length).fill(pad)
  const mask = new Uint8Array(ids.length)
  const lengths = new Int32Array(sequences.length)
  sequences.forEach((sequence, row) => {
    if (sequence.length > length && truncate === 'never')
      throw new NablaError('data', `[padSequences] sequence ${row} has ${sequence.length} numbers, and rows have ${length}`, {
        row,
        given: sequence.length,
        length,
      })
    const kept = Math.min(sequence.length, length)
    const from = truncate === 'left' ? sequence.length - kept : 0
    const to = row * length + (side === 'left' ? length - kept : 0)
    for (let i = 0; i < kept; i++) ids[to + i] = sequence[from + i]!
    mask.fill(1, to, to + kept)
    lengths[row] = kept
  })
  return { ids, lengths, mask, length }
}

/**
 * Puts sequences into one batch: int32 [N, T], cut or filled to one length, with their lengths and a mask.
 *
 *     const { ids, lengths, mask } = padSequences([[5, 6, 7], [8]], { pad: 1 })   // ids [[5, 6, 7], [8, 1, 1]], lengths [3, 1]
 *
 */
export function padSequences(sequences: readonly ArrayLike<number>[], options: PadOptions = {}): PaddedBatch {
  const { ids, lengths, mask, length } = padRows(sequences, options)
  const shape = [sequences.length, length]
  return {
    ids: tensor(ids, { shape }),
    lengths: tensor(lengths, { shape: [sequences.length] }),
    mask: tensor(mask, { shape, dtype: 'bool' }),
  }
}

/**
 * Cuts two sequences until they have `length` numbers together: always off the end of the longer one, the second of equals (BERT's
 * way, Devlin et al. 2019).
 */
export function truncatePair<T>(first: readonly T[], second: readonly T[], length: number): [first: T[], second: T[]] {
  let [a, b] = [first.length, second.length]
  const over = Math.max(0, a + b - Math.max(0, length))
  const level = Math.min(over, Math.abs(a - b))
  if (a > b) a -= level
  else b -= level
  a -= Math.floor((over - level) / 2)
  b -= Math.ceil((over - level) / 2)
  return [first.slice(0, a), second.slice(0, b)]
}
