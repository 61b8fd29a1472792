/**
 * The builder: the language in which gradients, composites and the Tensor class write graphs. It broadcasts as NumPy does,
 * promotes as PyTorch does (numbers are weak scalars), and leaves out nodes that would do nothing.
 */
import { type DType, isFloat } from '../core/dtype.js'
import { showShape } from '../core/errors.js'
import { type Shape, checkShape, sameShape } from '../core/shape.js'
import type { Attrs, Node } from '../graph/node.js'
import { concatenate, matmul } from './composites.js'
import { numberAttr } from './dense.js'
import { type Through, constantOf, foldConstants, foldMovement, isNeutral } from './folding.js'
import { constantNode, makeNode } from './make.js'
import { type Range, rangeCount } from './movement.js'
import type { Builder } from './op.js'
import {
  type Operand,
  as,
  broadcastTo,
  castTo,
  deviceOf,
  meet,
  meetShape,
  toFloat,
  toNumber,
  toOrder,
  toSum,
} from './operands.js'
import { wrongDtype, wrongShape } from './rules.js'
import { opOf } from './table.js'

/** Whether the op of that name is defined on floats only. */
function definesFloats(name: string): boolean {
  const op = opOf(name)
  return op.kind === 'elementwise' && op.floats === true
}

/**
 * A builder. `through` tells of which nodes the rules may look at the inside, to merge a view of a view or to compute with a
 * constant; a node that has a value is never looked through.
 */
