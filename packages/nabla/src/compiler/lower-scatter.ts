/**
 * Lowers a scatter: what lies in the result's memory is the base, and the source is added to it (or put, multiplied, ...) in its order. Where one index serves whole rows (an embedding's
 * gradient) the rows are added as vectors, and jobs are made of blocks of columns; else every job has one line along the dimension.
 */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, cast, constant, index, load, local, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { both, iadd, imul, less, unravel, uses, within } from '../kernel/simplify.js'
import { combine } from './accumulate.js'
import { type Buffers, type LoweredKernel, vectorTypes } from './buffers.js'
import { Puller, valueType } from './pull.js'
import type { Value } from './value.js'

/** A job has at least this many columns, where there are more: a few cache lines of each row. */
const COLUMNS = 128

export function lowerScatter(value: Value, buffers: Buffers, machine: Machine): LoweredKernel {
  const [, where, source] = value.inputs as [Value, Value, Value]
  const dim = value.attrs['dim'] as number
  const { shape } = value
  const type = valueType(value.dtype)
  const op = value.op === 'scatterAdd' ? 'sum' : (value.attrs['op'] as string)
  const puller = new Puller((v, at, guard) => buffers.load(v, at, guard))
  const outer = shape.slice(0, dim)
  const inner = shape.slice(dim + 1)
  const columns = sizeOf(inner)

  const probe = where.shape.map((n) => (n === 1 ? index(0) : variable('p', 0, Math.max(0, n - 1))))
  const indexAt = (at: readonly Expr[]): Expr => cast(puller.at(where, at), 'index')
  const perRow =
    columns > 1 &&
    where.shape.slice(dim + 1).join() === inner.join() &&
    !probe.slice(dim + 1).some((v) => uses(indexAt(probe), v))
  const block = perRow ? blockOf(columns, machine.lanes) : 1
  const lanes = block % machine.lanes === 0 && vectorTypes([puller.at(source, probe)]) ? machine.lanes : 1

  const jobs = sizeOf(outer) * (columns / block)
  const job = variable('job', 0, Math.max(0, jobs - 1))
  const [first, ...rest] = unravel(job, [columns / block, ...outer])
  const start = imul(first!, block)
  const at = (i: Expr, column: Expr): Expr[] => [...rest, i, ...unravel(column, inner)]
  const write = (place: readonly Expr[], x: Expr): Stmt => ({ kind: 'store', ...buffers.store(value, place, x) })
  /** A statement for every column of the job. */
  const acrossColumns = (body: (column: Expr) => Stmt[]): Stmt[] => {
    if (block === 1) return body(start)
    const b = variable('b', 0, block / lanes - 1)
    if (lanes === 1) return [loop('serial', b, index(0), index(block), body(iadd(start, b)))]
    const l = variable('l', 0, lanes - 1)
    const column = iadd(start, iadd(imul(b, lanes), l))
    return [loop('serial', b, index(0), index(block / lanes), [loop('vector', l, index(0), index(lanes), body(column))])]
  }

  const k = variable('k', 0, Math.max(0, where.shape[dim]! - 1))
  const target = local('target', index(0), 'index')
  const add = acrossColumns((column) => {
    const place = at(target, column)
    const old = load(buffers.of(value), buffers.address(value, place), type)
    const given = puller.at(source, at(k, column))
    return [write(place, op === 'set' ? given : combine(op, old, given))]
  })
  // Lines that the index does not cover stay as they are.
  const covered = at(index(0), start).reduce<Expr>(
    (cond, e, d) => (d === dim ? cond : both(cond, less(e, where.shape[d]!))),
    constant(1, 'bool'),
  )
  const additions = loop('serial', k, index(0), index(where.shape[dim]!), [
    { kind: 'declare', name: 'target', type: 'index', size: 1, lanes: 1, init: indexAt(at(k, start)) },
    { kind: 'if', cond: within(target, shape[dim]!), then: add },
  ])
  return { job, jobs, body: [{ kind: 'if', cond: covered, then: [additions] }] }
}

/** Columns of a job: a divisor of all of them that leaves a few jobs, of whole vectors if that can be. */
function blockOf(columns: number, lanes: number): number {
  for (let jobs = Math.max(1, Math.floor(columns / COLUMNS)); jobs > 1; jobs--)
    if (columns % jobs === 0 && (columns / jobs) % lanes === 0) return columns / jobs
  return columns
}
