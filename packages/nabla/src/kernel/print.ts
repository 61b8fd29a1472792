/**
 * The loop IR as text, for NABLA_DEBUG and for snapshots in tests:
 *
 *     kernel sum[8,16]: b0 float32 written, b1 float32; 8 jobs
 *     for job0 in 0..8 parallel
 *       acc float32 x 16 lanes = 0
 *       for i1 in 0..16 vector
 *         acc[0] = acc[0] + b1[job0 * 16 + i1]
 */
import { children } from './expr.js'
import type { BinaryOp, Expr } from './expr.js'
import type { Kernel, Stmt } from './loop.js'

const infix: Partial<Record<BinaryOp, readonly [symbol: string, binds: number]>> = {
  mul: ['*', 6],
  div: ['/', 6],
  mod: ['%', 6],
  add: ['+', 5],
  sub: ['-', 5],
  shl: ['<<', 4],
  shr: ['>>', 4],
  lt: ['<', 3],
  le: ['<=', 3],
  eq: ['==', 3],
  ne: ['!=', 3],
  and: ['&', 2],
  xor: ['^', 1],
  or: ['|', 1],
}

/** An expression in one line. `names` gives expressions that are to appear by name. */
export function printExpr(e: Expr, names: ReadonlyMap<Expr, string> = new Map()): string {
  const print = (e: Expr, binds: number): string => names.get(e) ?? formula(e, binds)
  const formula = (e: Expr, binds: number): string => {
    switch (e.kind) {
      case 'const':
        return e.type === 'bool' ? (e.value ? 'true' : 'false') : Object.is(e.value, -0) ? '-0' : String(e.value)
      case 'var':
        return e.name
      case 'load':
        return `b${e.buffer}[${print(e.index, 0)}${e.guard ? ` if ${print(e.guard, 0)}` : ''}]`
      case 'local':
        return `${e.name}[${print(e.index, 0)}]`
      case 'unary':
        return `${e.op}(${print(e.a, 0)})`
      case 'select':
        return `select(${print(e.cond, 0)}, ${print(e.a, 0)}, ${print(e.b, 0)})`
      case 'cast':
        return `${e.type}(${print(e.a, 0)})`
      case 'bitcast':
        return `bits.${e.type}(${print(e.a, 0)})`
      case 'call':
        return `${e.op}(${e.args.map((a) => print(a, 0)).join(', ')})`
      case 'binary': {
        const [symbol, own] = infix[e.op] ?? []
        if (symbol === undefined || own === undefined) return `${e.op}(${print(e.a, 0)}, ${print(e.b, 0)})`
        const text = `${print(e.a, own)} ${symbol} ${print(e.b, own + 1)}`
        return own < binds ? `(${text})` : text
      }
    }
  }
  return formula(e, 0)
}

/** Readable text; what one statement needs more than once, and is not small, gets a line of its own before it. */
export function printKernel(kernel: Kernel): string {
  const out: string[] = []
  let count = 0
  const shared = (e: Expr, uses: Map<Expr, number>): void => {
    const n = uses.get(e) ?? 0
    uses.set(e, n + 1)
    if (n === 0) for (const child of children(e)) shared(child, uses)
  }
  const small = (e: Expr): boolean => children(e).every((c) => c.kind === 'const' || c.kind === 'var')
  /** Prints the statement's expressions, shared parts first. */
  const lines = (indent: string, roots: readonly Expr[], text: (show: (e: Expr) => string) => string): void => {
    const uses = new Map<Expr, number>()
    for (const e of roots) shared(e, uses)
    const names = new Map<Expr, string>()
    const done = new Set<Expr>()
    const name = (e: Expr): void => {
      if (done.has(e)) return
      done.add(e)
      for (const child of children(e)) name(child)
      if (uses.get(e)! < 2 || small(e)) return
      const text = printExpr(e, names)
      names.set(e, `$${count++}`)
      out.push(`${indent}${names.get(e)!} = ${text}`)
    }
    roots.forEach(name)
    out.push(indent + text((e) => names.get(e) ?? printExpr(e, names)))
  }
  const statement = (s: Stmt, indent: string): void => {
    switch (s.kind) {
      case 'for': {
        const tags = `${s.step === 1 ? '' : ` by ${s.step}`}${s.loop === 'serial' ? '' : ` ${s.loop}`}`
        lines(indent, [s.from, s.to], (show) => `for ${s.v.name} in ${show(s.from)}..${show(s.to)}${tags}`)
        return s.body.forEach((inner) => statement(inner, `${indent}  `))
      }
      case 'if':
        lines(indent, [s.cond], (show) => `if ${show(s.cond)}`)
        return s.then.forEach((inner) => statement(inner, `${indent}  `))
      case 'declare': {
        const shape = `${s.size === 1 ? '' : `[${s.size}]`}${s.lanes === 1 ? '' : ` x ${s.lanes} lanes`}`
        return lines(indent, s.init ? [s.init] : [], (show) => `${s.name} ${s.type}${shape}${s.init ? ` = ${show(s.init)}` : ''}`)
      }
      case 'set':
        return lines(indent, [s.index, s.value], (show) => `${s.name}[${show(s.index)}] = ${show(s.value)}`)
      case 'store':
        return lines(indent, [s.index, s.value], (show) => `b${s.buffer}[${show(s.index)}] = ${show(s.value)}`)
      case 'reduce':
        return lines(
          indent,
          [s.at, s.index],
          (show) => `${s.into}[${show(s.at)}] = ${s.op} of lanes of ${s.from}[${show(s.index)}]`,
        )
    }
  }
  const buffers = kernel.buffers
    .map((b, i) => `b${i} ${b.dtype}${b.own !== undefined ? ` own ${b.own}` : b.written ? ' written' : ''}`)
    .join(', ')
  out.push(`kernel ${kernel.name}: ${buffers}; ${kernel.jobs} jobs`, `for ${kernel.job.name} in 0..${kernel.jobs} parallel`)
  for (const s of kernel.body) statement(s, '  ')
  return out.join('\n')
}
