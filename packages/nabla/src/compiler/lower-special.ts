/** Ops with a loop of their own along one dimension, independent for everything around it: scan, sorting. Inputs are in memory, row-major. */
import { sizeOf } from '../core/shape.js'
import { type Expr, constant, index, local, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { unravel } from '../kernel/simplify.js'
import type { Buffers, LoweredKernel } from './buffers.js'
import { combine, startOf } from './accumulate.js'
import { type Line, mergePass, sortBlocks, sortRuns } from './lower-sort.js'
import { valueType } from './pull.js'
import type { Value } from './value.js'

export function lowerSpecial(value: Value, buffers: Buffers): LoweredKernel {
  const dim = value.attrs['dim'] as number
  const { shape } = value
  const around = shape.filter((_, d) => d !== dim)
  const runs = value.op === 'scan' ? 1 : sortRuns(value)
  const jobs = sizeOf(around) * runs
  const job = variable('job', 0, Math.max(0, jobs - 1))
  const [run, ...rest] = unravel(job, [runs, ...around])
  const at = (i: Expr): Expr[] => [...rest.slice(0, dim), i, ...rest.slice(dim)]
  const read = (v: Value, i: Expr): Expr => buffers.load(v, at(i), undefined)!
  const write = (i: Expr, x: Expr): Stmt => ({ kind: 'store', ...buffers.store(value, at(i), x) })
  const body = { scan, sortBlocks, mergePass }[value.op]!(value, { read, write, buffers, at, run: run! })
  return { job, jobs, body }
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
