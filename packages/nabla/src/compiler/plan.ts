/** From groups to a program: groups are lowered to kernels, every stored value gets a slot, and dead memory is used again. */
import { type DType, dtypes } from '../core/dtype.js'
import { sizeOf } from '../core/shape.js'
import type { Machine, Program, Slot, Step } from '../device/device.js'
import type { Expr } from '../kernel/expr.js'
import type { Kernel, Stmt } from '../kernel/loop.js'
import { type Arranged, arrange } from './arrange.js'
import { Buffers, walk } from './buffers.js'
import type { Built } from './build.js'
import { debug } from './debug.js'
import { type Group, group } from './group.js'
import { storedSize } from './layout.js'
import { lowerLoops } from './lower-loops.js'
import { type Lowered, joined, lowerStep } from './lower-step.js'
import type { Value } from './value.js'

/**
 * `inPlace`: output position -> leaf position whose memory the output will be written to; `lasting`: positions of leaves that mostly stay what they are
 * from run to run. Pauses between values and kernels.
 */
export function* plan(
  built: Built,
  inPlace: ReadonlyMap<number, number>,
  lasting: ReadonlySet<number>,
  machine: Machine,
): Generator<void, Program> {
  const steady = machine.keeps ? lasting : new Set<number>()
  const arranged = yield* arrange(built.graph, built.outputs, steady, machine)
  const { groups, stored } = yield* group(arranged)
  debug.graph(built, arranged)
  const inPlaceLeaf = new Map([...inPlace].map(([output, leaf]) => [arranged.outputs[output]!, leaf]))
  const ordered = scheduled(groups, inPlaceLeaf)
  debug.groups(ordered, stored, arranged)
  const writing = ordered.filter((g) => g.members.some((m) => stored.has(m) && sizeOf(m.shape) > 0))
  const once = lastingGroups(writing, arranged, steady)
  const steps: Lowered[] = []
  const first = joined(
    writing.filter((g) => once.has(g)),
    inPlaceLeaf,
  )
  const rest = joined(
    writing.filter((g) => !once.has(g)),
    inPlaceLeaf,
  )
  for (const together of [...first, ...rest]) {
    steps.push(lowerStep(together, arranged, stored, machine))
    yield
  }
  return assemble(steps, first.length, built, arranged, inPlaceLeaf)
}

/** Groups that compute from lasting leaves alone what is neither an output nor written over: filters in another layout, or transformed. */
function lastingGroups(groups: readonly Group[], arranged: Arranged, leaves: ReadonlySet<number>): Set<Group> {
  const found = new Set<Group>()
  const made = new Set<Value>()
  const outputs = new Set(arranged.outputs)
  const lasts = (v: Value): boolean =>
    v.op === 'leaf' ? leaves.has(v.attrs['leaf'] as number) : v.op === 'excerpt' ? lasts(v.inputs[0]!) : made.has(v)
  for (const g of groups) {
    const own = g.members.every((m) => !outputs.has(m) && !arranged.homes.has(m))
    const reads = [...g.reads].filter((v) => !g.members.includes(v))
    if (!own || !reads.length || !reads.every(lasts)) continue
    found.add(g)
    for (const m of g.members) made.add(m)
  }
  return found
}

/** Groups so that values are computed before they are read; what overwrites a leaf comes as late as it can. */
function scheduled(groups: readonly Group[], inPlace: ReadonlyMap<Value, number>): Group[] {
  const overwrites = (g: Group): boolean => g.members.some((m) => inPlace.has(m))
  const waiting = [...groups]
  const done = new Set<Group>()
  const order: Group[] = []
  while (waiting.length) {
    const ready = waiting.filter((g) => [...g.after].every((a) => done.has(a)))
    const next = ready.find((g) => !overwrites(g)) ?? ready[0]!
    waiting.splice(waiting.indexOf(next), 1)
    done.add(next)
    order.push(next)
  }
  return order
}

