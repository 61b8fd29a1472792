/** Random bits from a counter: the same key and counter give the same bits on every device, in any order. */
import { binary, constant } from './expr.js'
import type { Expr } from './expr.js'

/**
 * Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; 2011): two random words
 * for every counter (c0, c1) under a key of two words, the second 0 unless given. All uint32.
 */
export function threefry(key: Expr, c0: Expr, c1: Expr, key2: Expr = constant(0, 'uint32')): [Expr, Expr] {
  const u = (value: number): Expr => constant(value, 'uint32')
  const keys = [key, key2, binary('xor', binary('xor', key, key2), u(0x1bd11bda))]
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24]
  const rotate = (x: Expr, n: number): Expr => binary('or', binary('shl', x, u(n)), binary('shr', x, u(32 - n)))
  let x0 = binary('add', c0, keys[0]!)
  let x1 = binary('add', c1, keys[1]!)
  for (let round = 0; round < 20; round++) {
    x0 = binary('add', x0, x1)
    x1 = binary('xor', rotate(x1, rotations[round % 8]!), x0)
    if (round % 4 < 3) continue
    const s = (round + 1) / 4
    x0 = binary('add', x0, keys[s % 3]!)
    x1 = binary('add', x1, binary('add', keys[(s + 1) % 3]!, u(s)))
  }
  return [x0, x1]
}
