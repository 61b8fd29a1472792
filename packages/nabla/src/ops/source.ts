/** Values that come from nowhere: constants, counters, random bits, and the memory that a device holds. */
import { type DType, dtypes } from '../core/dtype.js'
import { NablaError, showShape } from '../core/errors.js'
import { checkShape, type Shape, sizeOf } from '../core/shape.js'
import { binary, cast, constant, index } from '../kernel/expr.js'
import { threefry } from '../kernel/maths.js'
import type { Attrs, Node } from '../graph/node.js'
import { writer, zeros } from './dense.js'
import type { Builder, SourceOp, SpecialOp } from './op.js'
import { checkCount, dtypeAttr, shapeAttr, wrongArgument, wrongDtype, wrongShape } from './rules.js'

/** Separates the keys of streams: an odd number near 2^32 / golden ratio. */
const STREAM = 0x9e3779b9

/** The first word of Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, 2011); the key's second word is 0. */
export function threefryNumber(key: number, c0: number, c1: number): number {
  const keys = [key >>> 0, 0, (key ^ 0x1bd11bda) >>> 0]
  const turns = [
    [13, 15, 26, 6],
    [17, 29, 16, 24],
  ] as const
  let x = (c0 + keys[0]!) >>> 0
  let y = c1 >>> 0
  for (let group = 1; group <= 5; group++) {
    for (const n of turns[(group - 1) % 2]!) {
      x = (x + y) >>> 0
      y = (((y << n) | (y >>> (32 - n))) ^ x) >>> 0
    }
    x = (x + keys[group % 3]!) >>> 0
    y = (y + keys[(group + 1) % 3]! + group) >>> 0
  }
  return x
}

const typed = (attrs: Attrs, op: string): { shape: readonly number[]; dtype: DType } => {
  checkShape(op, shapeAttr(attrs))
  if (!Object.hasOwn(dtypes, dtypeAttr(attrs)))
    wrongArgument(op, `unknown dtype ${String(attrs['dtype'])}; known: ${Object.keys(dtypes).join(', ')}`)
  return { shape: shapeAttr(attrs), dtype: dtypeAttr(attrs) }
}

/** 0, 1, 2, ... along `dim`, int32, shaped to broadcast over `shape`. */
export function counting(shape: Shape, dim: number, device: string, b: Builder): Node {
  return b.reshape(
    b.iota([shape[dim]!], 'int32', device),
    shape.map((n, d) => (d === dim ? n : 1)),
  )
}

