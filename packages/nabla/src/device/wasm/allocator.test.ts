import { expect, test } from 'vitest'
import { randomNumbers } from '../../compiler/testing.js'
import { Allocator, LINE } from './allocator.js'

test('random blocks never overlap, and all that is given back is one again', () => {
  const next = randomNumbers(7)
  const allocator = new Allocator()
  const total = 4000 * LINE
  allocator.add(LINE, total / 2)
  allocator.add(LINE + total / 2, total / 2)
  const owner = new Map<number, number>()
  const blocks: { begin: number; bytes: number }[] = []
  for (let i = 0; i < 5000; i++) {
    if (blocks.length && next(0, 1) < 0.48) {
      const [block] = blocks.splice(Math.floor(next(0, blocks.length)), 1)
      for (let at = block!.begin; at < block!.begin + block!.bytes; at += LINE) owner.delete(at)
      allocator.give(block!.begin, block!.bytes)
      continue
    }
    const bytes = LINE * Math.ceil(2 ** next(0, 8))
    const begin = allocator.take(bytes)
    if (begin === undefined) continue
    for (let at = begin; at < begin + bytes; at += LINE) {
      expect(owner.has(at)).toBe(false)
      owner.set(at, i)
    }
    blocks.push({ begin, bytes })
  }
  expect(allocator.taken).toBe(owner.size * LINE)
  for (const { begin, bytes } of blocks) allocator.give(begin, bytes)
  expect(allocator.taken).toBe(0)
  expect(allocator.freeBefore(LINE + total)).toBe(total)
  expect(allocator.take(total)).toBe(LINE)
  expect(allocator.take(LINE)).toBeUndefined()
})

test('a whole memory of 4 GiB', () => {
  const allocator = new Allocator()
  allocator.add(0, 2 ** 32)
  expect(allocator.take(2 ** 32 - LINE)).toBe(0)
  expect(allocator.take(LINE)).toBe(2 ** 32 - LINE)
  expect(allocator.take(LINE)).toBeUndefined()
})
