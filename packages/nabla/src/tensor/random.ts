/**
 * Random numbers: a counter-based generator evaluated inside kernels, so the same seed gives the same numbers on every device and a
 * mask need never touch memory. A device's state is {key, counter}; every draw takes the next counter.
 *
 * Outside of a trace the host knows the counter and hands each draw its own state. Inside, draw i reads counter + i from the handle,
 * and the compiled step moves the handle on by the number of its draws; the host's count follows after each replay.
 */
import { type DType, isFloat } from '../core/dtype.js'
import { NablaError } from '../core/errors.js'
import { type Shape, sizeOf } from '../core/shape.js'
import type { Node } from '../graph/node.js'
import { builder as b } from '../ops/builder.js'
import { currentTracer, Handle, type Tracer, withTracer } from './handle.js'
import { dataNode } from './source.js'

class RandomState {
  counter = 0
  #handle: Handle | undefined
  /** The host has counted on since the handle was written. */
  #stale = true
  #trace: { tracer: Tracer; base: Node; draws: number } | undefined

  constructor(
    readonly device: string,
    private key: number,
  ) {}

  seed(key: number, counter = 0): void {
    this.key = key
    this.counter = counter
    this.#stale = true
  }

  get position(): { key: number; counter: number } {
    return { key: this.key, counter: this.counter }
  }

