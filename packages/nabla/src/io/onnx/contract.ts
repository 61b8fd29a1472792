/**
 * Contractions in ONNX's operators. What is a convolution or a matrix product is written as one; anything else as an Einsum of operands
 * that were laid out first: a dimension whose index is a form of several variables is read through a table of positions.
 *
 *     x[n, c, 2 h + r - 1]   pad by a zero, take positions 2 h + r - 1 as a table [h, r]   ->   x'[n, c, h, r]
 */
import { NablaError } from '../../core/errors.js'
import type { AffineForm } from '../../ops/op.js'
import type { Emitter } from './emitter.js'
import { type Extent, isFixed, sameExtent } from './extent.js'
import type { Step } from './trace.js'

interface Contraction {
  readonly out: readonly Extent[]
  readonly reduced: readonly Extent[]
  readonly a: readonly AffineForm[]
  readonly b: readonly AffineForm[]
}

/** The variables of a form, with their coefficients. */
const terms = (form: AffineForm): (readonly [number, number])[] => form.coef.flatMap((c, v) => (c ? [[v, c] as const] : []))

/** The variable that a dimension follows one to one, or -1. */
const followed = (form: AffineForm): number => {
  const [[v, c] = [-1, 0], ...more] = terms(form)
  return c === 1 && more.length === 0 && form.offset === 0 && form.divisor === 1 ? v : -1
}

export function contraction(e: Emitter, step: Step, inputs: readonly string[]): string {
  const attrs = step.attrs as unknown as Contraction
  return convolution(e, step, attrs, inputs) ?? product(e, step, attrs, inputs)
}

// ---------------------------------------------------------------- convolutions

/**
 * Variables n, (group), (out channel), y...; (channel), taps...: see ops/convolution.ts. Undefined where the contraction is none.
 */
function convolution(e: Emitter, step: Step, { out, reduced, a, b }: Contraction, inputs: readonly string[]): string | undefined {
  const spatial = a.filter((form) => terms(form).length === 2).length
  const [x, w] = step.inputs as [Step, Step]
  const head = a.length - spatial // n, (group), (channel)
  if (spatial < 1 || spatial > 3 || head < 1 || step.dtype !== 'float32') return undefined
  const heads = a.slice(0, head).map(followed)
  if (heads[0] !== 0 || heads.includes(-1)) return undefined
  const firstTap = out.length + reduced.length - spatial
  const firstPlace = out.length - spatial
  const channel = heads.find((v) => v >= out.length)
  const group = heads.find((v, d) => d > 0 && v < out.length)
  const kernel = b.slice(b.length - spatial)
  if (kernel.some((form, d) => followed(form) !== firstTap + d)) return undefined
  const free = Array.from({ length: firstPlace - 1 }, (_, i) => i + 1).filter((v) => v !== group)
  if (free.length > 1 || (group !== undefined && group !== 1)) return undefined
  const outChannel = free[0]

  const axes: { stride: number; dilation: number; before: number; transposed: boolean }[] = []
  for (let d = 0; d < spatial; d++) {
    const { offset, coef, divisor } = a[head + d]!
    const [place, tap] = [coef[firstPlace + d]!, coef[firstTap + d]!]
    if (place === 0 || tap === 0) return undefined
    if (divisor === 1 && place > 0 && tap > 0) axes.push({ stride: place, dilation: tap, before: -offset, transposed: false })
    else if (place === 1 && tap < 0) axes.push({ stride: divisor, dilation: -tap, before: offset, transposed: true })
    else return undefined
  }
  const transposed = axes.every((axis) => axis.transposed)
  if (!transposed && axes.some((axis) => axis.transposed)) return undefined

  const numbers = [...out.slice(1), ...reduced, ...x.shape.slice(1), ...w.shape]
  if (!isFixed(numbers)) return undefined
  const extent = (v: number | undefined): number => (v === undefined ? 1 : ([...out, ...reduced][v] as number))
  const [groups, outs, ins] = [extent(group), extent(outChannel), extent(channel)]
  // The weight's leading dimensions, in ONNX's order: (group), out, in, or for the transposed (group), in, out.
  const order = [group, ...(transposed ? [channel, outChannel] : [outChannel, channel])].filter((v) => v !== undefined)
  const lead = b.slice(0, b.length - spatial).map(followed)
  if (lead.length !== order.length || lead.includes(-1) || !order.every((v) => lead.includes(v!))) return undefined
  // All of every dimension is read.
  if (heads.some((v, d) => !sameExtent(x.shape[d]!, [...out, ...reduced][v]!))) return undefined
  if (lead.some((v, d) => w.shape[d] !== extent(v))) return undefined

  const [before, after, extra]: number[][] = [[], [], []]
  for (let d = 0; d < spatial; d++) {
    const { stride, dilation, before: begin } = axes[d]!
    const [n, y] = [x.shape[head + d] as number, out[firstPlace + d] as number]
    const span = (extent(firstTap + d) - 1) * dilation + 1
    const end = transposed ? (n - 1) * stride + span - begin - y : (y - 1) * stride + span - n - begin
    if (begin < 0 || (!transposed && end <= -stride) || w.shape[lead.length + d] !== extent(firstTap + d)) return undefined
    before!.push(begin)
    after!.push(Math.max(0, end))
    extra!.push(transposed ? Math.max(0, -end) : 0)
    if (transposed && extra![d]! >= Math.max(stride, dilation)) return undefined
  }

  const taps = kernel.map((_, d) => extent(firstTap + d))
  const turned = e.transpose(inputs[1]!, [...order.map((v) => lead.indexOf(v!)), ...kernel.map((_, d) => lead.length + d)])
  const shape = [...(transposed ? [groups * ins, outs] : [groups * outs, ins]), ...taps]
  const plain = order.length === 2 && groups === 1
  const weight = plain ? turned : e.reshape(turned, shape)
  const image =
    head === 2 && channel !== undefined && groups === 1
      ? inputs[0]!
      : e.reshape(inputs[0]!, [x.shape[0]!, groups * ins, ...x.shape.slice(head)], x.shape)
  const result = e.op(transposed ? 'ConvTranspose' : 'Conv', [image, weight], {
    kernel_shape: { ints: taps },
    strides: { ints: axes.map((axis) => axis.stride) },
    dilations: { ints: axes.map((axis) => axis.dilation) },
    pads: { ints: [...before!, ...after!] },
    group: { int: groups },
    ...(transposed && { output_padding: { ints: extra! } }),
  })
  if (firstPlace === 2 && outChannel !== undefined) return result
  return e.reshape(result, step.shape, [step.shape[0]!, groups * outs, ...step.shape.slice(firstPlace)])
}

