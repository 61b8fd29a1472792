/** Lowers groups to kernels: which groups share one, and how their loops are put together. */
import { type DType, dtypes } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import type { Machine } from '../device/device.js'
import { type Expr, children, index, variable } from '../kernel/expr.js'
import { type Kernel, type Stmt, loop } from '../kernel/loop.js'
import { iadd, imax, imin, isub } from '../kernel/simplify.js'
import type { Arranged } from './arrange.js'
import { Buffers, type LoweredKernel } from './buffers.js'
import type { ContractGroup } from './contract-tile.js'
import { extentsOf } from './contraction.js'
import { debug } from './debug.js'
import type { Group } from './group.js'
import { isReduction, isScatter } from './kinds.js'
import { lowerContract } from './lower-contract.js'
import { lowerLoops } from './lower-loops.js'
import { lowerScatter } from './lower-scatter.js'
import { lowerSpecial } from './lower-special.js'
import type { Value } from './value.js'
import { lowerGradient, lowerSums } from './winograd/filter-gradient.js'
import { lowerFilter, lowerWinograd } from './winograd/forward.js'
import { PLACES, RESULTS } from './winograd/transforms.js'

/** More than this in one kernel would only make one long file of what could be compiled side by side. */
const MOST_GROUPS = 16
const MOST_VALUES = 400

/**
 * Neighbours in the order of execution that are maps and do not wait for each other share a kernel: an optimizer's update of many
 * parameters, of whatever shapes, is then one launch. `inPlace`: values that are written over a leaf.
 */
export function joined(groups: readonly Group[], inPlace: ReadonlyMap<Value, number>): Group[][] {
  const batches: Group[][] = []
  for (const g of groups) {
    const batch = batches.at(-1)
    if (batch && mayJoin(batch, g, inPlace)) batch.push(g)
    else batches.push([g])
  }
  return batches
}

function mayJoin(batch: readonly Group[], g: Group, inPlace: ReadonlyMap<Value, number>): boolean {
  const isMap = (x: Group) => x.kind === 'loops' && !x.members.some(isReduction)
  if (batch.length >= MOST_GROUPS || ![...batch, g].every(isMap) || batch.some((other) => g.after.has(other))) return false
  if ([...batch, g].reduce((n, x) => n + x.members.length + x.reads.size, 0) > MOST_VALUES) return false
  // What one writes over a leaf the others must not read.
  const overwritten = (x: Group) => x.members.flatMap((m) => inPlace.get(m) ?? [])
  const readsLeaf = (x: Group, leaf: number) =>
    [...x.reads].some((v) => v.attrs['leaf'] === leaf || v.inputs[0]?.attrs['leaf'] === leaf)
  return batch.every(
    (other) => !overwritten(g).some((leaf) => readsLeaf(other, leaf)) && !overwritten(other).some((leaf) => readsLeaf(g, leaf)),
  )
}

export interface Lowered {
  readonly kernel: Kernel
  /** The value behind each of the kernel's buffers. */
  readonly values: readonly Value[]
}

/** The kernel of one group, or of several that do not wait for each other: their jobs come one after the other. */
export function lowerStep(groups: readonly Group[], arranged: Arranged, stored: ReadonlySet<Value>, machine: Machine): Lowered {
  const outputsOf = (g: Group): Value[] => g.members.filter((m) => stored.has(m))
  const seen = new Set(arranged.outputs)
  const { layouts, homes } = arranged
  const dtype = (v: Value): DType => {
    const home = homes.get(v)
    return home ? dtype(home.of) : v.dtype === 'bool' && v.op !== 'leaf' && !seen.has(v) ? 'int32' : v.dtype
  }
  const buffers = new Buffers(
    {
      isStored: (v) => v.op === 'leaf' || stored.has(v),
      layout: (v) => layouts.get(v),
      extents: (v) => homes.get(v)?.within ?? v.shape,
      dtype,
    },
    groups.flatMap(outputsOf),
  )
  const parts = groups.map((g) => lowerGroup(g, outputsOf(g), arranged, buffers, machine))
  const { job, jobs, body } = parts.length === 1 ? parts[0]! : inTurn(parts)
  const bytes = buffers.values.reduce((sum, v) => sum + sizeOf(v.shape) * dtypes[v.dtype].bytes, 0)
  const flops = groups.reduce((sum, g, i) => sum + flopsOf(g, parts[i]!.body), 0)
  const kernel: Kernel = { name: nameOf(groups), buffers: buffers.describe(), job, jobs, body, flops, bytes }
  debug.loops(kernel)
  return { kernel, values: buffers.values }
}

