/** Recorded cases and their runner without anything of Node: what a page imports, as `@nabla/conformance/cases`. */
export { BadInput, type Case, type Check, labelOf, type Mismatch, type Outcome } from './case.js'
export { cs231nCases } from './cs231n/index.js'
export { goldenCases } from './golden/index.js'
export { fetched, type Read } from './read.js'
export { runCases, type RunOptions } from './run.js'
