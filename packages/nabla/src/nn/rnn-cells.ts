/** Recurrent cells: one step, for loops of one's own. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { Tensor } from '../tensor/tensor.js'
import { type Cell, cells, stepCell } from './functional/rnn-cells.js'
import { checkCount, defaultParameter, type Place } from './linear.js'
import { Module, type Parameter } from './module.js'
import { elmanCell } from './rnn.js'

/** Whether a cell has biases, and where its parameters are made. */
export interface CellOptions extends Place {
  /** Whether both products have a bias. Default true. */
  readonly bias?: boolean
}

/**
 * Weights [gates hiddenSize, inputSize] and [gates hiddenSize, hiddenSize], biases [gates hiddenSize], uniform within 1 /
 * sqrt(hiddenSize).
 */
abstract class RecurrentCell extends Module {
  /** For the input: [gates hiddenSize, inputSize], with 1 gate of RNN, 3 of GRU (r, z, n), 4 of LSTM (i, f, g, o). */
  readonly weightIh: Parameter
  /** For the state: [gates hiddenSize, hiddenSize]. */
  readonly weightHh: Parameter
  /** Added to the product with the input, [gates hiddenSize]; null with `bias: false`. */
  readonly biasIh: Parameter | null
  /** Added to the product with the state, [gates hiddenSize]; null with `bias: false`. */
  readonly biasHh: Parameter | null
  readonly #cell: Cell

  protected constructor(
    cell: Cell,
    /** Extent of the input's last dimension, 1 or more. */
    readonly inputSize: number,
    /** Extent of the state's last dimension, 1 or more. */
    readonly hiddenSize: number,
    options: CellOptions,
  ) {
    super()
    checkCount(this.constructor.name, 'inputSize', inputSize)
    checkCount(this.constructor.name, 'hiddenSize', hiddenSize)
    this.#cell = cell
    const rows = cell.gates * hiddenSize
    const make = (...shape: number[]) => defaultParameter(shape, hiddenSize, options)
    const bias = options.bias ?? true
    this.weightIh = make(rows, inputSize)
    this.weightHh = make(rows, hiddenSize)
    this.biasIh = bias ? make(rows) : null
    this.biasHh = bias ? make(rows) : null
  }

  /** The state after one step of [N, inputSize] or [inputSize]. */
  protected run(input: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const name = this.constructor.name
    const { inputSize, hiddenSize } = this
    const rank = input.shape.length
    if ((rank !== 1 && rank !== 2) || input.shape[rank - 1] !== inputSize)
      throw new NablaError(
        'shape',
        `[${name}] the input has shape ${showShape(input.shape)}; expected [N, ${inputSize}] or [${inputSize}]`,
        { shape: input.shape, inputSize },
      )
    const expected = [...input.shape.slice(0, -1), hiddenSize]
    const ranked = (node: Node): Node => (rank === 1 ? b.reshape(node, [1, ...node.shape]) : node)
    const state = Array.from({ length: this.#cell.states }, (_, k) => {
      const start = given?.[k]
      if (start && !sameShape(start.shape, expected))
        throw new NablaError(
          'shape',
          `[${name}] the state ${k === 0 ? 'h' : 'c'} has shape ${showShape(start.shape)}; expected ${showShape(expected)}`,
          { given: start.shape, expected },
        )
      return ranked(start?.node ?? b.constant(0, expected, input.dtype, input.device))
    })
    const weights = { ih: this.weightIh.node, hh: this.weightHh.node, biasIh: this.biasIh?.node, biasHh: this.biasHh?.node }
    return stepCell(this.#cell, ranked(input.node), state, weights).map((s) => new Tensor(b.reshape(s, expected)))
  }

  protected override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh ? '' : ', { bias: false }'}`
  }
}

/** What an RNNCell is made of. */
export interface RNNCellOptions extends CellOptions {
  /** 'tanh' (default) or 'relu'. */
  readonly nonlinearity?: 'tanh' | 'relu'
}

/** One step of RNN (Elman 1990): h' = tanh(Wih x + bih + Whh h + bhh), or with relu. */
export class RNNCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    super(elmanCell('RNNCell', options.nonlinearity ?? 'tanh'), inputSize, hiddenSize, options)
  }

  /** input [N, inputSize] or [inputSize], h [N, hiddenSize] or [hiddenSize] (zeros if left out) to the next h. */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.run(input, h && [h])[0]!
  }
}

/** One step of GRU (Cho et al. 2014): r, z = sigmoid(W x + U h), n = tanh(Wn x + bn + r (Un h + cn)), h' = (1 - z) n + z h. */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(cells.gru, inputSize, hiddenSize, options)
  }

  /** input [N, inputSize] or [inputSize], h [N, hiddenSize] or [hiddenSize] (zeros if left out) to the next h. */
  forward(input: Tensor, h: Tensor | null = null): Tensor {
    return this.run(input, h && [h])[0]!
  }
}

/**
 * One step of LSTM (Hochreiter and Schmidhuber 1997): i, f, o = sigmoid(W x + U h), g = tanh(Wg x + Ug h), c' = f c + i g, h' = o
 * tanh(c').
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(cells.lstm, inputSize, hiddenSize, options)
  }

  /** input [N, inputSize] or [inputSize], [h, c] each [N, hiddenSize] or [hiddenSize] (zeros if left out) to the next [h, c]. */
  forward(input: Tensor, state: readonly [h: Tensor, c: Tensor] | null = null): [h: Tensor, c: Tensor] {
    const [h, c] = this.run(input, state)
    return [h!, c!]
  }
}
