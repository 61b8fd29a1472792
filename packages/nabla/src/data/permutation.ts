/**
 * The order in which a loader visits its data: a permutation that depends on a seed and an epoch, and on nothing else.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counting" generator, from PractRand): 128 bits of state, adds, shifts and
 * one rotation, so it gives the same numbers on every JavaScript engine. Seed and epoch are mixed into the state by the finaliser of
 * MurmurHash3; the shuffle is Fisher and Yates', with unbiased draws.
 */

/** A stream of uniform 32-bit numbers. */
export function randomBits(seed: number, stream = 0): () => number {
  // Signed: what fits 31 bits and a sign is a plain integer to engines, what does not is an object on the heap.
  let a = mix(seed >>> 0) | 0
  let b = mix(a ^ Math.floor(seed / 0x1_0000_0000)) | 0
  let c = mix(b ^ (stream >>> 0)) | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next() // the author's warm-up
  return next
}

/** A uniform whole number in [0, n), n at most 2^32: draws past the last multiple of n are thrown away, so no number is favoured. */
export function randomBelow(next: () => number, n: number): number {
  let bits = next()
  // The last multiple is above 2^32 - n: it need not be known for almost all draws.
  if (bits > 0x1_0000_0000 - n) {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % n)
    while (bits >= limit) bits = next()
  }
  return n === 0x1_0000_0000 ? bits : (bits >>> 0) % (n >>> 0)
}

/** 0, 1, ... n-1. */
export function upTo(n: number): Uint32Array {
  const numbers = new Uint32Array(n)
  for (let i = 0; i < n; i++) numbers[i] = i
  return numbers
}

/** A permutation of 0..n-1; the same for the same seed and epoch, another for another epoch. */
export function permutation(n: number, seed: number, epoch = 0): Uint32Array {
  const order = upTo(n)
  const next = randomBits(seed, epoch)
  for (let i = n - 1; i > 0; i--) {
    const j = randomBelow(next, i + 1)
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

/** The finaliser of MurmurHash3 over a 32-bit number: every bit of the result hangs on every bit of x. */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16) ^ 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
