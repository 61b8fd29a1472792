/** Text with colours: cells of a terminal, written out with as few escape sequences as do, or with none. */
import type { Rgb } from '../theme.js'

/** How many colours: none, the 256 of xterm, or all. */
export type Colours = 'none' | '256' | 'all'

interface Cell {
  sign: string
  front?: Rgb | undefined
  back?: Rgb | undefined
}

/** What ends a line's colours. */
const plain = '\u001b[0m'

/** The nearest of xterm's 256 colours: its cube, or its greys. */
function indexed([r, g, b]: Rgb): number {
  if (Math.max(r, g, b) - Math.min(r, g, b) < 8) {
    const grey = Math.round(((r + g + b) / 3 - 8) / 10)
    return grey < 0 ? 16 : grey > 23 ? 231 : 232 + grey
  }
  const level = (v: number): number => (v < 48 ? 0 : v < 115 ? 1 : Math.min(5, Math.floor((v - 35) / 40)))
  return 16 + 36 * level(r) + 6 * level(g) + level(b)
}

const sequence = (kind: 38 | 48, colour: Rgb, colours: Colours): string =>
  colours === 'all' ? `${kind};2;${colour.map(Math.round).join(';')}` : `${kind};5;${indexed(colour)}`

/** A rectangle of cells. Writing outside of it is cut off. */
export class Canvas {
  private readonly cells: Cell[][]
  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => ({ sign: ' ' })))
  }

  /** Text from a cell on; without a colour in the terminal's own. */
  write(row: number, column: number, content: string, front?: Rgb, back?: Rgb): void {
    ;[...content].forEach((sign, i) => {
      const cell = this.cells[row]?.[column + i]
      if (cell) Object.assign(cell, { sign, front, back: back ?? cell.back })
    })
  }

  /** A braille dot: eight to a cell, two across and four down. The cell has the colour of its last dot. */
  dot(x: number, y: number, front: Rgb): void {
    const cell = this.cells[y >> 2]?.[x >> 1]
    if (!cell || x < 0 || y < 0) return
    const bit = [0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80][(x & 1) * 4 + (y & 3)]!
    const before = cell.sign.codePointAt(0)! - 0x2800
    cell.sign = String.fromCodePoint(0x2800 + (before > 0 && before < 256 ? before | bit : bit))
    cell.front = front
  }

  /** The lines, without spaces at their ends. */
  lines(colours: Colours): string[] {
    return this.cells.map((row) => {
      let last = row.length
      while (last > 0 && row[last - 1]!.sign === ' ' && (colours === 'none' || !row[last - 1]!.back)) last--
      let [out, now] = ['', '']
      for (const { sign, front, back } of row.slice(0, last)) {
        const wanted =
          colours === 'none'
            ? ''
            : [front && sequence(38, front, colours), back && sequence(48, back, colours)].filter(Boolean).join(';')
        if (wanted !== now) out += `${now ? plain : ''}${wanted ? `\u001b[${wanted}m` : ''}`
        out += sign
        now = wanted
      }
      return out + (now ? plain : '')
    })
  }
}
