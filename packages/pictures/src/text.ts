/** How wide text is, without a canvas: by the advance widths of Inter, the font that PNGs are drawn with. What is not ASCII is taken as a wide letter. */

/** In thousandths of the font's size, from the space on. */
const advances = (
  '281 288 466 633 642 982 644 300 365 365 501 662 288 460 288 360 631 407 610 618 646 593 620 566 619 620 288 302 662 662 662 511 ' +
  '966 690 654 730 722 601 590 746 743 269 571 672 565 903 753 765 639 765 644 642 646 744 690 985 682 679 629 365 360 365 471 456 ' +
  '323 562 612 571 612 583 370 613 591 242 242 549 242 876 591 600 612 612 376 528 327 591 562 818 546 562 552 426 333 426 662'
)
  .split(' ')
  .map(Number)

/** Width in CSS pixels. */
export function widthOf(text: string, size: number, bold = false): number {
  let sum = 0
  for (const c of text) {
    const code = c.codePointAt(0)!
    sum += advances[code - 32] ?? (code < 0x2e80 ? 640 : 1000)
  }
  return (sum * size * (bold ? 1.05 : 1)) / 1000
}

/** Cut to a width, with an ellipsis where something is missing. */
export function cut(text: string, room: number, size: number): string {
  if (widthOf(text, size) <= room) return text
  let kept = [...text]
  while (kept.length > 1 && widthOf(`${kept.join('')}…`, size) > room) kept = kept.slice(0, -1)
  return `${kept.join('').trimEnd()}…`
}

/** Broken into lines between words; a word that is too long for a line is cut. */
export function wrap(text: string, room: number, size: number, bold = false): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && widthOf(`${last} ${word}`, size, bold) <= room) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(cut(word, room, size))
  }
  return lines
}

/** A number as a reader wants it: few digits, no noise. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(1).replace('e+', 'e').replace('.0e', 'e')
  return String(Number(value.toPrecision(3)))
}
