/**
 * What an op's definition holds. One place per op: shape and dtype rule, gradient, lowering, a plain reference for tests and sample
 * inputs. Op files import no other op: gradients are written against the builder that is handed in.
 */
import type { DType, TypedArray } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import type { Attrs, Node } from '../graph/node.js'
import type { Expr, ValueType } from '../kernel/expr.js'

export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

/** A plain dense array, row-major: what references compute on. */
export interface Dense extends TensorType {
  readonly data: TypedArray
}

/** One way to call an op in tests: input types with value ranges, and attributes. */
export interface Sample {
  readonly inputs: readonly (TensorType & {
    readonly low?: number
    readonly high?: number
    readonly values?: readonly number[]
  })[]
  readonly attrs?: Attrs
  /** False where the gradient does not exist on this sample (ties, kinks); default true for float inputs of ops with a gradient. */
  readonly differentiable?: boolean
}

interface Common {
  readonly name: string
  /** First line of the op's documentation: formula and meaning. */
  readonly doc: string
  readonly infer: (inputs: readonly TensorType[], attrs: Attrs) => TensorType
  /**
   * Gradient of each input given that of the output, of the input's shape and dtype; undefined for an input that has none.
   * Absent where the op is not differentiable (comparisons, integers).
   */
  readonly gradient?: (node: Node, grad: Node, b: Builder) => readonly (Node | undefined)[]
  readonly reference: (inputs: readonly Dense[], attrs: Attrs) => Dense
  readonly samples: readonly Sample[]
}

/** Same-shape in, same shape out: each element by itself. */
export interface ElementwiseOp extends Common {
  readonly kind: 'elementwise'
  readonly expr: (args: readonly Expr[], attrs: Attrs, type: ValueType) => Expr
  /** Set where the op is defined on floats only: the builder casts other operands to float32. */
  readonly floats?: boolean
  /** Roughly how many float operations an element costs; 1 unless said. From 8 on the compiler would rather store than recompute. */
  readonly cost?: number
}

/** Every output element is an element of the input, or a fill value. */
export interface MovementOp extends Common {
  readonly kind: 'movement'
  /** Where output element `at` comes from; `valid` (absent = always) tells the elements that take `fill` instead. */
  readonly source: (
    at: readonly Expr[],
    node: { readonly attrs: Attrs; readonly shape: Shape; readonly input: Shape },
  ) => { readonly at: readonly Expr[]; readonly valid?: Expr; readonly fill?: number }
}

/** Reduces attrs.dims (sorted) of the input; the output keeps them with extent 1. */
export interface ReduceOp extends Common {
  readonly kind: 'reduce'
  readonly op: 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin'
}

/** Values that come from nowhere: constants, counters, random bits. `expr` gets the flat row-major index and the inputs' loads. */
export interface SourceOp extends Common {
  readonly kind: 'source'
  readonly expr: (flat: Expr, attrs: Attrs, type: ValueType, inputs: readonly ((at: readonly Expr[]) => Expr)[]) => Expr
}

/** Ops with a lowering of their own in the compiler: contract, concat, fold, gather, scatter, scan, sort, buffer. */
export interface SpecialOp extends Common {
  readonly kind: 'contract' | 'concat' | 'fold' | 'gather' | 'scatter' | 'scan' | 'sort' | 'buffer'
}

export type Op = ElementwiseOp | MovementOp | ReduceOp | SourceOp | SpecialOp

/**
 * An operand's index in one dimension of a contraction: (offset + sum coef[j] * v[j]) / divisor, where v are the output variables
 * followed by the reduced ones. Where the division is not exact or the result is outside the operand, the element counts as 0.
 */
export type AffineForm = { readonly offset: number; readonly coef: readonly number[]; readonly divisor: number }

/** attrs of `contract`: out[v_out] = sum over v_red of A[a(v)] * B[b(v)]. */
export interface ContractAttrs extends Attrs {
  readonly out: readonly number[]
  readonly reduced: readonly number[]
  readonly a: readonly AffineForm[]
  readonly b: readonly AffineForm[]
}

/**
 * Makes nodes, with broadcasting and promotion; the language in which gradients and composites are written. Every primitive has
 * its method; dims are non-negative here.
 */
export interface Builder {
  constant(value: number, shape: Shape, dtype: DType, device: string): Node
  /** A constant of the same shape, dtype and device. */
  like(node: Node, value: number): Node

  neg(a: Node): Node
  abs(a: Node): Node
  sign(a: Node): Node
  floor(a: Node): Node
  ceil(a: Node): Node
  trunc(a: Node): Node
  /** To the nearest integer, ties to even. */
  round(a: Node): Node
  sqrt(a: Node): Node
  exp(a: Node): Node
  log(a: Node): Node
  log1p(a: Node): Node
  expm1(a: Node): Node
  sin(a: Node): Node
  cos(a: Node): Node
  tan(a: Node): Node
  asin(a: Node): Node
  acos(a: Node): Node
  atan(a: Node): Node
  sinh(a: Node): Node
  cosh(a: Node): Node
  tanh(a: Node): Node
  erf(a: Node): Node
  sigmoid(a: Node): Node
  relu(a: Node): Node
  not(a: Node): Node

