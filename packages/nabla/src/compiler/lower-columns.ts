/**
 * Lowers reductions along leading dimensions (a bias' gradient, statistics of columns), where what is kept lies in line:
 *
 *     for every job, a chunk of the columns:
 *       sums[columns] = start
 *       for every row:   for every vector of columns:   sums[column] += term
 *       for every vector of columns:   store
 *
 * so that memory is read row by row, as it lies. Sums stay in the first-level cache.
 */
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, constant, index, local, variable } from '../kernel/expr.js'
import { type Stmt, loop } from '../kernel/loop.js'
import { iadd, imul, strideIn } from '../kernel/simplify.js'
import { accumulate, resultName, startOf } from './accumulate.js'
import { type Buffers, type LoweredKernel, vectorTypes, walk, writes } from './buffers.js'
import { type Axis, type LoopGroup, atOf, axesOf, outerShape, positionsOfJob } from './nest.js'
import { Puller, valueType } from './pull.js'
import type { Value } from './value.js'

/** Vectors of columns in a job, at most: the sums of several reductions fit the first-level cache. */
const MOST_VECTORS = 64
const FEWEST_VECTORS = 4
const FEWEST_JOBS = 8
const FEWEST_ROWS = 16

/** Undefined where the group has another form. */
export function lowerColumns(group: LoopGroup, buffers: Buffers, machine: Machine): LoweredKernel | undefined {
  const { full, inner, reduces, outputs } = group
  const axes = axesOf(full, inner)
  const columns = axes.at(-1)
  const rows = axes.filter((a) => a.inner)
  if (machine.lanes < 2 || !columns || columns.inner || !rows.length) return undefined
  const single = reduces.every((r) => r.op === 'sum' || r.op === 'max' || r.op === 'min' || r.op === 'prod')
  const outer = outerShape(group)
  // What the group itself stores is not there yet while it sums.
  const known = (v: Value): boolean => buffers.isStored(v) && !outputs.includes(v)
  const dependent = reduces.some((r) => reads(r.inputs[0]!, reduces, known))
  const vectors = Math.floor(columns.extent / machine.lanes)
  if (!single || dependent || outputs.some((o) => sizeOf(o.shape) !== sizeOf(outer) || buffers.layout(o))) return undefined
  if (columns.extent % machine.lanes !== 0 || vectors < FEWEST_VECTORS) return undefined
  if (sizeOf(rows.map((a) => a.extent)) < FEWEST_ROWS) return undefined

  const others = axes.filter((a) => !a.inner && a !== columns)
  const places = sizeOf(others.map((a) => a.extent))
  let chunk = Math.min(MOST_VECTORS, vectors)
  while (chunk > FEWEST_VECTORS && (vectors % chunk !== 0 || (places * vectors) / chunk < FEWEST_JOBS)) chunk--
  if (vectors % chunk !== 0) return undefined
  const extents = [...others.map((a) => a.extent), vectors / chunk]
  const jobs = sizeOf(extents)
  const job = variable('job', 0, jobs - 1)
  const ofJob = positionsOfJob(job, extents)

  const lane = variable('l', 0, machine.lanes - 1)
  const slot = variable('c', 0, chunk - 1)
  const column = iadd(imul(iadd(imul(ofJob.at(-1)!, chunk), slot), machine.lanes), lane)
  const row = rows.map((a) => variable('k', 0, a.extent - 1))
  const at = (inside: boolean): Expr[] =>
    atOf(
      full,
      axes,
      axes.map((a: Axis) =>
        a === columns ? column : a.inner ? (inside ? row[rows.indexOf(a)]! : index(0)) : ofJob[others.indexOf(a)]!,
      ),
    )
  const load = (v: Value, where: readonly Expr[], guard: Expr | undefined) =>
    outputs.includes(v) ? undefined : buffers.load(v, where, guard)
  const terms = reduces.map((r) => new Puller(load).at(r.inputs[0]!, at(true)))
  const results = new Puller((v, where, guard) =>
    reduces.includes(v) ? local(resultName(v), slot, valueType(v.dtype)) : load(v, where, guard),
  )
  const values = outputs.map((o) => results.at(o, at(false)))
  if (!vectorTypes([...terms, ...values])) return undefined
  // Columns must lie in line: in a batch's layout they do not.
  let inLine = true
  walk(terms, (e) => (inLine &&= e.kind !== 'load' || [0, 1].includes(strideIn(e.index, lane) ?? -1)))
  if (!inLine) return undefined

  const across = (body: Stmt[]): Stmt =>
    loop('serial', slot, index(0), index(chunk), [loop('vector', lane, index(0), index(machine.lanes), body)])
  const declared = reduces.map((r): Stmt => {
    const type = valueType(r.dtype)
    return {
      kind: 'declare',
      name: resultName(r),
      type,
      size: chunk,
      lanes: machine.lanes,
      init: constant(startOf(r.op, r.dtype), type),
      array: true,
    }
  })
  const sums = across(reduces.flatMap((r, i) => accumulate(r, resultName(r), slot, terms[i]!, at(true), rows, full)))
  const overRows = rows.reduceRight<Stmt>((body, a, i) => loop('serial', row[i]!, index(0), index(a.extent), [body]), sums)
  const stores = across(writes(outputs.map((o, i) => buffers.store(o, at(false), values[i]!))))
  return { job, jobs, body: [...declared, overRows, stores] }
}

/** Whether a value is computed from one of the reductions. */
function reads(v: Value, reduces: readonly Value[], known: (v: Value) => boolean): boolean {
  return reduces.includes(v) || (!known(v) && v.inputs.some((i) => reads(i, reduces, known)))
}
