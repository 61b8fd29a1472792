/**
 * Ops with a loop of their own along one dimension, independent for everything around it: scan, sorting. Inputs are
 * in memory, row-major.
 *
 * Sorting goes in passes (build.ts): blocks of 32 by counting how many elements come before each, then merges of ever longer runs.
 */
import { sizeOf } from '../core/shape.js'
import { type Expr, binary, cast, constant, index, local, select, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, imin, imul, less, unravel } from '../kernel/simplify.js'
import type { Buffers, LoweredKernel } from './buffers.js'
import { combine, startOf } from './accumulate.js'
import { valueType } from './pull.js'
import type { Value } from './value.js'

export function lowerSpecial(value: Value, buffers: Buffers): LoweredKernel {
  const dim = value.attrs['dim'] as number
  const { shape } = value
  const around = shape.filter((_, d) => d !== dim)
  const runs =
    value.op === 'mergePass'
      ? Math.ceil(shape[dim]! / (2 * (value.attrs['width'] as number)))
      : value.op === 'sortBlocks'
        ? Math.ceil(shape[dim]! / (value.attrs['width'] as number))
        : 1
  const jobs = sizeOf(around) * runs
  const job = variable('job', 0, Math.max(0, jobs - 1))
  const [run, ...rest] = unravel(job, [runs, ...around])
  const at = (i: Expr): Expr[] => [...rest.slice(0, dim), i, ...rest.slice(dim)]
  const read = (v: Value, i: Expr): Expr => buffers.load(v, at(i), undefined)!
  const write = (i: Expr, x: Expr): Stmt => ({ kind: 'store', ...buffers.store(value, at(i), x) })
  const body = { scan, sortBlocks, mergePass }[value.op]!(value, { read, write, buffers, at, run: run! })
  return { job, jobs, body }
}

interface Line {
  /** Element i of an input, along the line of this job. */
  read(v: Value, i: Expr): Expr
  write(i: Expr, x: Expr): Stmt
  at(i: Expr): Expr[]
  readonly buffers: Buffers
  /** Which run of the line this job sorts. */
  readonly run: Expr
}

const zero = index(0)

function scan(value: Value, line: Line): Stmt[] {
  const n = value.shape[value.attrs['dim'] as number]!
  const op = value.attrs['op'] as string
  const type = valueType(value.dtype)
  const i = variable('i', 0, n - 1)
  const acc = local('acc', zero, type)
  return [
    { kind: 'declare', name: 'acc', type, size: 1, lanes: 1, init: constant(startOf(op, value.dtype), type) },
    loop('serial', i, zero, index(n), [
      { kind: 'set', name: 'acc', index: zero, value: combine(op, acc, line.read(value.inputs[0]!, i)) },
      line.write(i, acc),
    ]),
  ]
}

/** Whether a comes strictly before b; NaN is the largest. */
function before(a: Expr, b: Expr, descending: boolean): Expr {
  const [x, y] = descending ? [b, a] : [a, b]
  const lower = binary('lt', x, y)
  if (!x.type.startsWith('float')) return lower
  return binary('or', lower, binary('and', binary('ne', y, y), binary('eq', x, x)))
}

function sortBlocks(value: Value, line: Line): Stmt[] {
  const { dim, descending, width } = value.attrs as { dim: number; descending: boolean; width: number }
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
  const rank = local('rank', zero, 'index')
  return [
    loop('serial', i, from, to, [
      { kind: 'declare', name: 'rank', type: 'index', size: 1, lanes: 1, init: from },
      loop('serial', j, from, to, [
        { kind: 'set', name: 'rank', index: zero, value: select(first, binary('add', rank, index(1)), rank) },
      ]),
      line.write(rank, cast(i, 'int32')),
    ]),
  ]
}

function mergePass(value: Value, line: Line): Stmt[] {
  const { dim, descending, width } = value.attrs as { dim: number; descending: boolean; width: number }
  const [x, order] = value.inputs as [Value, Value]
  const n = value.shape[dim]!
  const from = imul(line.run, 2 * width)
  const middle = imin(index(n), iadd(from, width))
  const to = imin(index(n), iadd(from, 2 * width))
  const k = variable('k', 0, n - 1)
  const left = local('left', zero, 'index')
  const right = local('right', zero, 'index')
  const inRight = binary('lt', right, to)
  const clamp = (e: Expr): Expr => binary('min', e, index(n - 1))
  const a = line.read(order, clamp(left))
  const b = line.read(order, clamp(right))
  const rightFirst = before(line.read(x, cast(b, 'index')), line.read(x, cast(a, 'index')), descending)
  const takeRight = binary('and', inRight, binary('or', binary('le', middle, left), rightFirst))
  const take = local('take', zero, 'bool')
  return [
    { kind: 'declare', name: 'left', type: 'index', size: 1, lanes: 1, init: from },
    { kind: 'declare', name: 'right', type: 'index', size: 1, lanes: 1, init: middle },
    loop('serial', k, from, to, [
      { kind: 'declare', name: 'take', type: 'bool', size: 1, lanes: 1, init: takeRight },
      line.write(k, select(take, b, a)),
      { kind: 'set', name: 'left', index: zero, value: select(take, left, binary('add', left, index(1))) },
      { kind: 'set', name: 'right', index: zero, value: select(take, binary('add', right, index(1)), right) },
    ]),
  ]
}
