/** A case, whatever its format: it builds what is to be computed, and says afterwards what is wrong with the values. */
import type { Tensor, TypedArray } from 'nabla'

/** Something that does not agree. */
export interface Mismatch {
  /** What and where: `output[1, 2] is 3, expected 4`. */
  readonly text: string
  /** How far off: of several mismatches of a case the largest is shown. */
  readonly error: number
}

/** Values to read, and their judge. */
export interface Check {
  readonly tensors: readonly Tensor[]
  readonly judge: (values: readonly TypedArray[]) => Mismatch | undefined
}

export interface Case {
  readonly group: string
  readonly name: string
  /** What is called, under its original name. */
  readonly call: string
  /** Which of CS231n's assignments it is of: `a2/Dropout`. */
  readonly assignment?: string
  /** Builds the graphs of everything that is compared, computing as little as possible; throws where the library refuses. */
  readonly prepare: () => readonly Check[]
}

export interface Outcome {
  readonly case: Case
  /** Why it failed; undefined where it passed. */
  readonly failure?: string
}

/** Input that cannot be used: one line for the user, nothing to debug. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}

export const labelOf = ({ group, name }: Case): string => `${group}/${name}`
