/**
 * Random graphs for differential fuzzing: what one device computes, another and the references must compute too. A graph is grown
 * by rejection: each candidate is evaluated by the references and kept only if its values are finite, tame, and not within
 * rounding of a jump (a comparison of near-equals, a floor of a near-integer, a kink where a gradient turns), for there two
 * correct devices may differ.
 */
import { type DType, isFloat } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import { type Node, topological } from '../graph/node.js'
import { builder as b } from './builder.js'
import { denseOf, numbersOf } from './dense.js'
import { bufferNode } from './make.js'
import type { Dense } from './op.js'
import { evaluate } from './reference.js'
import { gradients } from './reverse.js'
import { Random } from './sampleRandom.js'
import { type Growth, growths } from './sampleSteps.js'

export interface RandomGraphOptions {
  /** Name of the device that the nodes name. Default 'js'. */
  readonly device?: string
  /** Steps at least and at most; a step is one op, or a small pattern as softmax. Default [3, 15]. */
  readonly steps?: readonly [number, number]
  /** No value has more elements. Default 600. */
  readonly maxElements?: number
  /** Whether gradients may be among the outputs. Default true. */
  readonly gradients?: boolean
}

export interface RandomGraph {
  /** Buffers, with the values to bind. */
  readonly inputs: readonly { readonly node: Node; readonly values: Dense }[]
  readonly outputs: readonly Node[]
}

/** Values beyond this are not tame. */
const LIMIT = 1e3
/** A tensor with no value beyond this says nothing. */
const FAINT = 0.02
/** Nothing may be nearer to a jump. */
const MARGIN = 2e-3

class Grower implements Growth {
  readonly pool: Node[] = []
  readonly values = new Map<Node, Dense>()
  readonly leaves: Node[] = []
  private readonly tame = new Set<Node>()

  constructor(
    readonly random: Random,
    readonly device: string,
    readonly maxElements: number,
  ) {}

  leaf(shape: Shape, dtype: DType, values?: readonly number[]): Node {
    const node = bufferNode(shape, dtype, this.device)
    const given = values ?? Array.from({ length: sizeOf(shape) }, () => this.number(dtype))
    this.values.set(node, denseOf(shape, dtype, given))
    this.leaves.push(node)
    return node
  }

  private number(dtype: DType): number {
    if (isFloat(dtype)) return Math.fround(this.random.next() * 4 - 2)
    return dtype === 'bool' ? this.random.whole(0, 1) : dtype === 'int32' ? this.random.whole(-9, 9) : this.random.whole(0, 9)
  }

  pick(wanted: (node: Node) => boolean): Node | undefined {
    const fitting = this.pool.filter(wanted)
    // Newer ones are likelier, so that graphs grow deep and not only wide.
    return fitting.length ? fitting[Math.floor(Math.sqrt(this.random.next()) * fitting.length)] : undefined
  }

  numbers(node: Node): number[] {
    if (!this.values.has(node)) for (const [n, v] of evaluate([node], this.values)) this.values.set(n, v)
    return numbersOf(this.values.get(node)!)
  }

  /** Whether every value from the known ones to `node` is tame and away from jumps. */
  isTame(node: Node, limit = LIMIT): boolean {
    this.numbers(node)
    for (const n of topological([node], (m) => this.tame.has(m))) {
      if (n.op === 'buffer' || this.tame.has(n)) continue
      const values = this.numbers(n)
      if (values.length > 8 * this.maxElements) return false
      if (isFloat(n.dtype) && !values.every((x) => Math.abs(x) <= limit)) return false
      // What is tiny everywhere is what rounding left when larger numbers cancelled.
      if (isFloat(n.dtype) && values.length && values.every((x) => Math.abs(x) < FAINT) && n.op !== 'constant') return false
      if (this.nearJump(n)) return false
      this.tame.add(n)
    }
    return true
  }

