/**
 * Sorting, in passes (build.ts): blocks of 32 by counting how many elements come before each, then merges of ever longer runs.
 *
 * A merge is cut into segments of its result: where one begins in both runs is found by bisection, so that a pass over two long runs has
 * jobs enough. Every step of a merge waits for the one before, so a job walks several segments side by side.
 */
import { type Expr, binary, cast, constant, index, local, select, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, idiv, imax, imin, imul, isub, less } from '../kernel/simplify.js'
import type { Buffers } from './buffers.js'
import { valueType } from './pull.js'
import type { Value } from './value.js'

/** A line along the dimension. */
export interface Line {
  /** Element i of an input, along the line of this job. */
  read(v: Value, i: Expr): Expr
  write(i: Expr, x: Expr): Stmt
  at(i: Expr): Expr[]
  readonly buffers: Buffers
  /** Which run of the line this job is for. */
  readonly run: Expr
}

/** Elements of a segment, at most. */
const SEGMENT = 2048
/** Segments that a job merges side by side. */
const SIDE_BY_SIDE = 4

interface SortAttrs {
  readonly dim: number
  readonly descending: boolean
  /** Of the sorted runs: of this pass' result (blocks), or of what it merges. */
  readonly width: number
}
const sortAttrs = (value: Value): SortAttrs => value.attrs as unknown as SortAttrs

function segments(value: Value): { length: number; sideBySide: number } {
  const { dim, width } = sortAttrs(value)
  const length = Math.min(2 * width, SEGMENT)
  return { length, sideBySide: Math.min(SIDE_BY_SIDE, Math.ceil(value.shape[dim]! / length)) }
}

/** Jobs for one line. */
export function sortRuns(value: Value): number {
  const { dim, width } = sortAttrs(value)
  if (value.op === 'sortBlocks') return Math.ceil(value.shape[dim]! / width)
  const { length, sideBySide } = segments(value)
  return Math.ceil(value.shape[dim]! / (length * sideBySide))
}

/** Whether a comes strictly before b; NaN is the largest. */
function before(a: Expr, b: Expr, descending: boolean): Expr {
  const [x, y] = descending ? [b, a] : [a, b]
  const lower = binary('lt', x, y)
  if (!x.type.startsWith('float')) return lower
  return binary('or', lower, binary('and', binary('ne', y, y), binary('eq', x, x)))
}

export function sortBlocks(value: Value, line: Line): Stmt[] {
  const { dim, descending, width } = sortAttrs(value)
  const x = value.inputs[0]!
  const n = value.shape[dim]!
  const from = imul(line.run, width)
  const to = imin(index(n), iadd(from, width))
  const i = variable('i', 0, n - 1)
  const j = variable('j', 0, n - 1)
  const [a, b] = [line.read(x, i), line.read(x, j)]
  const first = binary(
    'or',
    before(b, a, descending),
    binary('and', less(j, i), binary('eq', cast(before(a, b, descending), 'int32'), constant(0, 'int32'))),
  )
  const rank = local('rank', index(0), 'index')
  return [
    loop('serial', i, from, to, [
      { kind: 'declare', name: 'rank', type: 'index', size: 1, lanes: 1, init: from },
      loop('serial', j, from, to, [
        { kind: 'set', name: 'rank', index: index(0), value: select(first, binary('add', rank, index(1)), rank) },
      ]),
      line.write(rank, cast(i, 'int32')),
    ]),
  ]
}

export function mergePass(value: Value, line: Line): Stmt[] {
  const [x, order] = value.inputs as [Value, Value]
  const { dim, descending, width } = sortAttrs(value)
  const n = value.shape[dim]!
  const { length, sideBySide } = segments(value)
  const walks = Array.from({ length: sideBySide }, (_, c) =>
    walk(x, order, line, iadd(imul(line.run, length * sideBySide), c * length), c, { n, width, descending }),
  )
  const steps = variable('step', 0, 31)
  const k = variable('k', 0, length - 1)
  return [
    ...walks.flatMap((w) => w.bounds),
    loop(
      'serial',
      steps,
      index(0),
      index(Math.ceil(Math.log2(width)) + 1),
      walks.flatMap((w) => w.bisect),
    ),
    ...walks.flatMap((w) => w.heads),
    loop(
      'serial',
      k,
      index(0),
      index(length),
      walks.flatMap((w) => w.merge(k)),
    ),
  ]
}

