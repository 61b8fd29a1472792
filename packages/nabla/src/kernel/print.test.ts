import { expect, test } from 'vitest'
import { binary, constant, index, load, local, select, variable } from './expr.js'
import type { Kernel } from './loop.js'
import { loop } from './loop.js'
import { printExpr, printKernel } from './print.js'
import { verify } from './verify.js'

/** Variables carry a running number, which depends on what was made before. */
const stable = (text: string): string => text.replace(/\b(job|i)\d+/g, '$1')

test('a kernel as text', () => {
  const job = variable('job', 0, 7)
  const i = variable('i', 0, 15)
  const x = load(1, binary('add', binary('mul', job, index(16)), i), 'float32', binary('lt', i, index(13)))
  const acc = local('acc', index(0), 'float32')
  const f = (value: number) => constant(value, 'float32')
  const positive = binary('max', binary('mul', x, x), f(0.5))
  const kernel: Kernel = {
    name: 'sum[8,16]',
    job,
    jobs: 8,
    flops: 0,
    bytes: 0,
    buffers: [
      { dtype: 'float32', written: true },
      { dtype: 'float32', written: false },
    ],
    body: [
      { kind: 'declare', name: 'acc', type: 'float32', size: 1, lanes: 16, init: f(0) },
      loop('vector', i, index(0), index(16), [
        { kind: 'set', name: 'acc', index: index(0), value: binary('add', acc, positive) },
      ]),
      { kind: 'declare', name: 'total', type: 'float32', size: 2, lanes: 1, init: undefined },
      { kind: 'reduce', op: 'add', into: 'total', at: index(0), from: 'acc', index: index(0) },
      loop(
        'serial',
        i,
        index(0),
        index(16),
        [
          {
            kind: 'if',
            cond: binary('eq', i, job),
            then: [{ kind: 'store', buffer: 0, index: job, value: local('total', index(0), 'float32') }],
          },
        ],
        2,
      ),
    ],
  }
  verify(kernel)
  expect(stable(printKernel(kernel))).toMatchInlineSnapshot(`
    "kernel sum[8,16]: b0 float32 written, b1 float32; 8 jobs
    for job in 0..8 parallel
      acc float32 x 16 lanes = 0
      for i in 0..16 vector
        $0 = b1[job * 16 + i if i < 13]
        acc[0] = acc[0] + max($0 * $0, 0.5)
      total float32[2]
      total[0] = add of lanes of acc[0]
      for i in 0..16 by 2
        if i == job
          b0[job] = total[0]"
  `)
})

test('parentheses stand where they are needed, and only there', () => {
  const [a, b] = [variable('i', 0, 9), variable('i', 0, 9)]
  const text = (e: Parameters<typeof printExpr>[0]): string => printExpr(e).replace(a.name, 'a').replaceAll(b.name, 'b')
  expect(text(binary('mul', binary('add', a, b), b))).toBe('(a + b) * b')
  expect(text(binary('add', a, binary('mul', b, b)))).toBe('a + b * b')
  expect(text(binary('sub', a, binary('sub', b, b)))).toBe('a - (b - b)')
  expect(text(select(binary('lt', a, b), b, binary('min', b, index(3))))).toBe('select(a < b, b, min(b, 3))')
  expect(text(constant(-0, 'float32'))).toBe('-0')
})
