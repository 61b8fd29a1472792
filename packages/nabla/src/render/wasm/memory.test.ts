/** Reads, writes and locals in every form that they can have, and the order in which they happen. */
import { describe, expect, test } from 'vitest'
import { type DType, dtypes, type TypedArray } from '../../core/dtype.js'
import { binary, cast, constant, index, load, local, variable, type Expr } from '../../kernel/expr.js'
import { loop, type Kernel, type Stmt } from '../../kernel/loop.js'
import { add, Bench, declare, differsFromJs, dtypeOf, kernelOf, mul, N, set, store, valuesOf, valueTypes } from './testing.js'

describe('memory', () => {
  const buffers: readonly DType[] = ['float32', 'float64', 'float16', 'int32', 'uint32', 'uint8', 'bool']
  const l = variable('l', 0, 3)
  const patterns: Record<string, (job: Expr) => Expr> = {
    'stride 1': (job) => add(add(mul(job, index(4)), l), index(5)),
    'stride 2': (job) => add(mul(l, index(2)), add(job, index(3))),
    'stride 3': (job) => add(mul(l, index(3)), job),
    'stride -1': (job) => add(binary('sub', job, l), index(3)),
    'stride -2': (job) => add(binary('sub', job, mul(l, index(2))), index(6)),
    divided: (job) => binary('div', add(job, mul(l, index(5))), index(2)),
    indirect: (job) => add(cast(load(2, add(l, mul(job, index(2))), 'int32'), 'index'), job),
    same: (job) => add(job, index(2)),
  }
  const guards: Record<string, ((job: Expr) => Expr) | undefined> = {
    always: undefined,
    'from lane 1 on': () => binary('lt', index(0), l),
    'by job': (job) => binary('lt', index(2), job),
    'by both': (job) => binary('lt', add(job, l), index(4)),
    'by data': (job) => binary('lt', load(2, add(l, job), 'int32'), constant(5, 'int32')),
    'by data of the job': (job) => binary('lt', load(2, job, 'int32'), constant(5, 'int32')),
  }
  const where = Int32Array.from({ length: 40 }, (_, i) => (i * 7) % 13)

  test.each(buffers)('reads of %s with strides, gathers and guards', (dtype) => {
    const type = valueTypes[dtype]
    const data = new dtypes[dtype].array(64)
    const given = valuesOf(dtype)
    for (let i = 0; i < 64; i++) data[i] = given[i % N]!
    const found: string[] = []
    for (const [pattern, at] of Object.entries(patterns))
      for (const [guard, holds] of Object.entries(guards))
        for (const kind of ['serial', 'vector'] as const) {
          const kernel = kernelOf(
            [dtype, dtype, 'int32'],
            (job) => [
              loop(kind, l, index(0), index(4), [store(add(mul(job, index(4)), l), load(1, at(job), type, holds?.(job)))]),
            ],
            6,
          )
          const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new dtypes[dtype].array(24), data, where])
          if (difference) found.push(`${kind} ${pattern} ${guard}: ${difference}`)
        }
    expect(found).toEqual([])
  })

  test('a guarded read touches nothing where it may not', () => {
    for (const kind of ['serial', 'vector'] as const) {
      const kernel = kernelOf(
        ['float32', 'float32'],
        (job) => {
          const at = mul(add(mul(job, index(4)), l), index(2 ** 28))
          return [
            loop(kind, l, index(0), index(4), [
              store(add(mul(job, index(4)), l), load(1, at, 'float32', binary('eq', add(job, l), index(0)))),
              store(add(mul(job, index(4)), add(l, index(8))), load(1, at, 'float32', binary('lt', job, index(0)))),
            ]),
          ]
        },
        2,
      )
      const [out] = new Bench([kernel]).run(0, [new Float32Array(16).fill(9), Float32Array.of(7)])
      expect([...out!]).toEqual([7, ...new Array(15).fill(0)])
    }
  })

  test.each(buffers)('writes of %s with strides and scatters, under conditions', (dtype) => {
    const type = valueTypes[dtype]
    const data = new dtypes[dtype].array(64)
    const given = valuesOf(dtype)
    for (let i = 0; i < 64; i++) data[i] = given[i % N]!
    const found: string[] = []
    for (const [pattern, at] of Object.entries(patterns)) {
      if (pattern === 'same') continue
      for (const [guard, holds] of Object.entries(guards))
        for (const kind of ['serial', 'vector'] as const) {
          const kernel = kernelOf(
            [dtype, dtype, 'int32'],
            (job) => {
              const write = store(at(job), load(1, add(mul(job, index(4)), l), type))
              const more = set('kept', index(0), load(1, add(job, index(3)), type))
              const body: Stmt[] = [
                declare('kept', type, 1, 1, load(1, l, type)),
                ...(holds ? [{ kind: 'if', cond: holds(job), then: [write, more] } as const] : [write]),
                store(add(add(mul(job, index(4)), l), index(30)), local('kept', index(0), type)),
              ]
              return [loop(kind, l, index(0), index(4), body)]
            },
            6,
          )
          const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new dtypes[dtype].array(64), data, where])
          if (difference) found.push(`${kind} ${pattern} ${guard}: ${difference}`)
        }
    }
    expect(found).toEqual([])
  })
})

