/** Element-wise ops of one operand: rounding, roots, exponentials, trigonometry, activations. */
import { isFloat } from '../core/dtype.js'
import { type Expr, binary, select, unary as u } from '../kernel/expr.js'
import * as maths from '../kernel/maths.js'
import type { Node } from '../graph/node.js'
import { integerSample, mapDense, same, unarySamples } from './elementwise.js'
import type { Builder, ElementwiseOp, Sample } from './op.js'
import { checkCount, checkFloat, checkNumeric, wrongDtype } from './rules.js'
import { erf } from './special.js'

interface Definition {
  readonly doc: string
  /** The function itself, on numbers. */
  readonly f: (x: number) => number
  readonly expr: (x: Expr) => Expr
  readonly gradient?: (x: Node, y: Node, grad: Node, b: Builder) => Node | undefined
  /** Where the samples lie. */
  readonly range?: readonly [number, number]
  readonly points?: readonly number[]
  readonly samples?: readonly Sample[]
  readonly cost?: number
}

const define = (name: string, integers: boolean, d: Definition): ElementwiseOp => ({
  name,
  kind: 'elementwise',
  doc: d.doc,
  infer(inputs) {
    checkCount(name, inputs, 1)
    ;(integers ? checkNumeric : checkFloat)(name, inputs[0]!)
    return { shape: inputs[0]!.shape, dtype: inputs[0]!.dtype }
  },
  expr: (args) => d.expr(args[0]!),
  reference: (inputs) => mapDense(inputs, inputs[0]!.dtype, d.f),
  samples: [...unarySamples(...(d.range ?? [-2, 2]), d.points), ...(d.samples ?? [])],
  ...(d.gradient && { gradient: (node: Node, grad: Node, b: Builder) => [d.gradient!(node.inputs[0]!, node, grad, b)] }),
  ...(!integers && { floats: true }),
  ...(d.cost !== undefined && { cost: d.cost }),
})

/** Of floats and integers. */
const arithmetic = (name: string, d: Definition): ElementwiseOp => define(name, true, d)
/** Of floats only; the builder casts integers to float32. */
const function_ = (name: string, d: Definition): ElementwiseOp => define(name, false, { cost: 12, ...d })

/** Constant almost everywhere: the gradient is zero. */
const flat = (): undefined => undefined

const signedIntegers = integerSample('int32', [0, 1, -1, 7, -2147483648, 2147483647])
const unsignedIntegers = integerSample('uint8', [0, 1, 7, 255])

/** Nearest integer, ties to even. */
function roundHalfEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest < 0.5) return floor === 0 && x < 0 ? -0 : Object.is(x, -0) ? -0 : floor
  if (rest > 0.5) return floor + 1 === 0 ? -0 : floor + 1
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1 === 0 ? -0 : floor + 1
  return x // NaN and infinities
}

