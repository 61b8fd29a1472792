/** What fuzzing does not reach of the C renderer: names, texts as keys, constants at the ends of their types, half precision. */
import { describe, expect, it } from 'vitest'
import { describeDevices, deviceByName } from '../compiler/devices.js'
import { machines, programOf, randomCase } from '../compiler/testing.js'
import type { DType, TypedArray } from '../core/dtype.js'
import { halfToNumber, numberToHalf } from '../core/half.js'
import type { Machine } from '../device/device.js'
import { type Expr, type ValueType, binary, constant, forgetExpressions, index, load, local, variable } from '../kernel/expr.js'
import { type Kernel, type KernelBuffer, type Stmt, loop } from '../kernel/loop.js'
import { verify } from '../kernel/verify.js'
import { renderKernel } from './c.js'
import { compileJs, renderJs } from './js.js'

/** A kernel whose first buffer is written. */
function kernelOf(
  dtypes: readonly DType[],
  jobs: number,
  body: (job: Expr) => readonly Stmt[],
  own: readonly KernelBuffer[] = [],
): Kernel {
  const job = variable('job', 0, Math.max(0, jobs - 1))
  const buffers = [...dtypes.map((dtype, i) => ({ dtype, written: i === 0 })), ...own]
  const kernel: Kernel = { name: 'test', buffers, job, jobs, body: body(job), flops: 0, bytes: 0 }
  verify(kernel)
  return kernel
}
const store = (at: Expr, value: Expr): Stmt => ({ kind: 'store', buffer: 0, index: at, value })

const isHere = describeDevices().some((d) => d.name === 'native' && d.available)

/** Runs a kernel on the native device; gives its first buffer. The kernel is made when the device wants it, as programs are. */
function runNative(make: () => Kernel, buffers: readonly (readonly [DType, TypedArray])[]): TypedArray {
  const device = deviceByName('native')
  const bound = buffers.map(([dtype, { length }], i) => ({ kind: 'bound' as const, dtype, size: length, written: i === 0 }))
  const executable = device.load({
    bound,
    *make() {
      yield
      return { steps: [{ kernel: make(), slots: bound.map((_, i) => i) }], slots: bound, arenaBytes: 0 }
    },
  })
  const storages = buffers.map(([dtype, data]) => {
    const storage = device.allocate(dtype, data.length)
    device.write(storage, data)
    return storage
  })
  executable.run(storages)
  return device.readSync(storages[0]!)
}

function runJs(make: () => Kernel, buffers: readonly (readonly [DType, TypedArray])[]): TypedArray {
  const arrays = buffers.map(([, data]) => data.slice())
  const kernel = make()
  compileJs(renderJs(kernel))(arrays, 0, kernel.jobs)
  return arrays[0]!
}

describe('names', () => {
  /** Variables and locals whose names are as like to those of the C function as can be. */
  const confusing = (): Kernel =>
    kernelOf(['float32', 'float32', 'float32'], 3, (job) => {
      const stems = ['b', 'buf', 't', 'from', 'to', 'job', 'x']
      const loops = stems.map((stem) => variable(stem, 0, 1))
      const at = loops.reduce<Expr>((sum, v) => binary('add', sum, v), index(0))
      // Each local is used twice, so that temporaries appear as well.
      const locals = ['b0', 'buf1', 't0', 't0_0', 'from', 'x'].map((name) => ({ name, e: local(name, index(0), 'float32') }))
      const product = binary('mul', load(1, at, 'float32'), load(2, job, 'float32'))
      const total = locals.reduce((sum, { e }) => binary('add', sum, e), binary('mul', product, product))
      const inner: Stmt[] = [
        ...locals.map(
          ({ name }, i): Stmt => ({
            kind: 'declare',
            name,
            type: 'float32',
            size: 1,
            lanes: 1,
            init: constant(i, 'float32'),
          }),
        ),
        store(job, binary('add', load(0, job, 'float32'), total)),
      ]
      return loops.reduceRight<readonly Stmt[]>((body, v) => [loop('serial', v, index(0), index(2), body)], inner)
    })

  it('no variable has the name of a buffer, a parameter or another variable', () => {
    const text = renderKernel(confusing())
    const declared = [...text.matchAll(/(?:\blong|\bfloat|\*) ?(\w+) = /g)].map((m) => m[1]!)
    expect(declared.filter((name) => /^buf\d/.test(name))).toEqual(['buf0', 'buf1', 'buf2'])
    expect(declared.length).toBeGreaterThan(3 + 7 + 6)
    expect(new Set([...declared, 'b', 'from', 'to']).size).toBe(declared.length + 3)
  })

  it.runIf(isHere)('and the C computes what the JavaScript does', () => {
    const buffers = [
      ['float32', new Float32Array(3)],
      ['float32', Float32Array.from({ length: 8 }, (_, i) => i / 4)],
      ['float32', Float32Array.of(1, -2, 0.5)],
    ] as const
    expect(runNative(confusing, buffers)).toEqual(runJs(confusing, buffers))
  })
})