  add(a: Node, b: Node | number): Node
  sub(a: Node | number, b: Node | number): Node
  mul(a: Node, b: Node | number): Node
  /** True division; integers become float32. */
  div(a: Node | number, b: Node | number): Node
  /** Floor division, and the remainder with the divisor's sign (PyTorch's `//` and `%`). */
  floorDiv(a: Node, b: Node | number): Node
  remainder(a: Node, b: Node | number): Node
  fmod(a: Node, b: Node | number): Node
  pow(a: Node | number, b: Node | number): Node
  atan2(a: Node, b: Node): Node
  maximum(a: Node, b: Node | number): Node
  minimum(a: Node, b: Node | number): Node
  lt(a: Node, b: Node | number): Node
  le(a: Node, b: Node | number): Node
  gt(a: Node, b: Node | number): Node
  ge(a: Node, b: Node | number): Node
  eq(a: Node, b: Node | number): Node
  ne(a: Node, b: Node | number): Node
  /** Bits of integers, truth of bools. */
  and(a: Node, b: Node | number): Node
  or(a: Node, b: Node | number): Node
  xor(a: Node, b: Node | number): Node
  shl(a: Node, b: Node | number): Node
  shr(a: Node, b: Node | number): Node
  where(cond: Node, a: Node | number, b: Node | number): Node
  /** The element-wise op of that name, with broadcasting and promotion as its definition says: what a new op's method calls. */
  elementwise(op: string, ...operands: readonly (Node | number)[]): Node
  cast(a: Node, dtype: DType): Node
  bitcast(a: Node, dtype: DType): Node

  reshape(a: Node, shape: Shape): Node
  permute(a: Node, dims: readonly number[]): Node
  expand(a: Node, shape: Shape): Node
  /** `interior[d]` (default 0) elements of `value` between neighbours: the adjoint of a slice with steps. Negative padding cuts off. */
  pad(a: Node, padding: readonly (readonly [number, number])[], value?: number, interior?: readonly number[]): Node
  /** From start (inclusive) towards stop (exclusive) by step > 0, per dimension. */
  slice(a: Node, ranges: readonly { readonly start: number; readonly stop: number; readonly step: number }[]): Node
  flip(a: Node, dims: readonly number[]): Node
  /** `a` again, not to be read before `trigger` is computed: what is made of it is not shared with what was made of `a`. */
  after(a: Node, trigger: Node): Node
  /** [..., n] at `dim` becomes [..., count] there and a new last dimension [size]: element i, j is i * stride + j * dilation. */
  window(a: Node, dim: number, size: number, stride: number, dilation?: number): Node
  /** The adjoint of window: adds the windows back into extent `n`. */
  fold(a: Node, dim: number, n: number, stride: number, dilation?: number): Node
  cat(parts: readonly Node[], dim: number): Node

  /** Reductions keep the reduced dims with extent 1. */
  sum(a: Node, dims: readonly number[]): Node
  prod(a: Node, dims: readonly number[]): Node
  max(a: Node, dims: readonly number[]): Node
  min(a: Node, dims: readonly number[]): Node
  /** int32; over one dim; the first of equals; NaN wins. */
  argmax(a: Node, dim: number): Node
  argmin(a: Node, dim: number): Node

  contract(a: Node, b: Node, attrs: ContractAttrs): Node
  /** [..., m, k] x [..., k, n] with broadcasting batch dims. */
  matmul(a: Node, b: Node): Node

  /** out[i.., j..] = a at index along `dim`: index has a's shape except at dim. As torch.gather. */
  gather(a: Node, dim: number, index: Node): Node
  /** a plus src added at index along `dim`, in order. As torch.scatter_add. */
  scatterAdd(a: Node, dim: number, index: Node, src: Node): Node
  /** a with src put at index along `dim`, in order: the last of equals stays ('set'), or combined with what is there. No gradient. */
  scatter(a: Node, dim: number, index: Node, src: Node, op: 'set' | 'prod' | 'max' | 'min'): Node
  /** Running sum, product, max or min along `dim`. */
  scan(a: Node, dim: number, op: 'sum' | 'prod' | 'max' | 'min'): Node
  /** int32 indices that sort `a` along `dim`, stable; NaN counts as largest. */
  argsort(a: Node, dim: number, descending: boolean): Node

  /** 0, 1, 2, ... in row-major order. */
  iota(shape: Shape, dtype: DType, device: string): Node
  /** Random uint32 from a counter-based generator; `state` is uint32 [2]: key and counter. `stream` separates draws from the same state. */
  randomBits(state: Node, shape: Shape, stream: number): Node
}
