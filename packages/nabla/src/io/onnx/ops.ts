/** How each of our primitives is written in ONNX's operators. What has no counterpart and no simple composition is refused by name. */
import { type DType, isFloat } from '../../core/dtype.js'
import { NablaError, showShape } from '../../core/errors.js'
import { contraction } from './contract.js'
import type { Emitter } from './emitter.js'
import { type Extent, isFixed, sameExtent } from './extent.js'
import { elementTypes } from './proto.js'
import type { OpenAttr, Step } from './trace.js'

/** Writes a node, given its inputs' names; gives the name of its value. */
type Rule = (e: Emitter, step: Step, inputs: readonly string[]) => string

/** Refuses an op by name. */
export function refuse(step: Step, why: string): never {
  throw new NablaError('argument', `[onnx] ${step.op} cannot be exported: ${why}`, { op: step.op, shape: step.shape })
}

/** A shape for messages: an open batch as N. */
export const show = (shape: readonly Extent[]): string =>
  isFixed(shape) ? showShape(shape) : `[${shape.map((n) => (typeof n === 'number' ? n : 'N')).join(', ')}]`

const fixed = (step: Step, extents: readonly Extent[], what: string): readonly number[] =>
  isFixed(extents) ? extents : refuse(step, `${what} depends on the batch`)
const numberOf = (value: OpenAttr | undefined): number => Number(value)
const listOf = (value: OpenAttr | undefined): readonly number[] => value as readonly number[]

// ---------------------------------------------------------------- element by element

/**
 * The operands of an element-wise operator. ONNX broadcasts, so what is only repeated (a bias along a batch) is handed over as it is,
 * as long as the result still gets its shape.
 */
function operands(e: Emitter, step: Step, names: readonly string[]): string[] {
  const choices = step.inputs.map((input, i) => {
    if (input.op === 'expand') return { shape: input.inputs[0]!.shape, name: () => bare.get(input)! }
    if (input.op === 'constant' && typeof input.attrs['value'] !== 'object')
      return { shape: [], name: () => e.scalar(numberOf(input.attrs['value']), input.dtype) }
    return { shape: input.shape, name: () => names[i]! }
  })
  const reached = step.shape.every((extent, d) =>
    choices.some(({ shape }) => shape.length === step.shape.length && sameExtent(shape[d]!, extent)),
  )
  return reached ? choices.map(({ name }) => name()) : [...names]
}

/** What was expanded, by the step that expands it. */
const bare = new WeakMap<Step, string>()

const elementwise =
  (op: string): Rule =>
  (e, step, names) =>
    e.op(op, operands(e, step, names))

/** Composed of operators on values and numbers of the operands' type. */
const composed =
  (build: (e: Emitter, number: (value: number) => string, ...operands: string[]) => string): Rule =>
  (e, step, names) =>
    build(e, (value) => e.scalar(value, step.inputs[0]!.dtype), ...operands(e, step, names))

const isBool = (step: Step): boolean => step.inputs.at(-1)!.dtype === 'bool'
/** One operator for truth values, another for the bits of integers (from set 18 on). */
const logic =
  (truth: string, bits: string): Rule =>
  (e, step, names) => {
    if (!isBool(step) && e.opset < 18) refuse(step, `on ${step.dtype} it needs operator set 18 or later; ask for { opset: 18 }`)
    return e.op(isBool(step) ? truth : bits, operands(e, step, names))
  }
const integersOr =
  (integers: Rule, floats: Rule): Rule =>
  (e, step, names) =>
    (isFloat(step.dtype) ? floats : integers)(e, step, names)
const modulo =
  (fmod: 0 | 1): Rule =>
  (e, step, names) =>
    e.op('Mod', operands(e, step, names), { fmod: { int: fmod } })
const shift =
  (direction: 'LEFT' | 'RIGHT'): Rule =>
  (e, step, names) =>
    step.dtype === 'int32'
      ? refuse(step, 'ONNX shifts unsigned integers only')
      : e.op('BitShift', operands(e, step, names), { direction: { text: direction } })

/** Types between which ONNX chooses: truth values are chosen by logic. */
const where: Rule = (e, step, names) => {
  const [condition, a, b] = operands(e, step, names) as [string, string, string]
  if (step.dtype !== 'bool') return e.op('Where', [condition, a, b])
  return e.op('Or', [e.op('And', [condition, a]), e.op('And', [e.op('Not', [condition]), b])])
}

