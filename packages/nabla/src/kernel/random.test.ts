import { describe, expect, test } from 'vitest'
import { compileJs, renderJs } from '../render/js.js'
import type { Expr } from './expr.js'
import { constant, load, variable } from './expr.js'
import { threefry } from './random.js'

/** out[2i], out[2i+1] = threefry(key, c0[i], c1[i]) */
function draw(key: readonly [number, number], c0: readonly number[], c1: readonly number[]): number[] {
  const job = variable('i', 0, 1000)
  const word = (value: number): Expr => constant(value, 'uint32')
  const pair = threefry(word(key[0]), load(1, job, 'uint32'), load(2, job, 'uint32'), word(key[1]))
  const buffer = (written: boolean) => ({ dtype: 'uint32', written }) as const
  const run = compileJs(
    renderJs({
      name: 'threefry',
      buffers: [buffer(true), buffer(false), buffer(false), buffer(true)],
      job,
      jobs: c0.length,
      flops: 0,
      bytes: 0,
      body: [
        { kind: 'store', buffer: 0, index: job, value: pair[0] },
        { kind: 'store', buffer: 3, index: job, value: pair[1] },
      ],
    }),
  )
  const [a, b] = [new Uint32Array(c0.length), new Uint32Array(c0.length)]
  run([a, Uint32Array.from(c0), Uint32Array.from(c1), b], 0, c0.length)
  return Array.from(a).flatMap((x, i) => [x, b[i]!])
}

/** The generator written out once more, in 64-bit integers, from the paper's description. */
function reference(k0: bigint, k1: bigint, c0: bigint, c1: bigint): number[] {
  const mask = 0xffffffffn
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bdan]
  const rotations = [
    [13n, 15n, 26n, 6n],
    [17n, 29n, 16n, 24n],
  ]
  let [x, y] = [(c0 + k0) & mask, (c1 + k1) & mask]
  for (let group = 1; group <= 5; group++) {
    for (const r of rotations[(group - 1) % 2]!) {
      x = (x + y) & mask
      y = (((y << r) | (y >> (32n - r))) & mask) ^ x
    }
    x = (x + keys[group % 3]!) & mask
    y = (y + keys[(group + 1) % 3]! + BigInt(group)) & mask
  }
  return [Number(x), Number(y)]
}

describe('threefry', () => {
  // the known answers that the authors publish with their Random123 library, threefry2x32, 20 rounds
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as [[number, number], [number, number], number[]][])('known answer for key %o, counter %o', (key, [c0, c1], expected) => {
    expect(draw(key, [c0], [c1])).toEqual(expected)
    expect(reference(BigInt(key[0]), BigInt(key[1]), BigInt(c0), BigInt(c1))).toEqual(expected)
  })

  test('agrees with the reference on many counters', () => {
    const c0 = Array.from({ length: 500 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 0)
    const c1 = c0.map((_, i) => i)
    const expected = c0.flatMap((c, i) => reference(12345n, 0n, BigInt(c), BigInt(i)))
    expect(draw([12345, 0], c0, c1)).toEqual(expected)
  })
})
