/**
 * Pulls a value through the graph: the expression of one element, from the elements it is made of. Movement ops only change
 * the index, so views cost nothing; whatever `resolve` knows (a stored value, a running sum) ends the way.
 */
import { type DType, isFloat } from '../core/dtype.js'
import { type Expr, type ValueType, binary, cast, constant, index, load, select, unary } from '../kernel/expr.js'
import { both, iadd, idiv, imod, imul, isub, less, normal, range, ravel, rewrite, within } from '../kernel/simplify.js'
import { startsOf } from '../ops/concat.js'
import { ops } from '../ops/table.js'
import type { Value } from './value.js'

/** The type that arithmetic on elements of `dtype` happens in. */
export const valueType = (dtype: DType): ValueType => (dtype === 'uint8' ? 'int32' : dtype === 'float16' ? 'float32' : dtype)

/** Brings a computed value back into the range of its dtype, where the value type is wider. */
const wrap = (e: Expr, dtype: DType): Expr =>
  dtype === 'uint8' ? binary('and', e, constant(255, 'int32')) : dtype === 'float16' ? unary('half', e) : e

export type Resolve = (value: Value, at: readonly Expr[], guard: Expr | undefined) => Expr | undefined

/** How many windows of a fold may cover one position; undefined where they have gaps. */
function windowsAt(fold: Value): number | undefined {
  const { stride, dilation } = fold.attrs as { stride: number; dilation: number }
  return dilation === 1 ? Math.ceil(fold.inputs[0]!.shape.at(-1)! / stride) : undefined
}

/** Where a position is covered by at most two windows, they are added in place; more must be summed in a loop. */
export const foldsInPlace = (fold: Value): boolean => (windowsAt(fold) ?? Infinity) <= 2

export class Puller {
  private readonly memo = new Map<string, Expr>()
  constructor(private readonly resolve: Resolve) {}

  at(value: Value, at: readonly Expr[], guard?: Expr): Expr {
    const key = `${value.id}:${at.map((e) => e.id).join()}:${guard?.id ?? ''}`
    let e = this.memo.get(key)
    if (!e) this.memo.set(key, (e = this.resolve(value, at, guard) ?? this.compute(value, at, guard)))
    return e
  }

  private compute(value: Value, at: readonly Expr[], guard: Expr | undefined): Expr {
    const { inputs, attrs, dtype } = value
    const input = inputs[0]
    if (value.op === 'copy') return this.at(input!, at, guard)
    const op = ops[value.op]!
    switch (op.kind) {
      case 'elementwise':
        return wrap(
          op.expr(
            inputs.map((i) => this.at(i, at, guard)),
            attrs,
            valueType(dtype),
          ),
          dtype,
        )
      case 'movement': {
        const from = op.source(at, { attrs, shape: value.shape, input: input!.shape })
        const where = from.at.map(normal)
        if (!from.valid) return this.at(input!, where, guard)
        const valid = rewrite(from.valid, () => undefined)
        return select(valid, this.at(input!, where, both(guard, valid)), constant(from.fill ?? 0, valueType(dtype)))
      }
      case 'source': {
        const flat = ravel(at, value.shape)
        return wrap(
          op.expr(
            flat,
            attrs,
            valueType(dtype),
            inputs.map((i) => (where) => this.at(i, where, guard)),
          ),
          dtype,
        )
      }
      case 'fold': {
        const covering = Array.from({ length: windowsAt(value)! }, (_, back) => {
          const { at: where, valid } = foldSource(value, at, undefined, back)
          return select(valid, this.at(input!, where, both(guard, valid)), constant(0, valueType(dtype)))
        })
        return covering.reduce((sum, term) => binary('add', sum, term))
      }
      case 'concat': {
        const dim = attrs['dim'] as number
        const starts = startsOf(inputs, dim)
        const [low, high] = range(at[dim]!)
        const part = (k: number, inside: Expr | undefined): Expr =>
          this.at(
            inputs[k]!,
            at.map((e, d) => (d === dim ? isub(e, starts[k]!) : e)),
            inside ? both(guard, inside) : guard,
          )
        const reached = inputs.flatMap((_, k) => (starts[k]! <= high && low < starts[k + 1]! ? [k] : []))
        const last = reached.pop() ?? 0
        const first = less(index(starts[last]! - 1), at[dim]!)
        return reached.reduceRight<Expr>(
          (rest, k) => {
            const inside = both(less(index(starts[k]! - 1), at[dim]!), less(at[dim]!, starts[k + 1]!))
            return select(less(at[dim]!, starts[k + 1]!), part(k, inside), rest)
          },
          part(last, reached.length ? first : undefined),
        )
      }
      case 'gather': {
        const dim = attrs['dim'] as number
        const n = input!.shape[dim]!
        const raw = cast(this.at(inputs[1]!, at, guard), 'index')
        const where = at.map((e, d) => (d === dim ? raw : e))
        const valid = within(raw, n)
        return select(valid, this.at(input!, where, both(guard, valid)), constant(isFloat(dtype) ? NaN : 0, valueType(dtype)))
      }
      default:
        throw new Error(`${value.op} has to be stored before it is read`)
    }
  }
}

/**
 * Where element `at` of a fold comes from in window position `tap` (undefined: in the last window that reaches it, or the one `back`
 * before that): the window i with i * stride + tap * dilation = position.
 */
export function foldSource(fold: Value, at: readonly Expr[], tap: Expr | undefined, back = 0): { at: Expr[]; valid: Expr } {
  const { dim, stride, dilation } = fold.attrs as { dim: number; stride: number; dilation: number }
  const input = fold.inputs[0]!
  const count = input.shape[dim]!
  const position = tap ? isub(at[dim]!, imul(tap, dilation)) : at[dim]!
  const i = isub(idiv(position, stride), index(back))
  const j = tap ?? iadd(imod(position, stride), back * stride)
  const exact = tap && stride > 1 ? binary('eq', imod(position, stride), index(0)) : undefined
  const valid = both(both(both(less(index(-1), tap ? position : i), exact), less(i, count)), less(j, input.shape.at(-1)!))
  return { at: [...at.map((e, d) => (d === dim ? i : e)), j], valid }
}

/** A load of a stored value at an address. */
export const loadOf = (buffer: number, offset: Expr, dtype: DType, guard: Expr | undefined): Expr =>
  load(buffer, offset, valueType(dtype), guard)
