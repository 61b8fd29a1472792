/** Running means of the gradient and its square, which the Adam family is built on. */
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'

/** What `averaged` and `squared` read: how much is kept, and how much of the new enters. */
export const meanScalars = ([beta1, beta2]: readonly [number, number]) => ({
  beta1,
  new1: 1 - beta1,
  beta2,
  new2: 1 - beta2,
})

type Scalars = Readonly<Record<keyof ReturnType<typeof meanScalars>, Node>>

/** keep a + fresh x. */
export const mix = (a: Node, keep: Node, x: Node, fresh: Node): Node => b.add(b.mul(a, keep), b.mul(x, fresh))

/** beta1 m + (1 - beta1) g. */
export const averaged = (m: Node, g: Node, { beta1, new1 }: Pick<Scalars, 'beta1' | 'new1'>): Node => mix(m, beta1, g, new1)

/** beta2 v + (1 - beta2) g^2. */
export const squared = (v: Node, g: Node, { beta2, new2 }: Pick<Scalars, 'beta2' | 'new2'>): Node =>
  mix(v, beta2, b.mul(g, g), new2)
