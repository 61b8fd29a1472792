/**
 * Short clips of one bright shape that crosses the picture, made up: the class is the way it goes. A shape that leaves on one side comes
 * back on the other, and every start is as likely as any other. So no single frame says anything about the way, and a clip played backwards
 * is as likely as the clip itself, with the opposite way:
 *
 *     t = 0   . # . . .     1   . . # . .     2   . . . # .     right; read from 2 to 0: left
 */
import { NablaError } from 'nabla'
import { ImageDataset, SampleRandom } from 'nabla/data'

/** The ways, clockwise; the opposite one is four further. */
export const directions = ['right', 'down right', 'down', 'down left', 'left', 'up left', 'up', 'up right'] as const

/** The way back. */
export const opposite = (direction: number): number => (direction + 4) % directions.length

export interface ClipOptions {
  readonly count: number
  /** In a clip. */
  readonly frames: number
  /** Height and width of a frame. */
  readonly size: number
  /** Every pixel is off by up to this part of the full range. */
  readonly noise: number
  readonly seed: number
}

/** How far inside a shape's outline a point is, in pixels, by its distance from the middle (dx, dy) and the shape's radius. */
const shapes: readonly ((dx: number, dy: number, radius: number) => number)[] = [
  (dx, dy, r) => r - Math.hypot(dx, dy), // disc
  (dx, dy, r) => r - Math.max(Math.abs(dx), Math.abs(dy)), // square
  (dx, dy, r) => r - Math.abs(dx) - Math.abs(dy), // diamond
  (dx, dy, r) => 1 - Math.abs(r - 0.5 - Math.hypot(dx, dy)), // ring
  (dx, dy, r) => Math.min(r - Math.max(Math.abs(dx), Math.abs(dy)), 1 - Math.min(Math.abs(dx), Math.abs(dy))), // cross
]

/** Clips as images [1, frames, size, size]. A clip follows from the seed and its number alone. */
export function movingShapes({ count, frames, size, noise, seed }: ClipOptions): ImageDataset {
  if (size < 8 || frames < 2)
    throw new NablaError('argument', `[movingShapes] ${frames} frames of ${size} pixels: expected 2 or more of 8 or more`, {
      frames,
      size,
    })
  const area = size * size
  const images = new Uint8Array(count * frames * area)
  const labels = new Uint8Array(count)
  for (let n = 0; n < count; n++) {
    const random = new SampleRandom(seed, 0, n)
    labels[n] = random.integer(directions.length)
    const angle = (labels[n]! * Math.PI) / 4
    const speed = random.uniform(0.8, 1.8)
    const [vx, vy] = [speed * Math.cos(angle), speed * Math.sin(angle)]
    const [x, y] = [random.uniform(0, size), random.uniform(0, size)]
    const radius = random.uniform(2, size / 6 + 0.5)
    const inside = shapes[random.integer(shapes.length)]!
    const light = random.uniform(0.6, 1)
    for (let t = 0; t < frames; t++)
      for (let i = 0; i < area; i++) {
        const dx = around((i % size) + 0.5 - x - vx * t, size)
        const dy = around(Math.floor(i / size) + 0.5 - y - vy * t, size)
        const cover = Math.min(1, Math.max(0, inside(dx, dy, radius) + 0.5)) // the outline falls off over one pixel
        const value = light * cover + (noise > 0 ? random.uniform(-noise, noise) : 0)
        images[(n * frames + t) * area + i] = Math.round(255 * Math.min(1, Math.max(0, value)))
      }
  }
  return new ImageDataset({
    name: 'moving shapes',
    images,
    labels,
    shape: [1, frames, size, size],
    classes: directions,
    mean: 0.1,
    std: 0.25,
  })
}

/** The shortest way to 0 on a circle of `size`. */
const around = (d: number, size: number): number => d - size * Math.round(d / size)

/** The same clips played backwards, with the way that they go then. */
export function backwards(set: ImageDataset): ImageDataset {
  const [, frames, height, width] = set.shape as readonly [number, number, number, number]
  const area = height * width
  const images = new Uint8Array(set.images.length)
  for (let n = 0; n < set.length; n++)
    for (let t = 0; t < frames; t++) {
      const from = (n * frames + frames - 1 - t) * area
      images.set(set.images.subarray(from, from + area), (n * frames + t) * area)
    }
  const { name, labels, shape, classes, mean, std } = set
  return new ImageDataset({ name: `${name} backwards`, images, labels: labels.map(opposite), shape, classes, mean, std })
}
