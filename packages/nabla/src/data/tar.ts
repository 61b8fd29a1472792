/**
 * Members of a tar archive, as views of its bytes: ustar with its prefixes, GNU's long names, pax headers. Nothing is written anywhere, but
 * who reads an archive takes its names for paths: an archive with a member that leads outside of it, or that is no plain file, is refused.
 */
import { NablaError } from '../core/errors.js'

/** A file in a tar archive. */
export interface TarMember {
  /** Its path inside the archive, with `/`, neither absolute nor with `..`. */
  readonly name: string
  /** A view of the archive's bytes. */
  readonly data: Uint8Array
}

const block = 512
const text = new TextDecoder()
const passed: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '6': 'a pipe',
  S: 'a sparse file',
}

/**
 * The plain files of a tar archive, in order. `archive` is used in errors. Throws NablaError('data') where the archive is damaged or cut off, and where a
 * member's path is absolute or has `..` in it, or the member is a link, a device or a pipe.
 */
export function* tarMembers(bytes: Uint8Array, archive = 'the archive'): Generator<TarMember> {
  const fail = (what: string): never => {
    throw new NablaError('data', `[tar] ${archive}: ${what}`, { archive })
  }
  const field = (at: number, length: number): string => {
    const part = bytes.subarray(at, at + length)
    const end = part.indexOf(0)
    return text.decode(end < 0 ? part : part.subarray(0, end))
  }
  let pax = new Map<string, string>()
  let longName: string | undefined
  for (let at = 0; at + block <= bytes.length; ) {
    if (bytes[at] === 0) break // the end: blocks of zeros
    let sum = 0
    for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : bytes[at + i]!
    if (Number.parseInt(field(at + 148, 8).trim(), 8) !== sum)
      fail(`no archive, or a damaged one: the header at byte ${at} is wrong`)

    const type = String.fromCharCode(bytes[at + 156]! || 48)
    const digits = pax.get('size') ?? field(at + 124, 12).trim()
    const size = pax.has('size') ? Number(digits) : /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN
    const start = at + block
    if (!(Number.isSafeInteger(size) && size >= 0))
      fail(`the size of the member at byte ${at} is no number: "${digits.slice(0, 20)}"`)
    if (start + size > bytes.length)
      fail(`it is cut off: the member at byte ${at} has ${size} bytes, ${bytes.length - start} follow`)
    const data = bytes.subarray(start, start + size)
    const prefix = field(at + 257, 5) === 'ustar' ? field(at + 345, 155) : ''
    const own = field(at, 100)
    const name = pax.get('path') ?? longName ?? (prefix ? `${prefix}/${own}` : own)
    at = start + Math.ceil(size / block) * block

    if (type === 'g' || type === 'K') continue
    if (type === 'x') pax = paxHeaders(data)
    else if (type === 'L') longName = text.decode(data).replace(/\0.*$/s, '')
    else {
      pax = new Map()
      longName = undefined
      if (/^[\\/]|^[a-z]:|(^|[\\/])\.\.([\\/]|$)/i.test(name))
        fail(`it is refused: the path of its member "${name}" leads out of it`)
      if (type === '5') continue
      if (type !== '0' && type !== '7')
        fail(`it is refused: its member "${name}" is ${passed[type] ?? `of the unknown type "${type}"`}, no plain file`)
      yield { name: name.replace(/^(\.\/)+/, ''), data }
    }
  }
}

/** Lines `<length> <key>=<value>\n`, where the length counts the bytes of the whole line. */
function paxHeaders(data: Uint8Array): Map<string, string> {
  const found = new Map<string, string>()
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at)
    const length = space < 0 ? 0 : Number(text.decode(data.subarray(at, space)))
    if (!(length > space - at) || at + length > data.length) break
    const line = text.decode(data.subarray(space + 1, at + length - 1))
    const equals = line.indexOf('=')
    if (equals > 0) found.set(line.slice(0, equals), line.slice(equals + 1))
    at += length
  }
  return found
}
