/**
 * Loop IR to JavaScript: plain scalar loops, the oracle in tests and the device of last resort.
 *
 * Values are JS numbers kept in the range of their type: float32 results are rounded by Math.fround, int32 by `| 0`, uint32 by
 * `>>> 0`; truths are JS booleans. A local array of vectors is an array of size * lanes numbers; inside a vector loop over v
 * that starts at `from`, element [i] is number i * lanes + (v - from).
 *
 * Shared work is computed once. An expression is *fixed* if it reads no locals and no buffer that the kernel writes: its value
 * depends on loop variables alone, so it becomes a `const` in the body of the innermost loop whose variable it mentions.
 * Whatever reads locals or written buffers is shared within one statement only.
 */
import { dtypes, type DType, type TypedArray } from '../core/dtype.js'
import { children } from '../kernel/expr.js'
import type { Expr, ValueType } from '../kernel/expr.js'
import type { Kernel, Stmt } from '../kernel/loop.js'
import { helpers } from './helpers.js'

/** Runs jobs from (inclusive) to (exclusive). */
export type JobFunction = (buffers: readonly TypedArray[], from: number, to: number) => void

/** The function that a source of `renderJs` stands for. Throws an EvalError where a page's content security policy forbids such functions. */
export function compileJs(source: string): JobFunction {
  const make = new Function(...Object.keys(helpers), `"use strict"; return ${source}`) as (...values: unknown[]) => JobFunction
  return make(...Object.values(helpers))
}

interface Block {
  readonly depth: number
  readonly lines: string[]
  /** Names of what has been computed in this block so far. */
  readonly names: Map<Expr, string>
}

interface Local {
  readonly name: string
  readonly type: ValueType
  readonly lanes: number
  /** Kept in a `let`; otherwise in a typed array. */
  readonly scalar: boolean
}

const arrayOf: Readonly<Record<ValueType, string>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  int32: 'Int32Array',
  uint32: 'Uint32Array',
  bool: 'Uint8Array',
  index: 'Float64Array',
}
const infix: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  lt: '<',
  le: '<=',
  eq: '===',
  ne: '!==',
}

