/** Text in columns of a terminal, where a Chinese sign takes two. */
import { stripVTControlCharacters } from 'node:util'

/** Signs that take two columns: Unicode's East Asian wide and fullwidth ones, as far as notes and titles use them. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const none = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u

/** Whether a line may be broken before or behind a sign without a space. */
export const isWide = (sign: string): boolean => wide.test(sign)

/** Columns that a text takes, without its colours. */
export function widthOf(text: string): number {
  let width = 0
  for (const sign of stripVTControlCharacters(text)) width += wide.test(sign) ? 2 : none.test(sign) ? 0 : 1
  return width
}

/** Fills up with spaces. */
export const padTo = (text: string, width: number, side: 'left' | 'right' = 'right'): string => {
  const fill = ' '.repeat(Math.max(0, width - widthOf(text)))
  return side === 'right' ? text + fill : fill + text
}

/** What must not be torn apart: words, and each wide sign with the punctuation behind it. */
function pieces(text: string): string[] {
  const found: string[] = []
  let word = ''
  const flush = (): void => {
    if (word) found.push(word)
    word = ''
  }
  const signs = [...text]
  for (const [i, sign] of signs.entries()) {
    if (sign === ' ') {
      flush()
      found.push(' ')
      continue
    }
    word += sign
    const next = signs[i + 1] ?? ' '
    const closing = /[，。、；：！？）」』”’…》]/.test(next)
    if ((isWide(sign) || isWide(next)) && !closing && !/[（「『“‘《]/.test(sign)) flush()
  }
  flush()
  return found
}

/** A paragraph in lines of at most `width` columns; a single word may be longer. Colours that run over a line's end are kept. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let [line, used] = ['', 0]
  for (const piece of pieces(text)) {
    const size = widthOf(piece)
    if (used + size > width && used > 0 && piece !== ' ') {
      lines.push(line.trimEnd())
      ;[line, used] = ['', 0]
    }
    if (piece === ' ' && used === 0) continue
    line += piece
    used += size
  }
  if (line.trim() || !lines.length) lines.push(line.trimEnd())
  return lines
}
