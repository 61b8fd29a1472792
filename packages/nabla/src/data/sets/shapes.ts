/**
 * Coloured shapes on a plain background, made up as they are asked for: every sample has boxes, masks, a class for every pixel and captions, all of them
 * exactly right. For lessons and for tests of whatever learns from pictures.
 *
 *     +----------------+   boxes   around each shape
 *     |  ##            |   masks   a channel a shape
 *     |  ##     .o.    |   mask    0 background, 1 circle, 2 square, 3 triangle
 *     |         ooo    |   captions  'a red square and a blue circle on a grey background'
 *     +----------------+             'the red square is left of the blue circle', 'two shapes'
 *
 * A sample is a function of the seed and its number, by whole numbers and IEEE 754's arithmetic alone: the same on every platform.
 */
import { NablaError } from '../../core/errors.js'
import { BaseDataset } from '../dataset.js'
import type { DetectionSample, SegmentationSample } from '../formats/samples.js'
import { type Recipe, recipeKey } from '../portable.js'
import { SampleRandom } from '../random.js'

type Colour = readonly [red: number, green: number, blue: number]

const classes = ['circle', 'square', 'triangle'] as const
const colours: Readonly<Record<string, Colour>> = {
  red: [214, 39, 40],
  green: [44, 160, 44],
  blue: [31, 90, 200],
  yellow: [240, 215, 40],
  purple: [148, 60, 189],
  orange: [255, 127, 14],
}
const backgrounds: Readonly<Record<string, Colour>> = { black: [0, 0, 0], grey: [128, 128, 128], white: [255, 255, 255] }
const counts = [
  'no shapes',
  'one shape',
  'two shapes',
  'three shapes',
  'four shapes',
  'five shapes',
  'six shapes',
  'seven shapes',
  'eight shapes',
]
const most = counts.length - 1

/** What the pictures are like. */
export interface ShapesOptions {
  /** Number of samples. Default 1000. */
  readonly length?: number
  /** Rows and columns of a picture, or both; 8 or more. Default 64. */
  readonly size?: number | readonly [height: number, width: number]
  /** Fewest and most shapes in a picture: from 1 to 8, fewer where there is no room for them. Default [1, 3]. */
  readonly objects?: readonly [least: number, most: number]
  /** Every pixel is off by up to this part of the full range. Default 0. */
  readonly noise?: number
  /** Another seed gives other pictures. Default 0. */
  readonly seed?: number
}

/** A picture of shapes with all that is known of it. */
export interface ShapesSample extends DetectionSample, SegmentationSample {
  /** What there is, how two of them lie to each other (or where the only one is), how many there are. */
  readonly captions: readonly string[]
}

interface Shape {
  readonly kind: number
  readonly colour: string
  readonly left: number
  readonly top: number
  readonly side: number
}

/** The data set that `shapes` makes. */
export class ShapesDataset extends BaseDataset<ShapesSample> {
  readonly length: number
  /** Names of the classes of boxes, in the order of their labels. In `mask` each is one more, 0 is the background. */
  readonly classes: readonly string[] = classes
  private readonly options: Required<ShapesOptions>
  private readonly height: number
  private readonly width: number

  constructor({ length = 1000, size = 64, objects = [1, 3], noise = 0, seed = 0 }: ShapesOptions = {}) {
    super()
    const [height, width] = typeof size === 'number' ? [size, size] : size
    const [least, largest] = objects
    const bad = (what: string): never => {
      throw new NablaError('argument', `[shapes] ${what}`, { length, size, objects, noise, seed })
    }
    const whole = (value: number, low: number): boolean => Number.isSafeInteger(value) && value >= low
    if (!whole(length, 0)) bad(`length ${length}: expected a whole number of 0 or more`)
    if (!whole(height, 8) || !whole(width, 8)) bad(`size ${height} x ${width}: expected whole numbers of 8 or more`)
    if (!whole(least, 1) || !whole(largest, least) || largest > most)
      bad(`objects [${least}, ${largest}]: expected the least and the most, from 1 to ${most}`)
    if (!(noise >= 0 && noise <= 1)) bad(`noise ${noise}: expected a number in 0..1`)
    if (!whole(seed, 0)) bad(`seed ${seed}: expected a whole number of 0 or more`)
    this.length = length
    this.height = height
    this.width = width
    this.options = { length, size, objects, noise, seed }
  }

