/** Markdown as the notes of labs use it, as lines for a terminal: headings, paragraphs, lists, tables, code, formulas. */
import { formulaText } from './formula.js'
import { alignedLines } from './table.js'
import { isWide, widthOf, wrapText } from './width.js'

export interface MarkdownOptions {
  /** Columns of the page. */
  readonly width: number
  /** Bold, underlined and coloured; otherwise text alone. */
  readonly colours: boolean
}

/** Keeps a short formula or command in one line. */
const hardSpace = '\u00a0'

type Style = 'heading' | 'bold' | 'italic' | 'code' | 'formula' | 'faint'
const codes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  heading: [1, 22],
  bold: [1, 22],
  italic: [3, 23],
  code: [36, 39],
  formula: [33, 39],
  faint: [2, 22],
}

type Paint = (style: Style, text: string) => string

/** The document as lines. */
export function markdownLines(markdown: string, { width, colours }: MarkdownOptions): string[] {
  const paint: Paint = (style, text) => (colours ? `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m` : text)
  const source = markdown.split('\n')
  const out: string[] = []
  for (let at = 0; at < source.length; ) {
    const line = source[at]!
    if (!line.trim()) {
      at++
      continue
    }
    const { lines, next } = block(source, at, width, paint)
    if (out.length && !(isItem(line) && isItem(source[at - 1] ?? ''))) out.push('')
    out.push(...lines)
    at = next
  }
  return out.map((text) => text.replaceAll(hardSpace, ' '))
}

