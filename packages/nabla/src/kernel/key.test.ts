import { expect, test } from 'vitest'
import { binary, constant, index, load, local, variable } from './expr.js'
import { kernelKey } from './key.js'
import { type Kernel, loop } from './loop.js'

function sum(name: string, options: { extent?: number; start?: number; twice?: boolean } = {}): Kernel {
  const { extent = 16, start = 0, twice = false } = options
  const [job, i] = [variable(`job${name}`, 0, 7), variable(name, 0, extent - 1)]
  const term = load(1, binary('add', binary('mul', job, index(16)), i), 'float32')
  const value = binary('add', local(name, index(0), 'float32'), twice ? binary('add', term, term) : term)
  return {
    name,
    buffers: [true, false].map((written) => ({ dtype: 'float32' as const, written })),
    job,
    jobs: 8,
    body: [
      { kind: 'declare', name, type: 'float32', size: 1, lanes: 1, init: constant(start, 'float32') },
      loop('serial', i, index(0), index(extent), [{ kind: 'set', name, index: index(0), value }]),
      { kind: 'store', buffer: 0, index: job, value: local(name, index(0), 'float32') },
    ],
    flops: 0,
    bytes: 0,
  }
}

test('kernels of the same structure have one key, whatever their names; others have others', () => {
  const key = kernelKey(sum('acc'))
  expect(kernelKey(sum('total'))).toBe(key)
  const others = [sum('acc', { extent: 8 }), sum('acc', { start: -0 }), sum('acc', { start: 1 }), sum('acc', { twice: true })]
  expect(new Set([key, ...others.map(kernelKey)]).size).toBe(5)
})
