/**
 * The invariants of the loop IR, checked between passes in tests and when debugging: scopes, types, buffers, lanes. An error
 * names the kernel and the path to the statement: `contract[4,4] > for i3 > store b0`.
 */
import type { DType } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { children } from './expr.js'
import type { BinaryOp, Expr, ValueType, Var } from './expr.js'
import type { Kernel, Stmt } from './loop.js'
import { printExpr } from './print.js'

type Declare = Extract<Stmt, { kind: 'declare' }>
interface Scope {
  readonly vars: ReadonlySet<Expr>
  readonly locals: Map<string, Declare>
  /** The vector loop around, its extent (infinite if unknown), and the locals declared inside it. */
  readonly vector: { readonly v: Var; readonly extent: number; readonly inner: Set<string> } | undefined
  readonly path: readonly string[]
}

/** The type in which arithmetic sees an element of a buffer. */
const valueTypes: Readonly<Record<DType, ValueType>> = {
  float32: 'float32',
  float16: 'float32',
  float64: 'float64',
  int32: 'int32',
  uint8: 'int32',
  uint32: 'uint32',
  bool: 'bool',
}
const isFloat = (type: ValueType): boolean => type === 'float32' || type === 'float64'
const isInteger = (type: ValueType): boolean => type === 'int32' || type === 'uint32'