/** The first `once` kernels compute what lasts. */
function assemble(
  lowered: readonly Lowered[],
  once: number,
  built: Built,
  arranged: Arranged,
  inPlace: ReadonlyMap<Value, number>,
): Program {
  const slots: Slot[] = []
  const slotOf = new Map<Value, number>()
  const bound = (v: Value, written: boolean): void => {
    slotOf.set(v, slots.push({ kind: 'bound', dtype: v.dtype, size: sizeOf(v.shape), written }) - 1)
  }
  /** The value whose memory a value lies in. */
  const rootOf = (v: Value): Value => {
    const home = arranged.homes.get(v)
    return home ? rootOf(home.of) : v
  }
  const leafValue = new Map<number, Value>()
  for (const v of lowered.flatMap((l) => l.values.map(rootOf))) if (v.op === 'leaf') leafValue.set(v.attrs['leaf'] as number, v)
  built.leaves.forEach((node, i) =>
    bound(
      leafValue.get(i) ?? { id: -1 - i, op: 'leaf', inputs: [], attrs: { leaf: i }, shape: node.shape, dtype: node.dtype },
      false,
    ),
  )
  for (const o of arranged.outputs) bound(o, true)

  const steps: Step[] = []
  const copies: Step[] = []
  const temporary: { slot: number; bytes: number; first: number; last: number }[] = []
  const lifetimes = new Map<number, { first: number; last: number }>()
  const tempSlot = (size: number, dtype: DType): number => slots.push({ kind: 'arena', dtype, size, offset: 0 }) - 1
  let keptBytes = 0
  const keptSlot = (size: number, dtype: DType): number => {
    const slot = slots.push({ kind: 'kept', dtype, size, offset: keptBytes }) - 1
    keptBytes += aligned(size * dtypes[dtype].bytes + SLACK)
    return slot
  }
  const detour = new Map<Value, number>()
  for (const [output, leaf] of inPlace) {
    const v = leafValue.get(leaf)
    if (v && !safeInPlace(lowered, output, v, rootOf)) detour.set(output, tempSlot(sizeOf(output.shape), output.dtype))
  }
  const later = new Set(lowered.slice(once).flatMap((l) => l.values))
  const lasting = new Set(lowered.slice(0, once).flatMap((l) => l.values.filter((v) => v.op !== 'leaf' && later.has(v))))
  /** The slot of a value; that of a part comes after that of its whole. */
  const slotFor = (v: Value, dtype: DType): number => {
    const known = detour.get(v) ?? slotOf.get(v)
    if (known !== undefined) return known
    const home = arranged.homes.get(v)
    const size = storedSize(home?.within ?? v.shape, arranged.layouts.get(v))
    let slot: number
    if (home) {
      const of = slotFor(home.of, dtype)
      slot = slots.push({ kind: 'part', dtype, size: Math.min(size, slots[of]!.size - home.offset), of, offset: home.offset }) - 1
    } else slot = lasting.has(v) ? keptSlot(size, dtype) : tempSlot(size, dtype)
    slotOf.set(v, slot)
    return slot
  }
  /** The memory behind a slot. */
  const baseOf = (slot: number): number => {
    const s = slots[slot]!
    return s.kind === 'part' ? baseOf(s.of) : slot
  }
  lowered.forEach(({ kernel, values }, step) => {
    const use = values.map((v, i) => {
      const slot = slotFor(v, kernel.buffers[i]!.dtype)
      const base = baseOf(slot)
      if (slots[base]!.kind === 'arena') lifetimes.set(base, { first: lifetimes.get(base)?.first ?? step, last: step })
      return slot
    })
    steps.push({ kernel, slots: use })
  })
  for (const [output, slot] of detour) {
    lifetimes.set(slot, { first: lifetimes.get(slot)?.first ?? 0, last: lowered.length })
    copies.push({ kernel: copyKernel(output), slots: [slotOf.get(output)!, slot] })
  }
  for (const [slot, life] of lifetimes) {
    const s = slots[slot]!
    temporary.push({ slot, bytes: s.size * dtypes[s.dtype].bytes + SLACK, ...life })
  }
  const arenaBytes = place(
    temporary,
    (slot, offset) => (slots[slot] = { ...(slots[slot] as Extract<Slot, { kind: 'arena' }>), offset }),
  )
  return { steps: [...steps, ...copies], slots, arenaBytes, ...(once && { lasting: { steps: once, bytes: keptBytes } }) }
}

