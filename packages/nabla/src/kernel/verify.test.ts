import { describe, expect, test } from 'vitest'
import type { Expr, ValueType } from './expr.js'
import { binary, bitcast, call, constant, index, load, local, select, unary, variable } from './expr.js'
import type { Kernel, Stmt } from './loop.js'
import { loop } from './loop.js'
import { verify } from './verify.js'

const job = variable('job', 0, 7)
const kernel = (...body: Stmt[]): Kernel => ({
  name: 'k',
  job,
  jobs: 8,
  body,
  flops: 0,
  bytes: 0,
  buffers: [
    { dtype: 'float32', written: true },
    { dtype: 'uint8', written: false },
  ],
})
const f = (value: number): Expr => constant(value, 'float32')
const store = (value: Expr, at: Expr = job): Stmt => ({ kind: 'store', buffer: 0, index: at, value })
const declare = (name: string, lanes = 1, size = 1, type: ValueType = 'float32'): Stmt => ({
  kind: 'declare',
  name,
  type,
  size,
  lanes,
  init: undefined,
})
const set = (name: string, value: Expr, at = 0): Stmt => ({ kind: 'set', name, index: index(at), value })
const reduce = (into: string, from: string): Stmt => ({ kind: 'reduce', op: 'add', into, at: index(0), from, index: index(0) })
const i = variable('i', 0, 3)
const vector = (...body: Stmt[]): Stmt => loop('vector', i, index(0), index(4), body)
const a = local('a', index(0), 'float32')

describe('accepts', () => {
  const good: Record<string, Stmt[]> = {
    'a map': [store(binary('add', load(0, job, 'float32'), f(1)))],
    'a uint8 load as int32': [
      store(binary('mul', f(2), select(binary('eq', load(1, job, 'int32'), constant(0, 'int32')), f(0), f(1)))),
    ],
    'a vector local and its reduction': [
      declare('a', 4),
      vector(set('a', f(1))),
      declare('s'),
      reduce('s', 'a'),
      store(local('s', index(0), 'float32')),
    ],
    'a scalar declared inside a vector loop': [vector(declare('a'), set('a', f(1)), store(a, i))],
    'one variable in two loops, one after the other': [vector(store(f(1), i)), vector(store(f(2), i))],
    'a vector loop of one iteration that sets a scalar': [declare('a'), loop('vector', i, index(0), index(1), [set('a', f(1))])],
  }
  test.each(Object.entries(good))('%s', (_, body) => expect(() => verify(kernel(...body))).not.toThrow())
})

describe('refuses', () => {
  const j = variable('j', 0, 3)
  const int = constant(1, 'int32')
  const bad: Record<string, [message: string, ...body: Stmt[]]> = {
    'a variable out of scope': [
      `store b0: variable ${j.name} is not in scope, in ${j.name}`,
      vector(store(f(1), i)),
      store(f(1), j),
    ],
    'a variable bound twice': [`variable ${i.name} is already bound`, vector(loop('serial', i, index(0), index(4), []))],
    'operands of two types': ['add of float32 and int32', store(binary('add', f(1), int))],
    'bits of floats': ['and is not defined for float32', store(binary('and', f(1), f(2)))],
    'sums of bools': [
      'add is not defined for bool',
      { kind: 'if', cond: binary('add', constant(1, 'bool'), constant(1, 'bool')), then: [] },
    ],
    'rounding of integers': ['floor is not defined for int32', store(unary('floor', int))],
    'a condition that is a number': ['the condition is float32, expected bool', { kind: 'if', cond: f(1), then: [] }],
    'a select on a number': ['the condition is int32, expected bool', store(select(load(1, job, 'int32'), f(1), f(2)))],
    'a store of another type': ['the value is int32, a buffer of float32 takes float32', store(int)],
    'a store to a buffer that is not marked': [
      'store b1: the buffer is not marked as written',
      { kind: 'store', buffer: 1, index: job, value: int },
    ],
    'a buffer that is not there': ['there is no buffer 2; the kernel has 2', store(load(2, job, 'float32'))],
    'a load of another type': ['a load of float32 from a buffer of uint8, which gives int32', store(load(1, job, 'float32'))],
    'an address that is a float': ['the address is float32, expected index', store(load(0, f(1), 'float32'))],
    'a guard that is a number': ['the guard is int32, expected bool', store(load(0, job, 'float32', load(1, job, 'int32')))],
    'a local that is not declared': ['local a is not declared here', store(a)],
    'a local after its block': ['local a is not declared here', vector(declare('a')), store(a)],
    'an element outside a local': ['element 2 of local a, which has 2', declare('a', 1, 2), set('a', f(1), 2)],
    'a local read as another type': ['local a holds int32, read as float32', declare('a', 1, 1, 'int32'), store(a)],
    'a vector read outside a vector loop': ['local a has 4 lanes and is used outside a vector loop', declare('a', 4), store(a)],
    'a vector set outside a vector loop': [
      'local a has 4 lanes and is used outside a vector loop',
      declare('a', 4),
      set('a', f(1)),
    ],
    'more iterations than lanes': [
      `local a has 2 lanes, vector loop ${i.name} 4 iterations`,
      declare('a', 2),
      vector(set('a', f(1))),
    ],
    'a scalar set by all lanes': [
      `local a has one lane and is set by all iterations of vector loop ${i.name}`,
      declare('a'),
      vector(set('a', f(1))),
    ],
    'a vector loop in a vector loop': [
      `a vector loop inside vector loop ${i.name}`,
      vector(loop('vector', j, index(0), index(4), [])),
    ],
    'three lanes': ['3 lanes: expected a power of 2', declare('a', 3)],
    'a reduction in a vector loop': ['inside vector loop', declare('a', 4), declare('s'), vector(reduce('s', 'a'))],
    'a loop beyond the range of its variable': [
      `runs over 0..4, but ${i.name} is said to be in 0..3`,
      loop('serial', i, index(0), index(5), []),
    ],
    'a bitcast of 64 bits': ['both must have 32 bits', store(bitcast(constant(1, 'float64'), 'float32'))],
    'a library call on float32': ['an argument of exp is float32, expected float64', store(call('exp', f(1)))],
    'an index divided by zero': ['div of an index by 0', store(f(1), binary('div', job, index(0)))],
  }
  test.each(Object.entries(bad))('%s', (_, [message, ...body]) => expect(() => verify(kernel(...body))).toThrow(message))

  test('with the place, in a structured error', () => {
    const place = `k > for ${i.name} > if > store b0`
    const nested = vector({ kind: 'if', cond: binary('lt', i, index(2)), then: [store(int)] })
    expect(() => verify(kernel(nested))).toThrow(
      expect.objectContaining({
        kind: 'compile',
        facts: { kernel: 'k', place },
        message: expect.stringContaining(`[verify] ${place}: `),
      }),
    )
  })
})
