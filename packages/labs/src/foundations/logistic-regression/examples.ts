/** Points of two classes in the plane: flowers, made-up blobs, and a ring. */
import { type Tensor, tensor } from 'nabla'
import { type FetchOptions, iris, SampleRandom } from 'nabla/data'

/** Two figures each, and a class 0 or 1. */
export interface Examples {
  readonly names: readonly [x: string, y: string]
  readonly classes: readonly string[]
  readonly points: readonly (readonly [number, number])[]
  readonly labels: readonly number[]
}

/** Petals of two species of iris that overlap: 100 flowers (Fisher 1936). */
export async function flowers(how: FetchOptions): Promise<Examples> {
  const table = await iris(how)
  const species = table.column('species').values
  const [length, width] = ['petal_length', 'petal_width'].map((name) => table.column(name).values)
  const rows = Array.from({ length: table.length }, (_, i) => i).filter((i) => species[i] !== 'setosa')
  return {
    names: ['petal length, cm', 'petal width, cm'],
    classes: ['versicolor', 'virginica'],
    points: rows.map((i) => [Number(length![i]), Number(width![i])]),
    labels: rows.map((i) => (species[i] === 'virginica' ? 1 : 0)),
  }
}

/** Two normal blobs that overlap a little. */
export function blobs(count: number, seed: number): Examples {
  const random = new SampleRandom(seed, 0, 1)
  const labels = Array.from({ length: count }, (_, i) => i % 2)
  return {
    names: ['x1', 'x2'],
    classes: ['0', '1'],
    points: labels.map((label) => [random.normal() + 2 * label, 0.7 * random.normal() + 1.2 * label]),
    labels,
  }
}

/** Inside or outside of an oval, the edge blurred: no line can part them, a curve of second degree can. */
export function ring(count: number, seed: number): Examples {
  const random = new SampleRandom(seed, 0, 2)
  const points = Array.from({ length: count }, () => [random.uniform(-1, 1), random.uniform(-1, 1)] as const)
  return {
    names: ['x1', 'x2'],
    classes: ['inside', 'outside'],
    points,
    labels: points.map(([x, y]) => ((x / 0.8) ** 2 + (y / 0.65) ** 2 + 0.35 * random.normal() > 1 ? 1 : 0)),
  }
}

/** Coordinates [N, 2] and classes [N, 1]. */
export const tensorsOf = ({ points, labels }: Examples): { x: Tensor; y: Tensor } => ({
  x: tensor(points.map((point) => [...point])),
  y: tensor(labels.map((label) => [label])),
})
