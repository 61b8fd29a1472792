/**
 * What kernels call: functions of float64 that come from JavaScript, and small functions of the module itself, each made when a kernel first
 * asks for it: integer division that never traps, and conversions from and to half precision, of one number and of four.
 */
import { helpers } from '../helpers.js'
import { type Func, f32, f64, i32, type Module, type ValType, v128 } from './bytes.js'
import type { Imported } from './facts.js'

const { erf, erfc, lgamma, pow } = helpers
const { exp, log, sin, cos, tan, tanh, asin, acos, atan, sinh, cosh, log1p, expm1, atan2 } = Math

/** What a module of kernels may import from `math`, all of float64. */
export const mathImports: Readonly<Record<Imported, (x: number, y: number) => number>> = {
  exp,
  log,
  sin,
  cos,
  tan,
  tanh,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  erf,
  erfc,
  log1p,
  expm1,
  lgamma,
  pow,
  atan2,
  fmod: (x, y) => x % y,
}

export type Helper = keyof typeof writers

export class Library {
  private readonly imported = new Map<string, number>()
  private readonly made = new Map<Helper, Func>()

  /** Declares the imports: it must be made before the module's first function. */
  constructor(
    private readonly module: Module,
    needed: Iterable<Imported>,
  ) {
    for (const name of new Set(needed)) {
      const parameters: ValType[] = name === 'pow' || name === 'atan2' || name === 'fmod' ? [f64, f64] : [f64]
      this.imported.set(name, module.importFunction('math', name, parameters, [f64]))
    }
  }

  /** The number of an imported function. */
  math(name: Imported): number {
    return this.imported.get(name)!
  }

  /** The number of a function of ours. */
  helper(name: Helper): number {
    let f = this.made.get(name)
    if (!f) {
      const { parameters, results, write } = writers[name]
      f = this.module.func(parameters, results)
      write(f)
      this.made.set(name, f)
    }
    return f.index
  }
}

interface Writer {
  readonly parameters: readonly ValType[]
  readonly results: readonly ValType[]
  write(f: Func): void
}

/** A division of whole numbers: 0 where the divisor is 0. */
const division = (divide: (f: Func) => void): Writer => ({
  parameters: [i32, i32],
  results: [i32],
  write(f) {
    f.get(1).op('i32.eqz').if().i32(0).op('return').end()
    divide(f)
  },
})

/** -a where the divisor is -1, for the smallest number has no other quotient. */
const signedQuotient = (f: Func): void => {
  f.get(1).i32(-1).op('i32.eq').if().i32(0).get(0).op('i32.sub').op('return').end().get(0).get(1).op('i32.div_s')
}

const splat = (bits: number): number[] => [bits, bits, bits, bits]
const LARGEST_HALF = 0x7bff
/** Bits of 2^112, which rebases the exponent of a half. */
const REBASE = 2 ** 112