const item = /^(\s*)([-*+]|\d+[.)]) +/
const isItem = (line: string): boolean => item.test(line) || /^\s+\S/.test(line)
const starts = (line: string): boolean => /^(#{1,6} |```|\$\$|\||> ?|---+\s*$)/.test(line) || item.test(line)

interface Block {
  readonly lines: readonly string[]
  readonly next: number
}

function block(source: readonly string[], at: number, width: number, paint: Paint): Block {
  const line = source[at]!
  const heading = /^(#{1,6}) +(.*?)#*$/.exec(line)
  if (heading) {
    const text = inline(heading[2]!.trim(), (_, inner) => inner)
    const under = heading[1]!.length === 1 ? '═' : heading[1]!.length === 2 ? '─' : ''
    return { lines: [paint('heading', text), ...(under ? [paint('faint', under.repeat(widthOf(text)))] : [])], next: at + 1 }
  }
  if (line.startsWith('```')) return fenced(source, at, paint)
  if (line.trimStart().startsWith('$$')) return displayed(source, at, paint)
  if (line.startsWith('|')) return table(source, at, width, paint)
  if (/^---+\s*$/.test(line)) return { lines: [paint('faint', '─'.repeat(width))], next: at + 1 }
  return flowing(source, at, width, paint)
}

function fenced(source: readonly string[], at: number, paint: Paint): Block {
  const end = source.findIndex((line, i) => i > at && line.startsWith('```'))
  const last = end < 0 ? source.length : end
  return { lines: source.slice(at + 1, last).map((line) => `    ${paint('code', line)}`), next: last + 1 }
}

function displayed(source: readonly string[], at: number, paint: Paint): Block {
  let end = at
  let text = source[at]!.trim().slice(2)
  while (!text.trimEnd().endsWith('$$') && end + 1 < source.length) text += `\n${source[++end]!}`
  const formula = formulaText(text.trimEnd().replace(/\$\$$/, '').replaceAll('\n', ' '))
  return { lines: formula.split('\n').map((line) => `    ${paint('formula', line)}`), next: end + 1 }
}

/** Cells of a row; a stroke inside of code or a formula, or behind a backslash, divides none. */
function cellsOf(row: string): string[] {
  const protectedRow = row
    .trim()
    .replace(/^\||\|$/g, '')
    .replace(/`[^`]*`|\$[^$]*\$|\\\|/g, (part) => part.replaceAll('|', '\u0000'))
  return protectedRow.split('|').map((cell) => cell.replaceAll('\u0000', '|').replaceAll('\\|', '|').trim())
}

/** A table; where it is wider than the page, the texts of its last column are broken into lines. */
function table(source: readonly string[], at: number, width: number, paint: Paint): Block {
  let next = at
  while (source[next]?.startsWith('|')) next++
  const [head = [], rule = [], ...body] = source.slice(at, next).map(cellsOf)
  const cells = [head, ...body].map((row) => row.map((cell) => inline(cell, paint)))
  const last = head.length - 1
  const before = head.slice(0, last).reduce((sum, _, i) => sum + 2 + Math.max(...cells.map((row) => widthOf(row[i] ?? ''))), 0)
  const rows = cells.flatMap((row) =>
    wrapText(row[last] ?? '', Math.max(24, width - before)).map((text, i) =>
      i === 0 ? [...row.slice(0, last), text] : [...Array<string>(last).fill(''), text],
    ),
  )
  const fill = rule.map((mark) => (/^-+:$/.test(mark) ? 'left' : 'right') as 'left' | 'right')
  const [first = '', ...rest] = alignedLines(rows, fill)
  return { lines: [paint('bold', first), paint('faint', '─'.repeat(Math.max(...[first, ...rest].map(widthOf)))), ...rest], next }
}

/** A paragraph, an item of a list, a quotation: lines that flow, under an indent. */
function flowing(source: readonly string[], at: number, width: number, paint: Paint): Block {
  const line = source[at]!
  const mark = item.exec(line)
  const quoted = line.startsWith('>')
  let next = at + 1
  while (next < source.length && source[next]!.trim() && (quoted ? source[next]!.startsWith('>') : !starts(source[next]!))) next++
  const texts = source
    .slice(at, next)
    .map((part, i) => (quoted ? part.replace(/^> ?/, '') : i === 0 && mark ? part.slice(mark[0].length) : part))
  const bullet = mark ? `${mark[1]}${/\d/.test(mark[2]!) ? mark[2] : '•'} ` : quoted ? '│ ' : (/^\s*/.exec(line)?.[0] ?? '')
  const wrapped = wrapText(inline(texts.map((text) => text.trim()).reduce(joined), paint), Math.max(20, width - widthOf(bullet)))
  const hanging = quoted ? bullet : ' '.repeat(widthOf(bullet))
  return { lines: wrapped.map((text, i) => `${i ? hanging : bullet}${text}`), next }
}

/** Two lines of a paragraph as one: no space between Chinese signs, and none behind their punctuation. */
const joined = (a: string, b: string): string =>
  isWide(a.at(-1) ?? '') && (isWide(b[0] ?? '') || /[，。、；：！？）」》]$/.test(a)) ? `${a}${b}` : `${a} ${b}`

/** Code, formulas, links, emphasis inside of a line. */
function inline(text: string, paint: Paint): string {
  return text
    .split(/(`[^`]+`|\$\$?[^$]+\$\$?)/)
    .map((part, i) => {
      if (i % 2 === 0) return emphasised(part, paint)
      const whole = (inner: string): string => (inner.length <= 24 ? inner.replaceAll(' ', hardSpace) : inner)
      return part.startsWith('`')
        ? paint('code', whole(part.slice(1, -1)))
        : paint('formula', whole(formulaText(part.replace(/^\$+|\$+$/g, '')).replaceAll('\n', ' ')))
    })
    .join('')
}

const emphasised = (text: string, paint: Paint): string =>
  text
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_, name: string, address: string) => `${name} (${address})`)
    .replace(/<(https?:[^>]+)>/g, '$1')
    .replace(/\*\*([^*]+)\*\*/g, (_, inner: string) => paint('bold', inner))
    .replace(/(?<![*\w])\*([^*\s][^*]*)\*(?![*\w])/g, (_, inner: string) => paint('italic', inner))
