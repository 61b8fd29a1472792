/**
 * Transforms of pictures against torchvision 0.14, Pillow 9.4 (lanczos) and OpenCV 4.6 (CLAHE), with fixed parameters. transforms/make-fixtures.py
 * has made the recorded results.
 *
 * Floats agree to 4e-6, of sums of single precision. Bytes agree exactly but for what `off` names: there a value may fall on the other side of a
 * whole number, so that this share of the bytes may differ by one.
 */
import { readFileSync } from 'node:fs'
import { SampleRandom } from 'nabla/data'
import * as transforms from 'nabla/transforms'
import { describe, expect, it } from 'vitest'

interface Kept {
  readonly shape: readonly [number, number, number]
  readonly data: string
}
interface Case {
  readonly call: keyof typeof transforms
  readonly args: readonly unknown[]
  readonly picture: string
  readonly kind: 'uint8' | 'float32'
  readonly result: Kept
}

const file = new URL('transforms/fixtures.json', import.meta.url)
const { pictures, cases } = JSON.parse(readFileSync(file, 'utf8')) as { pictures: Record<string, Kept>; cases: Case[] }

const raster = ({ shape: [channels, height, width], data }: Kept): transforms.AnyRaster => {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'))
  const size = channels * height * width
  return { data: bytes.length === size ? bytes : new Float32Array(bytes.buffer), channels, height, width }
}

/**
 * Share of bytes that may differ by one. Sums that end near the middle of two bytes are rounded either way; hues in torchvision lose up to a byte
 * where single precision falls below a whole number, which is then cut off; Pillow's lanczos rounds to bytes between its two passes.
 */
const off: Readonly<Record<string, number>> = { resize: 0.02, perspective: 0.02, adjustHue: 0.3, lanczos: 0.3 }
const groups = [...new Set(cases.map(({ call }) => call))]

describe.each(groups)('%s', (group) => {
  const own = cases.filter(({ call }) => call === group)
  it.each(own)('$args of $picture, $kind', ({ call, args, picture, kind, result }) => {
    const given = raster(pictures[picture]!)
    const make = transforms[call] as (...args: readonly unknown[]) => transforms.PictureTransform
    const input = kind === 'uint8' ? given : transforms.toFloat()(given)
    const ours = make(...args)(input, new SampleRandom(0, 0, 0))
    const theirs = raster(result)
    expect([ours.channels, ours.height, ours.width]).toEqual(result.shape)
    expect(ours.data.constructor).toBe(theirs.data.constructor)
    const gaps = Array.from(theirs.data, (value, i) => Math.abs(value - ours.data[i]!))
    if (ours.data instanceof Float32Array) expect(Math.max(...gaps)).toBeLessThan(4e-6)
    else {
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1)
      expect(gaps.filter((gap) => gap > 0).length / gaps.length).toBeLessThanOrEqual(
        off[JSON.stringify(args).includes('lanczos') ? 'lanczos' : group] ?? 0,
      )
    }
  })
})
