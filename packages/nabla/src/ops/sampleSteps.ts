/** The steps by which random graphs grow: for every family of ops a way to choose operands that fit and values that stay tame. */
import { type DType, isFloat } from '../core/dtype.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from './builder.js'
import { convolution, convolutionTransposed } from './convolution.js'
import type { Random } from './sampleRandom.js'

export interface Growth {
  readonly random: Random
  readonly device: string
  readonly maxElements: number
  /** A new input. */
  leaf(shape: Shape, dtype: DType, values?: readonly number[]): Node
  /** One of the nodes made so far. */
  pick(wanted: (node: Node) => boolean): Node | undefined
  /** A node's values by the references. */
  numbers(node: Node): number[]
}

type Step = (g: Growth) => Node | undefined

const float = (node: Node): boolean => node.dtype === 'float32' || node.dtype === 'float64'
const integer = (node: Node): boolean => node.dtype === 'int32' || node.dtype === 'uint8' || node.dtype === 'uint32'
const numeric = (node: Node): boolean => node.dtype !== 'bool'

/** A float node of at least `rank` dimensions, or a new one. */
function floatNode(g: Growth, rank = 0): Node {
  const found = g.pick((n) => float(n) && n.shape.length >= rank)
  if (found && !g.random.chance(0.1)) return found
  let shape = g.random.shape(g.maxElements)
  while (shape.length < rank) shape = [...shape, g.random.whole(1, 4)]
  return g.leaf(shape, 'float32')
}

/** Not near 0. */
const away = (x: Node): Node => b.add(b.abs(x), 0.5)
/** Within [-1, 1]. */
const small = (x: Node): Node => b.tanh(x)
const maxOf = (g: Growth, x: Node): number => g.numbers(x).reduce((m, v) => Math.max(m, Math.abs(v)), 0)
const bounded = (g: Growth, x: Node, limit: number): Node => (maxOf(g, x) <= limit ? x : small(x))

const unary: Step = (g) => {
  const x = floatNode(g)
  return g.random.pick<() => Node>([
    () => b.neg(x),
    () => b.abs(x),
    () => b.sign(x),
    () => b.floor(x),
    () => b.ceil(x),
    () => b.trunc(x),
    () => b.round(x),
    () => b.sqrt(away(x)),
    () => b.exp(bounded(g, x, 4)),
    () => b.log(away(x)),
    () => b.elementwise('exp2', bounded(g, x, 4)),
    () => b.elementwise('log2', away(x)),
    () => b.log1p(b.abs(x)),
    () => b.expm1(bounded(g, x, 3)),
    () => b.sin(x),
    () => b.cos(x),
    () => b.tan(small(x)),
    () => b.asin(b.mul(small(x), 0.9)),
    () => b.acos(b.mul(small(x), 0.9)),
    () => b.atan(x),
    () => b.sinh(bounded(g, x, 3)),
    () => b.cosh(bounded(g, x, 3)),
    () => b.tanh(x),
    () => b.erf(x),
    () => b.sigmoid(x),
    () => b.relu(x),
    () => b.pow(x, 2),
    () => b.div(1, away(x)),
  ])()
}

/** A shape that broadcasts with `shape`: dimensions turned to 1, leading ones left out. */
function partnerShape(g: Growth, shape: Shape): Shape {
  const thinned = shape.map((n) => (g.random.chance(0.3) ? 1 : n))
  return thinned.slice(g.random.chance(0.25) ? g.random.whole(0, thinned.length) : 0)
}

/** Something to combine with x: a node of the same shape, a new one that broadcasts, or a number. */
function partner(g: Growth, x: Node): Node | number {
  if (g.random.chance(0.2)) return float(x) ? Math.fround(g.random.next() * 4 - 2) : g.random.whole(1, 7)
  const same = g.pick(
    (n) => n !== x && n.dtype === x.dtype && n.shape.length === x.shape.length && n.shape.every((m, d) => m === x.shape[d]),
  )
  return same && g.random.chance(0.6) ? same : g.leaf(partnerShape(g, x.shape), x.dtype)
}
const asNode = (x: Node, y: Node | number): Node => (typeof y === 'number' ? b.like(x, y) : y)

