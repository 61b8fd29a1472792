/** Houses whose two figures have very different ranges, and four ways to scale them. */
import { cat, ones, type Tensor, tensor } from 'nabla'
import { SampleRandom } from 'nabla/data'
import { eigvalsh } from 'nabla/linalg'

/** What a price of a house is made of: thousands a square metre, a room, and at all. */
export const priceOf = { area: 2.5, rooms: 15, base: 20 } as const

/** [N, 2] square metres and rooms, [N, 1] prices in thousands. */
export function houses(count: number, seed: number): { x: Tensor; y: Tensor } {
  const random = new SampleRandom(seed, 0, 0)
  const rows = Array.from({ length: count }, () => {
    const area = random.uniform(35, 240)
    const rooms = Math.max(1, Math.round(area / 40 + random.normal()))
    return [area, rooms, priceOf.base + priceOf.area * area + priceOf.rooms * rooms + 10 * random.normal()]
  })
  return {
    x: tensor(
      rows.map(([area, rooms]) => [area!, rooms!]),
      { dtype: 'float64' },
    ),
    y: tensor(
      rows.map((row) => [row[2]!]),
      { dtype: 'float64' },
    ),
  }
}

/** (x - shift) / scale, column by column. */
export interface Scaling {
  readonly shift: Tensor
  readonly scale: Tensor
}

const dim = { keepdim: true }

/** Each from the training data alone; whatever comes later is scaled by the same numbers. */
export const scalings: Readonly<Record<string, (x: Tensor) => Scaling>> = {
  none: (x) => ({ shift: x.amin(0, dim).mul(0), scale: x.amin(0, dim).mul(0).add(1) }),
  'min-max': (x) => ({ shift: x.amin(0, dim), scale: x.amax(0, dim).sub(x.amin(0, dim)) }),
  mean: (x) => ({ shift: x.mean(0, dim), scale: x.amax(0, dim).sub(x.amin(0, dim)) }),
  'z-score': (x) => ({ shift: x.mean(0, dim), scale: x.std(0, { ...dim, correction: 0 }) }),
}

export const scaled = (x: Tensor, { shift, scale }: Scaling): Tensor => x.sub(shift).div(scale)

/** Least and largest curvature of the cost: the eigenvalues of X^T X / m, with the bias as a column of ones. */
export async function curvature(x: Tensor, bias = true): Promise<{ least: number; most: number }> {
  const X = bias ? cat([x, ones([x.size(0), 1], { dtype: x.dtype })], 1) : x
  const values = await eigvalsh(X.t().matmul(X).div(x.size(0))).data()
  return { least: values[0]!, most: values[values.length - 1]! }
}