describe('locals', () => {
  test('arrays with indices that are not constant, of scalars and of vectors', () => {
    const found: string[] = []
    for (const type of ['float32', 'float64', 'int32', 'bool', 'index'] as const)
      for (const lanes of [1, 2, 4, 8]) {
        const dtype = dtypeOf(type)
        const x = (at: Expr): Expr => (type === 'index' ? cast(load(1, at, 'int32'), 'index') : load(1, at, type))
        const out = (e: Expr): Expr => (type === 'index' ? cast(e, 'int32') : e)
        const kernel = kernelOf(
          [dtype, dtype],
          (job) => {
            const i = variable('i', 0, 4)
            const k = variable('k', 0, 4)
            const l = variable('l', 0, lanes - 1)
            const inLanes = (s: Stmt): Stmt => (lanes > 1 ? loop('vector', l, index(0), index(lanes), [s]) : s)
            const lane = lanes > 1 ? l : index(0)
            const at = add(mul(add(mul(job, index(5)), i), index(lanes)), lane)
            const last = add(mul(add(mul(job, index(5)), k), index(lanes)), lane)
            return [
              declare('rows', type, 5, lanes, type === 'bool' ? constant(1, type) : constant(3, type), true),
              loop('serial', i, index(0), index(4), [inLanes(set('rows', i, x(at)))]),
              inLanes(set('rows', index(1), local('rows', index(2), type))),
              loop('serial', k, index(0), index(5), [inLanes(store(last, out(local('rows', binary('sub', index(4), k), type))))]),
            ]
          },
          3,
        )
        const values = valuesOf(dtype)
        const data = new dtypes[dtype].array(15 * lanes)
        for (let i = 0; i < data.length; i++) data[i] = values[i % N]!
        const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new dtypes[dtype].array(15 * lanes), data])
        if (difference) found.push(`${type} x ${lanes}: ${difference}`)
      }
    expect(found).toEqual([])
  })

  test('lanes combined pairwise; NaN wins', () => {
    const found: string[] = []
    for (const type of ['float32', 'float64', 'int32', 'uint32', 'bool'] as const)
      for (const lanes of [1, 2, 4, 8])
        for (const op of ['add', 'mul', 'max', 'min'] as const) {
          const kernel = kernelOf(
            [type, type],
            (job) => {
              const l = variable('l', 0, lanes - 1)
              const x = load(1, add(mul(job, index(lanes)), l), type)
              return [
                declare('acc', type, 2, lanes),
                declare('total', type, 2, 1),
                loop('vector', l, index(0), index(lanes), [set('acc', index(1), x), set('acc', index(0), x)]),
                { kind: 'reduce', op, into: 'total', at: index(1), from: 'acc', index: index(1) },
                store(job, local('total', index(1), type)),
              ]
            },
            15,
          )
          const values = valuesOf(type)
          const data = new dtypes[type].array(15 * lanes)
          for (let i = 0; i < data.length; i++) data[i] = values[(i * 3 + (i >> 4)) % N]!
          const difference = differsFromJs(kernel, new Bench([kernel]), 0, [new dtypes[type].array(15), data])
          if (difference) found.push(`${op} of ${lanes} ${type}: ${difference}`)
        }
    expect(found).toEqual([])
  })
})

describe('order', () => {
  const f = (x: number): Expr => constant(x, 'float32')
  const same = (kernel: Kernel, ...arrays: TypedArray[]): void =>
    expect(differsFromJs(kernel, new Bench([kernel]), 0, arrays)).toBeUndefined()

  test('what is computed from a local is computed again when it changes', () => {
    const x = local('x', index(0), 'float32')
    const twice = mul(add(x, f(1)), add(x, f(1)))
    const i = variable('i', 0, 3)
    const j = variable('j', 0, 2)
    const kernel = kernelOf(['float32', 'float32'], () => [
      declare('x', 'float32', 1, 1, f(2)),
      loop('serial', i, index(0), index(4), [
        store(mul(i, index(8)), twice),
        loop('serial', j, index(0), index(3), [
          store(add(mul(i, index(8)), add(j, index(1))), add(twice, load(1, j, 'float32'))),
        ]),
        { kind: 'if', cond: binary('lt', i, index(2)), then: [set('x', index(0), add(twice, x))] },
        store(add(mul(i, index(8)), index(5)), twice),
      ]),
      store(index(6), twice),
    ])
    same(kernel, new Float32Array(32), Float32Array.of(1, 2, 3))
  })

  test('memory that the kernel writes is read anew', () => {
    const i = variable('i', 0, 6)
    const before = load(0, i, 'float32')
    const first = load(0, index(0), 'float32')
    const kernel = kernelOf(['float32'], () => [
      loop('serial', i, index(0), index(7), [
        store(add(i, index(1)), add(mul(before, before), first)),
        store(index(0), add(first, f(1))),
        store(add(i, index(9)), add(first, first)),
      ]),
    ])
    same(kernel, new Float32Array(20).fill(0.5))
  })

  test('loops that may not run, loops with steps, loops written out', () => {
    const i = variable('i', 0, 9)
    const j = variable('j', 0, 9)
    const k = variable('k', 0, 8)
    const kernel = kernelOf(
      ['float32', 'float32'],
      (job) => [
        loop('serial', i, job, index(3), [
          loop(
            'serial',
            j,
            i,
            binary('min', add(job, index(2)), index(4)),
            [
              loop(
                'unroll',
                k,
                index(0),
                index(9),
                [
                  store(
                    add(mul(job, index(100)), add(mul(i, index(30)), add(mul(j, index(9)), k))),
                    load(1, add(binary('sub', j, i), k), 'float32'),
                  ),
                ],
                3,
              ),
            ],
            2,
          ),
        ]),
        store(add(job, index(500)), load(1, add(binary('mul', job, index(3)), index(1)), 'float32')),
      ],
      5,
    )
    same(
      kernel,
      new Float32Array(600),
      Float32Array.from({ length: 20 }, (_, n) => n + 1),
    )
  })
})
