/** What stands around every picture: a margin, the title above, a note below. */
import type { PictureOptions } from './picture.js'
import { at, type Drawing, heading, text } from './svg.js'
import { wrap } from './text.js'
import { size, softInk } from './theme.js'

const margin = 14
const noteStep = size.tick + 5

/** Room for the inside of a picture of that size, then the picture around what was drawn there. */
export function frame(
  { title }: PictureOptions,
  width: number,
  note?: string,
): { room: number; around: number; put(inside: Drawing): Drawing } {
  const room = Math.max(40, width - 2 * margin)
  const head = heading(title, room)
  const lines = note ? wrap(note, room, size.tick) : []
  const foot = lines.length ? lines.length * noteStep + 4 : 0
  return {
    room,
    around: head.height + foot + 2 * margin,
    put: (inside) => {
      const notes = lines.map((line, i) =>
        text(line, { x: 0, y: head.height + inside.height + noteStep * (i + 1), fill: softInk, 'font-style': 'italic' }),
      )
      return {
        width: Math.max(inside.width, room) + 2 * margin,
        height: head.height + inside.height + foot + 2 * margin,
        body: at(margin, margin, head.body + at(0, head.height, inside.body) + notes.join('')),
      }
    },
  }
}

/** Where there is nothing to draw, the picture says so. */
export const nothing = (width: number, height: number, why: string): Drawing => ({
  width,
  height,
  body: text(`nothing to draw: ${why}`, {
    x: width / 2,
    y: height / 2,
    'text-anchor': 'middle',
    'font-size': size.label,
    fill: softInk,
  }),
})
