import { describe, expect, test } from 'vitest'
import type { DType, TypedArray } from '../core/dtype.js'
import { dtypes } from '../core/dtype.js'
import type { Expr, ValueType } from '../kernel/expr.js'
import { binary, bitcast, cast, constant, index, load, local, select, unary, variable } from '../kernel/expr.js'
import type { Kernel, Stmt } from '../kernel/loop.js'
import { loop } from '../kernel/loop.js'
import { verify } from '../kernel/verify.js'
import { compileJs, renderJs } from './js.js'

/** A kernel whose first buffer is written, checked by the verifier. */
function kernelOf(dtypes: readonly DType[], jobs: number, body: (job: Expr) => readonly Stmt[]): Kernel {
  const job = variable('job', 0, Math.max(0, jobs - 1))
  const buffers = dtypes.map((dtype, i) => ({ dtype, written: i === 0 }))
  const kernel: Kernel = { name: 'test', buffers, job, jobs, body: body(job), flops: 0, bytes: 0 }
  verify(kernel)
  return kernel
}
const run = (kernel: Kernel, ...buffers: TypedArray[]): TypedArray => {
  compileJs(renderJs(kernel))(buffers, 0, kernel.jobs)
  return buffers[0]!
}
const store = (at: Expr, value: Expr, buffer = 0): Stmt => ({ kind: 'store', buffer, index: at, value })
const declare = (name: string, type: ValueType, size: number, lanes: number, init?: Expr): Stmt => ({
  kind: 'declare',
  name,
  type,
  size,
  lanes,
  init,
})
const set = (name: string, at: Expr, value: Expr): Stmt => ({ kind: 'set', name, index: at, value })
const add = (a: Expr, b: Expr): Expr => binary('add', a, b)
const mul = (a: Expr, b: Expr): Expr => binary('mul', a, b)
const f = (value: number): Expr => constant(value, 'float32')

/** out[i] = fn(a[i], b[i], ...) over arrays of the given types; loads and stores as a buffer of that type has them. */
function map(out: DType, inputs: readonly [DType, readonly number[]][], fn: (...args: Expr[]) => Expr): number[] {
  const types: Record<DType, ValueType> = {
    float32: 'float32',
    float64: 'float64',
    float16: 'float32',
    int32: 'int32',
    uint32: 'uint32',
    uint8: 'int32',
    bool: 'bool',
  }
  const n = inputs[0]![1].length
  const kernel = kernelOf([out, ...inputs.map(([dtype]) => dtype)], n, (job) => [
    store(job, fn(...inputs.map(([dtype], k) => load(k + 1, job, types[dtype])))),
  ])
  return [...run(kernel, new dtypes[out].array(n), ...inputs.map(([dtype, values]) => new dtypes[dtype].array(values)))]
}

