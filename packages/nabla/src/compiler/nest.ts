/**
 * The loop nest of a group: which dimensions of its domain are walked by which loop. Neighbouring dimensions merge where
 * every address stays affine, one axis is taken apart into blocks and lanes for the vector unit, and the leading axes make
 * the parallel jobs.
 */
import type { Shape } from '../core/shape.js'
import type { Value } from './value.js'
import { type Expr, type Var, index } from '../kernel/expr.js'
import { iadd, imul, unravel } from '../kernel/simplify.js'

/** Element-wise work and reductions over one domain. */
export interface LoopGroup {
  readonly full: Shape
  /** Dimensions of `full` that are reduced. */
  readonly inner: readonly number[]
  readonly reduces: readonly Value[]
  /** What is written: values of the full shape, or of the outer shape (after the reductions). */
  readonly outputs: readonly Value[]
}

/** The shape that reductions of the group have. */
export const outerShape = (group: LoopGroup): Shape => group.reduces[0]?.shape ?? group.full

/** One loop over neighbouring dimensions, merged row-major. */
export interface Axis {
  readonly dims: readonly number[]
  readonly extent: number
  /** Reduced, not part of the output. */
  readonly inner: boolean
}

/** One loop an extent above 1; the others are constant 0. */
export const axesOf = (full: Shape, inner: readonly number[]): Axis[] =>
  full.flatMap((extent, d) => (extent === 1 ? [] : [{ dims: [d], extent, inner: inner.includes(d) }]))

/** The index in the domain, from the position on every axis. */
export function atOf(full: Shape, axes: readonly Axis[], positions: readonly Expr[]): Expr[] {
  const at: Expr[] = full.map(() => index(0))
  axes.forEach((axis, i) => {
    const parts = unravel(
      positions[i]!,
      axis.dims.map((d) => full[d]!),
    )
    axis.dims.forEach((d, k) => (at[d] = parts[k]!))
  })
  return at
}

const joined = (a: Axis, b: Axis): Axis => ({ dims: [...a.dims, ...b.dims], extent: a.extent * b.extent, inner: a.inner })

/** Merges neighbours as long as `affine` accepts the nest: all at once where that goes, as mostly it does, else pair by pair. */
export function merged(axes: readonly Axis[], fixed: Axis | undefined, affine: (axes: readonly Axis[]) => boolean): Axis[] {
  const may = (a: Axis, b: Axis): boolean => a !== fixed && b !== fixed && a.inner === b.inner && a.dims.at(-1)! < b.dims[0]!
  const all: Axis[] = []
  for (const axis of axes) {
    const last = all.at(-1)
    if (last && may(last, axis)) all[all.length - 1] = joined(last, axis)
    else all.push(axis)
  }
  if (all.length === axes.length) return [...axes]
  if (affine(all)) return all
  let result = [...axes]
  for (let i = result.length - 2; i >= 0; i--) {
    const [a, b] = [result[i]!, result[i + 1]!]
    if (!may(a, b)) continue
    const candidate = result.toSpliced(i, 2, joined(a, b))
    if (affine(candidate)) result = candidate
  }
  return result
}

/** A job number taken apart into positions on the given extents, row-major. */
export function positionsOfJob(job: Var, extents: readonly number[]): Expr[] {
  return unravel(job, extents)
}

/** Block `b` of `lanes` elements, at lane `l`. */
export const blocked = (b: Expr, l: Expr, lanes: number): Expr => iadd(imul(b, lanes), l)

/** `count` rows cut into as few tiles of at most `most` as possible, of equal size or one apart: larger ones first. */
export function equalParts(count: number, most: number): { size: number; from: number; tiles: number }[] {
  const parts = Math.ceil(count / most)
  const small = Math.floor(count / parts)
  const large = count % parts
  const result = []
  if (large) result.push({ size: small + 1, from: 0, tiles: large })
  if (parts > large) result.push({ size: small, from: large * (small + 1), tiles: parts - large })
  return result
}
