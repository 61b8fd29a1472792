/**
 * ONNX's messages, as far as a model of plain operators needs them, written and read with the field numbers of onnx.proto.
 *
 *     Model    1 version  2 producer  3 its version  7 graph  8 operator sets  14 metadata
 *     Graph    1 nodes  2 name  5 initializers  11 inputs  12 outputs
 *     Node     1 inputs  2 outputs  3 name  4 operator  5 attributes
 *     Tensor   1 extents  2 type  8 name  9 bytes, or the values in 4, 5, 7, 10, 11; 13, 14 elsewhere
 *
 * Source: onnx/onnx.proto of the ONNX project.
 */
import type { DType } from '../../core/dtype.js'
import type { StoredCode } from '../stored.js'
import { PbfWriter } from 'pbf'

/** TensorProto.DataType of our types. */
export const elementTypes: Readonly<Record<DType | 'int64', number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
}

/** And back, with those that we read only; what is not here (texts, complex and 8-bit floats) is refused. */
export const elementCodes: Readonly<Record<number, StoredCode>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
}

/** What an operator is told besides its inputs. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly text: string }

/** One operator. */
export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A value that comes with the model. */
export interface OnnxTensor {
  readonly name: string
  readonly type: number
  readonly shape: readonly number[]
  /** Little-endian. */
  readonly bytes: Uint8Array
}

/** An input or output: extents that are not known have names. */
export interface OnnxValue {
  readonly name: string
  readonly type: number
  readonly shape: readonly (number | string)[]
}

/** A model to be written. */
export interface OnnxModel {
  readonly name: string
  readonly opset: number
  readonly producer: string
  readonly metadata: Readonly<Record<string, string>>
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

/** AttributeProto.AttributeType. */
const kinds = { float: 1, int: 2, text: 3, ints: 7 } as const

function writeAttribute([name, attribute]: readonly [string, Attribute], out: PbfWriter): void {
  out.writeStringField(1, name)
  if ('float' in attribute) out.writeFloatField(2, attribute.float)
  else if ('int' in attribute) out.writeVarintField(3, attribute.int)
  else if ('text' in attribute) out.writeBytesField(4, new TextEncoder().encode(attribute.text))
  else for (const value of attribute.ints) out.writeVarintField(8, value)
  out.writeVarintField(20, kinds[Object.keys(attribute)[0] as keyof typeof kinds])
}

function writeNode({ op, inputs, outputs, attributes }: OnnxNode, out: PbfWriter): void {
  for (const name of inputs) out.writeStringField(1, name)
  for (const name of outputs) out.writeStringField(2, name)
  out.writeStringField(3, `${op}/${outputs[0]}`)
  out.writeStringField(4, op)
  for (const entry of Object.entries(attributes)) out.writeMessage(5, writeAttribute, entry)
}

function writeTensor({ name, type, shape, bytes }: OnnxTensor, out: PbfWriter): void {
  for (const n of shape) out.writeVarintField(1, n)
  out.writeVarintField(2, type)
  out.writeStringField(8, name)
  out.writeBytesField(9, bytes)
}

const writeExtent = (extent: number | string, out: PbfWriter): void =>
  typeof extent === 'number' ? out.writeVarintField(1, extent) : out.writeStringField(2, extent)

function writeValue({ name, type, shape }: OnnxValue, out: PbfWriter): void {
  const writeShape = (_: null, out: PbfWriter): void => {
    for (const extent of shape) out.writeMessage(1, writeExtent, extent)
  }
  const writeTensorType = (_: null, out: PbfWriter): void => {
    out.writeVarintField(1, type)
    out.writeMessage(2, writeShape, null)
  }
  out.writeStringField(1, name)
  out.writeMessage(2, (_: null, out) => out.writeMessage(1, writeTensorType, null), null)
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: OnnxModel, out: PbfWriter): void {
  for (const node of nodes) out.writeMessage(1, writeNode, node)
  out.writeStringField(2, name)
  for (const tensor of initializers) out.writeMessage(5, writeTensor, tensor)
  for (const value of inputs) out.writeMessage(11, writeValue, value)
  for (const value of outputs) out.writeMessage(12, writeValue, value)
}

const writePair = ([key, value]: readonly [string, string], out: PbfWriter): void => {
  out.writeStringField(1, key)
  out.writeStringField(2, value)
}

/** The version of the format that came with a set of operators. */
const versionOf = (opset: number): number => (opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7)

/** The bytes of a model. */
export function writeModel(model: OnnxModel): Uint8Array {
  const out = new PbfWriter()
  out.writeVarintField(1, versionOf(model.opset))
  out.writeStringField(2, model.producer)
  out.writeMessage(7, writeGraph, model)
  out.writeMessage(8, (opset: number, out) => out.writeVarintField(2, opset), model.opset)
  for (const entry of Object.entries(model.metadata)) out.writeMessage(14, writePair, entry)
  return out.finish()
}
