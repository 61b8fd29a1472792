/** Recurrent layers over whole sequences. */
import { NablaError, showShape } from '../core/errors.js'
import { sameShape, type Shape } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { checkValues } from '../tensor/check.js'
import { tensor } from '../tensor/create.js'
import { transpose, unsqueeze, select } from '../tensor/shapes.js'
import { Tensor } from '../tensor/tensor.js'
import { dropout } from './functional/dropout.js'
import { recurrent } from './functional/rnn.js'
import { type Cell, cells, type State, type Weights } from './functional/rnn-cells.js'
import { checkCount, defaultParameter, type Place } from './linear.js'
import { Module, type Parameter } from './module.js'

/** What recurrent layers are made of. */
export interface RecurrentLayerOptions extends Place {
  /** Layers on top of each other, each reading the outputs of the one below. Default 1. */
  readonly numLayers?: number
  /** Whether both products have a bias. Default true. */
  readonly bias?: boolean
  /** Sequences are [N, T, inputs] instead of [T, N, inputs]; states keep their layout. Default false. */
  readonly batchFirst?: boolean
  /** Probability with which an element of the outputs becomes 0 on its way to the next layer, in training. Default 0. */
  readonly dropout?: number
  /** A second pass from the end to the start; its outputs follow those of the first. Default false. */
  readonly bidirectional?: boolean
}

/** How long the sequences of a batch are. */
export interface SequenceOptions {
  /**
   * Steps that count of each sequence of the batch, [N] (int32) or numbers from 1 to T. States stand still beyond and outputs
   * are 0 there, as with PyTorch's packed sequences; the second direction starts at each sequence's own end.
   */
  readonly lengths?: Tensor | readonly number[] | null
}

/** Parameters by layer: `weightIhL0`, `weightHhL0`, `biasIhL0`, `biasHhL0`; those of the second direction end in `Reverse`. */
abstract class Recurrent extends Module {
  readonly [weight: `weight${'Ih' | 'Hh' | 'Hr'}L${number}`]: Parameter
  readonly [bias: `bias${'Ih' | 'Hh'}L${number}`]: Parameter
  readonly [reverse: `${'weight' | 'bias'}${'Ih' | 'Hh' | 'Hr'}L${number}Reverse`]: Parameter

  /** How many layers stand on each other. */
  readonly numLayers: number
  /** Whether sequences are [N, T, inputs] instead of [T, N, inputs]. */
  readonly batchFirst: boolean
  /** Probability with which an output becomes 0 on its way to the next layer, in training. */
  readonly dropout: number
  /** Whether there is a second pass, from the end to the start. */
  readonly bidirectional: boolean
  /** Size of an output of one direction: hiddenSize, or an LSTM's projSize. */
  readonly outputSize: number
  readonly #cell: Cell

  protected constructor(
    cell: Cell,
    /** Extent of the input's last dimension, 1 or more. */
    readonly inputSize: number,
    /** Extent of the state's last dimension in each direction, 1 or more. */
    readonly hiddenSize: number,
    options: RecurrentLayerOptions,
    projSize = 0,
  ) {
    super()
    const name = this.constructor.name
    const { numLayers = 1, bias = true, batchFirst = false, dropout: p = 0, bidirectional = false } = options
    checkCount(name, 'inputSize', inputSize)
    checkCount(name, 'hiddenSize', hiddenSize)
    checkCount(name, 'numLayers', numLayers)
    checkCount(name, 'projSize', projSize, 0)
    if (projSize >= hiddenSize)
      throw new NablaError(
        'argument',
        `[${name}] projSize is ${projSize} and hiddenSize ${hiddenSize}; a projection makes states smaller`,
        { projSize, hiddenSize },
      )
    if (!(p >= 0 && p <= 1))
      throw new NablaError('argument', `[${name}] the probability dropout is ${p}; expected 0 to 1`, { dropout: p })
    this.numLayers = numLayers
    this.batchFirst = batchFirst
    this.dropout = p
    this.bidirectional = bidirectional
    this.outputSize = projSize || hiddenSize
    this.#cell = cell
    const rows = cell.gates * hiddenSize
    for (const [layer, directions] of this.#suffixes().entries())
      for (const suffix of directions) {
        const shapes: Readonly<Record<string, Shape>> = {
          weightIh: [rows, layer === 0 ? inputSize : directions.length * this.outputSize],
          weightHh: [rows, this.outputSize],
          ...(bias ? { biasIh: [rows], biasHh: [rows] } : {}),
          ...(projSize ? { weightHr: [projSize, hiddenSize] } : {}),
        }
        for (const [key, shape] of Object.entries(shapes))
          Object.assign(this, { [key + suffix]: defaultParameter(shape, hiddenSize, options) })
      }
  }

  /** Of each layer, what the names of its parameters end in: one for each direction. */
  #suffixes(): string[][] {
    const directions = this.bidirectional ? ['', 'Reverse'] : ['']
    return Array.from({ length: this.numLayers }, (_, layer) => directions.map((direction) => `L${layer}${direction}`))
  }

