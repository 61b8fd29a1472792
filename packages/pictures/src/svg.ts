/** SVG by hand: elements, text, drawings that are put together to larger ones. */
import { family, ground, ink, size } from './theme.js'
import { wrap } from './text.js'

/** A finished picture that can be put into another one. */
export interface Drawing {
  readonly width: number
  readonly height: number
  /** Elements, without the document around them. */
  readonly body: string
}

export type Attributes = Readonly<Record<string, string | number | undefined>>

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text for XML; characters that XML does not know are left out. */
export const escape = (text: string): string =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\p{Cs}|\ufffe|\uffff/gu, '')
    .replace(/[&<>"]/g, (c) => entities[c]!)

const number = (value: number): string => String(Math.round(value * 100) / 100)

/** `<name a="1">...</name>`; attributes that are undefined are left out, numbers have two decimals. */
export function element(name: string, attributes: Attributes, ...children: string[]): string {
  const given = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? number(value) : escape(String(value))}"`)
    .join('')
  return children.length ? `<${name}${given}>${children.join('')}</${name}>` : `<${name}${given}/>`
}

/** A line of text in the theme's font. */
export const text = (content: string, attributes: Attributes): string =>
  element('text', { 'font-size': size.tick, fill: ink, ...attributes }, escape(content))

/** Lines over a picture, and how much room they take. */
export function heading(
  title: string | undefined,
  width: number,
  fontSize: number = size.title,
): { body: string; height: number } {
  if (!title?.trim()) return { body: '', height: 0 }
  const step = fontSize + 4
  const lines = wrap(title, width, fontSize, true)
  const body = lines
    .map((line, i) => text(line, { x: 0, y: fontSize + i * step, 'font-size': fontSize, 'font-weight': 600 }))
    .join('')
  return { body, height: lines.length * step + 8 }
}

/** One drawing at a place in another. */
export const at = (x: number, y: number, body: string): string =>
  x || y ? element('g', { transform: `translate(${number(x)} ${number(y)})` }, body) : body

/** References inside of a document (clips, gradients) by names that count from 0, after a prefix: the same every time, and apart from other drawings. */
export function named(body: string, prefix: string): string {
  const names = new Map<string, string>()
  for (const [, id] of body.matchAll(/ id="([^"]+)"/g)) names.set(id!, `${prefix}${names.size}`)
  return body
    .replace(/ id="([^"]+)"/g, (_, id: string) => ` id="${names.get(id)}"`)
    .replace(/url\(#([^)]+)\)/g, (all, id: string) => (names.has(id) ? `url(#${names.get(id)})` : all))
}

/** The drawing as a document of its own. */
export function documentOf({ width, height, body }: Drawing, title: string | undefined): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)]
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      'xmlns:xlink': 'http://www.w3.org/1999/xlink',
      width: w,
      height: h,
      viewBox: `0 0 ${w} ${h}`,
      'font-family': family,
      role: 'img',
    },
    ...(title ? [element('title', {}, escape(title))] : []),
    element('rect', { width: w, height: h, fill: ground }),
    body,
  )
}
