/** Running sums, products and extremes along one dimension. */
import { isFloat } from '../core/dtype.js'
import type { Node } from '../graph/node.js'
import { around, reader, writer, zeros } from './dense.js'
import type { Builder, Sample, SpecialOp, TensorType } from './op.js'
import { checkCount, checkDim, checkNumeric, wrongArgument } from './rules.js'
import { counting } from './source.js'

type Kind = 'sum' | 'prod' | 'max' | 'min'

const sample = (
  shape: readonly number[],
  dim: number,
  op: Kind,
  dtype: TensorType['dtype'] = 'float32',
  values?: readonly number[],
): Sample => ({
  inputs: [{ shape, dtype, ...(dtype === 'int32' && { low: -5, high: 5 }), ...(values && { values }) }],
  attrs: { dim, op },
})

const steps: Readonly<Record<Kind, (so: number, x: number) => number>> = {
  sum: (so, x) => so + x,
  prod: (so, x) => so * x,
  max: (so, x) => (Number.isNaN(so) || Number.isNaN(x) ? NaN : x > so ? x : so),
  min: (so, x) => (Number.isNaN(so) || Number.isNaN(x) ? NaN : x < so ? x : so),
}

/** The elements from `from` on (below `n - to`), with `fill` where the line was, so that the extent stays. */
function shifted(x: Node, dim: number, by: number, fill: number, b: Builder): Node {
  const n = x.shape[dim]!
  const k = Math.min(Math.abs(by), n)
  const ranges = x.shape.map((m, d) =>
    d !== dim ? { start: 0, stop: m, step: 1 } : by > 0 ? { start: k, stop: n, step: 1 } : { start: 0, stop: n - k, step: 1 },
  )
  return b.pad(
    b.slice(x, ranges),
    x.shape.map((_, d) => (d !== dim ? [0, 0] : by > 0 ? [0, k] : [k, 0])),
    fill,
  )
}

/**
 * The gradient of a running product y_t = x_0 ... x_t without division, so zeros are right to every order: with
 *
 *     s_i = g_i + x_(i+1) s_(i+1)        dx_i = (x_0 ... x_(i-1)) s_i
 *
 * s is found by doubling: the affine maps s_(i+1) -> s_i are composed over spans of 1, 2, 4, ... elements.
 */
function productGradient(node: Node, grad: Node, b: Builder): Node {
  const dim = node.attrs['dim'] as number
  const x = node.inputs[0]!
  const n = x.shape[dim]!
  let factor = shifted(x, dim, 1, 0, b) // beyond the end nothing follows
  let s = grad
  for (let span = 1; span < n; span *= 2) {
    s = b.add(s, b.mul(factor, shifted(s, dim, span, 0, b)))
    if (span * 2 < n) factor = b.mul(factor, shifted(factor, dim, span, 0, b))
  }
  return b.mul(shifted(node, dim, -1, 1, b), s)
}

/** All of grad goes to the element that was the extreme: the latest of equals, as torch.cummax. */
function extremeGradient(node: Node, grad: Node, b: Builder): Node {
  const dim = node.attrs['dim'] as number
  const x = node.inputs[0]!
  const position = b.expand(counting(x.shape, dim, x.device, b), x.shape)
  const isSource = b.or(b.eq(x, node), b.ne(x, x))
  const source = b.scan(b.where(isSource, position, 0), dim, 'max')
  return b.scatterAdd(b.like(grad, 0), dim, source, grad)
}

export const scanOps: readonly SpecialOp[] = [
  {
    name: 'scan',
    kind: 'scan',
    doc: 'The running sum, product, max or min (attrs.op) along `dim`: element i combines elements 0 to i. NaN stays.',
    infer(inputs, attrs) {
      checkCount('scan', inputs, 1)
      const a = inputs[0]!
      checkNumeric('scan', a)
      checkDim('scan', attrs['dim'], a.shape)
      if (!Object.hasOwn(steps, attrs['op'] as string))
        wrongArgument('scan', `runs sum, prod, max or min, not ${String(attrs['op'])}`, { scan: attrs['op'] })
      return { shape: a.shape, dtype: a.dtype }
    },
    reference([a], attrs) {
      const { outer, n, inner } = around(a!.shape, attrs['dim'] as number)
      const op = attrs['op'] as Kind
      const integerProduct = op === 'prod' && !isFloat(a!.dtype)
      const step = integerProduct ? Math.imul : steps[op]
      const out = zeros(a!.shape, a!.dtype)
      const get = reader(a!)
      const set = writer(out)
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < inner; k++) {
          let so = 0
          for (let i = 0; i < n; i++) {
            const at = (o * n + i) * inner + k
            so = i === 0 ? get(at) : step(so, get(at))
            set(at, so)
          }
        }
      return out
    },
    gradient(node, grad, b) {
      const dim = node.attrs['dim'] as number
      switch (node.attrs['op'] as Kind) {
        case 'sum':
          return [b.flip(b.scan(b.flip(grad, [dim]), dim, 'sum'), [dim])]
        case 'prod':
          return [productGradient(node, grad, b)]
        default:
          return [extremeGradient(node, grad, b)]
      }
    },
    samples: [
      ...(['sum', 'prod', 'max', 'min'] as const).flatMap((op) => [
        sample([5], 0, op),
        sample([2, 3], 1, op),
        sample([3, 2], 0, op),
        sample([2, 3, 2], 1, op),
        sample([1], 0, op),
        sample([0], 0, op),
        sample([2, 0], 0, op),
        sample([4], 0, op, 'float64'),
        sample([4], 0, op, 'int32'),
        { ...sample([7], 0, op, 'float32', [1, 3, 3, -Infinity, NaN, 2, NaN]), differentiable: false },
      ]),
      sample([5], 0, 'prod', 'float32', [2, 0, 3, 0, 5]),
      sample([2, 3], 1, 'prod', 'float32', [0, 2, 3, 1, 2, 0]),
      { ...sample([6], 0, 'max', 'float32', [1, 3, 3, 2, 4, 4]), differentiable: false },
      { ...sample([6], 0, 'min', 'float32', [3, 3, 1, 2, 1, 0]), differentiable: false },
    ],
  },
]
