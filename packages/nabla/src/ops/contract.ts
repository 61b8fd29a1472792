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

/** For every combination of variables (row-major) the flat index into the operand, or -1. */
function flatIndices(forms: readonly AffineForm[], shape: Shape, extents: Shape): Int32Array {
  const strides = stridesOf(shape)
  const total = sizeOf(extents)
  const result = new Int32Array(total)
  const at = new Array<number>(extents.length).fill(0)
  for (let i = 0; i < total; i++) {
    let flat = 0
    for (let d = 0; d < forms.length && flat >= 0; d++) {
      const { offset, coef, divisor } = forms[d]!
      let numerator = offset
      for (let j = 0; j < coef.length; j++) numerator += coef[j]! * at[j]!
      const index = numerator / divisor
      flat = Number.isInteger(index) && index >= 0 && index < shape[d]! ? flat + index * strides[d]! : -1
    }
    result[i] = flat
    for (let d = extents.length - 1; d >= 0; d--) {
      if (++at[d]! < extents[d]!) break
      at[d] = 0
    }
  }
  return result
}

function reference([a, b]: readonly Dense[], { out, reduced, a: aForms, b: bForms }: ContractAttrs): Dense {
  const extents = [...out, ...reduced]
  const result = zeros(out, a!.dtype)
  const float = isFloat(a!.dtype)
  const terms = sizeOf(reduced)
  const ai = flatIndices(aForms, a!.shape, extents)
  const bi = flatIndices(bForms, b!.shape, extents)
  const getA = reader(a!)
  const getB = reader(b!)
  const set = writer(result)
  for (let o = 0; o < result.data.length; o++) {
    let sum = 0
    for (let t = o * terms; t < (o + 1) * terms; t++) {
      if (ai[t]! < 0 || bi[t]! < 0) continue
      sum = float ? sum + getA(ai[t]!) * getB(bi[t]!) : (sum + Math.imul(getA(ai[t]!), getB(bi[t]!))) | 0
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