// ---------------------------------------------------------------- products

/** An operand whose dimensions each follow one variable. */
interface Laid {
  readonly name: string
  readonly labels: readonly number[]
  readonly shape: readonly Extent[]
}

function lay(e: Emitter, step: Step, which: 0 | 1, forms: readonly AffineForm[], extents: readonly Extent[], name: string): Laid {
  const operand = step.inputs[which]!
  const labels: number[] = []
  const shape: Extent[] = []
  let laid = name
  let dim = 0
  forms.forEach((form, d) => {
    const v = followed(form)
    const size = operand.shape[d]!
    if (v >= 0 && sameExtent(extents[v]!, size)) {
      labels.push(v)
      shape.push(size)
      dim++
      return
    }
    const inside = terms(form).map(([v]) => v)
    const table: readonly Extent[] = inside.map((v) => extents[v]!)
    if (typeof size !== 'number' || !isFixed(table))
      throw new NablaError(
        'argument',
        '[onnx] contract cannot be exported: a dimension that depends on the batch is read in windows',
      )
    // Row-major over the variables; what is no whole index or outside reads the zero that is put at the end.
    const count = table.reduce((n, extent) => n * extent, 1)
    const positions = Array.from({ length: count }, (_, flat) => {
      let at = form.offset
      let rest = flat
      for (let i = inside.length - 1; i >= 0; i--) {
        at += (rest % table[i]!) * form.coef[inside[i]!]!
        rest = Math.floor(rest / table[i]!)
      }
      const index = at / form.divisor
      return Number.isInteger(index) && index >= 0 && index < size ? index : size
    })
    if (positions.includes(size)) {
      const none = [...shape, size, ...operand.shape.slice(d + 1)].map(() => 0)
      laid = e.pad(
        laid,
        none,
        none.map((_, i) => (i === dim ? 1 : 0)),
        e.scalar(0, step.dtype),
      )
    }
    laid = e.op('Gather', [laid, e.int64(positions, table)], { axis: { int: dim } })
    labels.push(...inside)
    shape.push(...table)
    dim += inside.length
  })
  return { name: laid, labels, shape }
}

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

function product(e: Emitter, step: Step, { out, reduced, a, b }: Contraction, inputs: readonly string[]): string {
  const extents = [...out, ...reduced]
  const x = lay(e, step, 0, a, extents, inputs[0]!)
  const y = lay(e, step, 1, b, extents, inputs[1]!)
  const lost = extents.findIndex((_, v) => !x.labels.includes(v) && !y.labels.includes(v))
  if (lost >= 0 || extents.length > letters.length)
    throw new NablaError('argument', '[onnx] contract cannot be exported: it counts what no operand is indexed by', {
      op: 'contract',
    })
  return matrices(e, x, y, out.length, reduced.length) ?? einsum(e, x, y, out.length)
}

const einsum = (e: Emitter, x: Laid, y: Laid, outs: number): string => {
  const label = (variables: readonly number[]): string => variables.map((v) => letters[v]).join('')
  const result = label(Array.from({ length: outs }, (_, v) => v))
  return e.op('Einsum', [x.name, y.name], { equation: { text: `${label(x.labels)},${label(y.labels)}->${result}` } })
}

/** Batches of matrices: one variable summed, one of x and one of y at the end of the result. Undefined where it is none. */
function matrices(e: Emitter, x: Laid, y: Laid, outs: number, sums: number): string | undefined {
  if (sums !== 1 || outs < 2) return undefined
  const [row, column, inner] = [outs - 2, outs - 1, outs]
  const batch = Array.from({ length: outs - 2 }, (_, v) => v)
  const left = [...batch, row, inner]
  const right = [...batch, inner, column]
  const matches = (labels: readonly number[], wanted: readonly number[]): boolean =>
    labels.length === wanted.length && wanted.every((v) => labels.includes(v))
  if (!matches(x.labels, left) || !matches(y.labels, right)) return undefined
  const turnedRight = right.map((v) => y.labels.indexOf(v))
  const turnedLeft = left.map((v) => x.labels.indexOf(v))
  if (outs === 2) {
    // Gemm turns its operands itself.
    const [a, b] = [turnedLeft[0] === 1 ? 1 : 0, turnedRight[0] === 1 ? 1 : 0]
    if (a || b) return e.op('Gemm', [x.name, y.name], { transA: { int: a }, transB: { int: b } })
  }
  return e.op('MatMul', [e.transpose(x.name, turnedLeft), e.transpose(y.name, turnedRight)])
}