/** The source of a `JobFunction`; its free names are those of `helpers`. */
export function renderJs(kernel: Kernel): string {
  const used = new Set<string>(['buffers', 'from', 'to', ...Object.keys(helpers)])
  /** A legal identifier that nothing else has; running numbers are dropped, so that equal kernels have equal source. */
  const fresh = (wish: string): string => {
    const base = wish
      .replace(/\d+$/, '')
      .replace(/\W/g, '_')
      .replace(/^(?=\d|$)/, '_')
    let name = base
    for (let n = 2; used.has(name) || reserved.has(name); n++) name = `${base}_${n}`
    used.add(name)
    return name
  }
  const bufferNames = kernel.buffers.map((_, i) => `b${i}`)
  bufferNames.forEach((name) => used.add(name))
  const uses = countUses(kernel.body)
  const arrays: string[] = []
  const variables = new Map<Expr, { name: string; depth: number }>()
  const locals = new Map<string, Local>()
  const blocks: Block[] = []
  let temporaries = 0
  /** Of the vector loop around the current statement: the lane's number. */
  let lane: string | undefined
  /** What the current statement has computed of things that are not fixed. */
  let statementNames = new Map<Expr, string>()

  /** The depth of the block in which a fixed expression can stand; undefined if it is not fixed. */
  const depths = new Map<Expr, number | undefined>()
  const fixedDepth = (e: Expr): number | undefined => {
    if (e.kind === 'var') return variables.get(e)?.depth ?? blocks.length - 1
    if (depths.has(e)) return depths.get(e)
    let depth: number | undefined = 0
    if (e.kind === 'local' || (e.kind === 'load' && kernel.buffers[e.buffer]!.written)) depth = undefined
    for (const child of children(e)) {
      const d = fixedDepth(child)
      depth = d === undefined || depth === undefined ? undefined : Math.max(d, depth)
    }
    depths.set(e, depth)
    return depth
  }

  /** An expression's text: a name if it has one or deserves one, its formula otherwise. */
  const render = (e: Expr): string => {
    if (e.kind === 'const') return literal(e.value, e.type)
    if (e.kind === 'var') return variables.get(e)!.name
    if (e.kind === 'local' && locals.get(e.name)!.scalar) return formula(e)
    const depth = fixedDepth(e)
    const here = blocks.length - 1
    const known = depth === undefined ? statementNames.get(e) : nameIn(e, depth)
    if (known) return known
    if (uses.get(e)! < 2 && (depth === undefined || depth === here || heldBack(e))) return formula(e)
    const block = blocks[depth ?? here]!
    // what a hoisted formula needs is hoisted with it: render it as if at the end of that block
    const hidden = blocks.splice(block.depth + 1)
    const text = formula(e)
    const name = `t${temporaries++}`
    block.lines.push(`const ${name} = ${text}`)
    blocks.push(...hidden)
    if (depth === undefined) statementNames.set(e, name)
    else block.names.set(e, name)
    return name
  }
  const nameIn = (e: Expr, depth: number): string | undefined => {
    for (let d = depth; d < blocks.length; d++) {
      const name = blocks[d]!.names.get(e)
      if (name) return name
    }
    return undefined
  }

  const formula = (e: Expr): string => {
    switch (e.kind) {
      case 'const':
      case 'var':
        return render(e)
      case 'local': {
        const text = element(e.name, e.index)
        return e.type === 'bool' && !locals.get(e.name)!.scalar ? `(${text} !== 0)` : text
      }
      case 'load': {
        const read = loadText(`${bufferNames[e.buffer]!}[${render(e.index)}]`, kernel.buffers[e.buffer]!.dtype)
        if (!e.guard) return read
        return e.type === 'bool' ? `(${render(e.guard)} && ${read})` : `(${render(e.guard)} ? ${read} : 0)`
      }
      case 'select':
        return `(${render(e.cond)} ? ${render(e.a)} : ${render(e.b)})`
      case 'unary':
        return unaryText(e.op, e.type, render(e.a))
      case 'binary':
        return binaryText(e.op, e.a.type, render(e.a), render(e.b), e.b.kind === 'const' && e.b.value !== 0)
      case 'cast':
        return castText(e.a.type, e.type, render(e.a))
      case 'bitcast':
        return bitcastText(e.a.type, e.type, render(e.a))
      case 'call': {
        const own = e.op === 'erf' || e.op === 'erfc' || e.op === 'lgamma' || e.op === 'pow'
        return `${own ? '' : 'Math.'}${e.op}(${e.args.map(render).join(', ')})`
      }
    }
  }

  /** An element of a local. */
  const element = (name: string, at: Expr): string => {
    const local = locals.get(name)!
    if (local.scalar) return local.name
    if (local.lanes === 1) return `${local.name}[${render(at)}]`
    const start = startOf(at, local.lanes)
    return `${local.name}[${start === '0' ? '' : `${start} + `}${lane ?? '0'}]`
  }
  /** Where vector [at] begins. */
  const startOf = (at: Expr, lanes: number): string => (at.kind === 'const' ? `${at.value * lanes}` : `${render(at)} * ${lanes}`)

  /** Opens a block, fills it, and gives its lines. */
  const within = (body: () => void): string[] => {
    const block: Block = { depth: blocks.length, lines: [], names: new Map() }
    const outer = new Map(locals)
    blocks.push(block)
    body()
    blocks.pop()
    locals.clear() //  what was declared inside ends here
    outer.forEach((local, name) => locals.set(name, local))
    return block.lines.map((line) => `  ${line}`)
  }
  const write = (...lines: string[]): void => void blocks[blocks.length - 1]!.lines.push(...lines)

  const statement = (s: Stmt): void => {
    statementNames = new Map()
    switch (s.kind) {
      case 'for': {
        const from = render(s.from)
        const to = render(s.to)
        const name = fresh(s.v.name)
        const outer = lane
        depths.clear() //  should another loop have had the same variable, at another depth
        const lines = within(() => {
          variables.set(s.v, { name, depth: blocks.length - 1 })
          if (s.loop === 'vector') {
            lane = from === '0' ? name : fresh('lane')
            if (from !== '0') write(`const ${lane} = ${name} - ${from}`)
          }
          s.body.forEach(statement)
        })
        lane = outer
        const next = s.step === 1 ? `${name}++` : `${name} += ${s.step}`
        write(`for (let ${name} = ${from}; ${name} < ${to}; ${next}) {`, ...lines, '}')
        return
      }
      case 'if': {
        const cond = render(s.cond)
        const lines = within(() => s.then.forEach(statement))
        write(`if (${cond}) {`, ...lines, '}')
        return
      }
      case 'declare': {
        const name = fresh(s.name)
        const scalar = s.size === 1 && s.lanes === 1
        const init = s.init && render(s.init)
        locals.set(s.name, { name, type: s.type, lanes: s.lanes, scalar })
        if (scalar) return write(`let ${name} = ${init ?? (s.type === 'bool' ? 'false' : '0')}`)
        arrays.push(`const ${name} = new ${arrayOf[s.type]}(${s.size * s.lanes})`)
        if (init) write(`${name}.fill(${s.type === 'bool' ? `${init} ? 1 : 0` : init})`)
        return
      }
      case 'set': {
        const local = locals.get(s.name)!
        const value = render(s.value)
        const target = element(s.name, s.index)
        return write(`${target} = ${local.type === 'bool' && !local.scalar ? `${value} ? 1 : 0` : value}`)
      }
      case 'store': {
        const { dtype } = kernel.buffers[s.buffer]!
        const value = render(s.value)
        const target = `${bufferNames[s.buffer]!}[${render(s.index)}]`
        return write(
          `${target} = ${dtype === 'float16' ? `numberToHalf(${value})` : dtype === 'bool' ? `${value} ? 1 : 0` : value}`,
        )
      }
      case 'reduce': {
        const from = locals.get(s.from)!
        const target = element(s.into, s.at)
        if (from.lanes === 1) return write(`${target} = ${element(s.from, s.index)}`)
        // NaN wins
        const combine =
          s.op === 'max'
            ? '(a, b) => (a < b || b !== b ? b : a)'
            : s.op === 'min'
              ? '(a, b) => (b < a || b !== b ? b : a)'
              : `(a, b) => ${binaryText(s.op, from.type, 'a', 'b', false)}`
        const all = `reduceLanes(${from.name}, ${startOf(s.index, from.lanes)}, ${from.lanes}, ${combine})`
        return write(`${target} = ${from.type === 'bool' ? `(${all} !== 0)` : all}`)
      }
    }
  }

  const lines = within(() => {
    const name = fresh(kernel.job.name)
    const body = within(() => {
      variables.set(kernel.job, { name, depth: blocks.length - 1 })
      kernel.body.forEach(statement)
    })
    write(`for (let ${name} = from; ${name} < to; ${name}++) {`, ...body, '}')
  })
  const given = kernel.buffers.filter(({ own }) => own === undefined).length
  const bind = given ? [`  const [${bufferNames.slice(0, given).join(', ')}] = buffers`] : []
  kernel.buffers.slice(given).forEach(({ dtype, own }, i) => {
    bind.push(`  const ${bufferNames[given + i]!} = new ${dtypes[dtype].array.name}(${own})`)
  })
  return ['(buffers, from, to) => {', ...bind, ...arrays.map((line) => `  ${line}`), ...lines, '}'].join('\n')
}