const binary: Step = (g) => {
  const x = floatNode(g)
  const y = partner(g, x)
  return g.random.pick<() => Node>([
    () => b.add(x, y),
    () => b.sub(x, y),
    () => b.mul(x, y),
    () => b.add(x, y),
    () => b.mul(x, y),
    () => b.div(x, away(asNode(x, y))),
    () => b.sub(y, x),
    () => b.maximum(x, y),
    () => b.minimum(x, y),
    () => b.pow(away(bounded(g, x, 4)), small(asNode(x, y))),
    () => b.atan2(x, away(asNode(x, y))),
    () => b.fmod(x, y),
    () => b.remainder(x, y),
    () => b.floorDiv(x, y),
  ])()
}

const compare: Step = (g) => {
  const x = floatNode(g)
  const y = partner(g, x)
  const cond = g.random.pick([b.lt, b.le, b.gt, b.ge, b.eq, b.ne])(x, y)
  return g.random.chance(0.3) ? cond : b.where(cond, g.random.chance(0.3) ? 0 : x, asNode(x, y))
}

const logic: Step = (g) => {
  const x = g.pick((n) => n.dtype === 'bool')
  if (!x) return b.gt(floatNode(g), 0)
  const y = g.pick((n) => n.dtype === 'bool' && n.shape.join() === x.shape.join()) ?? x
  return g.random.pick([
    () => b.not(x),
    () => b.and(x, b.not(y)),
    () => b.or(x, y),
    () => b.xor(x, y),
    () => b.cast(x, 'float32'),
    () => b.max(x, allDims(x)),
  ])()
}
const allDims = (x: Node): number[] => x.shape.map((_, d) => d)

const integers: Step = (g) => {
  const x =
    g.pick(integer) ?? g.leaf(g.random.shape(g.maxElements), g.random.pick(['int32', 'int32', 'uint8', 'uint32'] as const))
  const y = partner(g, x)
  return g.random.pick<() => Node>([
    () => b.add(x, y),
    () => b.sub(x, y),
    () => b.mul(x, y),
    () => b.floorDiv(x, y),
    () => b.remainder(x, y),
    () => b.fmod(x, y),
    () => b.maximum(x, y),
    () => b.minimum(x, y),
    () => b.and(x, y),
    () => b.or(x, y),
    () => b.xor(x, y),
    () => b.shl(x, g.random.whole(0, 5)),
    () => b.shr(x, g.random.whole(0, 5)),
    () => b.not(x),
    () => b.neg(x),
    () => b.abs(x),
    () => b.lt(x, y),
    () => b.eq(x, y),
    () => b.pow(x, g.random.whole(0, 4)),
    () => b.mul(b.cast(b.remainder(x, 7), 'float32'), 0.25),
  ])()
}

const casts: Step = (g) => {
  const x = g.pick(() => true)
  if (!x) return undefined
  if (isFloat(x.dtype))
    return g.random.pick<() => Node>([
      () => b.cast(x, 'float64'),
      () => b.cast(x, 'float32'),
      () => b.cast(x, 'int32'),
      () => b.cast(x, 'bool'),
      () => b.cast(b.bitcast(b.cast(x, 'float32'), 'int32'), 'bool'),
    ])()
  const tame = maxOf(g, x) <= 50 ? x : b.remainder(x, 11)
  return b.cast(tame, g.random.pick(['float32', 'float32', 'int32', 'uint8', 'float64'] as const))
}

/** The same number of elements in other dimensions. */
function otherShape(g: Growth, shape: Shape): Shape {
  const factors: number[] = []
  for (let n = sizeOf(shape), p = 2; n > 1; ) {
    if (n % p === 0) {
      factors.push(p)
      n /= p
    } else p++
  }
  const rank = g.random.whole(1, 4)
  const result = new Array<number>(rank).fill(1)
  for (const f of factors) result[g.random.whole(0, rank - 1)]! *= f
  return result
}

