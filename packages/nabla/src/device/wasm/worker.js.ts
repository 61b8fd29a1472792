/**
 * What a worker runs, as the text of a script: so it needs no file of its own, which bundlers would have to know of. The leader runs
 * batches that are sent to it; a helper stays inside of the driver until there is a message.
 */
import { mathImports } from '../../render/wasm/index.js'
import { special } from '../../render/helpers.js'
import { at } from './driver.js'

const owned = special()
/** The functions of `mathImports`: the C library's and Math's by their names, what remains by its text. */
const math = Object.entries(mathImports).map(([name, f]) =>
  name in owned ? `${name}: special.${name}` : name in Math ? `${name}: Math.${name}` : `${name}: ${f}`,
)

/** Messages to a worker: first of all this, then modules, and batches (`{ batch: address }`) for the leader. */
export interface Begin {
  readonly memory: object
  readonly driver: object
  /** 0 for the leader. */
  readonly self: number
  readonly modules: readonly KernelModule[]
  /** Messages that helpers were sent before this worker began. */
  readonly read: number
}

/** A module of kernels, whose places in the table of every thread are the same. */
export interface KernelModule {
  readonly module: object
  readonly first: number
  readonly count: number
  /** Memory for each thread, by its number. */
  readonly scratch: readonly number[]
}

/** A message from a worker: that it is ready, or that it has seen to a batch. */
export interface Answer {
  readonly batch?: number
  readonly error?: string
}

export const workerScript = `'use strict'
const port = typeof self === 'undefined' ? require('node:worker_threads').parentPort : self
const special = (${special})()
const math = { ${math.join(', ')} }
const table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
const instantiate = (module, imports) => new WebAssembly.Instance(module, imports).exports
let memory, self_, driver, read

function install({ module, first, count, scratch }) {
  const kernels = instantiate(module, { env: { memory, scratch: scratch[self_] }, math })
  if (table.length < first + count) table.grow(first + count - table.length)
  for (let i = 0; i < count; i++) table.set(first + i, kernels['k' + i])
  Atomics.store(new Int32Array(memory.buffer), ${at.helpers / 4 + 1} + 16 * self_, first + count)
}

const take = (address) => {
  const state = new Int32Array(memory.buffer, address, 2)
  if (Atomics.compareExchange(state, 0, 0, 1) !== 0) return undefined
  let error
  try {
    const count = new Float64Array(memory.buffer, address, 2)[1]
    for (const run of new Float64Array(memory.buffer, address + 16, count)) driver.run(run)
    if (Atomics.exchange(new Int32Array(memory.buffer), ${at.failed / 4}, 0)) error = 'a helper has failed'
  } catch (e) {
    error = String(e)
  }
  Atomics.store(state, 1, error === undefined ? 1 : 2)
  Atomics.notify(state, 1)
  return error
}

function help() {
  try {
    driver.help(self_, read)
  } catch (error) {
    const words = new Int32Array(memory.buffer)
    Atomics.store(words, ${at.failed / 4}, 1)
    Atomics.store(words, ${at.helpers / 4} + 16 * self_, 0)
    setTimeout(help, 0)
  }
}

port.onmessage = ({ data }) => {
  if (data.driver) {
    memory = data.memory
    self_ = data.self
    read = data.read
    driver = instantiate(data.driver, { env: { memory, table, now: () => performance.now(), maySleep: 1 } })
    data.modules.forEach(install)
    port.postMessage({})
  } else if (data.module) {
    install(data)
    read++
  } else port.postMessage({ batch: data.batch, error: take(data.batch) })
  if (self_ > 0) help()
}
`
