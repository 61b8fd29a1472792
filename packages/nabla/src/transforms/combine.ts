/** Transforms of transforms. */
import { NablaError } from '../core/errors.js'
import type { Recipe } from '../data/portable.js'
import type { SampleRandom } from '../data/random.js'
import { probability, refuse } from './check.js'
import {
  type ByteTransform,
  carried,
  type FloatTransform,
  type PictureTransform,
  type TensorTransform,
  type Transform,
  withoutRandom,
} from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

type AnyTransform = (input: never, random: SampleRandom) => unknown
type Step = (input: unknown, random: SampleRandom) => unknown

/**
 * One transform after another, all with the same stream of random numbers.
 *
 *     compose(randomCrop(32, { padding: 4 }), randomHorizontalFlip(), normalize(mean, std))
 *
 * Steps may also be functions of one's own, `(sample, random) => ...`.
 */
export function compose(...transforms: readonly PictureTransform[]): PictureTransform
export function compose(...transforms: readonly (PictureTransform | FloatTransform)[]): FloatTransform
export function compose(...transforms: readonly [...(PictureTransform | FloatTransform)[], ByteTransform]): ByteTransform
export function compose(...transforms: readonly [...(PictureTransform | FloatTransform)[], TensorTransform]): TensorTransform
export function compose<A, B, C>(first: Transform<A, B>, second: Transform<B, C>): Transform<A, C>
export function compose<A, B, C, D>(a: Transform<A, B>, b: Transform<B, C>, c: Transform<C, D>): Transform<A, D>
export function compose<A, B, C, D, E>(
  a: Transform<A, B>,
  b: Transform<B, C>,
  c: Transform<C, D>,
  d: Transform<D, E>,
): Transform<A, E>
export function compose<T>(...transforms: readonly Transform<T>[]): Transform<T>
export function compose(...transforms: readonly AnyTransform[]): unknown {
  const steps = transformsOf('compose', transforms)
  return carried(made('compose', ...transforms), (input: unknown, random: SampleRandom) => {
    let now = input
    for (const step of steps) now = step(now, random)
    return now
  })
}

function transformsOf(name: string, given: readonly unknown[]): readonly Step[] {
  given.forEach((transform, i) => {
    if (typeof transform !== 'function')
      throw new NablaError(
        'argument',
        `[${name}] transform ${i} is ${transform === null ? 'null' : typeof transform}; expected a function (sample, random) => sample`,
      )
  })
  return given as readonly Step[]
}

function someTransforms(name: string, given: readonly unknown[]): readonly Step[] {
  if (given.length === 0) refuse(name, 'transforms', '[]', 'at least one')
  return transformsOf(name, given)
}

/** All of the transforms, in order, with probability `p`; else the sample as it is. */
export function randomApply(transforms: readonly PictureTransform[], p?: number): PictureTransform
export function randomApply<T>(transforms: readonly Transform<T>[], p?: number): Transform<T>
export function randomApply(transforms: readonly AnyTransform[], p = 0.5): unknown {
  const steps = someTransforms('randomApply', transforms)
  probability('randomApply', p)
  const none = withoutRandom('randomApply')
  return carried(made('randomApply', transforms, p), (input: unknown, random: SampleRandom = none) =>
    random.chance(p) ? steps.reduce((now, step) => step(now, random), input) : input,
  )
}

/** One of the transforms. `p`: their weights, 0 or more; by default all are as likely. */
export function randomChoice(transforms: readonly PictureTransform[], p?: readonly number[]): PictureTransform
export function randomChoice<T>(transforms: readonly Transform<T>[], p?: readonly number[]): Transform<T>
export function randomChoice(transforms: readonly AnyTransform[], p?: readonly number[]): unknown {
  const steps = someTransforms('randomChoice', transforms)
  const weights = p ?? steps.map(() => 1)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (weights.length !== steps.length || !weights.every((weight) => weight >= 0) || !(sum > 0 && sum < Infinity))
    refuse('randomChoice', 'p', weights, `${steps.length} weights of 0 or more, one for each transform, not all 0`)
  const last = weights.findLastIndex((weight) => weight > 0)
  const none = withoutRandom('randomChoice')
  return carried(made('randomChoice', transforms, p), (input: unknown, random: SampleRandom = none) => {
    let place = random.uniform(0, sum)
    const chosen = weights.findIndex((weight) => (place -= weight) < 0)
    return steps[chosen < 0 ? last : chosen]!(input, random)
  })
}

/** All of the transforms, in random order. */
export function randomOrder(transforms: readonly PictureTransform[]): PictureTransform
export function randomOrder<T>(transforms: readonly Transform<T>[]): Transform<T>
export function randomOrder(transforms: readonly AnyTransform[]): unknown {
  const steps = someTransforms('randomOrder', transforms)
  const none = withoutRandom('randomOrder')
  return carried(made('randomOrder', transforms), (input: unknown, random: SampleRandom = none) =>
    shuffled(steps, random).reduce((now, step) => step(now, random), input),
  )
}

/** A list in random order (Fisher and Yates). */
export function shuffled<T>(list: readonly T[], random: SampleRandom): T[] {
  const order = [...list]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
