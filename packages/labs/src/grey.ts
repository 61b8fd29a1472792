/**
 * From any picture to the kind that MNIST and Fashion-MNIST hold: a light shape on black, fitted into a box, centred in a square.
 *
 *     photo -> grey -> light on dark -> contrast -> crop to the shape -> box -> centre
 *
 * MNIST's makers fitted each digit into 20x20 pixels keeping its proportions, smoothed, and put its centre of mass into the middle of
 * 28x28 (LeCun, Cortes, Burges: "The MNIST database"). Fashion-MNIST's fill the whole 28x28, centred by their outline (Xiao, Rasul, Vollgraf 2017, section 2).
 */
import { NablaError } from 'nabla'

/** Pixels as they come from a decoder: red, green, blue, alpha, 0..255 each, row by row. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  readonly data: ArrayLike<number>
}

/** One number a pixel, row by row. */
export interface GreyImage {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

export interface FitOptions {
  /** Side of the result. Default 28. */
  size?: number
  /** Side of the box that the shape is fitted into. Default 20. */
  box?: number
  /** What lands in the middle: the shape's centre of mass, or its outline. Default `mass`. */
  centre?: 'mass' | 'outline'
}

/** A share of the contrast below which a pixel counts as ground. */
const ground = 0.15

/** Grey in 0..255 by the luma weights of Rec. 601; transparent pixels show a white ground. */
export function toGrey({ width, height, data }: RgbaImage): GreyImage {
  const grey = new Float32Array(width * height)
  for (let i = 0; i < grey.length; i++) {
    const luma = 0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!
    grey[i] = 255 + (luma - 255) * (data[4 * i + 3]! / 255)
  }
  return { width, height, data: grey }
}

/**
 * The fitted shape, `size` by `size` numbers in 0..1. The ground is what most of the picture's edge shows: when it is light, the picture
 * is inverted. A picture that already has the right size and a black edge is taken as it is.
 * Throws NablaError('data') when nothing stands out from the ground.
 */
export function fitShape(image: RgbaImage, { size = 28, box = 20, centre = 'mass' }: FitOptions = {}): Float32Array {
  const { width, height, data } = toGrey(image)
  const edge = median(edgePixels({ width, height, data }))
  if (width === size && height === size && edge === 0) return data.map((v) => v / 255)

  const inverted = edge > 127
  const base = inverted ? 255 - edge : edge
  const light = data.map((v) => Math.max(0, (inverted ? 255 - v : v) - base))
  const peak = light.reduce((a, b) => Math.max(a, b), 0)
  if (peak < 16)
    throw new NablaError('data', `[fitShape] the picture (${width} x ${height}) shows nothing that stands out from its ground`, {
      width,
      height,
    })
  const contrast: GreyImage = { width, height, data: light.map((v) => (v / peak > ground ? v / peak : 0)) }

  const shape = crop(contrast)
  const scale = box / Math.max(shape.width, shape.height)
  const small = resize(shape, Math.max(1, Math.round(shape.width * scale)), Math.max(1, Math.round(shape.height * scale)))
  return place(small, size, centre)
}

/** The pixels on the outline of an image. */
function edgePixels({ width, height, data }: GreyImage): number[] {
  const edge: number[] = []
  for (let x = 0; x < width; x++) edge.push(data[x]!, data[(height - 1) * width + x]!)
  for (let y = 0; y < height; y++) edge.push(data[y * width]!, data[y * width + width - 1]!)
  return edge
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0

/** The smallest part with everything above 0. */
function crop({ width, height, data }: GreyImage): GreyImage {
  let [left, right, top, bottom] = [width, -1, height, -1]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[y * width + x]! > 0) {
        left = Math.min(left, x)
        right = Math.max(right, x)
        top = Math.min(top, y)
        bottom = Math.max(bottom, y)
      }
  const [w, h] = [right - left + 1, bottom - top + 1]
  const part = new Float32Array(w * h)
  for (let y = 0; y < h; y++) part.set(data.subarray((top + y) * width + left, (top + y) * width + right + 1), y * w)
  return { width: w, height: h, data: part }
}

/** Another size, by a triangle filter as wide as the reduction: bilinear when enlarging, an average over all that a pixel covers when reducing. */
export function resize(image: GreyImage, width: number, height: number): GreyImage {
  const { width: w, height: h, data } = image
  const across = weights(w, width)
  const down = weights(h, height)
  const rows = new Float32Array(width * h)
  for (let y = 0; y < h; y++)
    across.forEach(({ from, share }, x) => {
      let sum = 0
      for (let k = 0; k < share.length; k++) sum += share[k]! * data[y * w + from + k]!
      rows[y * width + x] = sum
    })
  const out = new Float32Array(width * height)
  down.forEach(({ from, share }, y) => {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = 0; k < share.length; k++) sum += share[k]! * rows[(from + k) * width + x]!
      out[y * width + x] = sum
    }
  })
  return { width, height, data: out }
}

/** For each output pixel, the first input pixel it sees and their shares, which add up to 1. */
function weights(input: number, output: number): { from: number; share: number[] }[] {
  const step = input / output
  const reach = Math.max(1, step)
  return Array.from({ length: output }, (_, i) => {
    const middle = (i + 0.5) * step
    const from = Math.max(0, Math.ceil(middle - reach - 0.5))
    const to = Math.min(input - 1, Math.floor(middle + reach - 0.5))
    const raw = Array.from({ length: to - from + 1 }, (_, k) => Math.max(0, 1 - Math.abs(from + k + 0.5 - middle) / reach))
    const total = raw.reduce((a, b) => a + b, 0)
    return { from, share: raw.map((v) => v / total) }
  })
}

/** The small image in a black square, moved by whole pixels so that its centre is in the middle; nothing is pushed over the edge. */
function place({ width, height, data }: GreyImage, size: number, centre: 'mass' | 'outline'): Float32Array {
  let [mass, mx, my] = [0, 0, 0]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const v = data[y * width + x]!
      mass += v
      mx += v * (x + 0.5)
      my += v * (y + 0.5)
    }
  const [cx, cy] = centre === 'mass' ? [mx / mass, my / mass] : [width / 2, height / 2]
  const left = Math.min(size - width, Math.max(0, Math.round(size / 2 - cx)))
  const top = Math.min(size - height, Math.max(0, Math.round(size / 2 - cy)))
  const out = new Float32Array(size * size)
  for (let y = 0; y < height; y++) out.set(data.subarray(y * width, (y + 1) * width), (top + y) * size + left)
  return out.map((v) => Math.min(1, v))
}