interface Merge {
  readonly n: number
  readonly width: number
  readonly descending: boolean
}

/** The merge of one segment, from `start` on, as the statements of its stages. */
function walk(x: Value, order: Value, line: Line, start: Expr, c: number, { n, width, descending }: Merge) {
  const key = valueType(x.dtype)
  const base = imul(idiv(start, 2 * width), 2 * width)
  const inPair = isub(start, base)
  const lefts = imin(index(width), isub(index(n), base))
  const rights = imax(index(0), imin(index(width), isub(index(n - width), base)))
  const [leftEnd, middle] = [iadd(base, lefts), iadd(base, width)]
  const rightEnd = iadd(middle, rights)
  const count = isub(index(n), start)
  const clamp = (e: Expr): Expr => binary('min', e, index(n - 1))
  const at = (position: Expr): Expr => line.read(order, clamp(position))
  const keyOf = (element: Expr): Expr => line.read(x, cast(element, 'index'))

  const name = (what: string): string => `${what}c${c}`
  const here = (what: string, type: Expr['type'] = 'index'): Expr => local(name(what), index(0), type)
  const declare = (what: string, init: Expr): Stmt => ({
    kind: 'declare',
    name: name(what),
    type: init.type,
    size: 1,
    lanes: 1,
    init,
  })
  const set = (what: string, e: Expr): Stmt => ({ kind: 'set', name: name(what), index: index(0), value: e })

  const [low, high, mid] = [here('low'), here('high'), here('mid')]
  const goesRight = here('goes', 'bool')
  const bisect: Stmt = {
    kind: 'if',
    cond: binary('lt', low, high),
    then: [
      declare('mid', binary('div', binary('add', low, high), index(2))),
      declare(
        'goes',
        before(
          keyOf(at(binary('add', middle, binary('sub', binary('sub', inPair, index(1)), mid)))),
          keyOf(at(binary('add', base, mid))),
          descending,
        ),
      ),
      set('high', select(goesRight, mid, high)),
      set('low', select(goesRight, low, binary('add', mid, index(1)))),
    ],
  }

  const [left, right, take, next] = [here('left'), here('right'), here('take', 'bool'), here('next', 'int32')]
  const [a, b] = [here('a', 'int32'), here('b', 'int32')]
  const [keyA, keyB, keyNext] = [here('keyA', key), here('keyB', key), here('keyNext', key)]
  const takeRight = binary(
    'and',
    binary('lt', right, rightEnd),
    binary('or', binary('le', leftEnd, left), before(keyB, keyA, descending)),
  )
  const merge = (k: Expr): Stmt => ({
    kind: 'if',
    cond: less(k, count),
    then: [
      declare('take', takeRight),
      line.write(iadd(start, k), select(take, b, a)),
      set('left', select(take, left, binary('add', left, index(1)))),
      set('right', select(take, binary('add', right, index(1)), right)),
      declare('next', at(select(take, right, left))),
      declare('keyNext', keyOf(next)),
      set('a', select(take, a, next)),
      set('keyA', select(take, keyA, keyNext)),
      set('b', select(take, next, b)),
      set('keyB', select(take, keyNext, keyB)),
    ],
  })
  return {
    bounds: [declare('low', imax(index(0), isub(inPair, rights))), declare('high', imin(inPair, lefts))],
    bisect: [bisect],
    heads: [
      declare('left', binary('add', base, low)),
      declare('right', binary('add', middle, binary('sub', inPair, low))),
      declare('a', at(left)),
      declare('b', at(right)),
      declare('keyA', keyOf(a)),
      declare('keyB', keyOf(b)),
    ],
    merge: (k: Expr): Stmt[] => [merge(k)],
  }
}
