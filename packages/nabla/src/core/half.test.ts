/** Half precision: every half survives, and numbers round to the nearest, ties to even. */
import { describe, expect, it } from 'vitest'
import { halfToNumber, numberToHalf } from './half.js'

describe('float16', () => {
  it('every half is itself after a round trip', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const x = halfToNumber(bits)
      if (Number.isNaN(x)) expect(Number.isNaN(halfToNumber(numberToHalf(x)))).toBe(true)
      else if (numberToHalf(x) !== bits)
        expect.fail(`${bits.toString(16)} is ${x}, and came back as ${numberToHalf(x).toString(16)}`)
    }
  })
  it('what lies between two halves goes to the nearer one, the middle to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = halfToNumber(bits)
      const high = halfToNumber(bits + 1)
      const middle = (low + high) / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      const found = [
        numberToHalf(low + (high - low) / 4),
        numberToHalf(middle),
        numberToHalf(-middle),
        numberToHalf(high - (high - low) / 4),
      ]
      if (found[0] !== bits || found[1] !== even || found[2] !== (even | 0x8000) || found[3] !== bits + 1)
        expect.fail(`between ${low} and ${high}: ${found.map((h) => h.toString(16)).join()}`)
    }
  })
  it('ends', () => {
    expect([65504, 65519.99, 65520, 1e30, Infinity].map(numberToHalf)).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00])
    expect([0, -0, 2 ** -24, 2 ** -25, 2 ** -25 * 1.001, -(2 ** -30)].map(numberToHalf)).toEqual([0, 0x8000, 1, 0, 1, 0x8000])
  })
})
