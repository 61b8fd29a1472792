/** Pictures in a terminal: as images where it can show them, else in signs. */
import { fail } from '../check.js'
import { checkPicture } from '../draw.js'
import type { Picture } from '../picture.js'
import { toPng } from '../png.js'
import { boundaryText, contourText, imagesText, matrixText } from './blocks.js'
import type { Colours } from './canvas.js'
import { coloursOf, type ImageProtocol, ownTerminal, protocolOf, type Terminal } from './detect.js'
import { barsText, fit, histogramsText, linesText, scatterText } from './plots.js'
import { imageSequence } from './protocols.js'

/** How a picture is written for a terminal. */
export interface TerminalOptions {
  /** Width in characters. Default: the terminal's, at most 100. */
  readonly columns?: number
  /** `auto`: an image if the terminal says that it can show one, else signs. Default `auto`. */
  readonly mode?: 'auto' | 'text' | ImageProtocol
  /** What the output goes to. Default: this process's standard output and environment. */
  readonly terminal?: Terminal
}

/** Signs for one picture, a text a line. */
function signs(picture: Picture, columns: number, colours: Colours): string[] {
  checkPicture(picture)
  const title = picture.title ? [fit(picture.title, columns)] : []
  switch (picture.kind) {
    case 'lines':
      return [...title, ...linesText(picture, columns, colours)]
    case 'bars':
      return [...title, ...barsText(picture, columns, colours)]
    case 'scatter':
      return [...title, ...scatterText(picture, columns, colours)]
    case 'histograms':
      return [...title, ...histogramsText(picture, columns, colours)]
    case 'heatmap':
    case 'confusion':
      return [...title, ...matrixText(picture, columns, colours)]
    case 'contour':
      return [...title, ...contourText(picture, columns, colours)]
    case 'boundary':
      return [...title, ...boundaryText(picture, columns, colours)]
    case 'images':
    case 'weights':
      return [...title, ...imagesText(picture, columns, colours)]
    case 'figure':
      return [
        ...title,
        ...picture.rows.flat().flatMap((part, i) => [...(i || title.length ? [''] : []), ...signs(part, columns, colours)]),
      ]
  }
}

/**
 * The picture as text for a terminal, with a line's end at its end. kitty, ghostty, iTerm2 and WezTerm get an image; others braille dots, blocks and
 * numbers, in colours where there are any. With NO_COLOR, or where the output is a file or a pipe, it is plain text without escape sequences.
 * Throws NablaError('argument') as `toSvg` does, and for columns outside 20..1000.
 */
export async function toTerminal(picture: Picture, options: TerminalOptions = {}): Promise<string> {
  const terminal = options.terminal ?? ownTerminal()
  const columns = options.columns ?? Math.max(20, Math.min(100, terminal.columns))
  if (!(Number.isInteger(columns) && columns >= 20 && columns <= 1000))
    fail('terminal', `columns is ${columns}: expected 20 to 1000`)
  const { mode = 'auto' } = options
  const protocol = mode === 'auto' ? protocolOf(terminal) : mode === 'text' ? undefined : mode
  if (protocol) return imageSequence(protocol, await toPng(picture, { width: Math.min(1600, columns * 16) }), columns)
  return `${signs(picture, columns, coloursOf(terminal)).join('\n')}\n`
}
