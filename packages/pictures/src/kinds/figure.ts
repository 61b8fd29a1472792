/** Several pictures in rows under one title: columns as wide as their widest picture. */
import { fail } from '../check.js'
import { frame } from '../frame.js'
import type { FigurePicture, Picture } from '../picture.js'
import { at, type Drawing, named } from '../svg.js'

/** Draws each picture with `draw`, and sets them. */
export async function drawFigure(picture: FigurePicture, draw: (part: Picture) => Promise<Drawing>): Promise<Drawing> {
  if (!picture.rows.some((row) => row.length)) fail('figure', 'no pictures: expected rows of them')
  const width =
    picture.width ?? Math.max(...picture.rows.map((row) => 28 + row.reduce((sum, part) => sum + (part.width ?? 460), 0)))
  const outer = frame(picture, width)
  const bodies: string[] = []
  let [y, widest, n] = [0, 0, 0]
  for (const row of picture.rows) {
    const given = row.reduce((sum, part) => sum + (part.width ?? 460), 0)
    let [x, tallest] = [0, 0]
    for (const part of row) {
      const share = picture.width ? ((part.width ?? 460) * outer.room) / given : (part.width ?? 460)
      const drawn = await draw({ ...part, width: share } as Picture)
      bodies.push(at(x, y, named(drawn.body, `p${n++}-`)))
      x += Math.max(share, drawn.width)
      tallest = Math.max(tallest, drawn.height)
    }
    widest = Math.max(widest, x)
    y += tallest
  }
  return outer.put({ width: widest, height: y, body: bodies.join('') })
}
