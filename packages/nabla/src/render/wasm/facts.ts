/** What the writer wants to know of expressions, found once for each. */
import { type CallOp, children, type Expr } from '../../kernel/expr.js'
import type { Kernel } from '../../kernel/loop.js'

/** Stands for memory that the kernel writes, among the names of locals. */
export const MEMORY = '*'

export interface Fact {
  /** Variables that occur. */
  readonly vars: readonly Expr[]
  /** Elements of locals that are read. */
  readonly locals: readonly Extract<Expr, { kind: 'local' }>[]
  /** Names of what is read and can be assigned: locals, MEMORY. */
  readonly reads: readonly string[]
  /** Whether memory is read without a guard. */
  readonly loads: boolean
  /** Whether everything fits lanes of 32 bits. */
  readonly fits: boolean
}

const NONE: readonly never[] = []

/** The union of lists, the same list where one holds the others. */
function union<T>(parts: readonly (readonly T[])[], own?: T): readonly T[] {
  let result: readonly T[] = NONE
  for (const part of parts) {
    if (!part.length || part === result) continue
    if (!result.length) result = part
    else {
      const missing = part.filter((x) => !result.includes(x))
      if (missing.length) result = [...result, ...missing]
    }
  }
  return own === undefined || result.includes(own) ? result : [...result, own]
}

/** Functions that WebAssembly has not. */
export type Imported = CallOp | 'fmod'

export class Facts {
  private readonly known = new Map<Expr, Fact>()
  private readonly counts = new Map<Expr, number>()
  /** The functions that expressions call. */
  readonly calls = new Set<Imported>()

  constructor(private readonly kernel: Kernel) {}

  /** Says that the expression is needed once more. */
  need(e: Expr): void {
    this.counts.set(e, (this.counts.get(e) ?? 0) + 1)
  }
  /** Whether it is needed in several places. */
  isShared(e: Expr): boolean {
    return this.counts.get(e)! > 1
  }

  of(e: Expr): Fact {
    let fact = this.known.get(e)
    if (!fact) this.known.set(e, (fact = this.find(e)))
    return fact
  }

  private find(e: Expr): Fact {
    const fits = e.type !== 'float64'
    if (e.kind === 'const') return fits ? nothing : nothingWide
    if (e.kind === 'var') return { ...nothing, vars: [e] }
    if (e.kind === 'call') this.calls.add(e.op)
    if (e.kind === 'binary' && e.op === 'mod' && (e.type === 'float32' || e.type === 'float64')) this.calls.add('fmod')
    const parts = children(e).map((c) => {
      this.need(c)
      return this.of(c)
    })
    const read = e.kind === 'local' ? e.name : e.kind === 'load' && this.kernel.buffers[e.buffer]!.written ? MEMORY : undefined
    if (parts.length === 1 && read === undefined && parts[0]!.fits === fits && (e.kind !== 'load' || parts[0]!.loads))
      return parts[0]!
    return {
      vars: union(parts.map((p) => p.vars)),
      locals: union(
        parts.map((p) => p.locals),
        e.kind === 'local' ? e : undefined,
      ),
      reads: union(
        parts.map((p) => p.reads),
        read,
      ),
      loads: (e.kind === 'load' && !e.guard) || parts.some((p) => p.loads),
      fits: fits && parts.every((p) => p.fits),
    }
  }
}

const nothing: Fact = { vars: NONE, locals: NONE, reads: NONE, loads: false, fits: true }
const nothingWide: Fact = { ...nothing, fits: false }
