/** Pixels inside of an SVG: as a PNG in the text. */
import { encodePng, type Raster } from 'nabla/data'
import { element } from './svg.js'
import type { Rgb } from './theme.js'

/** Bytes as text for a data address. */
export function base64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(binary)
}

export const pngAddress = (raster: Raster): string => `data:image/png;base64,${base64(encodePng(raster))}`

/** Any raster as bytes: floats are 0..1, what is outside is cut off, what is not finite is 0. */
export function toBytes(raster: Raster<Uint8Array | Float32Array>): Raster {
  const { data } = raster
  if (data instanceof Uint8Array) return raster as Raster
  return { ...raster, data: Uint8Array.from(data, (v) => (v > 0 ? Math.round(Math.min(1, v) * 255) : 0)) }
}

/** A raster of one colour a cell, row by row. */
export function colourRaster(height: number, width: number, colour: (i: number) => Rgb): Raster {
  const size = height * width
  const data = new Uint8Array(3 * size)
  for (let i = 0; i < size; i++) {
    const c = colour(i)
    for (let k = 0; k < 3; k++) data[k * size + i] = Math.round(c[k]!)
  }
  return { data, channels: 3, height, width }
}

/** Every pixel `times` by `times`: for viewers that smooth what they enlarge. */
export function enlarge({ data, channels, height, width }: Raster, times: number): Raster {
  if (times <= 1) return { data, channels, height, width }
  const [h, w] = [height * times, width * times]
  const out = new Uint8Array(channels * h * w)
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++) {
      const row = (c * height + Math.floor(y / times)) * width
      for (let x = 0; x < w; x++) out[(c * h + y) * w + x] = data[row + Math.floor(x / times)]!
    }
  return { data: out, channels, height: h, width: w }
}

/** An `<image>` of that size; enlarged images keep their pixels' edges. */
export function imageElement(raster: Raster, x: number, y: number, width: number, height: number): string {
  const up = width > raster.width
  return element('image', {
    x,
    y,
    width,
    height,
    preserveAspectRatio: 'none',
    'image-rendering': up ? 'optimizeSpeed' : undefined,
    style: up ? 'image-rendering:pixelated' : undefined,
    'xlink:href': pngAddress(raster),
  })
}
