/** Text from files and addresses: whole, by line, as pairs of sentences. */
import { NablaError } from '../../core/errors.js'
import { decodeText } from '../../tables/decode.js'
import { readBytes, unpacked } from './files.js'

/** How bytes become text. */
export interface TextOptions {
  /** A label that `TextDecoder` knows, such as windows-1252. Default utf-8. */
  readonly encoding?: string
}

/**
 * The text of a file (Node) or an address; gzip-compressed files are unpacked. Rejects with NablaError('io') when it cannot be read,
 * with NablaError('data') when it is not of that encoding.
 */
export async function textFile(pathOrAddress: string | URL, { encoding }: TextOptions = {}): Promise<string> {
  const name = String(pathOrAddress)
  return decodeText(await unpacked(await readBytes(pathOrAddress), name), name, encoding)
}

/** Lines of a text, without their ends (LF or CRLF). An end of line after the last line begins no other. */
export function textLines(text: string): string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** A sentence and its translation. */
export interface SentencePair {
  /** The sentence. */
  readonly source: string
  /** What it becomes. */
  readonly target: string
}

/** How pairs are read. */
export interface PairOptions {
  /** As it stands in messages: a file's name. Default `text`. */
  readonly name?: string
  /** Between the two. Default a tab. */
  readonly separator?: string
  /** What to do with fields after the second (an attribution, say): an error, or pass over them. Default 'stop'. */
  readonly extra?: 'stop' | 'ignore'
}

/** Pairs of sentences, one pair a line; blank lines are left out. Throws NablaError('data') with the line for one with another number of fields. */
export function readPairs(text: string, { name = 'text', separator = '\t', extra = 'stop' }: PairOptions = {}): SentencePair[] {
  return textLines(text).flatMap((line, i) => {
    if (!line.trim()) return []
    const fields = line.split(separator)
    if (fields.length < 2 || (fields.length > 2 && extra === 'stop'))
      throw new NablaError(
        'data',
        `[pairs] ${name}, line ${i + 1}: ${fields.length} field${fields.length === 1 ? '' : 's'}, expected 2${fields.length > 2 ? " (pass { extra: 'ignore' } to leave out the rest)" : ''}`,
        { name, line: i + 1, fields: fields.length },
      )
    return [{ source: fields[0]!, target: fields[1]! }]
  })
}
