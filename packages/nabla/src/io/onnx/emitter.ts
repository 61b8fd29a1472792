/** Gathers ONNX operators: gives values their names, shares constants, and drops what nothing needs. */
import { type DType, dtypes } from '../../core/dtype.js'
import { encode } from '../../tensor/values.js'
import { type Extent, isFixed, sameShape } from './extent.js'
import { type Attribute, elementTypes, type OnnxNode, type OnnxTensor } from './proto.js'

const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

export class Emitter {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxTensor[] = []
  private readonly constants = new Map<string, string>()
  private readonly taken = new Set<string>()
  private batchName: string | undefined
  /** What a reshaped value was before. */
  private readonly reshaped = new Map<string, { readonly value: string; readonly shape: readonly Extent[] }>()

  constructor(
    readonly opset: number,
    /** The input whose first dimension is the batch. */
    private readonly batchInput: string,
  ) {}

  /** A name that no other value has. */
  name(wanted: string): string {
    let name = wanted
    for (let n = 1; this.taken.has(name); n++) name = `${wanted}_${n}`
    this.taken.add(name)
    return name
  }

  /** Adds an operator of one result and gives the result's name. */
  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const output = this.name(`${op.toLowerCase()}_${this.nodes.length}`)
    this.nodes.push({ op, inputs, outputs: [output], attributes })
    return output
  }

  /** Adds an operator with results of given names. */
  into(
    op: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    this.nodes.push({ op, inputs, outputs, attributes })
  }

  initializer(name: string, type: number, shape: readonly number[], data: ArrayBufferView): string {
    const own = this.name(name)
    this.initializers.push({ name: own, type, shape, bytes: bytesOf(data) })
    return own
  }

  private constant(key: string, type: number, shape: readonly number[], data: () => ArrayBufferView): string {
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = this.initializer(`constant_${this.constants.size}`, type, shape, data())
    this.constants.set(key, name)
    return name
  }

  /** A single number of a dtype, without dimensions. */
  scalar(value: number, dtype: DType): string {
    const key = `${dtype} ${Object.is(value, -0) ? '-0' : value}`
    return this.constant(key, elementTypes[dtype], [], () => encode([value], dtype))
  }

  /** A table of int64. */
  int64(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant(`int64 [${shape.join()}] ${values.join()}`, elementTypes.int64, shape, () =>
      BigInt64Array.from(values, (value) => BigInt(value)),
    )
  }

  /** A list of int64 in which extents may depend on the batch: computed when the model runs. */
  extents(values: readonly Extent[]): string {
    if (isFixed(values)) return this.int64(values)
    const parts: string[] = []
    let run: number[] = []
    const flush = (): void => {
      if (run.length) parts.push(this.int64(run))
      run = []
    }
    for (const value of values) {
      if (typeof value === 'number') run.push(value)
      else {
        flush()
        parts.push(this.extent(value))
      }
    }
    flush()
    return parts.length === 1 ? parts[0]! : this.op('Concat', parts, { axis: { int: 0 } })
  }

  private extent({ scale, plus }: Exclude<Extent, number>): string {
    this.batchName ??= this.op('Gather', [this.op('Shape', [this.batchInput]), this.int64([0])], { axis: { int: 0 } })
    const scaled = scale === 1 ? this.batchName : this.op('Mul', [this.batchName, this.int64([scale])])
    return plus === 0 ? scaled : this.op('Add', [scaled, this.int64([plus])])
  }

  /** `value`, which has the shape `from`, in another shape; where that is what it had before, it is what it was before. */
  reshape(value: string, shape: readonly Extent[], from?: readonly Extent[]): string {
    if (from && sameShape(from, shape)) return value
    const before = this.reshaped.get(value)
    if (before && sameShape(before.shape, shape)) return before.value
    const result = this.writeReshape(value, shape)
    if (from) this.reshaped.set(result, { value, shape: from })
    return result
  }

  private writeReshape(value: string, shape: readonly Extent[]): string {
    const open = shape.filter((extent) => typeof extent !== 'number').length
    if (open === 1 && !shape.includes(0))
      return this.op('Reshape', [value, this.int64(shape.map((extent) => (typeof extent === 'number' ? extent : -1)))])
    const empty = shape.includes(0)
    return this.op('Reshape', [value, this.extents(shape)], empty ? { allowzero: { int: 1 } } : {})
  }

  transpose(value: string, order: readonly number[]): string {
    return order.every((d, i) => d === i) ? value : this.op('Transpose', [value], { perm: { ints: order } })
  }

  cast(value: string, dtype: DType): string {
    return this.op('Cast', [value], { to: { int: elementTypes[dtype] } })
  }

  /** `before` and `after` elements of `fill` around each dimension. */
  pad(value: string, before: readonly Extent[], after: readonly Extent[], fill: string): string {
    return this.op('Pad', [value, this.extents([...before, ...after]), fill])
  }

  /** The elements from `starts` towards `stops`, along all dimensions. */
  slice(value: string, starts: readonly Extent[], stops: readonly Extent[], steps: readonly number[]): string {
    const all = starts.map((_, d) => d)
    return this.op('Slice', [value, this.extents(starts), this.extents(stops), this.int64(all), this.int64(steps)])
  }

  /** What the outputs need: operators in order, and constants. */
  needed(outputs: readonly string[]): { nodes: OnnxNode[]; initializers: OnnxTensor[] } {
    const wanted = new Set(outputs)
    const nodes: OnnxNode[] = []
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((name) => wanted.has(name))) continue
      for (const name of node.inputs) wanted.add(name)
      nodes.push(node)
    }
    return { nodes: nodes.reverse(), initializers: this.initializers.filter(({ name }) => wanted.has(name)) }
  }
}

/** The elements of a leaf as ONNX has them. */
export const elementsOf = (values: ArrayLike<number>, dtype: DType): ArrayBufferView =>
  ArrayBuffer.isView(values) && dtype !== 'float16' && values instanceof dtypes[dtype].array ? values : encode(values, dtype)
