/**
 * NABLA_DEBUG shows the compiler at work, on standard error:
 *
 *     1  time and GFLOP/s of every kernel, each time it runs (runs wait for each other)
 *     2  and the groups: which values become one kernel
 *     3  and the graph, after the layout pass
 *     4  and the loop IR
 *     5  and the generated C (printed by the native device, before it is compiled)
 *
 * NABLA_VERIFY=1 checks the loop IR of every kernel before it is rendered. In a bundle for browsers `debug-absent.ts` stands here.
 */
import type { KernelTime } from '../device/device.js'
import type { Kernel } from '../kernel/loop.js'
import { printKernel } from '../kernel/print.js'
import { verify } from '../kernel/verify.js'
import type { Arranged } from './arrange.js'
import type { Built } from './build.js'
import type { Group } from './group.js'
import { layoutKey } from './layout.js'
import { type Value, ordered } from './value.js'

const environment: Record<string, string | undefined> = typeof process === 'undefined' ? {} : process.env
const level = Number(environment['NABLA_DEBUG'] ?? 0)
const verifies = environment['NABLA_VERIFY'] === '1'
const show = (text: string): void => console.error(text)

const describe = (v: Value, arranged: Arranged): string =>
  `%${v.id} = ${v.op}(${v.inputs.map((i) => `%${i.id}`).join(', ')}) ${v.dtype}[${v.shape.join(', ')}]${arranged.layouts.has(v) ? ` ${layoutKey(arranged.layouts.get(v))}` : ''}`

export const debug = {
  times: level >= 1,
  /** Whether something is shown or checked that only the planner knows. */
  plans: level >= 2 || verifies,

  graph(_: Built, arranged: Arranged): void {
    if (level < 3) return
    show(
      `graph\n${ordered(arranged.outputs)
        .map((v) => `  ${describe(v, arranged)} ${v.op === 'contract' ? '' : JSON.stringify(v.attrs)}`)
        .join('\n')}`,
    )
  },

  groups(groups: readonly Group[], stored: ReadonlySet<Value>, arranged: Arranged): void {
    if (level < 2) return
    groups.forEach((g, i) => {
      const tile = g.kind === 'contract' ? ` ${JSON.stringify(arranged.tiles.get(g.members[0]!))}` : ''
      show(`group ${i}: ${g.kind} over [${g.full.join(', ')}]${g.inner.length ? ` reducing [${g.inner.join(', ')}]` : ''}${tile}`)
      for (const m of g.members) show(`  ${stored.has(m) ? 'stores' : 'makes '} ${describe(m, arranged)}`)
    })
  },

  loops(kernel: Kernel): void {
    if (verifies) verify(kernel)
    if (level >= 4) show(printKernel(kernel))
  },

  timings(times: readonly KernelTime[]): void {
    const total = times.reduce((sum, t) => sum + t.ms, 0)
    show(`program: ${total.toFixed(3)} ms`)
    for (const t of times)
      show(
        `  ${t.ms.toFixed(3).padStart(9)} ms ${(t.flops / t.ms / 1e6).toFixed(1).padStart(7)} GFLOP/s ${(t.bytes / t.ms / 1e6).toFixed(1).padStart(6)} GB/s  ${t.name}`,
      )
  },
}
