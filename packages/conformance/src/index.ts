/** Recorded cases of PyTorch and CS231n, and how they are run. */
export * from './cases.js'
export { casesAt, fromDisk } from './disk.node.js'
export { main } from './main.js'
