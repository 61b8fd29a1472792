/**
 * The order in which a loader visits its data: a permutation that depends on a seed and an epoch, and on nothing else.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counting" generator, from PractRand): 128 bits of state, adds, shifts and
 * one rotation, so it gives the same numbers on every JavaScript engine. Seed and epoch are mixed into the state by the finaliser of
 * MurmurHash3; the shuffle is Fisher and Yates', with unbiased draws.
 */

/** A stream of uniform 32-bit numbers. */
export function randomBits(seed: number, stream = 0): () => number {
  let a = mix(seed >>> 0)
  let b = mix(a ^ Math.floor(seed / 0x1_0000_0000))
  let c = mix(b ^ (stream >>> 0))
  let counter = 1
  const next = (): number => {
    const sum = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) >>> 0
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0
    return sum
  }
  for (let i = 0; i < 12; i++) next() // the author's warm-up
  return next
}

/** A uniform whole number in [0, n), n at most 2^32: draws past the last multiple of n are thrown away, so no number is favoured. */
export function randomBelow(next: () => number, n: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % n)
  let bits = next()
  while (bits >= limit) bits = next()
  return bits % n
}

/** A permutation of 0..n-1; the same for the same seed and epoch, another for another epoch. */
export function permutation(n: number, seed: number, epoch = 0): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  const next = randomBits(seed, epoch)
  for (let i = n - 1; i > 0; i--) {
    const j = randomBelow(next, i + 1)
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16) ^ 0x9e3779b9, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
