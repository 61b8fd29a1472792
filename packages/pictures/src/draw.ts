/** From a description to a drawing, and to SVG. */
import { unknownName } from 'nabla'
import { drawBars } from './kinds/bars.js'
import { drawBoundary, drawContour } from './kinds/field.js'
import { drawFigure } from './kinds/figure.js'
import { drawHistograms } from './kinds/histograms.js'
import { drawImages, drawWeights } from './kinds/images.js'
import { drawLines } from './kinds/lines.js'
import { drawMatrix } from './kinds/matrix.js'
import { drawScatter } from './kinds/scatter.js'
import { fail } from './check.js'
import type { Picture } from './picture.js'
import { type Drawing, documentOf } from './svg.js'

type Drawers = { readonly [K in Picture['kind']]: (picture: Extract<Picture, { kind: K }>) => Promise<Drawing> }

const drawers: Drawers = {
  lines: drawLines,
  bars: drawBars,
  scatter: drawScatter,
  histograms: drawHistograms,
  heatmap: drawMatrix,
  confusion: drawMatrix,
  contour: drawContour,
  boundary: drawBoundary,
  images: drawImages,
  weights: drawWeights,
  figure: (picture) => drawFigure(picture, draw),
}

/** Checks what all kinds have in common. */
export function checkPicture(picture: Picture): void {
  if (!Object.hasOwn(drawers, picture.kind))
    throw unknownName('argument', 'kind of picture', String(picture.kind), Object.keys(drawers))
  for (const side of ['width', 'height'] as const) {
    const given = picture[side]
    if (given !== undefined && !(given >= 40 && given <= 10_000))
      fail(picture.kind, `${side} is ${given}: expected 40 to 10000 CSS pixels`)
  }
}

const draw = (picture: Picture): Promise<Drawing> => {
  checkPicture(picture)
  return (drawers[picture.kind] as (picture: Picture) => Promise<Drawing>)(picture)
}

/**
 * The picture as a whole SVG document: no scripts, no outside files, the same bytes every time. Text is set in Inter where the reader has it, else
 * in what stands nearest. Where values are missing or there are none, the picture says so.
 * Throws NablaError('argument') where lengths, shapes, names or settings do not fit together.
 */
export async function toSvg(picture: Picture): Promise<string> {
  return documentOf(await draw(picture), picture.title)
}