describe('a buffer that each job has for itself', () => {
  /** out[job, i] = in[job, 7 - i] + in[job, 0], by way of a buffer that is written in vectors and read backwards. */
  const backwards = (): Kernel =>
    kernelOf(
      ['float32', 'float32'],
      5,
      (job) => {
        const [l, i] = [variable('l', 0, 7), variable('i', 0, 7)]
        const from = (e: Expr): Expr => binary('add', binary('mul', job, index(8)), e)
        const own = (e: Expr): Expr => load(2, e, 'float32')
        return [
          loop('vector', l, index(0), index(8), [{ kind: 'store', buffer: 2, index: l, value: load(1, from(l), 'float32') }]),
          loop('serial', i, index(0), index(8), [store(from(i), binary('add', own(binary('sub', index(7), i)), own(index(0))))]),
        ]
      },
      [{ dtype: 'float32', written: true, own: 8 }],
    )
  const given = Float32Array.from({ length: 40 }, (_, i) => i * i)
  const buffers = [
    ['float32', new Float32Array(40)],
    ['float32', given],
  ] as const
  const expected = Float32Array.from({ length: 40 }, (_, i) => given[i - (i % 8) + 7 - (i % 8)]! + given[i - (i % 8)]!)

  it('in JavaScript', () => expect(runJs(backwards, buffers)).toEqual(expected))
  it.runIf(isHere)('in C', () => expect(runNative(backwards, buffers)).toEqual(expected))
})

it('equal kernels built twice have equal texts', () => {
  /** The texts of a program, in which the first variable has a number of our choice. */
  const texts = (seed: number, machine: Machine, before: number): string[] => {
    forgetExpressions()
    for (let i = 0; i < before; i++) variable('i', 0, i)
    return programOf(randomCase(seed).outputs, machine).steps.map(({ kernel }) => renderKernel(kernel))
  }
  for (const machine of Object.values(machines))
    for (let seed = 0; seed < 20; seed++) expect(texts(seed, machine, 12345)).toEqual(texts(seed, machine, 0))
})

describe('constants', () => {
  /** out[i] = the i-th number, each written by a statement of its own. */
  const constants = (type: ValueType & DType, numbers: readonly number[]) => (): Kernel =>
    kernelOf([type], 1, () => numbers.map((x, i) => store(index(i), constant(x, type))))

  const floats = [
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1e-45,
    -1e-45,
    1.17549435e-38,
    3.4e38,
    -3.4028234663852886e38,
    16777217,
    0.1,
    -7,
    1e21,
  ]
  const doubles = [...floats, 5e-324, 1.7976931348623157e308, 9007199254740993, 123456789012345680000]
  const integers = [0, -1, 2147483647, -2147483648, 65536]
  const naturals = [0, 1, 2147483648, 4294967295]

  it('are C', () => {
    const values = [...renderKernel(constants('float32', floats)()).matchAll(/ = (.*);$/gm)].map((m) => m[1]).slice(1)
    expect(values).toMatchInlineSnapshot(`
      [
        "__builtin_nanf("")",
        "__builtin_inff()",
        "-__builtin_inff()",
        "0.0f",
        "(-0.0f)",
        "1.401298464324817e-45f",
        "(-1.401298464324817e-45f)",
        "1.1754943508222875e-38f",
        "3.3999999521443642e+38f",
        "(-3.4028234663852886e+38f)",
        "16777216.0f",
        "0.10000000149011612f",
        "(-7.0f)",
        "1.0000000200408773e+21f",
      ]
    `)
    expect(renderKernel(constants('int32', [-2147483648])())).toContain('= (-2147483647 - 1);')
  })

  it.runIf(isHere).each([
    ['float32', floats, Float32Array],
    ['float64', doubles, Float64Array],
    ['int32', integers, Int32Array],
    ['uint32', naturals, Uint32Array],
  ] as const)('%s arrive bit by bit', (type, numbers, array) => {
    const got = [...runNative(constants(type, numbers), [[type, new array(numbers.length)]])]
    expect(got).toEqual([...array.from(numbers)])
  })
})

describe.runIf(isHere)('half precision', () => {
  const convert = (to: DType, from: DType) => (): Kernel =>
    kernelOf([to, from], 1, () => {
      const i = variable('i', 0, 65535)
      return [loop('serial', i, index(0), index(65536), [store(i, load(1, i, 'float32'))])]
    })
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
  const isNaNBits = (bits: number): boolean => (bits & 0x7fff) > 0x7c00

  it('every half is the number that it is in JavaScript', () => {
    const numbers = runNative(convert('float32', 'float16'), [
      ['float32', new Float32Array(65536)],
      ['float16', all],
    ])
    all.forEach((bits) => {
      if (!Object.is(numbers[bits], halfToNumber(bits))) expect.fail(`${bits.toString(16)} is ${numbers[bits]}`)
    })
  })

  it('every half is itself after a round trip', () => {
    const back = runNative(convert('float16', 'float16'), [
      ['float16', new Uint16Array(65536)],
      ['float16', all],
    ])
    all.forEach((bits) => {
      if (isNaNBits(bits) ? !isNaNBits(back[bits]!) : back[bits] !== bits)
        expect.fail(`${bits.toString(16)} came back as ${back[bits]!.toString(16)}`)
    })
  })

  it.each([
    ['a quarter', 0.25],
    ['half', 0.5],
    ['three quarters', 0.75],
  ])('%s of the way to the next half, rounding is as in JavaScript', (_, part) => {
    // Beyond the largest half comes, for rounding, 2^16.
    const value = (bits: number): number => ((bits & 0x7fff) === 0x7c00 ? (bits & 0x8000 ? -65536 : 65536) : halfToNumber(bits))
    const between = Float32Array.from(all, (bits) => {
      const low = halfToNumber(bits)
      return Number.isFinite(low) ? low + (value(bits + 1) - low) * part : low
    })
    const rounded = runNative(convert('float16', 'float32'), [
      ['float16', new Uint16Array(65536)],
      ['float32', between],
    ])
    all.forEach((bits) => {
      const expected = numberToHalf(between[bits]!)
      if (isNaNBits(expected) ? !isNaNBits(rounded[bits]!) : rounded[bits] !== expected)
        expect.fail(`${between[bits]} became ${rounded[bits]!.toString(16)}, expected ${expected.toString(16)}`)
    })
  })
})
