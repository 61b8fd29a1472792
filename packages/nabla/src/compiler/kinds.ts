/** What kinds of values there are for the compiler. */
import { ops } from '../ops/table.js'
import { foldsInPlace } from './pull.js'
import type { Value } from './value.js'

/** A value that is computed by a kernel of its own kind, not element by element from its inputs. */
export const isReduction = (v: Value): boolean => ops[v.op]?.kind === 'reduce' || (v.op === 'fold' && !foldsInPlace(v))
export const isScatter = (v: Value): boolean => v.op === 'scatterAdd' || v.op === 'scatter'
export const isSpecial = (v: Value): boolean =>
  ['scan', 'scatterAdd', 'scatter', 'sortBlocks', 'mergePass', 'winogradFilter', 'winogradSums', 'winogradGradient'].includes(
    v.op,
  )
/** What has a tile and an epilogue. */
export const isProduct = (v: Value): boolean => v.op === 'contract' || v.op === 'winograd'
export const isRoot = (v: Value): boolean => isProduct(v) || isReduction(v) || isSpecial(v)
/** A value that only tells where elements come from. */
export const isMovement = (v: Value): boolean => ops[v.op]?.kind === 'movement' || v.op === 'copy'
/** 32-bit elements; truth values too, which are kept as such between kernels. */
export const isLaned = (v: Value): boolean =>
  v.dtype === 'float32' || v.dtype === 'int32' || v.dtype === 'uint32' || v.dtype === 'bool'

/** From this cost on (Op.cost), what is needed twice is kept rather than computed twice. */
export const DEAR = 8