  /** Outputs and states after the last step, in the layout that they were given in. */
  protected run(input: Tensor, given: readonly Tensor[] | null, options: SequenceOptions): { output: Tensor; state: Tensor[] } {
    const name = this.constructor.name
    const rank = input.shape.length
    if ((rank !== 2 && rank !== 3) || input.shape[rank - 1] !== this.inputSize) {
      const layout = this.batchFirst ? '[N, T, inputs]' : '[T, N, inputs]'
      throw new NablaError(
        'shape',
        `[${name}] the input has shape ${showShape(input.shape)}; expected ${layout}, or [T, inputs] of one sequence, with ${this.inputSize} inputs`,
        { shape: input.shape, inputSize: this.inputSize },
      )
    }
    const single = rank === 2
    const turned = !single && this.batchFirst
    const x = single ? unsqueeze(input.node, 1) : turned ? transpose(input.node, 0, 1) : input.node
    const [steps, batch] = x.shape as [number, number]
    const { output, state } = recurrent(this.#cell, x, this.#initial(given, x, single), {
      weights: this.#nodes(),
      lengths: options.lengths ? lengthsNode(name, options.lengths, batch, steps, input) : undefined,
      between: (y) => dropout(new Tensor(y), { p: this.dropout, training: this.training }).node,
    })
    return {
      output: new Tensor(single ? select(output, 1, 0) : turned ? transpose(output, 0, 1) : output),
      state: state.map((s) => new Tensor(single ? select(s, 1, 0) : s)),
    }
  }

  /** The states to start from, checked: zeros if none are given. */
  #initial(given: readonly Tensor[] | null, x: Node, single: boolean): State {
    const count = this.numLayers * (this.bidirectional ? 2 : 1)
    const batch = x.shape[1]!
    return Array.from({ length: this.#cell.states }, (_, k) => {
      const size = k === 0 ? this.outputSize : this.hiddenSize
      const start = given?.[k]
      if (!start) return b.constant(0, [count, batch, size], x.dtype, x.device)
      const expected = single ? [count, size] : [count, batch, size]
      if (!sameShape(start.shape, expected))
        throw new NablaError(
          'shape',
          `[${this.constructor.name}] the state ${k === 0 ? 'h' : 'c'} has shape ${showShape(start.shape)}; expected ${showShape(expected)}: layers times directions${single ? '' : ', batch'}, size`,
          { given: start.shape, expected },
        )
      return single ? unsqueeze(start.node, 1) : start.node
    })
  }

  #nodes(): Weights[][] {
    const held = this as unknown as Readonly<Record<string, Parameter | undefined>>
    return this.#suffixes().map((directions) =>
      directions.map((suffix) => ({
        ih: held[`weightIh${suffix}`]!.node,
        hh: held[`weightHh${suffix}`]!.node,
        biasIh: held[`biasIh${suffix}`]?.node,
        biasHh: held[`biasHh${suffix}`]?.node,
        hr: held[`weightHr${suffix}`]?.node,
      })),
    )
  }

  protected override extraRepr(): string {
    const { numLayers, batchFirst, bidirectional, dropout: p } = this
    const shown = {
      ...(numLayers === 1 ? {} : { numLayers }),
      ...(batchFirst ? { batchFirst } : {}),
      ...(p ? { dropout: p } : {}),
      ...(bidirectional ? { bidirectional } : {}),
    }
    const settings = Object.entries(shown).map(([key, value]) => `${key}: ${value}`)
    return [this.inputSize, this.hiddenSize, ...(settings.length ? [`{ ${settings.join(', ')} }`] : [])].join(', ')
  }
}

