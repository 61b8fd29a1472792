/**
 * What an op's definition holds. One place per op: shape and dtype rule, gradient, lowering, a plain reference for tests and sample
 * inputs. Op files import no other op: gradients are written against the builder that is handed in.
 */
import type { DType, TypedArray } from '../core/dtype.js'
import type { Shape } from '../core/shape.js'
import type { Attrs, Node } from '../graph/node.js'
import type { Expr, ValueType } from '../kernel/expr.js'

/** Shape and dtype of a value. */
export interface TensorType {
  /** Extents, outermost first. */
  readonly shape: Shape
  /** Type of the elements. */
  readonly dtype: DType
}

/** A plain dense array, row-major: what references compute on. */
export interface Dense extends TensorType {
  /** The values; of float16 its bits. */
  readonly data: TypedArray
}

/** One way to call an op in tests: input types with value ranges, and attributes. */
export interface Sample {
  /** Shape and dtype of each input; its values are random from `low` to `high`, or `values` over and over. */
  readonly inputs: readonly (TensorType & {
    readonly low?: number
    readonly high?: number
    readonly values?: readonly number[]
  })[]
  /** Attributes of the call. Default: none. */
  readonly attrs?: Attrs
  /** False where the gradient does not exist on this sample (ties, kinks); default true for float inputs of ops with a gradient. */
  readonly differentiable?: boolean
}

interface Common {
  /** What the op is called in graphs, messages and the table. */
  readonly name: string
  /** First line of the op's documentation: formula and meaning. */
  readonly doc: string
  /** Shape and dtype of the result; throws where the inputs or the attributes do not fit. */
  readonly infer: (inputs: readonly TensorType[], attrs: Attrs) => TensorType
  /**
   * Gradient of each input given that of the output, of the input's shape and dtype; undefined for an input that has none.
   * Absent where the op is not differentiable (comparisons, integers).
   */
  readonly gradient?: (node: Node, grad: Node, b: Builder) => readonly (Node | undefined)[]
  /** The result, computed as plainly as can be: what tests compare every device with. */
  readonly reference: (inputs: readonly Dense[], attrs: Attrs) => Dense
  /** Calls that tests make. */
  readonly samples: readonly Sample[]
}

/** Same-shape in, same shape out: each element by itself. */
export interface ElementwiseOp extends Common {
  /** Tells the kinds of ops apart. */
  readonly kind: 'elementwise'
  /** One element of the result from the elements of the inputs, `type` being the type of the result. */
  readonly expr: (args: readonly Expr[], attrs: Attrs, type: ValueType) => Expr
  /** Set where the op is defined on floats only: the builder casts other operands to float32. */
  readonly floats?: boolean
  /** Roughly how many float operations an element costs; 1 unless said. From 8 on the compiler would rather store than recompute. */
  readonly cost?: number
}

/** Every output element is an element of the input, or a fill value. */
export interface MovementOp extends Common {
  /** Tells the kinds of ops apart. */
  readonly kind: 'movement'
  /** Where output element `at` comes from; `valid` (absent = always) tells the elements that take `fill` instead. */
  readonly source: (
    at: readonly Expr[],
    node: { readonly attrs: Attrs; readonly shape: Shape; readonly input: Shape },
  ) => { readonly at: readonly Expr[]; readonly valid?: Expr; readonly fill?: number }
}

/** Reduces attrs.dims (sorted) of the input; the output keeps them with extent 1. */
export interface ReduceOp extends Common {
  /** Tells the kinds of ops apart. */
  readonly kind: 'reduce'
  /** How two elements become one; the last two give the place of the winner, int32. */
  readonly op: 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin'
}

/** Values that come from nowhere: constants, counters, random bits. `expr` gets the flat row-major index and the inputs' loads. */
export interface SourceOp extends Common {
  /** Tells the kinds of ops apart. */
  readonly kind: 'source'
  /** The element at a row-major index; an input is read at an index of its own. */
  readonly expr: (flat: Expr, attrs: Attrs, type: ValueType, inputs: readonly ((at: readonly Expr[]) => Expr)[]) => Expr
}

/** Ops with a lowering of their own in the compiler: contract, concat, fold, gather, scatter, scan, sort, buffer. */
export interface SpecialOp extends Common {
  /** Which lowering it has. */
  readonly kind: 'contract' | 'concat' | 'fold' | 'gather' | 'scatter' | 'scan' | 'sort' | 'buffer'
}

