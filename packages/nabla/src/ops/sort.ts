/** Sorting, as the order of indices: values in order are a gather away. */
import { around, reader, zeros } from './dense.js'
import type { Sample, SpecialOp, TensorType } from './op.js'
import { checkCount, checkDim, checkNumeric } from './rules.js'

const sample = (
  shape: readonly number[],
  dim: number,
  descending: boolean,
  values?: readonly number[],
  dtype: TensorType['dtype'] = 'float32',
): Sample => ({
  inputs: [{ shape, dtype, ...(values && { values }), ...(!values && dtype === 'int32' && { low: -3, high: 3 }) }],
  attrs: { dim, descending },
})

/** NaN counts as largest. */
const order = (x: number, y: number): number =>
  Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : x < y ? -1 : x > y ? 1 : 0

export const sortOps: readonly SpecialOp[] = [
  {
    name: 'argsort',
    kind: 'sort',
    doc: 'int32 indices that sort along `dim`: stable (equals keep their order, also when descending), NaN counts as largest.',
    infer(inputs, attrs) {
      checkCount('argsort', inputs, 1)
      checkNumeric('argsort', inputs[0]!)
      checkDim('argsort', attrs['dim'], inputs[0]!.shape)
      return { shape: inputs[0]!.shape, dtype: 'int32' }
    },
    reference([a], attrs) {
      const { outer, n, inner } = around(a!.shape, attrs['dim'] as number)
      const sign = attrs['descending'] ? -1 : 1
      const out = zeros(a!.shape, 'int32')
      const get = reader(a!)
      for (let o = 0; o < outer; o++)
        for (let k = 0; k < inner; k++) {
          const at = (i: number): number => (o * n + i) * inner + k
          const sorted = Array.from({ length: n }, (_, i) => i).sort((i, j) => sign * order(get(at(i)), get(at(j))) || i - j)
          sorted.forEach((from, i) => (out.data[at(i)] = from))
        }
      return out
    },
    samples: [false, true].flatMap((descending) => [
      sample([5], 0, descending),
      sample([2, 4], 1, descending),
      sample([4, 2], 0, descending),
      sample([2, 3, 2], 1, descending),
      sample([1], 0, descending),
      sample([0], 0, descending),
      sample([0, 2], 1, descending),
      sample([8], 0, descending, [1, NaN, -1, NaN, 1, -Infinity, Infinity, -1]),
      sample([3], 0, descending, [0, -0, 0]),
      sample([6], 0, descending, undefined, 'int32'),
      sample([5], 0, descending, undefined, 'float64'),
      sample([3], 0, descending, [200, 3, 200], 'uint8'),
      sample([37], 0, descending),
    ]),
  },
]