function lengthsNode(layer: string, lengths: Tensor | readonly number[], batch: number, steps: number, input: Tensor): Node {
  const given = lengths instanceof Tensor ? lengths : tensor([...lengths], { dtype: 'int32', device: input.device })
  if (!sameShape(given.shape, [batch]))
    throw new NablaError(
      'shape',
      `[${layer}] lengths have shape ${showShape(given.shape)}; expected [${batch}], one of each sequence`,
      {
        given: given.shape,
        expected: [batch],
      },
    )
  checkValues(
    given.node,
    (n) => n >= 1 && n <= steps,
    (n, [row]) =>
      new NablaError('argument', `[${layer}] the length of sequence ${row} is ${n}; expected 1 to ${steps}`, { row, length: n }),
  )
  return given.node
}

/** What an RNN is made of. */
export interface RNNOptions extends RecurrentLayerOptions {
  /** 'tanh' (default) or 'relu'. */
  readonly nonlinearity?: 'tanh' | 'relu'
}

/** The cell of a plain recurrent layer by its nonlinearity. */
export function elmanCell(layer: string, nonlinearity: string): Cell {
  if (nonlinearity !== 'tanh' && nonlinearity !== 'relu')
    throw new NablaError('argument', `[${layer}] unknown nonlinearity "${nonlinearity}"; known: tanh, relu`, { nonlinearity })
  return cells[nonlinearity]
}

/**
 * h' = tanh(Wih x + bih + Whh h + bhh), or with relu (Elman 1990, "Finding structure in time"). Parameters start uniform within
 * 1 / sqrt(hiddenSize).
 */
export class RNN extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    super(elmanCell('RNN', options.nonlinearity ?? 'tanh'), inputSize, hiddenSize, options)
  }

  /**
   * @param input [T, N, inputSize], [N, T, inputSize] with `batchFirst`, or [T, inputSize].
   * @param h the state before the first step, [numLayers * directions, N, hiddenSize], without N for one sequence; zeros if left
   * out.
   * @returns the outputs of the last layer [T, N, directions * hiddenSize] in the input's layout, and the state after the last
   * step.
   */
  forward(input: Tensor, h: Tensor | null = null, options: SequenceOptions = {}): [output: Tensor, h: Tensor] {
    const { output, state } = this.run(input, h && [h], options)
    return [output, state[0]!]
  }
}

/**
 * Gated recurrent units (Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder"), the gates in the order
 * r, z, n: r, z = sigmoid(W x + U h), n = tanh(Wn x + bn + r (Un h + cn)), h' = (1 - z) n + z h. Parameters start uniform within
 * 1 / sqrt(hiddenSize).
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}) {
    super(cells.gru, inputSize, hiddenSize, options)
  }

  /** As RNN's. */
  forward(input: Tensor, h: Tensor | null = null, options: SequenceOptions = {}): [output: Tensor, h: Tensor] {
    const { output, state } = this.run(input, h && [h], options)
    return [output, state[0]!]
  }
}

/** What an LSTM is made of. */
export interface LSTMOptions extends RecurrentLayerOptions {
  /** h is projected to this size by a matrix of its own (Sak et al. 2014). Default 0: it is not. */
  readonly projSize?: number
}

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997), the gates in the order i, f, g, o: i, f, o = sigmoid(W x + U h), g =
 * tanh(Wg x + Ug h), c' = f c + i g, h' = o tanh(c'). Parameters start uniform within 1 / sqrt(hiddenSize).
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super(cells.lstm, inputSize, hiddenSize, options, options.projSize)
  }

  /**
   * @param input [T, N, inputSize], [N, T, inputSize] with `batchFirst`, or [T, inputSize].
   * @param state h [numLayers * directions, N, hiddenSize or projSize] and c [numLayers * directions, N, hiddenSize]; zeros if
   * left out.
   * @returns the outputs of the last layer in the input's layout, and [h, c] after the last step.
   */
  forward(
    input: Tensor,
    state: readonly [h: Tensor, c: Tensor] | null = null,
    options: SequenceOptions = {},
  ): [output: Tensor, state: [h: Tensor, c: Tensor]] {
    const { output, state: end } = this.run(input, state, options)
    return [output, [end[0]!, end[1]!]]
  }
}
