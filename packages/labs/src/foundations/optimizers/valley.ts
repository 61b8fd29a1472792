/** A long valley, flat along x and steep along y, and the ways down into it. */
import { type Tensor, tensor } from 'nabla'
import type { UpdateRule } from './rules.js'

/** f(x, y) = 0.1 x^2 + 2 y^2. */
export const height = (x: number, y: number): number => 0.1 * x * x + 2 * y * y
const gradient = (x: number, y: number): [number, number] => [0.2 * x, 4 * y]

/** Where all begin. */
export const start = [-5, -2] as const

export interface Way {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/** Steps of the library's optimizer, by autograd. */
export async function walk({ make }: UpdateRule, lr: number, steps: number): Promise<Way> {
  const at = tensor([...start], { dtype: 'float64' })
  at.requiresGrad = true
  const slopes = tensor([0.1, 2], { dtype: 'float64' })
  const optimizer = make([at], lr)
  const places: Tensor[] = [at.detach().clone()]
  for (let t = 0; t < steps; t++) {
    optimizer.zeroGrad()
    at.square().mul(slopes).sum().backward()
    optimizer.step()
    places.push(at.detach().clone())
  }
  const found = await Promise.all(places.map((place) => place.data()))
  return { x: found.map((place) => place[0]!), y: found.map((place) => place[1]!) }
}

/** The same steps by the formula written out. */
export function walkByHand({ byHand }: UpdateRule, lr: number, steps: number): Way {
  const way = { x: [start[0] as number], y: [start[1] as number] }
  const memory = [{}, {}] as const
  for (let t = 1; t <= steps; t++) {
    const [x, y] = [way.x.at(-1)!, way.y.at(-1)!]
    const [gx, gy] = gradient(x, y)
    way.x.push(byHand(x, gx, lr, memory[0], t))
    way.y.push(byHand(y, gy, lr, memory[1], t))
  }
  return way
}

/** The largest distance between two ways, coordinate by coordinate. */
export const apart = (a: Way, b: Way): number =>
  Math.max(...a.x.map((x, i) => Math.abs(x - b.x[i]!)), ...a.y.map((y, i) => Math.abs(y - b.y[i]!)))
