/**
 * The loop IR: what every renderer turns into source or bytes. Its meaning is scalar and sequential; the kind of a loop only
 * says what a renderer MAY do with it, and the result is the same if it does nothing:
 *
 *     parallel jobs   the kernel's outermost loop, split statically over threads
 *     vector          at most `extent` lanes in lock-step: iterations touch different elements and share no local but by lane
 *     unroll          few iterations, best written out (register tiles)
 */
import type { DType } from '../core/dtype.js'
import type { Expr, ValueType, Var } from './expr.js'

export type Stmt =
  | {
      readonly kind: 'for'
      readonly loop: 'serial' | 'unroll' | 'vector'
      readonly v: Var
      readonly from: Expr
      readonly to: Expr
      readonly step: number
      readonly body: readonly Stmt[]
    }
  | { readonly kind: 'if'; readonly cond: Expr; readonly then: readonly Stmt[] }
  /**
   * A local array. With `lanes` > 1 it is an array of vectors: element [i] inside a vector loop means lane by lane,
   * so a scalar renderer keeps `size * lanes` elements and addresses `i * lanes + lane`. Outside a vector loop such an
   * array is only read by `reduce`.
   */
  | {
      readonly kind: 'declare'
      readonly name: string
      readonly type: ValueType
      readonly size: number
      readonly lanes: number
      readonly init: Expr | undefined
      /** Better held in a register than computed again from memory. */
      readonly keep?: boolean
      /** Kept in memory, for indices that are not constant. */
      readonly array?: boolean
    }
  | { readonly kind: 'set'; readonly name: string; readonly index: Expr; readonly value: Expr }
  | { readonly kind: 'store'; readonly buffer: number; readonly index: Expr; readonly value: Expr }
  /** `into[at]` (a scalar local) = all lanes of the vector local `from[index]` combined, pairwise: lanes i and i + n/2 first. */
  | {
      readonly kind: 'reduce'
      readonly op: 'add' | 'mul' | 'max' | 'min'
      readonly into: string
      readonly at: Expr
      readonly from: string
      readonly index: Expr
    }

export interface KernelBuffer {
  readonly dtype: DType
  readonly written: boolean
  /** Elements of a buffer that each job has for itself: nobody gives it, nobody reads it afterwards. Such buffers come last. */
  readonly own?: number
}

export interface Kernel {
  /** Says what it computes, for profiles: `contract[256,6,28,28]+add+relu`. */
  readonly name: string
  readonly buffers: readonly KernelBuffer[]
  /** The parallel loop: `job` runs from 0 to `jobs`, in any order and on any thread. */
  readonly job: Var
  readonly jobs: number
  readonly body: readonly Stmt[]
  /** Estimates, for profiles and for the choice between one thread and many. */
  readonly flops: number
  readonly bytes: number
}

export const loop = (
  kind: 'serial' | 'unroll' | 'vector',
  v: Var,
  from: Expr,
  to: Expr,
  body: readonly Stmt[],
  step = 1,
): Stmt => ({ kind: 'for', loop: kind, v, from, to, step, body })
