import { createTar } from 'nanotar'
import { describe, expect, test } from 'vitest'
import { tarMembers } from './tar.js'

/** A tar with one header changed and its checksum put right. */
function forged(change: (header: Buffer) => void, name = 'a/b.txt', data = 'hello'): Buffer {
  const tar = Buffer.from(createTar([{ name, data }]))
  change(tar)
  const sum = [...tar.subarray(0, 512)].reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return tar
}
const names = (tar: Uint8Array): string[] => [...tarMembers(tar, 'x.tar')].map((member) => member.name)

test('plain files, in order, out of the middle of a buffer too; folders are passed over', () => {
  const tar = createTar([
    { name: 'a/' },
    { name: 'a/one', data: 'one' },
    { name: './two', data: new Uint8Array(1000).fill(7) },
    { name: 'none', data: '' },
  ])
  const wide = new Uint8Array(tar.length + 3)
  wide.set(tar, 3)
  const members = [...tarMembers(wide.subarray(3))]
  expect(members.map(({ name, data }) => [name, data.length])).toEqual([
    ['a/one', 3],
    ['two', 1000],
    ['none', 0],
  ])
  expect(new TextDecoder().decode(members[0]!.data)).toBe('one')
  expect([...tarMembers(new Uint8Array(0))]).toEqual([])
})

test('long names: the prefix of ustar, a header of GNU, a pax header', () => {
  expect(names(forged((header) => header.write('some/where', 345)))).toEqual(['some/where/a/b.txt'])
  const long = `deep/${'x'.repeat(150)}.txt`
  const gnu = forged((header) => header.write('L', 156), '././@LongLink', `${long}\0`).subarray(0, 1024)
  const pax = (line: string): Buffer => forged((header) => header.write('x', 156), 'pax', line).subarray(0, 1024)
  const file = createTar([{ name: 'short', data: 'hello' }])
  expect(names(Buffer.concat([gnu, file]))).toEqual([long])
  const record = ` path=with a space/ä.txt\n`
  const length = Buffer.byteLength(record) + 2
  expect(names(Buffer.concat([pax(`${length}${record}`), file]))).toEqual(['with a space/ä.txt'])
  expect(names(Buffer.concat([pax('not a record'), file]))).toEqual(['short'])
})

describe('refused', () => {
  test.each([
    ['a path upwards', (header: Buffer) => header.write('../b\0', 0), /path of its member "\.\.\/b" leads out of it/],
    ['one in the middle', (header: Buffer) => header.write('a/../../b\0', 0), /leads out of it/],
    ['one with the other slash', (header: Buffer) => header.write('a\\..\\b\0', 0), /leads out of it/],
    ['an absolute path', (header: Buffer) => header.write('/etc/b\0', 0), /"\/etc\/b" leads out of it/],
    ['a drive', (header: Buffer) => header.write('C:\\b\0', 0), /leads out of it/],
    ['a path upwards by its prefix', (header: Buffer) => header.write('..', 345), /leads out of it/],
    ['a symbolic link', (header: Buffer) => header.write('2', 156), /"a\/b\.txt" is a symbolic link, no plain file/],
    ['a hard link', (header: Buffer) => header.write('1', 156), /is a hard link/],
    ['a device', (header: Buffer) => header.write('3', 156), /is a device/],
    ['an unknown type', (header: Buffer) => header.write('Z', 156), /of the unknown type "Z"/],
    [
      'a huge size',
      (header: Buffer) => header.write('77777777777\0', 124),
      /x\.tar: it is cut off: the member at byte 0 has 8589934591 bytes, \d+ follow/,
    ],
    [
      'a size below zero',
      (header: Buffer) => header.write('-0000000010\0', 124),
      /size of the member at byte 0 is no number: "-0000000010"/,
    ],
    ['a size in another base', (header: Buffer) => header.writeUInt8(0x80, 124), /is no number/],
  ])('%s', (_, change, message) => {
    expect(() => names(forged(change))).toThrowError(message)
    expect(() => names(forged(change))).toThrowError(expect.objectContaining({ kind: 'data' }))
  })
  test('what is no archive, and one that is cut off', () => {
    expect(() => names(Buffer.alloc(600, 'x'))).toThrowError(/no archive, or a damaged one: the header at byte 0/)
    const tar = createTar([{ name: 'a', data: new Uint8Array(2000) }])
    expect(() => names(tar.subarray(0, 1500))).toThrowError(/cut off: the member at byte 0 has 2000 bytes, 988 follow/)
  })
})

test('altered archives end in an error or in members, never otherwise', () => {
  const tar = Buffer.concat([
    createTar([
      { name: 'a/b', data: 'hello' },
      { name: 'c', data: new Uint8Array(700) },
    ]),
  ])
  let state = 7
  const random = (n: number): number => (state = (Math.imul(state, 48271) >>> 0) % 2147483647) % n
  for (let i = 0; i < 5000; i++) {
    const header = random(2) * 1024
    const bytes = forged((all) => {
      for (let k = random(3); k >= 0; k--) all[header + random(512)] = random(256)
    })
    const altered = random(2) ? bytes : Buffer.from(tar)
    altered[random(altered.length)] = random(256)
    try {
      for (const { name, data } of tarMembers(altered)) expect(name.length + data.length).toBeLessThan(altered.length)
    } catch (error) {
      expect(error).toMatchObject({ kind: 'data' })
    }
  }
})