const writers = {
  divI32: division(signedQuotient),
  modI32: division((f) => f.get(0).get(1).op('i32.rem_s')),
  divU32: division((f) => f.get(0).get(1).op('i32.div_u')),
  modU32: division((f) => f.get(0).get(1).op('i32.rem_u')),
  /** Floor division by what is positive. */
  divIndex: division((f) => {
    f.get(0).get(0).i32(31).op('i32.shr_s').get(1).i32(1).op('i32.sub').op('i32.and').op('i32.sub').get(1).op('i32.div_s')
  }),
  /** The float32 of a half's bits: shifted into place and multiplied by 2^112, which makes subnormals normal; infinity and NaN get the largest exponent. */
  halfToFloat: {
    parameters: [i32],
    results: [f32],
    write(f) {
      const bits = f.local(i32)
      f.get(0).i32(0x7fff).op('i32.and').i32(13).op('i32.shl').op('f32.reinterpret_i32').constF32(REBASE).op('f32.mul')
      f.op('i32.reinterpret_f32').tee(bits).i32(0x7f800000).op('i32.or').get(bits)
      f.get(0).i32(0x7fff).op('i32.and').i32(LARGEST_HALF).op('i32.gt_u').op('select')
      f.get(0).i32(0x8000).op('i32.and').i32(16).op('i32.shl').op('i32.or').op('f32.reinterpret_i32')
    },
  },
  /** The half's bits nearest to a float32, ties to even. */
  floatToHalf: {
    parameters: [f32],
    results: [i32],
    write(f) {
      const magnitude = f.local(i32)
      const result = f.local(i32)
      f.get(0).op('i32.reinterpret_f32').i32(0x7fffffff).op('i32.and').set(magnitude)
      // small: adding 1/2 aligns the significand to 2^-24, and rounds
      f.get(magnitude)
        .op('f32.reinterpret_i32')
        .constF32(0.5)
        .op('f32.add')
        .op('i32.reinterpret_f32')
        .i32(0x3f000000)
        .op('i32.sub')
      f.get(magnitude)
        .i32(0x38000000 - 0xfff)
        .op('i32.sub')
      f.get(magnitude).i32(13).op('i32.shr_u').i32(1).op('i32.and').op('i32.add').i32(13).op('i32.shr_u')
      f.get(magnitude).i32(0x38800000).op('i32.lt_u').op('select').set(result)
      f.i32(0x7c00).get(result).get(magnitude).i32(0x477ff000).op('i32.ge_u').op('select').set(result)
      f.i32(0x7e00).get(result).get(magnitude).i32(0x7f800000).op('i32.gt_u').op('select')
      f.get(0).op('i32.reinterpret_f32').i32(16).op('i32.shr_u').i32(0x8000).op('i32.and').op('i32.or')
    },
  },
  /** The same for four: bits of halves in the lanes. */
  halvesToFloats: {
    parameters: [v128],
    results: [v128],
    write(f) {
      const magnitude = f.local(v128)
      f.get(0)
        .v128(splat(0x7fff))
        .op('v128.and')
        .tee(magnitude)
        .i32(13)
        .op('i32x4.shl')
        .v128(splat(bitsOf(REBASE)))
        .op('f32x4.mul')
      f.get(magnitude).v128(splat(LARGEST_HALF)).op('i32x4.gt_s').v128(splat(0x7f800000)).op('v128.and').op('v128.or')
      f.get(0).v128(splat(0x8000)).op('v128.and').i32(16).op('i32x4.shl').op('v128.or')
    },
  },
  floatsToHalves: {
    parameters: [v128],
    results: [v128],
    write(f) {
      const magnitude = f.local(v128)
      f.get(0).v128(splat(0x7fffffff)).op('v128.and').set(magnitude)
      f.v128(splat(0x7e00)).v128(splat(0x7c00))
      f.get(magnitude)
        .v128(splat(bitsOf(0.5)))
        .op('f32x4.add')
        .v128(splat(0x3f000000))
        .op('i32x4.sub')
      f.get(magnitude)
        .v128(splat(0x38000000 - 0xfff))
        .op('i32x4.sub')
      f.get(magnitude).i32(13).op('i32x4.shr_u').v128(splat(1)).op('v128.and').op('i32x4.add').i32(13).op('i32x4.shr_u')
      f.get(magnitude).v128(splat(0x38800000)).op('i32x4.lt_s').op('v128.bitselect')
      f.get(magnitude).v128(splat(0x477ff000)).op('i32x4.ge_s').op('v128.bitselect')
      f.get(magnitude).v128(splat(0x7f800000)).op('i32x4.gt_s').op('v128.bitselect')
      f.get(0).i32(16).op('i32x4.shr_u').v128(splat(0x8000)).op('v128.and').op('v128.or')
    },
  },
} as const satisfies Readonly<Record<string, Writer>>

const view = new DataView(new ArrayBuffer(4))
/** The 32 bits of a float32. */
export function bitsOf(value: number): number {
  view.setFloat32(0, value)
  return view.getInt32(0)
}
