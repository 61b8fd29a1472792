/** Every operation on every type, in plain loops and in vectors, bit for bit as in JavaScript. */
import { describe, expect, test } from 'vitest'
import { type DType, dtypes } from '../../core/dtype.js'
import {
  binary,
  bitcast,
  call,
  cast,
  constant,
  index,
  load,
  select,
  unary,
  variable,
  type BinaryOp,
  type CallOp,
  type Expr,
  type UnaryOp,
} from '../../kernel/expr.js'
import { loop } from '../../kernel/loop.js'
import { add, Bench, differsFromJs, kernelOf, mul, N, store, valuesOf, valueTypes } from './testing.js'

/** out[i] = f(a[i], b[i], ...) over all pairs of values, in plain and in vector loops. */
function differences(out: DType, inputs: readonly DType[], f: (...args: Expr[]) => Expr): string[] {
  const arrays = inputs.map((dtype, k) => {
    const values = valuesOf(dtype)
    const all = new dtypes[dtype].array(N * N)
    for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) all[i * N + j] = values[k === 0 ? i : j]!
    return all
  })
  return (['serial', 'vector'] as const).flatMap((kind) => {
    const kernel = kernelOf(
      [out, ...inputs],
      (job) => {
        const l = variable('l', 0, 3)
        const at = add(mul(job, index(4)), l)
        return [
          loop(kind, l, index(0), index(4), [store(at, f(...inputs.map((dtype, k) => load(k + 1, at, valueTypes[dtype]))))]),
        ]
      },
      (N * N) / 4,
    )
    const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new dtypes[out].array(N * N), ...arrays])
    return difference === undefined ? [] : [`${kind} ${inputs.join()} to ${out}: ${difference}`]
  })
}

const all: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'bool']

describe('expressions in plain and in vector loops, against JavaScript', () => {
  test('unary operations', () => {
    const found: string[] = []
    const check = (op: UnaryOp, types: readonly DType[]): void => {
      for (const t of types) found.push(...differences(t, [t], (a) => unary(op, a)).map((d) => `${op} ${d}`))
    }
    for (const op of ['sqrt', 'floor', 'ceil', 'trunc', 'rint'] as const) check(op, ['float32', 'float64'])
    for (const op of ['neg', 'abs'] as const) check(op, ['float32', 'float64', 'int32', 'uint32'])
    check('not', ['int32', 'uint32', 'bool'])
    check('half', ['float32'])
    expect(found).toEqual([])
  })

  test('binary operations', () => {
    const found: string[] = []
    const check = (ops: readonly BinaryOp[], types: readonly DType[], result?: DType): void => {
      for (const op of ops)
        for (const t of types)
          found.push(...differences(result ?? t, [t, t], (a, b) => binary(op, a, b)).map((d) => `${op} ${d}`))
    }
    check(['add', 'sub', 'mul', 'div', 'mod', 'max', 'min'], ['float32', 'float64', 'int32', 'uint32'])
    check(['and', 'or', 'xor'], ['int32', 'uint32', 'bool'])
    check(['shl', 'shr'], ['int32', 'uint32'])
    check(['lt', 'le', 'eq', 'ne'], all, 'bool')
    for (const t of ['int32', 'uint32'] as const)
      for (const op of ['div', 'mod', 'shl', 'shr'] as const)
        for (const by of [1, 3, -1, 8]) {
          const given = (a: Expr): Expr => binary(op, a, constant(t === 'uint32' ? by >>> 0 : by, t))
          found.push(...differences(t, [t], given).map((d) => `${op} by ${by} ${d}`))
        }
    expect(found).toEqual([])
  })

  test('casts, selections, and the bits of one type read as another', () => {
    const found: string[] = []
    for (const from of [...all, 'float16', 'uint8'] as const)
      for (const to of [...all, 'float16', 'uint8'] as const) {
        found.push(...differences(to, [from], (a) => cast(a, valueTypes[to])))
        found.push(...differences(to, [from], (a) => cast(cast(a, valueTypes[to]), valueTypes[to])))
      }
    for (const t of all) {
      found.push(...differences(t, ['bool', t], (c, a) => select(c, a, constant(0, valueTypes[t]))))
      found.push(...differences(t, ['bool', t], (c, a) => select(c, constant(0, valueTypes[t]), a)))
      found.push(
        ...differences(t, ['float32', t], (c, a) =>
          select(binary('lt', c, constant(1, 'float32')), a, constant(1, valueTypes[t])),
        ),
      )
    }
    found.push(...differences('int32', ['int32'], (a) => cast(cast(a, 'index'), 'int32')))
    found.push(...differences('float32', ['int32'], (a) => cast(cast(a, 'index'), 'float32')))
    for (const [a, b] of [
      ['float32', 'int32'],
      ['float32', 'uint32'],
      ['int32', 'uint32'],
    ] as const)
      found.push(...differences(b, [a], (x) => bitcast(x, b)), ...differences(a, [b], (x) => unary('abs', bitcast(x, a))))
    expect(found).toEqual([])
  })

  test('functions of float64', () => {
    const one: CallOp[] = [
      'exp',
      'log',
      'sin',
      'cos',
      'tan',
      'tanh',
      'asin',
      'acos',
      'atan',
      'sinh',
      'cosh',
      'erf',
      'erfc',
      'log1p',
      'expm1',
      'lgamma',
    ]
    const found = one.flatMap((op) => differences('float64', ['float64'], (a) => call(op, a)).map((d) => `${op} ${d}`))
    for (const op of ['pow', 'atan2'] as const)
      found.push(...differences('float64', ['float64', 'float64'], (a, b) => call(op, a, b)))
    expect(found).toEqual([])
  })

  test('indices: affine, divided, compared, cast', () => {
    const l = variable('l', 0, 3)
    const forms: ((job: Expr) => Expr)[] = [
      (job) => add(mul(job, index(4)), l),
      (job) => add(mul(l, index(3)), job),
      (job) => binary('sub', job, l),
      (job) => binary('div', add(job, l), index(3)),
      (job) => binary('div', add(job, l), index(4)),
      (job) => binary('div', binary('sub', job, mul(l, index(2))), index(4)),
      (job) => binary('div', binary('sub', job, mul(l, index(2))), index(3)),
      (job) => binary('mod', add(job, l), index(3)),
      (job) => binary('mod', add(job, l), index(4)),
      (job) => binary('max', job, mul(l, index(2))),
      (job) => binary('div', l, add(job, index(1))),
    ]
    const found = forms.flatMap((form, i) =>
      (['serial', 'vector'] as const).flatMap((kind) => {
        const kernel = kernelOf(
          ['int32', 'bool'],
          (job) => [
            loop(kind, l, index(0), index(4), [
              store(add(mul(job, index(8)), l), cast(form(job), 'int32')),
              store(add(mul(job, index(8)), add(l, index(4))), cast(binary('lt', form(job), index(2)), 'int32')),
            ]),
          ],
          7,
        )
        const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new Int32Array(56), new Uint8Array(1)])
        return difference ? [`form ${i} ${kind}: ${difference}`] : []
      }),
    )
    expect(found).toEqual([])
  })
})
