/**
 * Just enough XML for annotation files: elements, their text, comments, declarations, the five named characters and numbered ones.
 * Attributes are passed over. A document type, where entities could be declared, is refused, and so is everything that is not well formed.
 */
import { NablaError } from '../../core/errors.js'

/** An element: its children in order, and its own text, trimmed. */
export interface XmlElement {
  /** Of its tag. */
  readonly name: string
  /** Text right inside of it. */
  readonly text: string
  /** Elements right inside of it. */
  readonly children: readonly XmlElement[]
}

const deepest = 64
const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The root element of a document. Throws NablaError('data') with the line of what is wrong. */
export function parseXml(text: string, name = 'document'): XmlElement {
  let at = 0
  const fail = (what: string, where = at): never => {
    const line = text.slice(0, where).split('\n').length
    throw new NablaError('data', `[xml] ${name}, line ${line}: ${what}`, { name, line })
  }
  /** What comes before `end`; goes on behind it. */
  const upTo = (end: string, what: string): string => {
    const stop = text.indexOf(end, at)
    if (stop < 0) return fail(`${what} is not closed`)
    const found = text.slice(at, stop)
    at = stop + end.length
    return found
  }
  const decoded = (raw: string, where: number): string =>
    raw.replace(/&([^;&<]*);?/g, (all, entity: string) => {
      const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(entity)
      const point = code ? Number.parseInt(code[1] ?? code[2]!, code[1] ? 16 : 10) : -1
      const known = Object.hasOwn(characters, entity) ? characters[entity]! : undefined
      if (!all.endsWith(';') || (known === undefined && !(point > 0 && point <= 0x10ffff)))
        fail(`${all} stands for nothing`, where)
      return known ?? String.fromCodePoint(point)
    })
  /** Passes over what is no element and no text. True when there was some. */
  const aside = (): boolean => {
    for (const [start, end, what] of [
      ['<?', '?>', 'an instruction'],
      ['<!--', '-->', 'a comment'],
    ] as const)
      if (text.startsWith(start, at)) {
        at += start.length
        upTo(end, what)
        return true
      }
    if (text.startsWith('<!', at)) fail('a document type or CDATA section, which this reader does not take')
    return false
  }
  /** The element that begins here. */
  const element = (depth: number): XmlElement => {
    if (depth > deepest) fail(`elements lie more than ${deepest} deep`)
    const start = at++
    const tag = upTo('>', 'a tag')
    const title =
      /^([A-Za-z_][\w.:-]*)(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)$/.exec(tag) ??
      fail(`<${tag.slice(0, 40)}> is no tag`, start)
    const children: XmlElement[] = []
    let own = ''
    while (!title[2]) {
      const begin = at
      const next = text.indexOf('<', at)
      if (next < 0) return fail(`<${title[1]}> is not closed`, start)
      own += decoded(text.slice(at, next), begin)
      at = next
      if (text.startsWith('</', at)) {
        at += 2
        const closing = upTo('>', 'a tag').trimEnd()
        if (closing !== title[1]) fail(`</${closing.slice(0, 40)}> closes <${title[1]}>`, next)
        break
      }
      if (!aside()) children.push(element(depth + 1))
    }
    return { name: title[1]!, text: own.trim(), children }
  }
  const blanks = (): void => {
    at += /^[\s\ufeff]*/.exec(text.slice(at))![0].length
  }
  const between = (): void => {
    for (blanks(); text[at] === '<' && aside(); ) blanks()
  }
  between()
  if (text[at] !== '<') fail(text.trim() ? 'expected an element' : 'it is empty')
  const root = element(0)
  between()
  if (at < text.length) fail('something follows the root element')
  return root
}