/** An op of any kind. */
export type Op = ElementwiseOp | MovementOp | ReduceOp | SourceOp | SpecialOp

/**
 * An operand's index in one dimension of a contraction: (offset + sum coef[j] * v[j]) / divisor, where v are the output variables
 * followed by the reduced ones. Where the division is not exact or the result is outside the operand, the element counts as 0.
 */
export type AffineForm = { readonly offset: number; readonly coef: readonly number[]; readonly divisor: number }

/** attrs of `contract`: out[v_out] = sum over v_red of A[a(v)] * B[b(v)]. */
export interface ContractAttrs extends Attrs {
  /** Extents of the output variables: the shape of the result. */
  readonly out: readonly number[]
  /** Extents of the variables that are summed over. */
  readonly reduced: readonly number[]
  /** Where A is read: a form for each of its dimensions. */
  readonly a: readonly AffineForm[]
  /** Where B is read: a form for each of its dimensions. */
  readonly b: readonly AffineForm[]
}

/**
 * Makes nodes, with broadcasting and promotion; the language in which gradients and composites are written. Every primitive has
 * its method; dims are non-negative here. Functions of real numbers (sqrt, exp, sin, ...) cast integers and bools to float32. Shapes
 * and dtypes that do not fit throw.
 */
export interface Builder {
  /** `value` everywhere. */
  constant(value: number, shape: Shape, dtype: DType, device: string): Node
  /** A constant of the same shape, dtype and device. */
  like(node: Node, value: number): Node

  /** -a; integers wrap around. */
  neg(a: Node): Node
  /** |a|; the gradient at 0 is 0. */
  abs(a: Node): Node
  /** -1, 0 or 1; 0 for NaN. */
  sign(a: Node): Node
  /** The largest integer not above a; integers stay. */
  floor(a: Node): Node
  /** The smallest integer not below a; integers stay. */
  ceil(a: Node): Node
  /** a without its fraction; integers stay. */
  trunc(a: Node): Node
  /** To the nearest integer, ties to even. */
  round(a: Node): Node
  /** The square root; NaN below 0. */
  sqrt(a: Node): Node
  /** e to the a. */
  exp(a: Node): Node
  /** The natural logarithm; NaN below 0. */
  log(a: Node): Node
  /** log(1 + a), exact for small a. */
  log1p(a: Node): Node
  /** exp(a) - 1, exact for small a. */
  expm1(a: Node): Node
  /** The sine of an angle in radians. */
  sin(a: Node): Node
  /** The cosine of an angle in radians. */
  cos(a: Node): Node
  /** The tangent of an angle in radians. */
  tan(a: Node): Node
  /** The arc sine; NaN outside [-1, 1]. */
  asin(a: Node): Node
  /** The arc cosine; NaN outside [-1, 1]. */
  acos(a: Node): Node
  /** The arc tangent. */
  atan(a: Node): Node
  /** The hyperbolic sine. */
  sinh(a: Node): Node
  /** The hyperbolic cosine. */
  cosh(a: Node): Node
  /** The hyperbolic tangent. */
  tanh(a: Node): Node
  /** The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to a. */
  erf(a: Node): Node
  /** 1 / (1 + exp(-a)). */
  sigmoid(a: Node): Node
  /** a where a > 0, else 0; NaN stays; the gradient at 0 is 0. Integers stay integers. */
  relu(a: Node): Node
  /** Of bools the other one, of integers all bits turned. */
  not(a: Node): Node

