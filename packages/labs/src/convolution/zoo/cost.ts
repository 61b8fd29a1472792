/** What a network costs: parameters, multiply-adds and memory, as a whole and layer by layer. */
import { type ModuleSummary, type Module, summary } from 'nabla/nn'
import type { Table } from '../../lab.js'
import type { ZooInput } from './data.js'

/** The notes' four questions, by the names that summaries have. */
export interface Cost {
  readonly parameters: number
  /** Of a forward pass of one image. */
  readonly multiply_adds: number
  /** Of a step: weights, gradients, what the optimizer keeps, and what the backward pass needs again; in MB of 2^20 bytes. */
  readonly training_memory_mb: number
  /** Of one image. */
  readonly prediction_memory_mb: number
}

const megabytes = (bytes: number): number => bytes / 2 ** 20

/** Asks a network for its cost, for images of that size or inputs of that shape, without the batch. Nothing is computed. */
export function costOf(
  model: Module,
  input: Pick<ZooInput, 'inChannels' | 'size'> | readonly number[],
  { batchSize, optimizerTensors }: { readonly batchSize: number; readonly optimizerTensors: number },
): { cost: Cost; layers: Table } {
  const shape = 'size' in input ? [input.inChannels, input.size, input.size] : input
  const one = summary(model, [1, ...shape])
  const step = summary(model, [batchSize, ...shape], { optimizerTensors })
  return {
    cost: {
      parameters: one.parameters,
      multiply_adds: one.multiplyAdds,
      training_memory_mb: megabytes(step.memory.training),
      prediction_memory_mb: megabytes(one.memory.prediction),
    },
    layers: layerTable(one),
  }
}

/** Every module with what comes out of it for one image, its parameters and its multiply-adds. */
export function layerTable({ rows }: ModuleSummary): Table {
  return {
    columns: ['layer', 'kind', 'output', 'parameters', 'multiply-adds'],
    rows: rows.map(({ name, type, outputShapes, parameters, multiplyAdds, calls }) => [
      name || 'all',
      type,
      calls ? outputShapes.map((shape) => shape.slice(1).join(' x ')).join(', ') : null,
      parameters || null,
      multiplyAdds || null,
    ]),
  }
}
