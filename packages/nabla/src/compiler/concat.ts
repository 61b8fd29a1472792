/**
 * Concatenations. One of a few views is read through a choice by position, like any movement. Every other one lies in memory as a
 * whole ('whole'), and its parts are written where they belong (their home): what a loop over time steps computes is then stacked without
 * being copied. A part that has to lie elsewhere (an input of the program, a view, an output) is copied in.
 */
import { type Shape, sizeOf } from '../core/shape.js'
import { startsOf } from '../ops/concat.js'
import { isMovement, isSpecial } from './kinds.js'
import { type Layout, strideOf } from './layout.js'
import { type Value, type ValueGraph, ordered } from './value.js'

/** Where a slice begins, if it is one run of its input's memory (row-major) and not all of it. */
export function runOf(slice: Value): number | undefined {
  const ranges = slice.attrs['ranges'] as readonly { readonly start: number; readonly step: number }[]
  const { shape } = slice.inputs[0]!
  const dim = slice.shape.findIndex((n) => n !== 1)
  const cut = dim < 0 ? shape.length : dim
  const whole = slice.shape.slice(cut + 1).every((n, k) => n === shape[cut + 1 + k])
  if (!whole || ranges[cut]?.step !== (cut < shape.length ? 1 : undefined) || sizeOf(slice.shape) === 0) return undefined
  return ranges.reduce((flat, { start }, d) => flat * shape[d]! + start, 0)
}

/** Where a value lies inside another one's memory: `offset` elements from its start; with the strides of `within`, if that is given. */
export interface Home {
  readonly of: Value
  readonly offset: number
  readonly within: Shape | undefined
}

/** More parts than this are not chosen among by position. */
const FEW_PARTS = 4

/** Concatenations of a few views whose elements nobody reads again and again. */
export function chosenByPosition(outputs: readonly Value[]): Set<Value> {
  const order = ordered(outputs)
  const found = new Set<Value>()
  const isView = (v: Value): boolean => v.op === 'leaf' || found.has(v) || (isMovement(v) && isView(v.inputs[0]!))
  for (const v of order) if (v.op === 'concat' && v.inputs.length <= FEW_PARTS && v.inputs.every(isView)) found.add(v)
  const reread = new Set<Value>()
  for (const v of order.toReversed())
    for (const input of v.inputs)
      if (v.op === 'contract' || isSpecial(v) || (reread.has(v) && (isMovement(v) || v.op === 'concat'))) reread.add(input)
  return new Set([...found].filter((v) => !reread.has(v)))
}

export interface Part {
  /** What is computed: the part itself, or a copy of it. */
  readonly value: Value
  readonly home: Omit<Home, 'of'>
}

/** The parts of a concatenation as they are written into the whole, which lies in `layout`; `mayMove` tells what has no place yet. */
export function partsInPlace(
  whole: Value,
  given: readonly Value[],
  layout: Layout | undefined,
  graph: ValueGraph,
  mayMove: (part: Value) => boolean,
): Part[] {
  const dim = whole.attrs['dim'] as number
  const starts = startsOf(whole.inputs, dim)
  const before = whole.shape.slice(0, dim)
  const stride = strideOf(whole.shape, layout, dim)
  const contiguous = !layout && sizeOf(before) === 1
  const taken = new Set<Value>()
  return given.map((part, k) => {
    const home = { offset: starts[k]! * stride, within: contiguous ? undefined : whole.shape }
    let value = part
    // Where the part is one run of memory, its shape does not matter.
    while (contiguous && value.op === 'reshape') value = value.inputs[0]!
    if (isMovement(value) || taken.has(value) || (value.op === 'whole' && !contiguous) || !mayMove(value))
      value = graph.copy(part, `part ${k} of ${whole.id}`)
    taken.add(value)
    return { value, home }
  })
}
