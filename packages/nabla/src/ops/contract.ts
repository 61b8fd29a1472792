/**
 * The one primitive for every product-and-sum: matrix products of any rank, einsum, convolution of any dimension with stride and
 * dilation, and transposed convolution. Each operand's index is an affine form of output and reduced indices.
 *
 *     matmul         out[m, n]    = sum_k   A[m, k] * B[k, n]
 *     convolution    out[n, o, h] = sum_c,r x[n, c, (stride h + dilation r - padding)] * w[o, c, r]
 *     its transpose  out[n, o, i] = sum_c,r x[n, c, (i + padding - dilation r) / stride] * w[c, o, r]
 *
 * Groups: input and weight are reshaped to have a dimension of groups, which is then one more output variable; a channel never
 * is a form of two variables (see convolution.ts).
 */
import { isFloat } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { type Shape, sizeOf, stridesOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { adjoint } from './affine.js'
import { reader, writer, zeros } from './dense.js'
import type { AffineForm, Builder, ContractAttrs, Dense, Sample, SpecialOp, TensorType } from './op.js'
import { checkCount, checkNumeric, checkSameDtype, wrongArgument, wrongShape } from './rules.js'

function checkForms(name: 'a' | 'b', forms: readonly AffineForm[], operand: TensorType, variables: number): void {
  if (forms.length !== operand.shape.length)
    wrongShape(
      'contract',
      `operand ${name} of shape ${showShape(operand.shape)} needs ${operand.shape.length} index forms, was given ${forms.length}`,
      operand.shape,
    )
  forms.forEach(({ offset, coef, divisor }, d) => {
    if (coef.length !== variables)
      wrongArgument(
        'contract',
        `form ${d} of operand ${name} has ${coef.length} coefficients for ${variables} variables (output, then reduced)`,
        { coef },
      )
    if (![offset, ...coef, divisor].every(Number.isInteger) || divisor < 1)
      wrongArgument('contract', `form ${d} of operand ${name} must have whole numbers and a divisor of 1 or more`, {
        offset,
        coef,
        divisor,
      })
  })
}

/** Walks an operand's index along with the variables: `flat()` is where it is now in row-major order, or -1 outside. */
class Walker {
  private readonly numerators: Int32Array
  private readonly divisors: Int32Array
  private readonly extents: Int32Array
  private readonly strides: Int32Array
  /** For each variable the dimensions that it moves, and how far. */
  private readonly moves: readonly Int32Array[]

  constructor(forms: readonly AffineForm[], shape: Shape, variables: number) {
    this.numerators = Int32Array.from(forms, (form) => form.offset)
    this.divisors = Int32Array.from(forms, (form) => form.divisor)
    this.extents = Int32Array.from(shape)
    this.strides = Int32Array.from(stridesOf(shape))
    this.moves = Array.from({ length: variables }, (_, v) =>
      Int32Array.from(forms.flatMap((form, d) => (form.coef[v] ? [d, form.coef[v]] : []))),
    )
  }

  move(variable: number, by: number): void {
    const moves = this.moves[variable]!
    for (let m = 0; m < moves.length; m += 2) this.numerators[moves[m]!]! += moves[m + 1]! * by
  }

  flat(): number {
    let flat = 0
    for (let d = 0; d < this.numerators.length; d++) {
      let index = this.numerators[d]!
      const divisor = this.divisors[d]!
      if (divisor !== 1) {
        if (index % divisor !== 0) return -1
        index /= divisor
      }
      if (index < 0 || index >= this.extents[d]!) return -1
      flat += index * this.strides[d]!
    }
    return flat
  }
}

function reference([a, b]: readonly Dense[], { out, reduced, a: aForms, b: bForms }: ContractAttrs): Dense {
  const extents = [...out, ...reduced]
  const result = zeros(out, a!.dtype)
  const float = isFloat(a!.dtype)
  const terms = sizeOf(reduced)
  const x = new Walker(aForms, a!.shape, extents.length)
  const y = new Walker(bForms, b!.shape, extents.length)
  const getA = reader(a!)
  const getB = reader(b!)
  const set = writer(result)
  const at = new Int32Array(extents.length)
  const step = (): void => {
    for (let v = extents.length - 1; v >= 0; v--) {
      const around = at[v]! + 1 === extents[v]!
      const by = around ? -at[v]! : 1
      at[v]! += by
      x.move(v, by)
      y.move(v, by)
      if (!around) return
    }
  }
  for (let o = 0; o < result.data.length; o++) {
    let sum = 0
    for (let t = 0; t < terms; t++, step()) {
      const i = x.flat()
      if (i < 0) continue
      const j = y.flat()
      if (j < 0) continue
      sum = float ? sum + getA(i) * getB(j) : (sum + Math.imul(getA(i), getB(j))) | 0
    }
    set(o, sum)
  }
  return result
}

/** The gradient of one operand: grad, expanded by the guards, contracted with the other. */
function operandGradient(node: Node, grad: Node, which: 'a' | 'b', b: Builder): Node {
  const [x, y] = node.inputs as readonly [Node, Node]
  const [target, other] = which === 'a' ? [x, y] : [y, x]
  const { attrs, guards } = adjoint(node.attrs as ContractAttrs, which, target.shape, other.shape)
  const guarded = guards.length
    ? b.expand(b.reshape(grad, [...grad.shape, ...guards.map(() => 1)]), [...grad.shape, ...guards])
    : grad
  return b.contract(guarded, other, attrs)
}

const f = (divisor: number, offset: number, ...coef: number[]): AffineForm => ({ offset, coef, divisor })
const sample = (a: Shape, b: Shape, attrs: ContractAttrs, dtype: TensorType['dtype'] = 'float32'): Sample => {
  const range = dtype === 'int32' ? { low: -9, high: 9 } : {}
  return {
    inputs: [
      { shape: a, dtype, ...range },
      { shape: b, dtype, ...range },
    ],
    attrs,
  }
}
const matmul = (m: number, k: number, n: number): ContractAttrs => ({
  out: [m, n],
  reduced: [k],
  a: [f(1, 0, 1, 0, 0), f(1, 0, 0, 0, 1)],
  b: [f(1, 0, 0, 0, 1), f(1, 0, 0, 1, 0)],
})
/** Variables n, o, h; c, r. */
const conv = (
  n: number,
  o: number,
  h: number,
  c: number,
  r: number,
  stride: number,
  padding: number,
  dilation: number,
): ContractAttrs => ({
  out: [n, o, h],
  reduced: [c, r],
  a: [f(1, 0, 1, 0, 0, 0, 0), f(1, 0, 0, 0, 0, 1, 0), f(1, -padding, 0, 0, stride, 0, dilation)],
  b: [f(1, 0, 0, 1, 0, 0, 0), f(1, 0, 0, 0, 0, 1, 0), f(1, 0, 0, 0, 0, 0, 1)],
})

export const contractOps: readonly SpecialOp[] = [
  {
    name: 'contract',
    kind: 'contract',
    doc: 'out[v_out] = sum over v_red of A[a(v)] * B[b(v)], with affine index forms a and b; zero outside of A and B.',
    infer(inputs, attrs) {
      checkCount('contract', inputs, 2)
      const [a, b] = inputs as [TensorType, TensorType]
      checkSameDtype('contract', a, b)
      checkNumeric('contract', a)
      const { out, reduced, a: aForms, b: bForms } = attrs as ContractAttrs
      for (const n of [...out, ...reduced])
        if (!Number.isInteger(n) || n < 0)
          wrongArgument('contract', `extents are whole numbers of 0 or more, not ${n}`, { out, reduced })
      checkForms('a', aForms, a, out.length + reduced.length)
      checkForms('b', bForms, b, out.length + reduced.length)
      return { shape: out, dtype: a.dtype }
    },
    reference: (inputs, attrs) => reference(inputs, attrs as ContractAttrs),
    gradient: (node, grad, b) => [operandGradient(node, grad, 'a', b), operandGradient(node, grad, 'b', b)],
    samples: [
      sample([2, 3], [3, 4], matmul(2, 3, 4)),
      sample([5, 7], [7, 6], matmul(5, 7, 6), 'float64'),
      sample([2, 3], [3, 4], matmul(2, 3, 4), 'int32'),
      sample([1, 1], [1, 1], matmul(1, 1, 1)),
      sample([0, 3], [3, 2], matmul(0, 3, 2)),
      sample([2, 0], [0, 2], matmul(2, 0, 2)),
      // Convolution: plain, padded, strided, dilated, all of them.
      sample([2, 2, 6], [3, 2, 3], conv(2, 3, 4, 2, 3, 1, 0, 1)),
      sample([1, 2, 5], [2, 2, 3], conv(1, 2, 5, 2, 3, 1, 1, 1)),
      sample([1, 2, 7], [2, 2, 3], conv(1, 2, 4, 2, 3, 2, 1, 1)),
      sample([1, 1, 9], [2, 1, 3], conv(1, 2, 3, 1, 3, 3, 2, 2)),
      // Transposed convolution of stride 2.
      sample([1, 2, 3], [2, 2, 3], {
        out: [1, 2, 7],
        reduced: [2, 3],
        a: [f(1, 0, 1, 0, 0, 0, 0), f(1, 0, 0, 0, 0, 1, 0), f(2, 0, 0, 0, 1, 0, -1)],
        b: [f(1, 0, 0, 0, 0, 1, 0), f(1, 0, 0, 1, 0, 0, 0), f(1, 0, 0, 0, 0, 0, 1)],
      }),
      // An outer product; a scalar product; a diagonal; a constant index; a sum of part of an operand.
      sample([2], [3], { out: [2, 3], reduced: [], a: [f(1, 0, 1, 0)], b: [f(1, 0, 0, 1)] }),
      sample([4], [4], { out: [], reduced: [4], a: [f(1, 0, 1)], b: [f(1, 0, 1)] }),
      sample([3, 3], [3], { out: [3], reduced: [], a: [f(1, 0, 1), f(1, 0, 1)], b: [f(1, 0, 1)] }),
      sample([3, 4], [4], { out: [4], reduced: [], a: [f(1, 2, 0), f(1, 0, 1)], b: [f(1, 0, 1)] }),
      sample([6], [2], { out: [2], reduced: [3], a: [f(1, 1, 0, 1)], b: [f(1, 0, 1, 0)] }),
    ],
  },
]