// ---------------------------------------------------------------- movement

/** Zeros (`step` - 1 of them) between neighbours along `dim`: a new dimension is padded and merged again. */
function spread(e: Emitter, value: string, shape: readonly Extent[], dim: number, step: number, fill: string, of: Step): string {
  const n = fixed(of, [shape[dim]!], 'an extent that is spread')[0]!
  if (step === 1 || n < 2) return value
  const wide = e.reshape(value, [...shape.slice(0, dim + 1), 1, ...shape.slice(dim + 1)])
  const none = [...shape, 1].map(() => 0)
  const padded = e.pad(
    wide,
    none,
    none.map((_, d) => (d === dim + 1 ? step - 1 : 0)),
    fill,
  )
  const merged = e.reshape(padded, [...shape.slice(0, dim), n * step, ...shape.slice(dim + 1)])
  return e.slice(
    merged,
    shape.map(() => 0),
    shape.map((extent, d) => (d === dim ? (n - 1) * step + 1 : extent)),
    shape.map(() => 1),
  )
}

const pad: Rule = (e, step, [value]) => {
  const padding = step.attrs['padding'] as readonly (readonly [Extent, Extent])[]
  const interior = listOf(step.attrs['interior'] ?? padding.map(() => 0))
  const fill = e.scalar(numberOf(step.attrs['value']), step.dtype)
  const shape: Extent[] = [...step.inputs[0]!.shape]
  let wide = value!
  interior.forEach((count, d) => {
    if (count === 0 || shape[d] === 0) return
    wide = spread(e, wide, shape, d, count + 1, fill, step)
    shape[d] = ((shape[d] as number) - 1) * (count + 1) + 1
  })
  return e.pad(
    wide,
    padding.map(([before]) => before),
    padding.map(([, after]) => after),
    fill,
  )
}

const slice: Rule = (e, step, [value]) => {
  const ranges = step.attrs['ranges'] as readonly { readonly start: Extent; readonly stop: Extent; readonly step: number }[]
  return e.slice(
    value!,
    ranges.map(({ start }) => start),
    ranges.map(({ stop }) => stop),
    ranges.map(({ step }) => step),
  )
}

const flip: Rule = (e, step, [value]) => {
  const dims = listOf(step.attrs['dims'])
  const all = (n: number): string => e.int64(dims.map(() => n))
  // Towards before the first element: any number below all indices.
  return e.op('Slice', [value!, all(-1), all(-(2 ** 31)), e.int64(dims), all(-1)])
}

/** The sliding view: a table of positions, whose second dimension goes to the end. */
const window: Rule = (e, step, [value]) => {
  const { dim, size, stride, dilation } = step.attrs as { dim: number; size: number; stride: number; dilation: number }
  const [count] = fixed(step, [step.shape[dim]!], 'the number of windows') as [number]
  const positions = Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * stride + (i % size) * dilation)
  const taken = e.op('Gather', [value!, e.int64(positions, [count, size])], { axis: { int: dim } })
  const rank = step.shape.length
  const order = step.shape.map((_, d) => d).filter((d) => d !== dim + 1)
  return e.transpose(taken, rank - 1 === dim + 1 ? step.shape.map((_, d) => d) : [...order, dim + 1])
}

/** The elements of all windows, each at its distance, summed. */
const fold: Rule = (e, step, [value]) => {
  const { dim, n, stride, dilation } = step.attrs as { dim: number; n: number; stride: number; dilation: number }
  const from = step.inputs[0]!.shape
  const last = from.length - 1
  const [count, size] = fixed(step, [from[dim]!, from[last]!], 'the number of windows') as [number, number]
  if (count === 0 || size > 256) refuse(step, `of windows of ${size} elements (${count} of them)`)
  const line = from.slice(0, -1)
  const fill = e.scalar(0, step.dtype)
  const parts = Array.from({ length: size }, (_, j) => {
    const one = e.op('Gather', [value!, e.int64([j], [])], { axis: { int: last } })
    const wide = spread(e, one, line, dim, stride, fill, step)
    const before = line.map((_, d) => (d === dim ? j * dilation : 0))
    const after = line.map((_, d) => (d === dim ? n - j * dilation - (count - 1) * stride - 1 : 0))
    return e.pad(wide, before, after, fill)
  })
  return parts.reduce((sum, part) => e.op('Add', [sum, part]))
}