const winograd: Readonly<Record<string, (value: Value, buffers: Buffers, machine: Machine) => LoweredKernel>> = {
  winogradFilter: lowerFilter,
  winogradSums: lowerSums,
  winogradGradient: lowerGradient,
}

function lowerGroup(g: Group, outputs: readonly Value[], arranged: Arranged, buffers: Buffers, machine: Machine): LoweredKernel {
  const first = g.members[0]!
  const own = winograd[first.op]
  if (own) return own(first, buffers, machine)
  if (g.kind === 'special') return isScatter(first) ? lowerScatter(first, buffers, machine) : lowerSpecial(first, buffers)
  if (g.kind === 'contract') {
    const contract: ContractGroup = { contract: first, tile: arranged.tiles.get(first)!, outputs }
    return first.op === 'winograd' ? lowerWinograd(contract, buffers, machine) : lowerContract(contract, buffers, machine)
  }
  return lowerLoops({ full: g.full, inner: g.inner, reduces: g.members.filter(isReduction), outputs }, buffers, machine)
}

/** One kernel whose jobs are those of the parts, in turn: a part's own job is a loop that runs for its jobs alone. */
function inTurn(parts: readonly LoweredKernel[]): LoweredKernel {
  const jobs = parts.reduce((n, p) => n + p.jobs, 0)
  const job = variable('job', 0, jobs - 1)
  let first = 0
  const body = parts.map((part) => {
    const own = isub(job, index(first))
    first += part.jobs
    return loop('serial', part.job, imax(index(0), own), imin(index(part.jobs), iadd(own, 1)), part.body)
  })
  return { job, jobs, body }
}

/** Multiply-adds of a product as it is computed; undefined for everything else. */
function productsOf(v: Value): number | undefined {
  const saved = (PLACES / RESULTS) ** 2
  if (v.op === 'contract') return sizeOf(extentsOf(v))
  if (v.op === 'winograd') return sizeOf(v.shape) * v.inputs[0]!.shape[1]! * saved
  if (v.op === 'winogradSums') return sizeOf(v.inputs[1]!.shape) * v.shape[3]! * saved
  return undefined
}

const flopsOf = (g: Group, body: readonly Stmt[]): number => {
  const products = productsOf(g.members[0]!)
  return products === undefined ? sizeOf(g.full) * Math.max(1, countOperations(body)) : 2 * products
}

function nameOf(groups: readonly Group[]): string {
  const [first] = groups as [Group]
  const ops = [...new Set(first.members.map((m) => m.op))].slice(0, 5).join('+')
  return `${ops}[${first.full.join(',')}]${groups.length > 1 ? ` and ${groups.length - 1} more` : ''}`
}

/** Float operations in the innermost statements, as a rough price of an element. */
function countOperations(body: readonly Stmt[]): number {
  const seen = new Set<Expr>()
  const visit = (e: Expr): void => {
    if (e.type === 'index' || seen.has(e)) return
    seen.add(e)
    children(e).forEach(visit)
  }
  const look = (stmts: readonly Stmt[]): void => {
    for (const s of stmts) {
      if (s.kind === 'for') look(s.body)
      else if (s.kind === 'if') look(s.then)
      else if (s.kind === 'set' || s.kind === 'store') visit(s.value)
      else if (s.kind === 'declare' && s.init) visit(s.init)
    }
  }
  look(body)
  return [...seen].filter((e) => e.kind !== 'const' && e.kind !== 'load' && e.kind !== 'local').length
}