const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else export extends false finally for function if import in instanceof new null ' +
    'return super switch this throw true try typeof var void while with let static yield await enum arguments eval Math NaN Infinity undefined'
  ).split(' '),
)

/** Formulas so small that a name in an outer block would not pay. */
const heldBack = (e: Expr): boolean => e.kind === 'unary' && e.op === 'neg' && (e.a.kind === 'var' || e.a.kind === 'const')

/** How often each expression is needed; operands that a formula writes twice count twice. */
function countUses(body: readonly Stmt[]): Map<Expr, number> {
  const uses = new Map<Expr, number>()
  const visit = (e: Expr | undefined, times = 1): void => {
    if (!e) return
    const before = uses.get(e) ?? 0
    uses.set(e, before + times)
    if (before) return
    const twice =
      e.kind === 'binary' &&
      (e.op === 'max' || e.op === 'min' || ((e.op === 'div' || e.op === 'mod') && e.a.type.endsWith('int32')))
    for (const child of children(e)) visit(child, twice ? 2 : 1)
  }
  const walk = (s: Stmt): void => {
    switch (s.kind) {
      case 'for':
        visit(s.from, s.loop === 'vector' ? 2 : 1)
        visit(s.to, 2) //  asked again at every turn
        return s.body.forEach(walk)
      case 'if':
        visit(s.cond)
        return s.then.forEach(walk)
      case 'declare':
        return visit(s.init)
      case 'set':
        visit(s.index)
        return visit(s.value)
      case 'store':
        visit(s.index)
        return visit(s.value)
      case 'reduce':
        visit(s.at)
        return visit(s.index)
    }
  }
  body.forEach(walk)
  return uses
}

