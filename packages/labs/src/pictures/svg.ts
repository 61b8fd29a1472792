/** The little SVG that charts are written in: elements with escaped attributes and texts. */

type Attributes = Readonly<Record<string, string | number | undefined>>

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => escapes[c]!)

/** Coordinates to a hundredth of a pixel: smaller files, the same picture. */
const show = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 100) / 100) : escape(value)

/** `<name a="1">children</name>`; children are finished SVG. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const list = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${show(value)}"`]))
  const open = `<${name}${list.join('')}`
  return children.length ? `${open}>${children.join('')}</${name}>` : `${open}/>`
}

export const text = (content: string, attributes: Attributes): string => element('text', attributes, escape(content))

/** A whole picture on a white ground, so that it can be read on dark pages as well. */
export function picture(width: number, height: number, title: string, ...children: readonly string[]): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'font-family': 'system-ui, -apple-system, Segoe UI, Roboto, sans-serif',
      'font-size': 12,
      fill: '#333',
    },
    element('title', {}, escape(title)),
    element('rect', { width, height, fill: '#fff' }),
    text(title, { x: width / 2, y: 24, 'text-anchor': 'middle', 'font-size': 15, 'font-weight': 600 }),
    ...children,
  )
}

/** Okabe and Ito's colours, told apart also by the colour-blind. */
export const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'] as const
