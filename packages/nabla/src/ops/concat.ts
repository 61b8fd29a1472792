/** Tensors one after the other along a dimension. */
import { showShape } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { around, reader, writer, zeros } from './dense.js'
import type { Sample, SpecialOp, TensorType } from './op.js'
import { checkDim, checkSameDtype, wrongArgument, wrongShape } from './rules.js'

const sample = (shapes: readonly Shape[], dim: number, dtype: TensorType['dtype'] = 'float32'): Sample => ({
  inputs: shapes.map((shape) => ({ shape, dtype })),
  attrs: { dim },
})

/** Where each part begins along `dim`, and where the last one ends. */
export function startsOf(parts: readonly { readonly shape: Shape }[], dim: number): number[] {
  const starts = [0]
  for (const part of parts) starts.push(starts.at(-1)! + part.shape[dim]!)
  return starts
}

function checkParts(parts: readonly TensorType[], dim: number): void {
  const first = parts[0]!
  for (const part of parts) {
    checkSameDtype('cat', first, part)
    const clash =
      part.shape.length === first.shape.length ? part.shape.findIndex((n, d) => d !== dim && n !== first.shape[d]) : -2
    if (clash === -1) continue
    wrongShape(
      'cat',
      clash === -2
        ? `shapes ${showShape(first.shape)} and ${showShape(part.shape)} differ in rank`
        : `shapes ${showShape(first.shape)} and ${showShape(part.shape)} differ at dimension ${clash}: ${first.shape[clash]} and ${part.shape[clash]}; only dimension ${dim} may differ`,
      first.shape,
      part.shape,
    )
  }
}

export const concatOps: readonly SpecialOp[] = [
  {
    name: 'concat',
    kind: 'concat',
    doc: 'The inputs one after the other along `dim`; all other extents are equal.',
    infer(inputs, attrs) {
      const [first] = inputs
      if (!first) wrongArgument('cat', 'needs at least one tensor')
      const dim = checkDim('cat', attrs['dim'], first.shape)
      checkParts(inputs, dim)
      const total = inputs.reduce((n, part) => n + part.shape[dim]!, 0)
      return { shape: first.shape.map((n, d) => (d === dim ? total : n)), dtype: first.dtype }
    },
    reference(inputs, attrs) {
      const dim = attrs['dim'] as number
      const starts = startsOf(inputs, dim)
      const shape = inputs[0]!.shape.map((n, d) => (d === dim ? starts.at(-1)! : n))
      const out = zeros(shape, inputs[0]!.dtype)
      const set = writer(out)
      const { outer, n, inner } = around(shape, dim)
      inputs.forEach((part, k) => {
        const get = reader(part)
        const run = part.shape[dim]! * inner
        for (let o = 0; o < outer; o++) for (let i = 0; i < run; i++) set((o * n + starts[k]!) * inner + i, get(o * run + i))
      })
      return out
    },
    gradient(node, grad, b) {
      const dim = node.attrs['dim'] as number
      const starts = startsOf(node.inputs, dim)
      return node.inputs.map((part, k) =>
        sizeOf(part.shape) === 0
          ? b.like(part, 0)
          : b.slice(
              grad,
              grad.shape.map((n, d) => ({ start: d === dim ? starts[k]! : 0, stop: d === dim ? starts[k + 1]! : n, step: 1 })),
            ),
      )
    },
    samples: [
      sample([[3], [2], [1]], 0),
      sample(
        [
          [2, 3],
          [2, 1],
        ],
        1,
      ),
      sample(
        [
          [2, 1, 3],
          [2, 4, 3],
          [2, 1, 3],
          [2, 2, 3],
          [2, 1, 3],
          [2, 1, 3],
        ],
        1,
      ),
      sample(
        [
          [1, 20],
          [1, 20],
          [1, 20],
          [1, 20],
          [2, 20],
        ],
        0,
      ),
      sample(
        [
          [0, 2],
          [3, 2],
        ],
        0,
      ),
      sample([[2], [2]], 0, 'bool'),
      sample(
        [
          [2, 2],
          [2, 1],
          [2, 3],
          [2, 1],
          [2, 1],
        ],
        1,
        'bool',
      ),
      sample([[2], [3]], 0, 'int32'),
      sample(
        [
          [17, 3],
          [17, 5],
        ],
        1,
        'float64',
      ),
    ],
  },
]