function literal(value: number, type: ValueType): string {
  if (type === 'bool') return value ? 'true' : 'false'
  if (type === 'float32') value = Math.fround(value)
  if (type === 'int32') value |= 0
  if (type === 'uint32') value >>>= 0
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.startsWith('-') ? `(${text})` : text
}

const loadText = (element: string, dtype: DType): string =>
  dtype === 'float16' ? `halfToNumber(${element})` : dtype === 'bool' ? `(${element} !== 0)` : element

/** Brings a number back into the range of its type. */
function wrap(text: string, type: ValueType): string {
  if (type === 'float32') return `fround(${text})`
  if (type === 'int32') return `(${text} | 0)`
  if (type === 'uint32') return `(${text} >>> 0)`
  return `(${text})`
}

function unaryText(op: string, type: ValueType, a: string): string {
  switch (op) {
    case 'neg':
      return type === 'float32' ? `(-${a})` : wrap(`-${a}`, type)
    case 'abs':
      return type === 'int32' ? `(Math.abs(${a}) | 0)` : `Math.abs(${a})`
    case 'sqrt':
      return type === 'float32' ? `fround(Math.sqrt(${a}))` : `Math.sqrt(${a})`
    case 'not':
      return type === 'bool' ? `!${a}` : wrap(`~${a}`, type)
    case 'half':
      return `halfToNumber(numberToHalf(${a}))`
    case 'rint':
      return `rint(${a})`
    default:
      return `Math.${op}(${a})`
  }
}

function binaryText(op: string, type: ValueType, a: string, b: string, divisorKnown: boolean): string {
  const plain = `${a} ${infix[op] ?? ''} ${b}`
  switch (op) {
    case 'max':
      return `(${a} > ${b} ? ${a} : ${b})`
    case 'min':
      return `(${a} < ${b} ? ${a} : ${b})`
    case 'lt':
    case 'le':
    case 'eq':
    case 'ne':
      return `(${plain})`
    case 'and':
    case 'or':
      if (type === 'bool') return `(${a} ${op === 'and' ? '&&' : '||'} ${b})`
      return wrap(plain, type)
    case 'xor':
      return type === 'bool' ? `(${a} !== ${b})` : wrap(plain, type)
    case 'shr':
      return type === 'index' ? `Math.floor(${a} / 2 ** ${b})` : type === 'uint32' ? `(${a} >>> ${b})` : `(${a} >> ${b})`
    case 'shl':
      return type === 'index' ? `(${a} * 2 ** ${b})` : type === 'uint32' ? wrap(plain, type) : `(${plain})`
    case 'mul':
      return type === 'int32' ? `imul(${a}, ${b})` : type === 'uint32' ? `(imul(${a}, ${b}) >>> 0)` : wrap(plain, type)
    case 'div':
    case 'mod':
      if (type === 'index') return op === 'div' ? `Math.floor(${plain})` : `(${plain})`
      if (type === 'float32' || type === 'float64') return op === 'mod' ? `(${plain})` : wrap(plain, type)
      return divisorKnown ? wrap(plain, type) : `(${b} === 0 ? 0 : ${wrap(plain, type)})`
    default:
      return wrap(plain, type)
  }
}

function castText(from: ValueType, to: ValueType, a: string): string {
  if (to === 'bool') return `(${a} !== 0)`
  if (from === 'bool') return `(${a} ? 1 : 0)`
  if (to === 'float64') return a
  if (to === 'index') return from === 'float32' || from === 'float64' ? `Math.trunc(${a})` : a
  if (from === 'float32' || from === 'float64') {
    if (to === 'int32') return `toInt32(${a})`
    if (to === 'uint32') return `toUint32(${a})`
  }
  return wrap(a, to)
}

function bitcastText(from: ValueType, to: ValueType, a: string): string {
  const view: Partial<Record<ValueType, string>> = { float32: 'floats', int32: 'ints', uint32: 'words' }
  if (from === 'float32' || to === 'float32') return `(${view[from]!}[0] = ${a}, ${view[to]!}[0])`
  return wrap(a, to)
}