describe('kernels', () => {
  test('an element-wise map', () => {
    const kernel = kernelOf(['float32', 'float32'], 3, (job) => {
      const x = load(1, job, 'float32')
      return [store(job, add(mul(x, x), f(0.1)))]
    })
    expect(renderJs(kernel)).toMatchInlineSnapshot(`
      "(buffers, from, to) => {
        const [b0, b1] = buffers
        for (let job = from; job < to; job++) {
          const t0 = b1[job]
          b0[job] = fround(fround(t0 * t0) + 0.10000000149011612)
        }
      }"
    `)
    expect([...run(kernel, new Float32Array(3), Float32Array.of(1, -2, 0.1))]).toEqual(
      [1.1, 4.1, Math.fround(0.1) ** 2 + Math.fround(0.1)].map(Math.fround),
    )
  })

  test('a sum over rows: addresses are computed in the loop they belong to', () => {
    const kernel = kernelOf(['float32', 'float32'], 2, (job) => {
      const i = variable('i', 0, 4)
      const row = mul(job, index(5))
      const acc = local('acc', index(0), 'float32')
      return [
        declare('acc', 'float32', 1, 1, f(0)),
        loop('serial', i, index(0), index(5), [set('acc', index(0), add(acc, load(1, add(row, i), 'float32')))]),
        store(job, acc),
      ]
    })
    expect(renderJs(kernel)).toMatchInlineSnapshot(`
      "(buffers, from, to) => {
        const [b0, b1] = buffers
        for (let job = from; job < to; job++) {
          let acc = 0
          const t0 = (job * 5)
          for (let i = 0; i < 5; i++) {
            acc = fround(acc + b1[(t0 + i)])
          }
          b0[job] = acc
        }
      }"
    `)
    expect([
      ...run(
        kernel,
        new Float32Array(2),
        Float32Array.from({ length: 10 }, (_, i) => i),
      ),
    ]).toEqual([10, 35])
  })

  test('vector locals hold a lane for each iteration; reduce combines them in halves', () => {
    const kernel = kernelOf(['float32', 'float32'], 1, () => {
      const block = variable('block', 0, 1)
      const l = variable('l', 8, 11)
      const at = local('acc', index(1), 'float32')
      const sum = (from: number): Stmt => ({
        kind: 'reduce',
        op: 'add',
        into: 'total',
        at: index(from),
        from: 'acc',
        index: index(from),
      })
      return [
        declare('acc', 'float32', 2, 4, f(0)),
        declare('total', 'float32', 2, 1),
        loop('serial', block, index(0), index(2), [
          loop('vector', l, index(8), index(12), [
            set('acc', index(1), add(at, load(1, add(mul(block, index(4)), binary('sub', l, index(8))), 'float32'))),
          ]),
        ]),
        sum(0),
        sum(1),
        store(index(0), local('total', index(0), 'float32')),
        store(index(1), local('total', index(1), 'float32')),
      ]
    })
    // lanes are [2e8, 2, -2e8, 3]: halves first gives (2e8 - 2e8) + (2 + 3)
    const x = Float32Array.of(1e8, 1, -1e8, 1, 1e8, 1, -1e8, 2)
    expect([...run(kernel, new Float32Array(2), x)]).toEqual([0, 5])
    expect(renderJs(kernel)).toMatchInlineSnapshot(`
      "(buffers, from, to) => {
        const [b0, b1] = buffers
        const acc = new Float32Array(8)
        const total = new Float32Array(2)
        for (let job = from; job < to; job++) {
          acc.fill(0)
          for (let block = 0; block < 2; block++) {
            const t0 = (block * 4)
            for (let l = 8; l < 12; l++) {
              const lane = l - 8
              acc[4 + lane] = fround(acc[4 + lane] + b1[(t0 + (l - 8))])
            }
          }
          total[0] = reduceLanes(acc, 0, 4, (a, b) => fround(a + b))
          total[1] = reduceLanes(acc, 4, 4, (a, b) => fround(a + b))
          b0[0] = total[0]
          b0[1] = total[1]
        }
      }"
    `)
  })

  test('reduce: product, maximum, minimum; NaN wins; one lane is copied', () => {
    const reduced = (op: 'mul' | 'max' | 'min', values: readonly number[]): number => {
      const kernel = kernelOf(['float32', 'float32'], 1, () => {
        const l = variable('l', 0, values.length - 1)
        return [
          declare('v', 'float32', 1, values.length),
          declare('s', 'float32', 1, 1),
          loop('vector', l, index(0), index(values.length), [set('v', index(0), load(1, l, 'float32'))]),
          { kind: 'reduce', op, into: 's', at: index(0), from: 'v', index: index(0) },
          store(index(0), local('s', index(0), 'float32')),
        ]
      })
      return run(kernel, new Float32Array(1), Float32Array.from(values))[0]!
    }
    expect(reduced('mul', [1, 2, 3, 4])).toBe(24)
    expect(reduced('max', [1, 7, -3, 4])).toBe(7)
    expect(reduced('min', [1, 7, -3, 4])).toBe(-3)
    for (const at of [0, 1, 2, 3])
      for (const op of ['max', 'min'] as const) expect(reduced(op, [1, 2, 3, 4].with(at, NaN))).toBeNaN()
    expect(reduced('max', [5])).toBe(5)
  })

  test('a local is read as it stands, before and after each set', () => {
    const kernel = kernelOf(['float32'], 1, () => {
      const a = local('a', index(0), 'float32')
      const square = mul(a, a)
      return [
        declare('a', 'float32', 1, 1, f(2)),
        store(index(0), add(square, square)),
        set('a', index(0), add(a, f(1))),
        store(index(1), add(square, square)),
      ]
    })
    expect([...run(kernel, new Float32Array(2))]).toEqual([8, 18])
  })

  test('a written buffer is read as it stands; others may be read early', () => {
    const kernel = kernelOf(['float32', 'float32'], 1, () => {
      const own = load(0, index(0), 'float32')
      const other = load(1, index(0), 'float32')
      return [store(index(0), add(own, other)), store(index(0), add(own, other)), store(index(1), mul(own, own))]
    })
    expect([...run(kernel, new Float32Array(2), Float32Array.of(3))]).toEqual([6, 36])
  })

  test('a local ends with its block, and another may have its name', () => {
    const kernel = kernelOf(['int32'], 1, () => {
      const i = variable('i', 0, 2)
      const int = (value: number): Expr => constant(value, 'int32')
      const a = local('a', index(0), 'int32')
      return [
        declare('a', 'int32', 1, 1, int(5)),
        loop('serial', i, index(0), index(3), [declare('a', 'int32', 1, 1, cast(i, 'int32')), store(i, a)]),
        store(index(3), a),
      ]
    })
    expect([...run(kernel, new Int32Array(4))]).toEqual([0, 1, 2, 5])
  })

  test('one variable in two loops at different depths', () => {
    const kernel = kernelOf(['int32'], 2, (job) => {
      const i = variable('i', 0, 1)
      const j = variable('j', 0, 1)
      const value = cast(add(mul(i, index(3)), index(1)), 'int32')
      return [
        loop('serial', i, index(0), index(2), [store(add(mul(job, index(4)), i), value)]),
        loop('serial', j, index(0), index(2), [
          loop('serial', i, index(0), index(2), [store(add(mul(job, index(4)), add(i, index(2))), add(value, value))]),
        ]),
      ]
    })
    expect([...run(kernel, new Int32Array(8))]).toEqual([1, 4, 2, 8, 1, 4, 2, 8])
  })

  test('guards, conditions, steps and job ranges', () => {
    const kernel = kernelOf(['float32', 'float32'], 6, (job) => {
      const inside = binary('lt', job, index(3))
      return [{ kind: 'if', cond: binary('lt', index(0), job), then: [store(job, add(load(1, job, 'float32', inside), f(1)))] }]
    })
    const out = new Float32Array(6)
    compileJs(renderJs(kernel))([out, Float32Array.of(10, 20, 30)], 0, 5)
    expect([...out]).toEqual([0, 21, 31, 1, 1, 0])
    const stepped = kernelOf(['float32'], 1, () => {
      const i = variable('i', 1, 6)
      return [loop('unroll', i, index(1), index(7), [store(i, f(1))], 3)]
    })
    expect([...run(stepped, new Float32Array(8))]).toEqual([0, 1, 0, 0, 1, 0, 0, 0])
  })
})

