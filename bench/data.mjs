/** The numbers that peers are given: the same in every run, and for every peer written in JavaScript. */

/** Uniform in [-1, 1). */
export function uniform(size, seed = 1) {
  let state = seed >>> 0
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** Whole numbers in [0, below). */
export const integers = (size, below, seed = 7) => Int32Array.from(uniform(size, seed), (x) => Math.floor(((x + 1) / 2) * below))

/** The labels of a workload's batch, in [0, classes). */
export const labels = ({ input, classes }) => integers(input[0], classes)