  get(index: number): ShapesSample {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length))
      throw new NablaError('index', `[shapes] there is no sample ${index}: there are ${this.length}`, { index })
    const random = new SampleRandom(this.options.seed, 0, index)
    const background = choose(Object.keys(backgrounds), random)
    const shapes = this.place(random)
    return { id: String(index), ...this.draw(shapes, background, random), captions: this.describe(shapes, background) }
  }

  /** Shapes that do not touch; no two are alike in kind and colour. */
  private place(random: SampleRandom): Shape[] {
    const { height, width } = this
    const [least, largest] = this.options.objects
    const wanted = least + random.integer(largest - least + 1)
    const base = Math.min(height, width)
    const [small, large] = [Math.max(3, Math.floor(base / 6)), Math.max(4, Math.floor(base / 3))]
    const shapes: Shape[] = []
    for (let tries = 0; shapes.length < wanted && tries < 20 * wanted; tries++) {
      const side = small + random.integer(large - small + 1)
      const shape: Shape = {
        kind: random.integer(classes.length),
        colour: choose(Object.keys(colours), random),
        left: random.integer(width - side + 1),
        top: random.integer(height - side + 1),
        side,
      }
      const apart = (other: Shape): boolean =>
        shape.left > other.left + other.side ||
        other.left > shape.left + side ||
        shape.top > other.top + other.side ||
        other.top > shape.top + side
      const alike = (other: Shape): boolean => shape.kind === other.kind && shape.colour === other.colour
      if (shapes.every((other) => apart(other) && !alike(other))) shapes.push(shape)
    }
    return shapes
  }

  private draw(shapes: readonly Shape[], background: string, random: SampleRandom): Omit<ShapesSample, 'id' | 'captions'> {
    const { height, width } = this
    const size = height * width
    const pixels = new Uint8Array(3 * size)
    const mask = new Uint8Array(size)
    const masks = new Uint8Array(shapes.length * size)
    const boxes = new Float32Array(4 * shapes.length)
    backgrounds[background]!.forEach((value, c) => pixels.fill(value, c * size, (c + 1) * size))
    shapes.forEach((shape, n) => {
      let [xmin, ymin, xmax, ymax] = [width, height, 0, 0]
      for (let y = shape.top; y < shape.top + shape.side; y++)
        for (let x = shape.left; x < shape.left + shape.side; x++) {
          if (!covers(shape, x, y)) continue
          const i = y * width + x
          colours[shape.colour]!.forEach((value, c) => {
            pixels[c * size + i] = value
          })
          mask[i] = shape.kind + 1
          masks[n * size + i] = 1
          ;[xmin, ymin, xmax, ymax] = [Math.min(xmin, x), Math.min(ymin, y), Math.max(xmax, x + 1), Math.max(ymax, y + 1)]
        }
      boxes.set([xmin, ymin, xmax, ymax], 4 * n)
    })
    const { noise } = this.options
    if (noise > 0)
      for (let i = 0; i < pixels.length; i++)
        pixels[i] = Math.min(Math.max(Math.floor(pixels[i]! + 255 * random.uniform(-noise, noise) + 0.5), 0), 255)
    return {
      image: { data: pixels, channels: 3, height, width },
      boxes,
      labels: Int32Array.from(shapes, ({ kind }) => kind),
      masks: { data: masks, channels: shapes.length, height, width },
      mask: { data: mask, channels: 1, height, width },
    }
  }

  private describe(shapes: readonly Shape[], background: string): string[] {
    const names = shapes.map(({ kind, colour }) => `${colour} ${classes[kind]}`)
    const each = names.map((name) => `${name.startsWith('orange') ? 'an' : 'a'} ${name}`)
    const list = each.length > 1 ? `${each.slice(0, -1).join(', ')} and ${each.at(-1)}` : each[0]!
    const all = `${list} on a ${background} background`
    const [first, second] = shapes as [Shape, Shape | undefined]
    const [x, y] = middle(first)
    if (!second)
      return [all, `${list} in the ${y < this.height ? 'upper' : 'lower'} ${x < this.width ? 'left' : 'right'}`, counts[1]!]
    const [dx, dy] = [middle(second)[0] - x, middle(second)[1] - y]
    const relation = Math.abs(dx) >= Math.abs(dy) ? (dx > 0 ? 'left of' : 'right of') : dy > 0 ? 'above' : 'below'
    return [all, `the ${names[0]} is ${relation} the ${names[1]}`, counts[shapes.length]!]
  }

  /** How a loader's worker makes this data set again. */
  get [recipeKey](): Recipe {
    return { module: import.meta.url, name: 'ShapesDataset', args: [this.options], construct: true }
  }
}

/** Twice the middle of a shape's square: whole numbers. */
const middle = ({ left, top, side }: Shape): [x: number, y: number] => [2 * left + side, 2 * top + side]

/** Whether the middle of a pixel lies in the shape. */
function covers({ kind, left, top, side }: Shape, x: number, y: number): boolean {
  const [dx, down] = [2 * (x - left) + 1 - side, y - top] // twice the way from the middle; rows from the top
  if (kind === 0) return dx * dx + (2 * down + 1 - side) ** 2 <= side * side
  if (kind === 1) return true
  return Math.abs(dx) <= down + 1 // a triangle that stands on its base
}

const choose = (names: readonly string[], random: SampleRandom): string => names[random.integer(names.length)]!

/**
 * Pictures of circles, squares and triangles in six colours, with everything that is known of them: `{ id, image, boxes, labels, masks, mask, captions }`.
 *
 *     const set = shapes({ length: 500, size: 96, objects: [2, 4], seed: 1 })
 *     const { image, boxes, labels, captions } = set.get(0)
 *
 * Throws NablaError('argument') for settings that make no picture.
 */
export const shapes = (options: ShapesOptions = {}): ShapesDataset => new ShapesDataset(options)