/** Throws a NablaError of kind `compile` where the kernel breaks an invariant. */
export function verify(kernel: Kernel): void {
  const fail = (scope: Scope, what: string, e?: Expr): never => {
    const place = [kernel.name, ...scope.path].join(' > ')
    throw new NablaError('compile', `[verify] ${place}: ${what}${e ? `, in ${printExpr(e)}` : ''}`, {
      kernel: kernel.name,
      place,
    })
  }

  const known = new Map<Scope, Set<Expr>>()
  /** Checks an expression once per scope. */
  const check = (e: Expr, scope: Scope): void => {
    let seen = known.get(scope)
    if (!seen) known.set(scope, (seen = new Set()))
    if (seen.has(e)) return
    seen.add(e)
    for (const child of children(e)) check(child, scope)
    const bad = (what: string): never => fail(scope, what, e)
    const want = (part: Expr, type: ValueType, name: string): void => {
      if (part.type !== type) bad(`${name} is ${part.type}, expected ${type}`)
    }
    switch (e.kind) {
      case 'const':
        if (e.type !== 'float32' && e.type !== 'float64' && !Number.isInteger(Number(e.value)))
          bad(`a constant ${e.type} is ${e.value}`)
        return
      case 'var':
        if (!scope.vars.has(e)) bad(`variable ${e.name} is not in scope`)
        return
      case 'load': {
        const buffer = kernel.buffers[e.buffer]
        if (!buffer) return bad(`there is no buffer ${e.buffer}; the kernel has ${kernel.buffers.length}`)
        want(e.index, 'index', 'the address')
        if (e.guard) want(e.guard, 'bool', 'the guard')
        if (valueTypes[buffer.dtype] !== e.type)
          bad(`a load of ${e.type} from a buffer of ${buffer.dtype}, which gives ${valueTypes[buffer.dtype]}`)
        return
      }
      case 'local': {
        const local = element(e.name, e.index, scope, e)
        if (local.type !== e.type) bad(`local ${e.name} holds ${local.type}, read as ${e.type}`)
        inLanes(local, scope)
        return
      }
      case 'unary': {
        const type = e.a.type
        const allowed =
          e.op === 'not'
            ? type === 'bool' || isInteger(type)
            : e.op === 'half'
              ? type === 'float32'
              : e.op === 'neg' || e.op === 'abs'
                ? type !== 'bool'
                : isFloat(type)
        if (!allowed) bad(`${e.op} is not defined for ${type}`)
        if (e.type !== type) bad(`${e.op} of ${type} is typed ${e.type}`)
        return
      }
      case 'binary': {
        if (e.a.type !== e.b.type) bad(`${e.op} of ${e.a.type} and ${e.b.type}`)
        if (!allows(e.op, e.a.type)) bad(`${e.op} is not defined for ${e.a.type}`)
        const compares = e.op === 'lt' || e.op === 'le' || e.op === 'eq' || e.op === 'ne'
        if (e.type !== (compares ? 'bool' : e.a.type)) bad(`${e.op} of ${e.a.type} is typed ${e.type}`)
        if (e.a.type === 'index' && (e.op === 'div' || e.op === 'mod') && e.b.kind === 'const' && e.b.value <= 0)
          bad(`${e.op} of an index by ${e.b.value}`)
        return
      }
      case 'select':
        want(e.cond, 'bool', 'the condition')
        if (e.a.type !== e.b.type || e.type !== e.a.type) bad(`select between ${e.a.type} and ${e.b.type}, typed ${e.type}`)
        return
      case 'cast':
        return
      case 'bitcast':
        for (const type of [e.type, e.a.type])
          if (type !== 'float32' && !isInteger(type)) bad(`bitcast from ${e.a.type} to ${e.type}: both must have 32 bits`)
        return
      case 'call':
        for (const argument of e.args) want(argument, 'float64', `an argument of ${e.op}`)
        if (e.args.length !== (e.op === 'pow' || e.op === 'atan2' ? 2 : 1)) bad(`${e.op} with ${e.args.length} arguments`)
    }
  }

  /** The declaration behind name[at]; a constant `at` must lie inside. */
  const element = (name: string, at: Expr, scope: Scope, e?: Expr): Declare => {
    const local = scope.locals.get(name)
    if (!local) return fail(scope, `local ${name} is not declared here`, e)
    if (at.type !== 'index') fail(scope, `local ${name} is indexed by ${at.type}`, e)
    if (at.kind === 'const' && (at.value < 0 || at.value >= local.size))
      fail(scope, `element ${at.value} of local ${name}, which has ${local.size}`, e)
    return local
  }
  /** Vectors are touched in vector loops alone, which have no more iterations than they have lanes. */
  const inLanes = (local: Declare, scope: Scope): void => {
    if (local.lanes === 1) return
    if (!scope.vector) fail(scope, `local ${local.name} has ${local.lanes} lanes and is used outside a vector loop`)
    else if (scope.vector.extent > local.lanes && scope.vector.extent < Infinity)
      fail(
        scope,
        `local ${local.name} has ${local.lanes} lanes, vector loop ${scope.vector.v.name} ${scope.vector.extent} iterations`,
      )
  }
  /** What a vector loop sets must have a lane for each iteration. */
  const settable = (local: Declare, scope: Scope): void => {
    inLanes(local, scope)
    if (scope.vector && scope.vector.extent > 1 && local.lanes === 1 && !scope.vector.inner.has(local.name))
      fail(scope, `local ${local.name} has one lane and is set by all iterations of vector loop ${scope.vector.v.name}`)
  }

  const statement = (s: Stmt, outer: Scope): void => {
    const scope = (step: string): Scope => ({ ...outer, path: [...outer.path, step] })
    switch (s.kind) {
      case 'for': {
        const here = scope(`for ${s.v.name}`)
        check(s.from, here)
        check(s.to, here)
        if (s.from.type !== 'index' || s.to.type !== 'index')
          fail(here, `bounds are ${s.from.type} and ${s.to.type}, expected index`)
        if (!Number.isInteger(s.step) || s.step < 1) fail(here, `step ${s.step}`)
        if (outer.vars.has(s.v)) fail(here, `variable ${s.v.name} is already bound`)
        const extent = s.from.kind === 'const' && s.to.kind === 'const' ? s.to.value - s.from.value : Infinity
        if (s.loop === 'vector') {
          if (outer.vector && outer.vector.extent > 1 && extent > 1)
            fail(here, `a vector loop inside vector loop ${outer.vector.v.name}`)
          if (s.step !== 1) fail(here, `a vector loop with step ${s.step}`)
        }
        if (
          s.from.kind === 'const' &&
          s.to.kind === 'const' &&
          s.to.value > s.from.value &&
          (s.from.value < s.v.min || s.to.value - 1 > s.v.max)
        )
          fail(here, `runs over ${s.from.value}..${s.to.value - 1}, but ${s.v.name} is said to be in ${s.v.min}..${s.v.max}`)
        const vars = new Set(outer.vars).add(s.v)
        return block(s.body, { ...here, vars, vector: s.loop === 'vector' ? { v: s.v, extent, inner: new Set() } : outer.vector })
      }
      case 'if': {
        const here = scope('if')
        check(s.cond, here)
        if (s.cond.type !== 'bool') fail(here, `the condition is ${s.cond.type}, expected bool`, s.cond)
        return block(s.then, here)
      }
      case 'declare': {
        const here = scope(`declare ${s.name}`)
        if (s.init) check(s.init, here)
        if (s.init && s.init.type !== s.type) fail(here, `initial value is ${s.init.type}, expected ${s.type}`, s.init)
        if (!Number.isInteger(s.size) || s.size < 1) fail(here, `size ${s.size}`)
        if (!Number.isInteger(Math.log2(s.lanes))) fail(here, `${s.lanes} lanes: expected a power of 2`)
        outer.locals.set(s.name, s)
        outer.vector?.inner.add(s.name)
        return
      }
      case 'set': {
        const here = scope(`set ${s.name}`)
        check(s.index, here)
        check(s.value, here)
        const local = element(s.name, s.index, here)
        if (local.type !== s.value.type) fail(here, `the value is ${s.value.type}, expected ${local.type}`, s.value)
        return settable(local, here)
      }
      case 'store': {
        const here = scope(`store b${s.buffer}`)
        check(s.index, here)
        check(s.value, here)
        const buffer = kernel.buffers[s.buffer]
        if (!buffer) return fail(here, `there is no buffer ${s.buffer}; the kernel has ${kernel.buffers.length}`)
        if (!buffer.written) fail(here, `the buffer is not marked as written`)
        if (s.index.type !== 'index') fail(here, `the address is ${s.index.type}, expected index`, s.index)
        if (s.value.type !== valueTypes[buffer.dtype])
          fail(here, `the value is ${s.value.type}, a buffer of ${buffer.dtype} takes ${valueTypes[buffer.dtype]}`, s.value)
        return
      }
      case 'reduce': {
        const here = scope(`reduce ${s.into}`)
        check(s.at, here)
        check(s.index, here)
        const from = element(s.from, s.index, here)
        const into = element(s.into, s.at, here)
        if (outer.vector && outer.vector.extent > 1) fail(here, `inside vector loop ${outer.vector.v.name}`)
        if (into.lanes !== 1) fail(here, `local ${s.into} has ${into.lanes} lanes, expected 1`)
        if (into.type !== from.type) fail(here, `from ${from.type} into ${into.type}`)
      }
    }
  }
  /** Locals end with the block that declares them. */
  const block = (body: readonly Stmt[], scope: Scope): void => {
    const inner: Scope = { ...scope, locals: new Map(scope.locals) }
    for (const s of body) statement(s, inner)
  }

  const root: Scope = { vars: new Set([kernel.job]), locals: new Map(), vector: undefined, path: [] }
  if (!Number.isInteger(kernel.jobs) || kernel.jobs < 0) fail(root, `${kernel.jobs} jobs`)
  if (kernel.job.min > 0 || kernel.job.max < kernel.jobs - 1)
    fail(root, `jobs 0..${kernel.jobs - 1}, but ${kernel.job.name} is said to be in ${kernel.job.min}..${kernel.job.max}`)
  block(kernel.body, root)
}

function allows(op: BinaryOp, type: ValueType): boolean {
  switch (op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'mod':
      return type !== 'bool'
    case 'and':
    case 'or':
    case 'xor':
      return type === 'bool' || isInteger(type)
    case 'shl':
    case 'shr':
      return isInteger(type)
    default:
      return true
  }
}