// ---------------------------------------------------------------- reductions, order, picking

/** Since set 13 a sum, since 18 every reduction is told its dimensions by an input. */
const reduce =
  (op: string): Rule =>
  (e, step, [value]) => {
    const dims = listOf(step.attrs['dims'])
    if (dims.length === 0) return value!
    return op === 'ReduceSum' || e.opset >= 18
      ? e.op(op, [value!, e.int64(dims)], { keepdims: { int: 1 } })
      : e.op(op, [value!], { axes: { ints: dims }, keepdims: { int: 1 } })
  }
const position =
  (op: string): Rule =>
  (e, step, [value]) =>
    e.cast(e.op(op, [value!], { axis: { int: listOf(step.attrs['dims'])[0]! }, keepdims: { int: 1 } }), 'int32')

/** Whole rows are taken where the index says nothing but which (an embedding), single elements otherwise. */
const gather: Rule = (e, step, [table, index]) => {
  const dim = numberOf(step.attrs['dim'])
  const from = step.inputs[1]!
  const row = from.op === 'expand' ? from.inputs[0]! : from
  const name = from.op === 'expand' ? bare.get(from)! : index!
  if (row.shape.every((extent, d) => d === dim || extent === 1) && from.op === 'expand') {
    const list = e.reshape(name, [row.shape[dim]!])
    return e.op('Gather', [table!, list], { axis: { int: dim } })
  }
  return e.op('GatherElements', [table!, index!], { axis: { int: dim } })
}

const scatter =
  (reduction: string, opset: number): Rule =>
  (e, step, [into, index, source]) => {
    if (e.opset < opset) refuse(step, `it needs operator set ${opset} or later; ask for { opset: ${opset} }`)
    const kind = reduction === 'none' ? {} : { reduction: { text: reduction } }
    return e.op('ScatterElements', [into!, index!, source!], { axis: { int: numberOf(step.attrs['dim']) }, ...kind })
  }
const scatters: Readonly<Record<string, Rule>> = {
  set: scatter('none', 13),
  prod: scatter('mul', 16),
  max: scatter('max', 18),
  min: scatter('min', 18),
}

/** Equals keep their order, as ONNX promises of TopK. */
const argsort: Rule = (e, step, [value]) => {
  const dim = numberOf(step.attrs['dim'])
  const [values, indices] = [e.name('sorted'), e.name('order')]
  e.into('TopK', [value!, e.extents([step.shape[dim]!])], [values, indices], {
    axis: { int: dim },
    largest: { int: step.attrs['descending'] ? 1 : 0 },
    sorted: { int: 1 },
  })
  return e.cast(indices, 'int32')
}

const scan: Rule = (e, step, [value]) =>
  step.attrs['op'] === 'sum'
    ? e.op('CumSum', [value!, e.int64([numberOf(step.attrs['dim'])], [])])
    : refuse(step, `ONNX has no running ${String(step.attrs['op'])}`)

// ---------------------------------------------------------------- sources

const constant: Rule = (e, step) => {
  const value = step.attrs['value']
  const one =
    typeof value === 'object' && value !== null
      ? e.reshape(e.cast(e.extents([value as Extent]), step.dtype), [])
      : e.scalar(numberOf(value), step.dtype)
  return step.shape.length ? e.op('Expand', [one, e.extents(step.shape)]) : one
}

/** Counting is done in int64, and the whole count is laid out in the shape. */
const iota: Rule = (e, step) => {
  const open = step.shape.filter((extent) => typeof extent !== 'number')
  if (open.length > 1 || (open.length === 1 && step.shape.length > 1)) return refuse(step, `of shape ${show(step.shape)}`)
  const end = open.length
    ? e.reshape(e.extents(step.shape), [])
    : e.int64([(step.shape as number[]).reduce((a, b) => a * b, 1)], [])
  const count = e.op('Range', [e.int64([0], []), end, e.int64([1], [])])
  const cast = e.cast(count, step.dtype)
  return step.shape.length === 1 ? cast : e.reshape(cast, step.shape)
}

