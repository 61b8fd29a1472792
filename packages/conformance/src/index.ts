/** Recorded cases of PyTorch and CS231n, and how they are run. */
export { BadInput, type Case, type Check, labelOf, type Mismatch, type Outcome } from './case.js'
export { cs231nCases } from './cs231n/index.js'
export { goldenCases } from './golden/index.js'
export { main } from './main.js'
export { runCases, type RunOptions } from './run.js'
export { casesAt } from './sets.js'