export const unaryOps: readonly ElementwiseOp[] = [
  arithmetic('neg', {
    doc: '-x; integers wrap around.',
    f: (x) => -x,
    expr: (x) => u('neg', x),
    gradient: (_x, _y, grad, b) => b.neg(grad),
    samples: [signedIntegers, unsignedIntegers],
  }),
  arithmetic('abs', {
    doc: '|x|; the gradient at 0 is 0.',
    f: Math.abs,
    expr: (x) => (x.type === 'uint32' ? x : u('abs', x)),
    gradient: (x, _y, grad, b) => b.mul(grad, b.sign(x)),
    range: [0.5, 2],
    samples: [signedIntegers, unsignedIntegers, { inputs: [{ shape: [4], dtype: 'float32', values: [-1, -2, -0.5, 3] }] }],
  }),
  arithmetic('sign', {
    doc: '-1, 0 or 1; 0 for NaN.',
    f: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
    expr: (x) =>
      select(
        binary('lt', same(0, x), x),
        same(1, x),
        x.type === 'uint32' ? same(0, x) : select(binary('lt', x, same(0, x)), same(-1, x), same(0, x)),
      ),
    gradient: flat,
    range: [0.5, 2],
    samples: [signedIntegers, unsignedIntegers],
  }),
  function_('floor', {
    doc: 'The largest integer not above x.',
    f: Math.floor,
    expr: (x) => u('floor', x),
    gradient: flat,
    range: [0.1, 0.9],
    points: [1.5, -1.5],
    cost: 1,
  }),
  function_('ceil', {
    doc: 'The smallest integer not below x.',
    f: Math.ceil,
    expr: (x) => u('ceil', x),
    gradient: flat,
    range: [0.1, 0.9],
    points: [1.5, -1.5],
    cost: 1,
  }),
  function_('trunc', {
    doc: 'x without its fraction.',
    f: Math.trunc,
    expr: (x) => u('trunc', x),
    gradient: flat,
    range: [0.1, 0.9],
    points: [1.5, -1.5],
    cost: 1,
  }),
  function_('round', {
    doc: 'The nearest integer, ties to even.',
    f: roundHalfEven,
    expr: (x) => u('rint', x),
    gradient: flat,
    range: [0.1, 0.4],
    points: [1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 8388609, 1e20],
    cost: 1,
  }),
  function_('sqrt', {
    doc: 'The square root; NaN below 0.',
    f: Math.sqrt,
    expr: (x) => u('sqrt', x),
    gradient: (_x, y, grad, b) => b.div(grad, b.mul(y, 2)),
    range: [0.5, 3],
    cost: 4,
  }),
  function_('exp', {
    doc: 'e to the x.',
    f: Math.exp,
    expr: maths.exp,
    gradient: (_x, y, grad, b) => b.mul(grad, y),
    points: [-200, 88, 100],
  }),
  function_('log', {
    doc: 'The natural logarithm; NaN below 0.',
    f: Math.log,
    expr: maths.log,
    gradient: (x, _y, grad, b) => b.div(grad, x),
    range: [0.5, 4],
    points: [1e-40, 1e30],
  }),
  function_('exp2', {
    doc: '2 to the x.',
    f: (x) => 2 ** x,
    expr: maths.exp2,
    gradient: (_x, y, grad, b) => b.mul(grad, b.mul(y, Math.LN2)),
    points: [-200, 3, 127, 130],
  }),
  function_('log2', {
    doc: 'The logarithm to base 2; NaN below 0.',
    f: Math.log2,
    expr: maths.log2,
    gradient: (x, _y, grad, b) => b.div(grad, b.mul(x, Math.LN2)),
    range: [0.5, 4],
    points: [1e-40, 1e30, 8],
  }),
  function_('log1p', {
    doc: 'log(1 + x), exact for small x.',
    f: Math.log1p,
    expr: maths.log1p,
    gradient: (x, _y, grad, b) => b.div(grad, b.add(x, 1)),
    range: [-0.5, 3],
    points: [1e-10, 1e30],
  }),
  function_('expm1', {
    doc: 'exp(x) - 1, exact for small x.',
    f: Math.expm1,
    expr: maths.expm1,
    gradient: (_x, y, grad, b) => b.mul(grad, b.add(y, 1)),
    points: [1e-10, -100, 88],
  }),
  function_('sin', {
    doc: 'The sine.',
    f: Math.sin,
    expr: maths.sin,
    gradient: (x, _y, grad, b) => b.mul(grad, b.cos(x)),
    points: [1e4, -31.4],
  }),
  function_('cos', {
    doc: 'The cosine.',
    f: Math.cos,
    expr: maths.cos,
    gradient: (x, _y, grad, b) => b.neg(b.mul(grad, b.sin(x))),
    points: [1e4, -31.4],
  }),
  function_('tan', {
    doc: 'The tangent.',
    f: Math.tan,
    expr: maths.tan,
    gradient: (_x, y, grad, b) => b.mul(grad, b.add(b.mul(y, y), 1)),
    range: [-1, 1],
  }),
  function_('asin', {
    doc: 'The arc sine; NaN outside [-1, 1].',
    f: Math.asin,
    expr: maths.asin,
    gradient: (x, _y, grad, b) => b.div(grad, b.sqrt(b.sub(1, b.mul(x, x)))),
    range: [-0.8, 0.8],
  }),
  function_('acos', {
    doc: 'The arc cosine; NaN outside [-1, 1].',
    f: Math.acos,
    expr: maths.acos,
    gradient: (x, _y, grad, b) => b.neg(b.div(grad, b.sqrt(b.sub(1, b.mul(x, x))))),
    range: [-0.8, 0.8],
  }),
  function_('atan', {
    doc: 'The arc tangent.',
    f: Math.atan,
    expr: maths.atan,
    gradient: (x, _y, grad, b) => b.div(grad, b.add(b.mul(x, x), 1)),
    points: [100],
  }),
  function_('sinh', {
    doc: 'The hyperbolic sine.',
    f: Math.sinh,
    expr: maths.sinh,
    gradient: (x, _y, grad, b) => b.mul(grad, b.cosh(x)),
    points: [1e-10, 50],
  }),
  function_('cosh', {
    doc: 'The hyperbolic cosine.',
    f: Math.cosh,
    expr: maths.cosh,
    gradient: (x, _y, grad, b) => b.mul(grad, b.sinh(x)),
    points: [50],
  }),
  function_('tanh', {
    doc: 'The hyperbolic tangent.',
    f: Math.tanh,
    expr: maths.tanh,
    gradient: (_x, y, grad, b) => b.mul(grad, b.sub(1, b.mul(y, y))),
    points: [1e-10, 50],
  }),
  function_('erf', {
    doc: 'The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.',
    f: erf,
    expr: maths.erf,
    gradient: (x, _y, grad, b) => b.mul(grad, b.mul(b.exp(b.neg(b.mul(x, x))), 2 / Math.sqrt(Math.PI))),
    points: [1e-10, 3.9, -6],
  }),
  function_('sigmoid', {
    doc: '1 / (1 + exp(-x)).',
    f: (x) => 1 / (1 + Math.exp(-x)),
    expr: maths.sigmoid,
    gradient: (_x, y, grad, b) => b.mul(grad, b.mul(y, b.sub(1, y))),
    points: [-100, 100, -90],
  }),
  arithmetic('relu', {
    doc: 'x where x > 0, else 0; NaN stays NaN; the gradient at 0 is 0.',
    f: (x) => (x < 0 ? 0 : x),
    expr: (x) => (x.type === 'uint32' ? x : select(binary('lt', x, same(0, x)), same(0, x), x)),
    gradient: (_x, y, grad, b) => b.where(b.le(y, 0), 0, grad),
    range: [0.5, 2],
    samples: [signedIntegers, unsignedIntegers, { inputs: [{ shape: [4], dtype: 'float32', values: [-1, -2, 0.5, 3] }] }],
  }),
  {
    name: 'not',
    kind: 'elementwise',
    doc: 'Of bools: the other one; of integers: all bits turned.',
    infer(inputs) {
      checkCount('not', inputs, 1)
      if (isFloat(inputs[0]!.dtype))
        wrongDtype('not', `is not defined on ${inputs[0]!.dtype}; compare or cast it first`, inputs[0]!.dtype)
      return { shape: inputs[0]!.shape, dtype: inputs[0]!.dtype }
    },
    expr: ([x]) => u('not', x!),
    reference: (inputs) => mapDense(inputs, inputs[0]!.dtype, inputs[0]!.dtype === 'bool' ? (x) => (x ? 0 : 1) : (x) => ~x),
    samples: [
      { inputs: [{ shape: [2], dtype: 'bool', values: [0, 1] }] },
      signedIntegers,
      unsignedIntegers,
      { inputs: [{ shape: [0], dtype: 'bool' }] },
      { inputs: [{ shape: [], dtype: 'bool', values: [1] }] },
    ],
  },
]