export function createBuilder(through: Through): Builder {
  const open: Through = (node) => !node.storage && through(node)

  const emit = (op: string, inputs: readonly Node[], attrs: Attrs = {}): Node =>
    foldConstants(op, inputs, attrs, open) ?? makeNode(op, inputs, attrs)

  /** A movement, cast or involution, merged with the one it follows where it may be. */
  const view = (op: string, a: Node, attrs: Attrs): Node => {
    const folded = foldMovement(op, a, attrs, open)
    if (!folded) return emit(op, [a], attrs)
    if (!('input' in folded)) return folded
    return again(folded.op, folded.input, folded.attrs)
  }
  const again = (op: string, a: Node, attrs: Attrs): Node => {
    switch (op) {
      case 'reshape':
        return b.reshape(a, attrs['shape'] as Shape)
      case 'permute':
        return b.permute(a, attrs['dims'] as readonly number[])
      case 'expand':
        return b.expand(a, attrs['shape'] as Shape)
      case 'slice':
        return b.slice(a, attrs['ranges'] as readonly Range[])
      default:
        return b.cast(a, attrs['dtype'] as DType)
    }
  }

  const numberOf = (a: Operand): number | undefined => (typeof a === 'number' ? a : constantOf(a, open))

  /** Both operands as nodes of one shape and of dtype `dtype(their common one)`. */
  const pair = (op: string, x: Operand, y: Operand, dtype: (common: DType) => DType = (d) => d): readonly [Node, Node] => {
    const shape = meetShape(op, x, y)
    const common = dtype(meet(op, x, y))
    const device = deviceOf(x, y)
    return [as(x, common, shape, device), as(y, common, shape, device)]
  }

  const arithmetic = (op: string, x: Operand, y: Operand, dtype: (common: DType) => DType = toNumber): Node => {
    const common = dtype(meet(op, x, y))
    const right = numberOf(y)
    if (typeof x !== 'number' && right !== undefined && isNeutral(op, right, common))
      return as(x, common, meetShape(op, x, y), x.device)
    const left = numberOf(x)
    if (typeof y !== 'number' && left !== undefined && (op === 'add' || op === 'mul') && isNeutral(op, left, common))
      return as(y, common, meetShape(op, x, y), y.device)
    return emit(op, pair(op, x, y, dtype))
  }

  const bothBool = (x: Operand, y: Operand): boolean =>
    typeof x !== 'number' && typeof y !== 'number' && x.dtype === 'bool' && y.dtype === 'bool'

  /** Of bools: the op that arithmetic on truth values is. */
  const orLogic = (op: string, logic: string, x: Operand, y: Operand): Node =>
    bothBool(x, y) ? emit(logic, pair(logic, x, y)) : arithmetic(op, x, y)

  /** A number that the other operand's integers cannot hold is compared in int32 (or, beyond that, float64). */
  const compare = (op: string, x: Operand, y: Operand): Node =>
    emit(
      op,
      pair(op, x, y, (common) => {
        const n = typeof x === 'number' ? x : typeof y === 'number' ? y : 0
        if (common === 'uint8' && (n < 0 || n > 255)) common = 'int32'
        return (common === 'int32' && (n > 2147483647 || n < -2147483648)) || (common === 'uint32' && (n < 0 || n > 4294967295))
          ? 'float64'
          : common
      }),
    )

  const bits = (op: string, x: Operand, y: Operand): Node => arithmetic(op, x, y, (d) => d)

  /** Functions of floats; integers are cast to float32. */
  const function_ =
    (op: string) =>
    (a: Node): Node =>
      emit(op, [castTo(a, toFloat(a.dtype))])
  /** Functions that leave integers as they are. */
  const rounding =
    (op: string) =>
    (a: Node): Node =>
      isFloat(a.dtype) ? emit(op, [a]) : a
  const unary =
    (op: string) =>
    (a: Node): Node =>
      emit(op, [a])
  const unsigned = (a: Node): boolean => a.dtype === 'bool' || a.dtype === 'uint8' || a.dtype === 'uint32'

  /** A reduction; over dimensions of one element each there is nothing to do. */
  const reduce = (op: string, a: Node, dims: readonly number[]): Node => {
    const sorted = [...new Set(dims)].sort((x, y) => x - y)
    const real = sorted.filter((d) => a.shape[d] !== 1)
    return real.length ? emit(op, [a], { dims: real }) : a
  }
  /** Through uint8 and back, where bools have an order. */
  const inOrder = (a: Node, f: (a: Node) => Node): Node => (a.dtype === 'bool' ? castTo(f(castTo(a, 'uint8')), 'bool') : f(a))

  /** `a` without the elements beyond `shape`, but for dimension `dim`. */
  const cropped = (a: Node, shape: Shape, dim: number): Node =>
    a.shape.length !== shape.length
      ? a
      : b.slice(
          a,
          a.shape.map((n, d) => ({ start: 0, stop: d === dim ? n : Math.min(n, shape[d]!), step: 1 })),
        )

  const indices = (index: Node): Node => (isFloat(index.dtype) || index.dtype === 'bool' ? index : castTo(index, 'int32'))

  /** Index and source of a scatter to `a`: the source cut to the index; where the index is smaller than `a`, the rest goes nowhere. */
  const placed = (a: Node, dim: number, index: Node, src: Node): readonly [Node, Node] => {
    const at = indices(index)
    const from =
      index.shape.length === src.shape.length
        ? b.slice(
            src,
            src.shape.map((n, d) => ({ start: 0, stop: Math.min(n, index.shape[d]!), step: 1 })),
          )
        : src
    if (index.shape.length !== a.shape.length) return [at, from]
    const missing = a.shape.map((n, d): [number, number] => [0, d === dim ? 0 : Math.max(0, n - at.shape[d]!)])
    return [b.pad(at, missing, -1), from.shape.length === missing.length ? b.pad(from, missing) : from]
  }

  const power = (x: Operand, y: Operand): Node => {
    const n = numberOf(y)
    if (typeof x === 'number' || n === undefined) return arithmetic('pow', x, y)
    const a = as(x, toNumber(meet('pow', x, y)), meetShape('pow', x, y), x.device)
    if (n === 0 && !a.tracked) return b.like(a, 1)
    if (n === 1) return a
    if (n === 2) return emit('mul', [a, a])
    if (n === 3) return emit('mul', [emit('mul', [a, a]), a])
    if (isFloat(a.dtype)) {
      if (n === 0.5) return emit('sqrt', [a])
      if (n === -1) return b.div(1, a)
      if (n === -0.5) return b.div(1, emit('sqrt', [a]))
      if (n === -2) {
        const inverse = b.div(1, a) // squared afterwards, so that the gradient at 0 is infinite and not NaN
        return emit('mul', [inverse, inverse])
      }
    }
    return emit('pow', [a, b.like(a, n)])
  }

  const b: Builder = {
    constant: constantNode,
    like: (node, value) => constantNode(value, node.shape, node.dtype, node.device),

    neg: (a) => view('neg', a, {}),
    abs: (a) => (unsigned(a) ? a : emit('abs', [a])),
    sign: (a) => (a.dtype === 'bool' ? a : emit('sign', [a])),
    floor: rounding('floor'),
    ceil: rounding('ceil'),
    trunc: rounding('trunc'),
    round: rounding('round'),
    sqrt: function_('sqrt'),
    exp: function_('exp'),
    log: function_('log'),
    log1p: function_('log1p'),
    expm1: function_('expm1'),
    sin: function_('sin'),
    cos: function_('cos'),
    tan: function_('tan'),
    asin: function_('asin'),
    acos: function_('acos'),
    atan: function_('atan'),
    sinh: function_('sinh'),
    cosh: function_('cosh'),
    tanh: function_('tanh'),
    erf: function_('erf'),
    sigmoid: function_('sigmoid'),
    relu: unary('relu'),
    not: (a) => view('not', a, {}),

    add: (x, y) => orLogic('add', 'or', x, y),
    sub(x, y) {
      if (bothBool(x, y)) wrongDtype('sub', 'is not defined on two bools; use xor, or cast one to int32', 'bool', 'bool')
      return arithmetic('sub', x, y)
    },
    mul: (x, y) => orLogic('mul', 'and', x, y),
    div: (x, y) => arithmetic('div', x, y, toFloat),
    floorDiv: (x, y) => arithmetic('floorDiv', x, y),
    remainder: (x, y) => arithmetic('remainder', x, y),
    fmod: (x, y) => arithmetic('fmod', x, y),
    pow: power,
    atan2: (x, y) => arithmetic('atan2', x, y, toFloat),
    maximum: (x, y) => orLogic('maximum', 'or', x, y),
    minimum: (x, y) => orLogic('minimum', 'and', x, y),
    lt: (x, y) => compare('lt', x, y),
    le: (x, y) => compare('le', x, y),
    gt: (x, y) => compare('gt', x, y),
    ge: (x, y) => compare('ge', x, y),
    eq: (x, y) => compare('eq', x, y),
    ne: (x, y) => compare('ne', x, y),
    and: (x, y) => bits('and', x, y),
    or: (x, y) => bits('or', x, y),
    xor: (x, y) => bits('xor', x, y),
    shl: (x, y) => bits('shl', x, y),
    shr: (x, y) => bits('shr', x, y),
    where(cond, x, y) {
      const shape = meetShape('where', cond, x, y)
      const whole = (n: number): boolean => Number.isInteger(n)
      const dtype =
        typeof x === 'number' && typeof y === 'number' ? (whole(x) && whole(y) ? 'int32' : 'float32') : meet('where', x, y)
      const chosen = constantOf(cond, open)
      if (chosen !== undefined) return as(chosen ? x : y, dtype, shape, cond.device)
      if (x === y) return as(x, dtype, shape, cond.device)
      return emit('where', [broadcastTo(cond, shape), as(x, dtype, shape, cond.device), as(y, dtype, shape, cond.device)])
    },
    elementwise(op, ...operands) {
      const shape = meetShape(op, ...operands)
      const device = deviceOf(...operands)
      const dtype = (definesFloats(op) ? toFloat : toNumber)(meet(op, ...operands))
      return emit(
        op,
        operands.map((x) => as(x, dtype, shape, device)),
      )
    },
    cast: (a, dtype) => (a.dtype === dtype ? a : view('cast', a, { dtype })),
    bitcast: (a, dtype) => (a.dtype === dtype ? a : emit('bitcast', [a], { dtype })),

    reshape(a, shape) {
      if (sameShape(a.shape, shape)) return a
      checkShape('reshape', shape)
      return view('reshape', a, { shape })
    },
    permute: (a, dims) => (dims.length === a.shape.length && dims.every((d, i) => d === i) ? a : view('permute', a, { dims })),
    expand(a, shape) {
      if (sameShape(a.shape, shape)) return a
      checkShape('expand', shape)
      const offset = shape.length - a.shape.length
      const clash = a.shape.findIndex((n, d) => n !== 1 && n !== shape[d + offset])
      if (offset < 0 || clash >= 0)
        wrongShape(
          'expand',
          offset < 0
            ? `shape ${showShape(a.shape)} has more dimensions than ${showShape(shape)}`
            : `shape ${showShape(a.shape)} does not expand to ${showShape(shape)}: dimension ${clash} is ${a.shape[clash]}, and only 1 can become ${shape[clash + offset]}`,
          a.shape,
          shape,
        )
      const aligned = offset > 0 ? b.reshape(a, [...new Array<number>(offset).fill(1), ...a.shape]) : a
      return sameShape(aligned.shape, shape) ? aligned : view('expand', aligned, { shape })
    },
    pad(a, padding, value = 0, interior) {
      const gaps = interior ?? a.shape.map(() => 0)
      if (
        padding.length === a.shape.length &&
        padding.every(([x, y], d) => x === 0 && y === 0 && (gaps[d] === 0 || a.shape[d]! < 2))
      )
        return a
      if (padding.length === a.shape.length && padding.some(([x, y]) => x < 0 || y < 0)) {
        // Cut off what is negative, after the rest is padded.
        const grown = b.pad(
          a,
          padding.map(([x, y]) => [Math.max(0, x), Math.max(0, y)]),
          value,
          gaps,
        )
        return b.slice(
          grown,
          padding.map(([x, y], d) => ({ start: Math.max(0, -x), stop: grown.shape[d]! - Math.max(0, -y), step: 1 })),
        )
      }
      const number = numberAttr(value)
      return emit('pad', [a], gaps.some((n) => n > 0) ? { padding, value: number, interior: gaps } : { padding, value: number })
    },
    slice(a, ranges) {
      if (ranges.length !== a.shape.length) return makeNode('slice', [a], { ranges })
      const whole = ranges.every(({ start, stop, step }, d) => start === 0 && stop === a.shape[d] && (step === 1 || stop <= 1))
      if (whole) return a
      // One writing for equal slices: stop is just beyond the last element.
      const tight = ranges.map((r, d) => {
        const count = rangeCount(r)
        const fits = r.start >= 0 && r.stop <= a.shape[d]! && r.start <= r.stop && r.step >= 1
        if (!fits || !Number.isInteger(count)) return r
        return { start: r.start, stop: count ? r.start + (count - 1) * r.step + 1 : r.start, step: count > 1 ? r.step : 1 }
      })
      return view('slice', a, { ranges: tight })
    },
    flip(a, dims) {
      const real = [...new Set(dims)].sort((x, y) => x - y).filter((d) => a.shape[d] !== 1)
      return real.length ? view('flip', a, { dims: real }) : a
    },
    after: (a, trigger) => emit('after', [a, trigger]),
    window(a, dim, size, stride, dilation = 1) {
      if (size === 1 && stride === 1 && dim >= 0 && dim < a.shape.length && a.shape[dim]! > 0)
        return b.reshape(a, [...a.shape, 1])
      return emit('window', [a], { dim, size, stride, dilation })
    },
    fold(a, dim, n, stride, dilation = 1) {
      if (stride === 1 && a.shape.length > 1 && a.shape.at(-1) === 1 && a.shape[dim] === n && dim < a.shape.length - 1)
        return b.reshape(a, a.shape.slice(0, -1))
      return emit('fold', [castTo(a, toSum(a.dtype))], { dim, n, stride, dilation })
    },
    cat: concatenate,

    sum: (a, dims) => reduce('sum', castTo(a, toSum(a.dtype)), dims),
    prod: (a, dims) => reduce('prod', castTo(a, toSum(a.dtype)), dims),
    max: (a, dims) => inOrder(a, (x) => reduce('max', x, dims)),
    min: (a, dims) => inOrder(a, (x) => reduce('min', x, dims)),
    argmax: (a, dim) => emit('argmax', [castTo(a, toOrder(a.dtype))], { dims: [dim] }),
    argmin: (a, dim) => emit('argmin', [castTo(a, toOrder(a.dtype))], { dims: [dim] }),

    contract(x, y, attrs) {
      const dtype = toSum(meet('contract', x, y))
      return emit('contract', [castTo(x, dtype), castTo(y, dtype)], attrs)
    },
    matmul: (x, y) => matmul(x, y, b),

    gather(a, dim, index) {
      return emit('gather', [cropped(a, index.shape, dim), indices(index)], { dim })
    },
    scatterAdd(a, dim, index, src) {
      const dtype = toNumber(meet('scatterAdd', a, src))
      const to = castTo(a, dtype)
      return emit('scatterAdd', [to, ...placed(to, dim, index, castTo(src, dtype))], { dim })
    },
    scatter(a, dim, index, src, op) {
      if (a.dtype === 'bool') return castTo(b.scatter(castTo(a, 'uint8'), dim, index, castTo(src, 'uint8'), op), 'bool')
      return emit('scatter', [a, ...placed(a, dim, index, castTo(src, a.dtype))], { dim, op })
    },
    scan: (a, dim, op) => {
      if (op === 'sum' || op === 'prod') return emit('scan', [castTo(a, toSum(a.dtype))], { dim, op })
      return inOrder(a, (x) => emit('scan', [x], { dim, op }))
    },
    argsort: (a, dim, descending) => emit('argsort', [castTo(a, toOrder(a.dtype))], { dim, descending }),

    iota: (shape, dtype, device) => makeNode('iota', [], { shape, dtype }, device),
    randomBits: (state, shape, stream) => emit('randomBits', [state], { shape, stream }),
  }
  return b
}

/**
 * A tracked node is not looked through, for the gradient would pass it by (a parameter that is all ones is still a parameter); nor
 * is a node where a gradient stops, an untracked one with a tracked input.
 */
export const builder: Builder = /* @__PURE__ */ createBuilder(
  (node) => !node.tracked && !node.inputs.some((input) => input.tracked),
)