const movement: Step = (g) => {
  const x = g.pick((n) => numeric(n) || g.random.chance(0.3)) ?? floatNode(g)
  const rank = x.shape.length
  const dim = g.random.whole(0, Math.max(0, rank - 1))
  const n = x.shape[dim] ?? 1
  const steps: (() => Node | undefined)[] = [
    () => b.reshape(x, otherShape(g, x.shape)),
    () => b.permute(x, g.random.order(rank)),
    () => b.permute(x, g.random.order(rank)),
    () =>
      b.expand(b.reshape(x, [...x.shape.slice(0, dim), 1, ...x.shape.slice(dim)]), [
        ...x.shape.slice(0, dim),
        g.random.whole(1, 3),
        ...x.shape.slice(dim),
      ]),
    () =>
      b.pad(
        x,
        x.shape.map(() => [g.random.whole(0, 2), g.random.whole(0, 2)] as const),
        g.random.chance(0.7) ? 0 : 1,
      ),
    () =>
      b.pad(
        x,
        x.shape.map(() => [g.random.whole(0, 1), 0] as const),
        0,
        x.shape.map(() => g.random.whole(0, 1)),
      ),
    () =>
      b.slice(
        x,
        x.shape.map((m) => {
          const start = g.random.whole(0, m - 1)
          return { start, stop: g.random.whole(start + 1, m), step: g.random.pick([1, 1, 2]) }
        }),
      ),
    () =>
      b.flip(
        x,
        x.shape.flatMap((_, d) => (g.random.chance(0.5) ? [d] : [])),
      ),
    () => b.after(x, g.pick((n) => n !== x) ?? x),
    () => (rank ? b.window(x, dim, g.random.whole(1, Math.min(3, n)), g.random.whole(1, 3), 1) : undefined),
    () => (rank && n > 2 ? b.window(x, dim, 2, g.random.whole(1, 2), 2) : undefined),
    () => {
      if (rank < 2 || dim === rank - 1 || !numeric(x)) return undefined
      const [stride, dilation] = [g.random.whole(1, 3), g.random.whole(1, 2)]
      return b.fold(x, dim, (n - 1) * stride + (x.shape[rank - 1]! - 1) * dilation + 1 + g.random.whole(0, 2), stride, dilation)
    },
    () =>
      rank
        ? b.cat(
            [
              x,
              g.leaf(
                x.shape.map((m, d) => (d === dim ? g.random.whole(1, 3) : m)),
                x.dtype,
              ),
              ...(g.random.chance(0.3) ? [x] : []),
            ],
            dim,
          )
        : undefined,
    () =>
      rank && numeric(x) && n < 20 ? b.cat([b.neg(x), x, b.mul(x, x), b.abs(x), b.flip(x, [dim]), b.add(x, 1)], dim) : undefined,
  ]
  return g.random.pick(steps)()
}

const reduce: Step = (g) => {
  const x = g.random.chance(0.85) ? floatNode(g, 1) : g.pick((n) => integer(n) && n.shape.length > 0)
  if (!x) return undefined
  const dims = x.shape.flatMap((_, d) => (g.random.chance(0.5) ? [d] : []))
  const some = dims.length ? dims : [g.random.whole(0, x.shape.length - 1)]
  const n = sizeOf(some.map((d) => x.shape[d]!))
  return g.random.pick<() => Node>([
    () => b.sum(x, some),
    () => b.sum(x, some),
    () => b.div(b.sum(x, some), n),
    () => b.max(x, some),
    () => b.min(x, some),
    () => b.prod(n > 8 ? b.sigmoid(x) : x, some),
    () => b.argmax(x, some[0]!),
    () => b.argmin(x, some[0]!),
  ])()
}

/** Patterns that a compiler fuses: softmax, log-softmax, normalisation over the last dimension. */
const rows: Step = (g) => {
  const x = floatNode(g, 1)
  const last = [x.shape.length - 1]
  const n = x.shape.at(-1)!
  const centred = (): Node => b.sub(x, b.div(b.sum(x, last), n))
  return g.random.pick<() => Node>([
    () => {
      const e = b.exp(b.sub(x, b.max(x, last)))
      return b.div(e, b.sum(e, last))
    },
    () => {
      const shifted = b.sub(x, b.max(x, last))
      return b.sub(shifted, b.log(b.sum(b.exp(shifted), last)))
    },
    () => {
      const c = centred()
      return b.div(c, b.sqrt(b.add(b.div(b.sum(b.mul(c, c), last), n), 0.1)))
    },
  ])()
}