  /** a + b; of two bools: or. */
  add(a: Node, b: Node | number): Node
  /** a - b; an error for two bools. */
  sub(a: Node | number, b: Node | number): Node
  /** a b; of two bools: and. */
  mul(a: Node, b: Node | number): Node
  /** a / b, with integers cast to float32. */
  div(a: Node | number, b: Node | number): Node
  /** a / b rounded down, as PyTorch's `//`; 0 for an integer divided by 0. No gradient. */
  floorDiv(a: Node, b: Node | number): Node
  /** a - b floor(a / b): the sign of b, as PyTorch's `%`; 0 for an integer divided by 0. */
  remainder(a: Node, b: Node | number): Node
  /** a - b trunc(a / b): the sign of a, as C's; 0 for an integer divided by 0. */
  fmod(a: Node, b: Node | number): Node
  /** a to the power b. Integers wrap around; with a negative exponent they give 1 / a^|b| truncated. */
  pow(a: Node | number, b: Node | number): Node
  /** The angle of the point (b, a), from -pi to pi. */
  atan2(a: Node, b: Node): Node
  /** The larger; NaN if either is. Equals share the gradient half and half. */
  maximum(a: Node, b: Node | number): Node
  /** The smaller; NaN if either is. Equals share the gradient half and half. */
  minimum(a: Node, b: Node | number): Node
  /** a < b, bool; with NaN false, as for all but `ne`. */
  lt(a: Node, b: Node | number): Node
  /** a <= b, bool. */
  le(a: Node, b: Node | number): Node
  /** a > b, bool. */
  gt(a: Node, b: Node | number): Node
  /** a >= b, bool. */
  ge(a: Node, b: Node | number): Node
  /** a = b, bool. */
  eq(a: Node, b: Node | number): Node
  /** Whether a and b differ, bool; with NaN true. */
  ne(a: Node, b: Node | number): Node
  /** Bits of integers, truth of bools. */
  and(a: Node, b: Node | number): Node
  /** As `and`: either. */
  or(a: Node, b: Node | number): Node
  /** As `and`: one of the two, not both. */
  xor(a: Node, b: Node | number): Node
  /** Bits moved up by b places, zeros following. */
  shl(a: Node, b: Node | number): Node
  /** Bits moved down by b places; copies of the sign follow in int32, zeros in unsigned integers. */
  shr(a: Node, b: Node | number): Node
  /** a where `cond` (bool) holds, else b. Two numbers give int32 if both are whole, else float32. */
  where(cond: Node, a: Node | number, b: Node | number): Node
  /** The element-wise op of that name, with broadcasting and promotion as its definition says: what a new op's method calls. */
  elementwise(op: string, ...operands: readonly (Node | number)[]): Node
  /** The values in another dtype: integers wrap around, floats lose their fraction, anything but 0 is true. */
  cast(a: Node, dtype: DType): Node
  /** The same 32 bits read as float32, int32 or uint32. */
  bitcast(a: Node, dtype: DType): Node

  /** The same elements, in row-major order, in another shape of the same size. */
  reshape(a: Node, shape: Shape): Node
  /** Dimension d of the result is dimension dims[d] of a. */
  permute(a: Node, dims: readonly number[]): Node
  /** Dimensions of extent 1 repeated, and leading ones added. */
  expand(a: Node, shape: Shape): Node
  /** `interior[d]` (default 0) elements of `value` between neighbours: the adjoint of a slice with steps. Negative padding cuts off. */
  pad(a: Node, padding: readonly (readonly [number, number])[], value?: number, interior?: readonly number[]): Node
  /** From start (inclusive) towards stop (exclusive) by step > 0, per dimension. */
  slice(a: Node, ranges: readonly { readonly start: number; readonly stop: number; readonly step: number }[]): Node
  /** The order of elements turned along `dims`. */
  flip(a: Node, dims: readonly number[]): Node
  /** `a` again, not to be read before `trigger` is computed: what is made of it is not shared with what was made of `a`. */
  after(a: Node, trigger: Node): Node
  /** [..., n] at `dim` becomes [..., count] there and a new last dimension [size]: element i, j is i * stride + j * dilation. */
  window(a: Node, dim: number, size: number, stride: number, dilation?: number): Node
  /** The adjoint of window: adds the windows back into extent `n`. */
  fold(a: Node, dim: number, n: number, stride: number, dilation?: number): Node
  /** The parts one after the other along `dim`; all other extents are equal. */
  cat(parts: readonly Node[], dim: number): Node

  /** The sum over `dims`, which stay with extent 1, as in all reductions. Of nothing 0; bools and uint8 become int32. */
  sum(a: Node, dims: readonly number[]): Node
  /** Of nothing 1; the gradient is right where elements are 0. Bools and uint8 become int32. */
  prod(a: Node, dims: readonly number[]): Node
  /** NaN wins; equals share the gradient. */
  max(a: Node, dims: readonly number[]): Node
  /** NaN wins; equals share the gradient. */
  min(a: Node, dims: readonly number[]): Node
  /** int32; over one dim; the first of equals; NaN wins. */
  argmax(a: Node, dim: number): Node
  /** As `argmax`, of the smallest. */
  argmin(a: Node, dim: number): Node

  /** Every product and sum: see ContractAttrs. Its gradients are contractions again. */
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