  private nearJump(n: Node): boolean {
    const [x, y] = n.inputs
    if (!x || !isFloat(x.dtype)) return false
    const a = this.numbers(x)
    const tooClose = (p: number, q: number): boolean => Math.abs(p - q) < MARGIN * Math.max(1, Math.abs(p))
    switch (n.op) {
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge':
      case 'maximum':
      case 'minimum': {
        const c = this.numbers(y!)
        return a.some((p, i) => tooClose(p, c[i]!))
      }
      // Equality with something exactly equal is asked by gradients; near-equals are told apart by no device for sure.
      case 'eq':
      case 'ne': {
        const c = this.numbers(y!)
        return a.some((p, i) => p !== c[i]! && tooClose(p, c[i]!))
      }
      case 'abs':
      case 'sign':
      case 'relu':
        return a.some((p) => tooClose(p, 0))
      case 'floor':
      case 'ceil':
      case 'trunc':
        return a.some((p) => tooClose(p, Math.round(p)))
      case 'round':
        return a.some((p) => tooClose(p, Math.floor(p) + 0.5))
      case 'cast':
        return (
          !isFloat(n.dtype) &&
          a.some((p) => (n.dtype === 'bool' ? p !== 0 && tooClose(p, 0) : tooClose(p, Math.round(p)) || p < 0))
        )
      case 'floorDiv':
      case 'remainder':
      case 'fmod': {
        const c = this.numbers(y!)
        return a.some((p, i) => Math.abs(c[i]!) < 0.1 || tooClose(p / c[i]!, Math.round(p / c[i]!)))
      }
      case 'max':
      case 'min':
      case 'argmax':
      case 'argmin':
        return this.closeInLines(x, a, n.attrs['dims'] as readonly number[])
      case 'argsort':
        return this.closeInLines(x, a, [n.attrs['dim'] as number])
      case 'scan':
        return n.attrs['op'] !== 'sum' && n.attrs['op'] !== 'prod' && this.closeInLines(x, a, [n.attrs['dim'] as number])
      default:
        return false
    }
  }

  /** Whether two elements that meet along `dims` are nearly, or exactly, equal. */
  private closeInLines(x: Node, values: readonly number[], dims: readonly number[]): boolean {
    const lines = new Map<string, number[]>()
    values.forEach((value, flat) => {
      let rest = flat
      const at = [...x.shape]
        .reverse()
        .map((n) => {
          const i = rest % n
          rest = Math.floor(rest / n)
          return i
        })
        .reverse()
      const key = at.filter((_, d) => !dims.includes(d)).join()
      const line = lines.get(key)
      if (line) line.push(value)
      else lines.set(key, [value])
    })
    for (const line of lines.values()) {
      line.sort((p, q) => p - q)
      if (line.some((p, i) => i > 0 && p - line[i - 1]! < MARGIN)) return true
    }
    return false
  }

  add(node: Node): void {
    this.pool.push(node)
  }
}

/** The graph of a seed: the same seed and options give the same graph and values, on every machine. */
export function randomGraph(seed: number, options: RandomGraphOptions = {}): RandomGraph {
  const random = new Random(seed)
  const [least, most] = options.steps ?? [3, 15]
  const grower = new Grower(random, options.device ?? 'js', options.maxElements ?? 600)
  const first: DType = random.chance(0.85) ? 'float32' : random.pick(['float64', 'int32'] as const)
  grower.add(grower.leaf(random.shape(grower.maxElements), first))

  const steps = random.whole(least, most)
  for (let made = 0, tries = 0; made < steps && tries < steps * 12; tries++) {
    const before = grower.leaves.length
    const candidate = attempt(grower)
    if (
      candidate &&
      candidate.op !== 'buffer' &&
      !grower.pool.includes(candidate) &&
      sizeOf(candidate.shape) <= grower.maxElements &&
      grower.isTame(candidate)
    ) {
      grower.add(candidate)
      made++
    } else grower.leaves.length = before
  }

  // What nobody uses is wanted, the newest surely.
  const used = new Set(grower.pool.flatMap((node) => topological([node]).filter((n) => n !== node)))
  const ends = grower.pool.filter((node) => !used.has(node) && node.op !== 'buffer')
  const outputs = ends.slice(-3)
  for (const node of grower.pool) if (node.op !== 'buffer' && !outputs.includes(node) && random.chance(0.1)) outputs.push(node)
  if ((options.gradients ?? true) && random.chance(0.6)) outputs.push(...gradientOutputs(grower, ends))

  const reached = new Set(topological(outputs))
  const inputs = grower.leaves.filter((node) => reached.has(node)).map((node) => ({ node, values: grower.values.get(node)! }))
  return { inputs, outputs }
}

/** One step; an op that refuses its operands is no step. */
function attempt(grower: Grower): Node | undefined {
  try {
    return grower.random.weighted(growths)(grower)
  } catch (error) {
    if (error instanceof NablaError) return undefined
    throw error
  }
}

/** The gradients of the newest float end in its leaves, where they are tame. */
function gradientOutputs(grower: Grower, ends: readonly Node[]): Node[] {
  const end = ends.filter((node) => node.dtype === 'float32' || node.dtype === 'float64').at(-1)
  if (!end) return []
  const wrt = grower.leaves.filter((leaf) => leaf.dtype === end.dtype)
  const seed = grower.random.chance(0.5) ? b.like(end, 1) : grower.leaf(end.shape, end.dtype)
  return gradients(end, seed, wrt).filter(
    (grad): grad is Node =>
      grad !== undefined && grad.op !== 'buffer' && grad.op !== 'constant' && grower.isTame(grad, 10 * LIMIT),
  )
}