export const sourceOps: readonly SourceOp[] = [
  {
    name: 'constant',
    kind: 'source',
    doc: 'attrs.value everywhere (written as a string where it is NaN, infinite or -0).',
    infer(inputs, attrs) {
      checkCount('constant', inputs, 0)
      return typed(attrs, 'constant')
    },
    expr: (_flat, attrs, type) => constant(Number(attrs['value']), type),
    reference(_inputs, attrs) {
      const out = zeros(shapeAttr(attrs), dtypeAttr(attrs))
      const set = writer(out)
      for (let i = 0; i < out.data.length; i++) set(i, Number(attrs['value']))
      return out
    },
    samples: [
      { inputs: [], attrs: { value: 1.5, shape: [2, 2], dtype: 'float32' } },
      { inputs: [], attrs: { value: '-0', shape: [], dtype: 'float32' } },
      { inputs: [], attrs: { value: 'NaN', shape: [1], dtype: 'float64' } },
      { inputs: [], attrs: { value: '-Infinity', shape: [3], dtype: 'float16' } },
      { inputs: [], attrs: { value: -7, shape: [3], dtype: 'int32' } },
      { inputs: [], attrs: { value: 4294967295, shape: [2], dtype: 'uint32' } },
      { inputs: [], attrs: { value: 255, shape: [2], dtype: 'uint8' } },
      { inputs: [], attrs: { value: 1, shape: [2], dtype: 'bool' } },
      { inputs: [], attrs: { value: 0, shape: [0, 2], dtype: 'float32' } },
    ],
  },
  {
    name: 'iota',
    kind: 'source',
    doc: '0, 1, 2, ... in row-major order.',
    infer(inputs, attrs) {
      checkCount('iota', inputs, 0)
      if (attrs['dtype'] === 'bool') wrongDtype('iota', 'does not count in bool; count in int32 and compare', 'bool')
      return typed(attrs, 'iota')
    },
    expr: (flat, _attrs, type) => cast(flat, type),
    reference(_inputs, attrs) {
      const out = zeros(shapeAttr(attrs), dtypeAttr(attrs))
      const set = writer(out)
      for (let i = 0; i < out.data.length; i++) set(i, i)
      return out
    },
    samples: (['int32', 'float32', 'float64', 'uint8', 'uint32', 'float16'] as const)
      .flatMap((dtype) => [
        { inputs: [], attrs: { shape: [2, 3], dtype } },
        { inputs: [], attrs: { shape: [], dtype } },
        { inputs: [], attrs: { shape: [0], dtype } },
      ])
      .concat([{ inputs: [], attrs: { shape: [300], dtype: 'uint8' } }]),
  },
  {
    name: 'randomBits',
    kind: 'source',
    doc: 'Random uint32 words: element i is the first word of threefry2x32 of the counter (i, state[1]) under the key state[0], moved by the stream.',
    infer(inputs, attrs) {
      checkCount('randomBits', inputs, 1)
      const state = inputs[0]!
      if (state.dtype !== 'uint32') wrongDtype('randomBits', `the state must be uint32, not ${state.dtype}`, state.dtype)
      if (state.shape.length !== 1 || sizeOf(state.shape) !== 2)
        wrongShape('randomBits', `the state must have shape [2] (key and counter), not ${showShape(state.shape)}`, state.shape)
      checkShape('randomBits', shapeAttr(attrs))
      return { shape: shapeAttr(attrs), dtype: 'uint32' }
    },
    expr(flat, attrs, _type, [state]) {
      const offset = Math.imul(attrs['stream'] as number, STREAM) >>> 0
      const word = state!([index(0)])
      const key = offset === 0 ? word : binary('add', word, constant(offset, 'uint32'))
      return threefry(key, cast(flat, 'uint32'), state!([index(1)]))[0]
    },
    reference([state], attrs) {
      const out = zeros(shapeAttr(attrs), 'uint32')
      const key = state!.data[0]! + (Math.imul(attrs['stream'] as number, STREAM) >>> 0)
      for (let i = 0; i < out.data.length; i++) out.data[i] = threefryNumber(key, i, state!.data[1]!)
      return out
    },
    samples: [
      { inputs: [{ shape: [2], dtype: 'uint32', values: [0, 0] }], attrs: { shape: [4], stream: 0 } },
      { inputs: [{ shape: [2], dtype: 'uint32', values: [4294967295, 4294967295] }], attrs: { shape: [2, 3], stream: 7 } },
      { inputs: [{ shape: [2], dtype: 'uint32', values: [42, 1] }], attrs: { shape: [], stream: 1 } },
      { inputs: [{ shape: [2], dtype: 'uint32', values: [42, 1] }], attrs: { shape: [0], stream: 1 } },
    ],
  },
]

export const bufferOps: readonly SpecialOp[] = [
  {
    name: 'buffer',
    kind: 'buffer',
    doc: 'Memory that a device holds: a leaf, bound when a program runs. Its shape and dtype are told by who makes it.',
    infer() {
      throw new NablaError(
        'argument',
        '[buffer] a buffer has no inputs to infer a shape from; make it with bufferNode(shape, dtype, device)',
        { op: 'buffer' },
      )
    },
    reference() {
      throw new NablaError('argument', '[buffer] a buffer has no value of its own; bind one', { op: 'buffer' })
    },
    samples: [],
  },
]