describe('arithmetic of each type', () => {
  const both = (op: Parameters<typeof binary>[0]) => (a: Expr, b: Expr) => binary(op, a, b)

  test('float32 is rounded after every operation', () => {
    expect(
      map(
        'float32',
        [
          ['float32', [16777216]],
          ['float32', [1]],
        ],
        (a, b) => add(add(a, b), b),
      ),
    ).toEqual([16777216])
    expect(
      map(
        'float32',
        [
          ['float32', [1]],
          ['float32', [3]],
        ],
        both('div'),
      ),
    ).toEqual([Math.fround(1 / 3)])
    expect(
      map(
        'float32',
        [
          ['float32', [-7, 7]],
          ['float32', [3, -3]],
        ],
        both('mod'),
      ),
    ).toEqual([-1, 1])
    expect(map('float32', [['float32', [0.5, 1.5, 2.5, -0.5, -0, 3e9]]], (a) => unary('rint', a))).toEqual([0, 2, 2, -0, -0, 3e9])
    expect(
      map(
        'float32',
        [
          ['float32', [NaN, 1, -0, 0]],
          ['float32', [1, NaN, 0, -0]],
        ],
        both('max'),
      ),
    ).toEqual([1, NaN, 0, -0])
    expect(map('float32', [['float32', [1]]], (a) => unary('half', mul(a, f(0.1))))).toEqual([0.0999755859375])
  })

  test('int32 wraps; division truncates, and by zero gives 0', () => {
    const max = 2147483647
    expect(
      map(
        'int32',
        [
          ['int32', [max, 7, -7]],
          ['int32', [1, 2, 2]],
        ],
        both('add'),
      ),
    ).toEqual([-2147483648, 9, -5])
    expect(
      map(
        'int32',
        [
          ['int32', [65537, max]],
          ['int32', [65537, max]],
        ],
        both('mul'),
      ),
    ).toEqual([131073, 1])
    expect(
      map(
        'int32',
        [
          ['int32', [7, -7, 7, 5, -2147483648]],
          ['int32', [2, 2, -2, 0, -1]],
        ],
        both('div'),
      ),
    ).toEqual([3, -3, -3, 0, -2147483648])
    expect(
      map(
        'int32',
        [
          ['int32', [7, -7, 7, 5]],
          ['int32', [4, 4, -4, 0]],
        ],
        both('mod'),
      ),
    ).toEqual([3, -3, 3, 0])
    expect(
      map(
        'int32',
        [
          ['int32', [-8, 1]],
          ['int32', [1, 31]],
        ],
        both('shr'),
      ),
    ).toEqual([-4, 0])
    expect(
      map(
        'int32',
        [
          ['int32', [1, -1]],
          ['int32', [31, 4]],
        ],
        both('shl'),
      ),
    ).toEqual([-2147483648, -16])
    expect(map('int32', [['int32', [5, -2147483648]]], (a) => unary('neg', a))).toEqual([-5, -2147483648])
  })

  test('uint32', () => {
    const max = 4294967295
    expect(
      map(
        'uint32',
        [
          ['uint32', [max, 3]],
          ['uint32', [1, 4]],
        ],
        both('add'),
      ),
    ).toEqual([0, 7])
    expect(
      map(
        'uint32',
        [
          ['uint32', [0, 3]],
          ['uint32', [1, 4]],
        ],
        both('sub'),
      ),
    ).toEqual([max, max])
    expect(
      map(
        'uint32',
        [
          ['uint32', [max]],
          ['uint32', [max]],
        ],
        both('mul'),
      ),
    ).toEqual([1])
    expect(
      map(
        'uint32',
        [
          ['uint32', [max, 5]],
          ['uint32', [2, 0]],
        ],
        both('div'),
      ),
    ).toEqual([2147483647, 0])
    expect(
      map(
        'uint32',
        [
          ['uint32', [max]],
          ['uint32', [28]],
        ],
        both('shr'),
      ),
    ).toEqual([15])
    expect(
      map(
        'bool',
        [
          ['uint32', [max]],
          ['uint32', [1]],
        ],
        both('lt'),
      ),
    ).toEqual([0])
  })

  test('bool and the narrow types of memory', () => {
    expect(
      map(
        'bool',
        [
          ['bool', [0, 0, 1, 1]],
          ['bool', [0, 1, 0, 1]],
        ],
        both('and'),
      ),
    ).toEqual([0, 0, 0, 1])
    expect(
      map(
        'bool',
        [
          ['bool', [0, 0, 1, 1]],
          ['bool', [0, 1, 0, 1]],
        ],
        both('xor'),
      ),
    ).toEqual([0, 1, 1, 0])
    expect(map('bool', [['bool', [0, 1]]], (a) => unary('not', a))).toEqual([1, 0])
    expect(
      map(
        'uint8',
        [
          ['uint8', [200, 255]],
          ['uint8', [100, 1]],
        ],
        both('add'),
      ),
    ).toEqual([44, 0])
    expect(map('float32', [['float16', [0x3c00, 0xc000, 0x7c00, 0x0001]]], (a) => a)).toEqual([1, -2, Infinity, 2 ** -24])
    expect(map('float16', [['float32', [1, -2, 65520, 1 / 3]]], (a) => a)).toEqual([0x3c00, 0xc000, 0x7c00, 0x3555])
  })

  test('casts and bitcasts', () => {
    expect(map('int32', [['float32', [1.9, -1.9, NaN, 3e9, -Infinity]]], (a) => cast(a, 'int32'))).toEqual([
      1, -1, -2147483648, -2147483648, -2147483648,
    ])
    expect(map('uint32', [['float32', [1.9, 3e9, NaN]]], (a) => cast(a, 'uint32'))).toEqual([1, 3e9, 0])
    expect(map('float32', [['int32', [16777217, -3]]], (a) => cast(a, 'float32'))).toEqual([16777216, -3])
    expect(map('bool', [['float32', [0, -0, 0.5, NaN]]], (a) => cast(a, 'bool'))).toEqual([0, 0, 1, 1])
    expect(map('float64', [['bool', [0, 1]]], (a) => cast(a, 'float64'))).toEqual([0, 1])
    expect(map('int32', [['float32', [1, -0]]], (a) => bitcast(a, 'int32'))).toEqual([0x3f800000, -2147483648])
    expect(map('float32', [['uint32', [0x40490fdb]]], (a) => bitcast(a, 'float32'))).toEqual([Math.fround(Math.PI)])
    expect(map('uint32', [['int32', [-1]]], (a) => bitcast(a, 'uint32'))).toEqual([4294967295])
  })

  test('select, and constants of every kind', () => {
    const pick = (c: Expr): Expr => select(c, f(-Infinity), select(c, f(1), f(-0)))
    expect(map('float32', [['bool', [0, 1]]], pick)).toEqual([-0, -Infinity])
    expect(map('float32', [['float32', [1]]], (a) => mul(a, f(0.1)))).toEqual([Math.fround(0.1)])
    expect(map('float32', [['float32', [1]]], (a) => binary('sub', a, f(-1)))).toEqual([2])
    expect(map('bool', [['bool', [0, 1]]], (a) => binary('or', a, constant(0, 'bool')))).toEqual([0, 1])
  })
})
