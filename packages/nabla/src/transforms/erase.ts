/** Pictures with a part missing. */
import type { Recipe } from '../data/portable.js'
import { drawn, finite, perChannel, probability, rangeOf, whole } from './check.js'
import { valuesLike } from './gather.js'
import { type AnyRaster, coloured, type PictureTransform } from './transform.js'

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args })

/** A copy in which the rectangle has the values that `value(channel)` gives, one call a pixel. */
function erased(
  image: AnyRaster,
  top: number,
  left: number,
  rows: number,
  columns: number,
  value: (c: number) => number,
): AnyRaster {
  const { data, channels, height, width } = image
  const out = valuesLike(data, data.length)
  out.set(data)
  const [low, right] = [Math.min(top + rows, height), Math.min(left + columns, width)]
  for (let c = 0; c < channels; c++)
    for (let y = top; y < low; y++) for (let x = left; x < right; x++) out[(c * height + y) * width + x] = value(c)
  return { ...image, data: out }
}

/** Gives a rectangle one value, or one for each channel. What of it is outside of the picture is left out. */
export function erase(
  top: number,
  left: number,
  height: number,
  width: number,
  value: number | readonly number[] = 0,
): PictureTransform {
  const name = 'erase'
  for (const [what, given] of Object.entries({ top, left, height, width })) whole(name, what, given, 0)
  finite(name, 'value', value)
  return coloured(made(name, top, left, height, width, value), (image) => {
    const values = perChannel(name, 'value', value, image.channels)
    return erased(image, top, left, height, width, (c) => values[c]!)
  })
}

/** What `randomErasing` erases. */
export interface RandomErasingOptions {
  /** Probability. Default 0.5. */
  readonly p?: number
  /** Least and most share of the picture's area. Default [0.02, 0.33]. */
  readonly scale?: readonly [number, number]
  /** Least and most height / width, drawn evenly in its logarithm. Default [0.3, 3.3]. */
  readonly ratio?: readonly [number, number]
  /** What stands there: one value, one for each channel, or 'random' (normal numbers; for bytes, any of them). Default 0. */
  readonly value?: number | readonly number[] | 'random'
}

/** Erases a random rectangle (Zhong et al.: Random erasing data augmentation, 2017). Usually comes after `normalize`. Masks and boxes stay. */
export function randomErasing(options: RandomErasingOptions = {}): PictureTransform {
  const name = 'randomErasing'
  const { p = 0.5, value = 0 } = options
  probability(name, p)
  const scale = rangeOf(name, 'scale', options.scale ?? [0.02, 0.33], 0, 1)
  const ratio = rangeOf(name, 'ratio', options.ratio ?? [0.3, 3.3], Number.MIN_VALUE)
  if (value !== 'random') finite(name, 'value', value)
  const logs = [Math.log(ratio[0]), Math.log(ratio[1])] as const
  return coloured(made(name, options), (image, random) => {
    const values = value === 'random' ? undefined : perChannel(name, 'value', value, image.channels)
    if (!random.chance(p)) return image
    const noise = image.data instanceof Uint8Array ? (): number => random.integer(256) : (): number => random.normal()
    for (let attempt = 0; attempt < 10; attempt++) {
      const area = image.height * image.width * drawn(random, scale)
      const shape = Math.exp(drawn(random, logs))
      const rows = Math.round(Math.sqrt(area * shape))
      const columns = Math.round(Math.sqrt(area / shape))
      if (rows >= image.height || columns >= image.width) continue
      const [top, left] = [random.integer(image.height - rows + 1), random.integer(image.width - columns + 1)]
      return erased(image, top, left, rows, columns, values ? (c) => values[c]! : noise)
    }
    return image
  })
}