  /** The state for one draw: uint32 [2]. */
  next(): Node {
    const tracer = currentTracer()
    if (!tracer) {
      this.#stale = true
      return this.#write(this.counter++)
    }
    if (this.#trace?.tracer !== tracer) this.#begin(tracer)
    const { base, draws } = this.#trace!
    this.#trace!.draws++
    this.#handle!.adopt(this.#ahead(base, draws + 1))
    return this.#ahead(base, draws)
  }

  #begin(tracer: Tracer): void {
    const handle = (this.#handle ??= withTracer(undefined, () => new Handle(this.#write(this.counter))))
    const trace = { tracer, base: handle.node, draws: 0 }
    this.#trace = trace
    tracer.hook({
      before: () => {
        if (!this.#stale) return
        handle.point(this.#write(this.counter))
        this.#stale = false
      },
      after: () => {
        this.counter += trace.draws
      },
    })
  }

  /** {key, counter + draws}. */
  #ahead(base: Node, draws: number): Node {
    return draws === 0 ? base : b.add(base, b.mul(b.iota([2], 'uint32', this.device), draws))
  }

  #write(counter: number): Node {
    return dataNode(Uint32Array.of(this.key, counter >>> 0), [2], 'uint32', this.device)
  }
}

const states = new Map<string, RandomState>()
let seedKey = 0

const stateOf = (device: string): RandomState => {
  let state = states.get(device)
  if (!state) states.set(device, (state = new RandomState(device, seedKey)))
  return state
}

/** While draws are taken down: the states they had. While they are repeated: those to come. */
let tape: { readonly states: Node[]; readonly repeats: boolean } | undefined

/** The state of the next draw, or of the draw that is repeated. */
function nextState(device: string): Node {
  const repeated = tape?.repeats ? tape.states.shift() : undefined
  if (repeated) return repeated
  const state = stateOf(device).next()
  if (tape && !tape.repeats) tape.states.push(state)
  return state
}

function withTape<R>(next: typeof tape, fn: () => R): R {
  const before = tape
  tape = next
  try {
    return fn()
  } finally {
    tape = before
  }
}

/** Runs `fn` and gives the states of its draws too: `repeatDraws` makes the same random numbers of them. */
export function takeDownDraws<R>(fn: () => R): { result: R; draws: readonly Node[] } {
  const states: Node[] = []
  return { result: withTape({ states, repeats: false }, fn), draws: states }
}

export const repeatDraws = <R>(draws: readonly Node[], fn: () => R): R => withTape({ states: [...draws], repeats: true }, fn)

/** Starts all random streams anew: the same seed gives the same numbers, on every device. */
export function manualSeed(seed: number): void {
  if (!Number.isSafeInteger(seed))
    throw new NablaError('argument', `[manualSeed] the seed is ${seed}; expected a whole number`, { seed })
  seedKey = mix(seed)
  for (const state of states.values()) state.seed(seedKey)
}

/** Where a device's random stream stands, for checkpoints. */
export const randomPosition = (device: string): { key: number; counter: number } => stateOf(device).position
/** Puts a device's random stream where `randomPosition` found it. */
export const setRandomPosition = (device: string, position: { readonly key: number; readonly counter: number }): void =>
  stateOf(device).seed(position.key, position.counter)

/** 53 bits to 32; neighbouring seeds give unrelated keys. */
function mix(seed: number): number {
  let x = (seed >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000) | 0, 0x9e3779b1)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** Uniform in [0, 1): 24 random bits, 53 for float64, 11 for float16. */
function unit(state: Node, shape: Shape, dtype: DType, stream: number): Node {
  const bits = (s: number, drop: number) => b.shr(b.randomBits(state, shape, s), drop)
  if (dtype === 'float64')
    return b.mul(b.add(b.mul(b.cast(bits(stream, 5), 'float64'), 2 ** 26), b.cast(bits(stream + 2, 6), 'float64')), 2 ** -53)
  if (dtype === 'float16') return b.cast(b.mul(b.cast(bits(stream, 21), 'float32'), 2 ** -11), dtype)
  return b.mul(b.cast(bits(stream, 8), 'float32'), 2 ** -24)
}

function floats(op: string, dtype: DType): void {
  if (!isFloat(dtype))
    throw new NablaError('dtype', `[${op}] makes floating-point tensors, not ${dtype}; randint() makes integers`, { dtype })
}

export function uniformNode(shape: Shape, dtype: DType, device: string, low = 0, high = 1): Node {
  floats('rand', dtype)
  const u = unit(nextState(device), shape, dtype, 0)
  return low === 0 && high === 1 ? u : b.add(b.mul(u, high - low), low)
}

/** Standard normal by Box and Muller: sqrt(-2 log(1 - u)) cos(2 pi v). */
export function normalNode(shape: Shape, dtype: DType, device: string, mean = 0, std = 1): Node {
  floats('randn', dtype)
  const state = nextState(device)
  const wide = dtype === 'float16' ? 'float32' : dtype
  const radius = b.sqrt(b.mul(b.log(b.sub(1, unit(state, shape, wide, 0))), -2))
  const z = b.mul(radius, b.cos(b.mul(unit(state, shape, wide, 1), 2 * Math.PI)))
  const scaled = b.add(b.mul(z, std), mean)
  const node = std === 1 && mean === 0 ? z : scaled
  return dtype === wide ? node : b.cast(node, dtype)
}

/** Whole numbers in [low, high). */
export function integersNode(low: number, high: number, shape: Shape, dtype: DType, device: string): Node {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > 2 ** 32)
    throw new NablaError('argument', `[randint] the range [${low}, ${high}) is empty or not of whole numbers`, { low, high })
  const bits = b.randomBits(nextState(device), shape, 0)
  const below = high - low === 2 ** 32 ? bits : b.remainder(bits, b.constant(high - low, [], 'uint32', device))
  return b.cast(b.add(b.cast(below, 'int32'), low), dtype)
}

/** 0 to n - 1 in random order. */
export function permutationNode(n: number, device: string): Node {
  const keys = unit(nextState(device), [n], 'float32', 0)
  return sizeOf([n]) === 0 ? b.iota([0], 'int32', device) : b.argsort(keys, 0, false)
}

/** True with probability `p`, element by element. */
export function bernoulliNode(p: number, shape: Shape, device: string): Node {
  return b.lt(unit(nextState(device), shape, 'float32', 0), p)
}