const contraction: Step = (g) => {
  const choice = g.random.next()
  if (choice < 0.5) {
    const x = floatNode(g, 2)
    const k = x.shape.at(-1)!
    const n = g.random.extent()
    const batched = x.shape.length > 2 && g.random.chance(0.4)
    const w = g.leaf([...(batched ? x.shape.slice(0, -2) : []), k, n], x.dtype)
    const scaled = b.mul(b.matmul(x, w), 1 / Math.max(1, k))
    return g.random.chance(0.5) ? scaled : b.relu(b.add(scaled, g.leaf([n], x.dtype)))
  }
  if (choice < 0.6) {
    const x = floatNode(g, 1)
    return b.matmul(b.reshape(x, [sizeOf(x.shape), 1]), b.reshape(x, [1, sizeOf(x.shape)]))
  }
  const rank = g.random.chance(0.5) ? 1 : 2
  const groups = g.random.chance(0.2) ? 2 : 1
  const found = g.pick((n) => float(n) && n.shape.length === rank + 2 && n.shape[1]! % groups === 0)
  const x =
    found ??
    g.leaf(
      [g.random.pick([1, 2, 3, 16]), groups * g.random.whole(1, 2), ...Array.from({ length: rank }, () => g.random.whole(2, 5))],
      'float32',
    )
  const per = (f: () => number): number[] => Array.from({ length: rank }, f)
  const kernel = x.shape.slice(2).map((n) => g.random.whole(1, Math.min(3, n)))
  const [inner, outs] = [x.shape[1]! / groups, g.random.whole(1, 3)]
  const options = { stride: per(() => g.random.whole(1, 2)), padding: per(() => g.random.whole(0, 1)), groups }
  const y = g.random.chance(0.7)
    ? convolution(
        x,
        g.leaf([outs * groups, inner, ...kernel], x.dtype),
        { ...options, dilation: kernel.map((k) => (k === 1 ? g.random.whole(1, 2) : 1)) },
        b,
      )
    : convolutionTransposed(x, g.leaf([inner * groups, outs, ...kernel], x.dtype), options, b)
  return g.random.chance(0.5) ? y : b.relu(b.add(y, g.leaf([outs * groups, ...per(() => 1)], x.dtype)))
}

const indexed: Step = (g) => {
  const x = floatNode(g, 1)
  const dim = g.random.whole(0, x.shape.length - 1)
  const n = x.shape[dim]!
  const count = g.random.whole(1, 6)
  const shape = x.shape.map((m, d) => (d === dim ? count : m))
  const at = g.leaf(
    shape,
    'int32',
    Array.from({ length: sizeOf(shape) }, () => g.random.whole(0, n - 1)),
  )
  if (g.random.chance(0.5)) return b.gather(x, dim, at)
  const source = g.leaf(shape, x.dtype)
  return g.random.chance(0.6)
    ? b.scatterAdd(x, dim, at, source)
    : b.scatter(x, dim, at, source, g.random.pick(['set', 'prod', 'max', 'min'] as const))
}

const scanned: Step = (g) => {
  const x = g.random.chance(0.85) ? floatNode(g, 1) : g.pick((n) => integer(n) && n.shape.length > 0)
  if (!x) return undefined
  const op = g.random.pick(['sum', 'sum', 'prod', 'max', 'min'] as const)
  return b.scan(op === 'prod' && float(x) ? b.add(b.mul(small(x), 0.5), 0.9) : x, g.random.whole(0, x.shape.length - 1), op)
}

const sorted: Step = (g) => {
  const x = g.random.chance(0.8) ? floatNode(g, 1) : g.pick((n) => integer(n) && n.shape.length > 0)
  if (!x) return undefined
  const dim = g.random.whole(0, x.shape.length - 1)
  const order = b.argsort(x, dim, g.random.chance(0.5))
  return g.random.chance(0.3) ? order : b.gather(x, dim, order)
}

const source: Step = (g) => {
  const shape = g.random.shape(g.maxElements)
  if (g.random.chance(0.4)) return b.mul(b.iota(shape, 'float32', g.device), 0.125)
  if (g.random.chance(0.3)) return b.iota(shape, 'int32', g.device)
  const state = g.leaf([2], 'uint32', [g.random.whole(0, 0xffffffff), g.random.whole(0, 0xffff)])
  return b.mul(b.cast(b.shr(b.randomBits(state, shape, g.random.whole(0, 3)), 23), 'float32'), 2 ** -9)
}

export const growths: readonly (readonly [number, Step])[] = [
  [5, unary],
  [6, binary],
  [2, compare],
  [1, logic],
  [2, integers],
  [1, casts],
  [6, movement],
  [4, reduce],
  [2, rows],
  [4, contraction],
  [2, indexed],
  [1, scanned],
  [1, sorted],
  [1, source],
]
