/** What the lab on features shows. */
import type { FigurePicture, GridImage, ImagesPicture } from '@nabla/pictures'
import type { ImageDataset, Raster } from 'nabla/data'
import { rasterAt } from '../cifar.js'
import { cellHistograms, greyOf, type HogOptions } from './hog.js'

/** Pixels of a cell in the drawing of its histogram. */
const side = 17

/** Each cell as a star of lines along the edges it has seen, the brighter the more. */
export function hogRaster(set: ImageDataset, index: number, options: HogOptions): Raster<Float32Array> {
  const { cell, orientations } = options
  const { data, height, width } = rasterAt(set, index)
  const cells = cellHistograms(greyOf(data), height, width, options)
  const [down, across] = [Math.floor(height / cell), Math.floor(width / cell)]
  const strongest = cells.reduce((a, b) => Math.max(a, b), 1e-6)
  const drawn = new Float32Array(down * side * across * side)
  const middle = (side - 1) / 2
  for (let r = 0; r < down; r++)
    for (let c = 0; c < across; c++)
      for (let o = 0; o < orientations; o++) {
        const share = cells[(r * across + c) * orientations + o]! / strongest
        const angle = ((o + 0.5) / orientations) * Math.PI + Math.PI / 2 // an edge runs across its gradient
        for (let t = -middle; t <= middle; t += 0.5) {
          const y = r * side + Math.round(middle + t * Math.sin(angle))
          const x = c * side + Math.round(middle + t * Math.cos(angle))
          const at = y * across * side + x
          drawn[at] = Math.max(drawn[at]!, share)
        }
      }
  return { data: drawn, channels: 1, height: down * side, width: across * side }
}

/** Pictures and what HOG sees of them, in turns. */
export function hogPicture(set: ImageDataset, options: HogOptions): ImagesPicture {
  const images = Array.from({ length: Math.min(12, set.length) }, (_, i): GridImage[] => [
    { image: rasterAt(set, i), caption: set.classes[set.labels[i]!]! },
    { image: hogRaster(set, i, options), caption: 'its edges' },
  ])
  return { kind: 'images', title: 'Pictures and the oriented gradients of their cells', images: images.flat(), columns: 8 }
}

/** For every class, pictures that were taken for it and are something else: the caption is what they are. Undefined when there are none. */
export function mistakesPicture(set: ImageDataset, found: ArrayLike<number>): FigurePicture | undefined {
  const shown = 5
  const panels = set.classes.flatMap((name, c): ImagesPicture[] => {
    const wrong: GridImage[] = []
    for (let i = 0; i < set.length && wrong.length < shown; i++)
      if (found[i] === c && set.labels[i] !== c) wrong.push({ image: rasterAt(set, i), caption: set.classes[set.labels[i]!]! })
    return wrong.length === 0 ? [] : [{ kind: 'images', title: `Taken for ${name}`, images: wrong, columns: shown }]
  })
  const pairs = Array.from({ length: Math.ceil(panels.length / 2) }, (_, i) => panels.slice(2 * i, 2 * i + 2))
  if (pairs.length === 0) return undefined
  return { kind: 'figure', title: 'Test images with another name than their own, by the name they were given', rows: pairs }
}