/** A vector load may run past the end of a buffer, never farther than this. */
const SLACK = 64
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64

/** Lowest offset that is free for the whole life of the buffer, largest buffers first. Returns the arena's size. */
function place(
  buffers: { slot: number; bytes: number; first: number; last: number }[],
  set: (slot: number, offset: number) => void,
): number {
  const placed: { offset: number; bytes: number; first: number; last: number }[] = []
  let total = 0
  for (const b of buffers.sort((x, y) => y.bytes - x.bytes)) {
    const bytes = aligned(b.bytes)
    const conflicts = placed.filter((p) => p.first <= b.last && b.first <= p.last).sort((x, y) => x.offset - y.offset)
    let offset = 0
    for (const c of conflicts) {
      if (offset + bytes <= c.offset) break
      offset = Math.max(offset, c.offset + c.bytes)
    }
    placed.push({ offset, bytes, first: b.first, last: b.last })
    set(b.slot, offset)
    total = Math.max(total, offset + bytes)
  }
  return total
}

/**
 * Whether an output may lie where a leaf lies: nobody reads the leaf after the first kernel that writes the output, and that kernel reads
 * each of its elements only where it writes it, and before.
 */
function safeInPlace(lowered: readonly Lowered[], output: Value, leaf: Value, rootOf: (v: Value) => Value): boolean {
  const writes = (l: Lowered) => l.values.some((v, i) => l.kernel.buffers[i]!.written && rootOf(v) === output)
  const reads = (l: Lowered, others: boolean) => l.values.some((v) => rootOf(v) === leaf && (others || v !== leaf))
  const writer = lowered.findIndex(writes)
  const inParts = !lowered[writer]?.values.includes(output)
  if (lowered.some((l, i) => (i > writer && reads(l, true)) || (i === writer && reads(l, inParts)))) return false
  const { kernel, values } = lowered[writer]!
  const from = values.indexOf(leaf)
  if (from < 0) return true
  const to = values.indexOf(output)
  const read = new Set<Expr>()
  const stores = new Set<Expr>()
  let late = false
  const visit = (e: Expr) =>
    walk([e], (x) => {
      if (x.kind !== 'load' || x.buffer !== from) return
      read.add(x.index)
      if (stores.has(x.index)) late = true
    })
  const look = (stmts: readonly Stmt[]): void => {
    for (const s of stmts) {
      if (s.kind === 'for') look(s.body)
      else if (s.kind === 'if') look(s.then)
      else if (s.kind === 'declare' && s.init) visit(s.init)
      else if (s.kind === 'set') visit(s.value)
      else if (s.kind === 'store') {
        visit(s.value)
        if (s.buffer === to) stores.add(s.index)
      }
    }
  }
  look(kernel.body)
  return !late && [...read].every((r) => stores.has(r))
}

function copyKernel(v: Value): Kernel {
  const source: Value = { ...v, id: -1, op: 'leaf' }
  const target: Value = { id: -2, op: 'copy', inputs: [source], attrs: {}, shape: v.shape, dtype: v.dtype }
  const buffers = new Buffers(
    { isStored: (x) => x === source, layout: () => undefined, extents: (x) => x.shape, dtype: (x) => x.dtype },
    [target],
  )
  const scalar: Machine = { lanes: 1, registers: 16, threads: 1, l1: 0, l2: 0 }
  const { job, jobs, body } = lowerLoops({ full: v.shape, inner: [], reduces: [], outputs: [target] }, buffers, scalar)
  const bytes = 2 * sizeOf(v.shape) * dtypes[v.dtype].bytes
  return { name: `copy[${v.shape.join(',')}]`, buffers: buffers.describe(), job, jobs, body, flops: 0, bytes }
}