/** The first of two types is computed with where ONNX's engines lack the operator for the second. */
const rules: Readonly<Record<string, Rule>> = {
  neg: elementwise('Neg'),
  abs: elementwise('Abs'),
  sign: elementwise('Sign'),
  floor: elementwise('Floor'),
  ceil: elementwise('Ceil'),
  round: elementwise('Round'),
  trunc: composed((e, n, x) => e.op('Where', [e.op('Less', [x, n(0)]), e.op('Ceil', [x]), e.op('Floor', [x])])),
  sqrt: elementwise('Sqrt'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  exp2: composed((e, n, x) => e.op('Pow', [n(2), x])),
  log2: composed((e, n, x) => e.op('Div', [e.op('Log', [x]), n(Math.LN2)])),
  log1p: composed((e, n, x) => e.op('Log', [e.op('Add', [x, n(1)])])),
  expm1: composed((e, n, x) => e.op('Sub', [e.op('Exp', [x]), n(1)])),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  tan: elementwise('Tan'),
  asin: elementwise('Asin'),
  acos: elementwise('Acos'),
  atan: elementwise('Atan'),
  sinh: elementwise('Sinh'),
  cosh: elementwise('Cosh'),
  tanh: elementwise('Tanh'),
  erf: elementwise('Erf'),
  sigmoid: elementwise('Sigmoid'),
  relu: elementwise('Relu'),
  not: logic('Not', 'BitwiseNot'),
  add: elementwise('Add'),
  sub: elementwise('Sub'),
  mul: elementwise('Mul'),
  div: elementwise('Div'),
  floorDiv: integersOr(
    composed((e, _, a, b) => e.op('Div', [e.op('Sub', [a, e.op('Mod', [a, b])]), b])),
    composed((e, _, a, b) => e.op('Floor', [e.op('Div', [a, b])])),
  ),
  remainder: integersOr(
    modulo(0),
    composed((e, _, a, b) => e.op('Sub', [a, e.op('Mul', [b, e.op('Floor', [e.op('Div', [a, b])])])])),
  ),
  fmod: modulo(1),
  pow: elementwise('Pow'),
  maximum: elementwise('Max'),
  minimum: elementwise('Min'),
  lt: elementwise('Less'),
  le: elementwise('LessOrEqual'),
  gt: elementwise('Greater'),
  ge: elementwise('GreaterOrEqual'),
  eq: elementwise('Equal'),
  ne: (e, step, names) => e.op('Not', [e.op('Equal', operands(e, step, names))]),
  and: logic('And', 'BitwiseAnd'),
  or: logic('Or', 'BitwiseOr'),
  xor: logic('Xor', 'BitwiseXor'),
  shl: shift('LEFT'),
  shr: shift('RIGHT'),
  where,
  cast: (e, step, [value]) => e.cast(value!, step.dtype),
  reshape: (e, step, [value]) => e.reshape(value!, step.shape, step.inputs[0]!.shape),
  permute: (e, step, [value]) => e.transpose(value!, listOf(step.attrs['dims'])),
  expand: (e, step, [value]) => {
    bare.set(step, value!)
    return e.op('Expand', [value!, e.extents(step.shape)])
  },
  pad,
  slice,
  flip,
  after: (_e, _step, [value]) => value!,
  window,
  fold,
  concat: (e, step, names) => e.op('Concat', names, { axis: { int: numberOf(step.attrs['dim']) } }),
  sum: reduce('ReduceSum'),
  prod: reduce('ReduceProd'),
  max: reduce('ReduceMax'),
  min: reduce('ReduceMin'),
  argmax: position('ArgMax'),
  argmin: position('ArgMin'),
  contract: contraction,
  gather,
  scatterAdd: scatter('add', 16),
  scatter: (e, step, names) => scatters[String(step.attrs['op'])]!(e, step, names),
  scan,
  argsort,
  constant,
  iota,
  randomBits: (_e, step) => refuse(step, 'a model that draws random numbers (dropout in training mode?); call eval() first'),
}

/** Writes a node. Throws NablaError('argument') naming an op that has no way into ONNX. */
export function writeStep(e: Emitter, step: Step, inputs: readonly string[]): string {
  const rule = Object.hasOwn(rules, step.op) ? rules[step.op] : undefined
  return rule ? rule(e, step, inputs) : refuse(step, 'ONNX has no operator for it')
}

/** A dtype that ONNX has: all of ours. */
export const typeOf = (dtype: DType): number => elementTypes[dtype]
