/** All tables together: where the runner looks up what a case calls. */
import type { Call, ModuleCall } from './call.js'
import { activation } from './calls/activation.js'
import { attention } from './calls/attention.js'
import { binary } from './calls/binary.js'
import { conv } from './calls/conv.js'
import { detection } from './calls/detection.js'
import { index } from './calls/index.js'
import { gain, init } from './calls/init.js'
import { layers } from './calls/layers.js'
import { layersPlain } from './calls/layers-plain.js'
import { layersSpatial } from './calls/layers-spatial.js'
import { loss } from './calls/loss.js'
import { matmul } from './calls/matmul.js'
import { models } from './calls/model.js'
import { clip, optim } from './calls/optim.js'
import { pool } from './calls/pool.js'
import { recurrent } from './calls/recurrent.js'
import { reduce } from './calls/reduce.js'
import { resample } from './calls/resample.js'
import { sched } from './calls/sched.js'
import { shape } from './calls/shape.js'
import { sort } from './calls/sort.js'
import { unary } from './calls/unary.js'

const merged = <T>(...tables: readonly Readonly<Record<string, T>>[]): ReadonlyMap<string, T> =>
  new Map(tables.flatMap((table) => Object.entries(table)))

export const tables = {
  call: merged<Call>(unary, binary, activation, reduce, sort, shape, index, matmul, conv, pool, resample, loss, detection),
  module: merged<ModuleCall>(layers, layersPlain, layersSpatial, recurrent, attention, models),
  optimizer: merged(optim),
  clip: merged(clip),
  scheduler: merged(sched),
  init: merged(init),
  gain: merged(gain),
}

/** The entry of that name, or the failure every unknown call ends with. */
export function lookUp<T>(table: ReadonlyMap<string, T>, name: string): T {
  const entry = table.get(name)
  if (!entry) throw new Error(`no such call: ${name}`)
  return entry
}
