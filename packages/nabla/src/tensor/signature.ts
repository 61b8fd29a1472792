/**
 * What a compiled function was called with, and what it gave: tensors at the leaves of nested arrays and records. Two calls with equal
 * signatures (shapes, dtypes, devices, other values as they are) run the same program.
 */
import type { DType } from '../core/dtype.js'
import { type Shape, sameShape } from '../core/shape.js'
import { Tensor } from './tensor.js'

export type Spec =
  | {
      readonly kind: 'tensor'
      readonly shape: Shape
      readonly dtype: DType
      readonly device: string
      readonly leaf: boolean
      readonly tracked: boolean
    }
  | { readonly kind: 'list'; readonly items: readonly Spec[] }
  | { readonly kind: 'record'; readonly keys: readonly string[]; readonly items: readonly Spec[] }
  | { readonly kind: 'value'; readonly value: unknown }

type Plain = Readonly<Record<string, unknown>>

const isPlain = (value: unknown): value is Plain => {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The signature of a value; its tensors go to `into`, in order. */
export function specOf(value: unknown, into: Tensor[]): Spec {
  if (value instanceof Tensor) {
    into.push(value)
    return {
      kind: 'tensor',
      shape: value.shape,
      dtype: value.dtype,
      device: value.device,
      leaf: value.marked,
      tracked: value.requiresGrad,
    }
  }
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item: unknown) => specOf(item, into)) }
  if (isPlain(value)) {
    const keys = Object.keys(value)
    return { kind: 'record', keys, items: keys.map((key) => specOf(value[key], into)) }
  }
  return { kind: 'value', value }
}

/** Whether a value has this signature; if so, its tensors are in `into` from `at` on. Returns the next place, or -1. */
export function match(spec: Spec, value: unknown, into: Tensor[], at: number): number {
  switch (spec.kind) {
    case 'tensor':
      if (
        !(value instanceof Tensor) ||
        value.dtype !== spec.dtype ||
        value.device !== spec.device ||
        !sameShape(value.shape, spec.shape)
      )
        return -1
      if (value.marked !== spec.leaf || value.requiresGrad !== spec.tracked) return -1
      into[at] = value
      return at + 1
    case 'list':
      if (!Array.isArray(value) || value.length !== spec.items.length) return -1
      for (let i = 0; i < spec.items.length && at >= 0; i++) at = match(spec.items[i]!, value[i], into, at)
      return at
    case 'record': {
      if (!isPlain(value) || Object.keys(value).length !== spec.keys.length) return -1
      for (let i = 0; i < spec.items.length && at >= 0; i++) {
        const key = spec.keys[i]!
        if (!Object.hasOwn(value, key)) return -1
        at = match(spec.items[i]!, value[key], into, at)
      }
      return at
    }
    case 'value':
      return Object.is(spec.value, value) ? at : -1
  }
}

/** A value like the one that `spec` was taken from, with other tensors. */
export function rebuild(spec: Spec, tensors: readonly Tensor[]): unknown {
  let at = 0
  const build = (part: Spec): unknown => {
    switch (part.kind) {
      case 'tensor':
        return tensors[at++]
      case 'list':
        return part.items.map(build)
      case 'record':
        return Object.fromEntries(part.keys.map((key, i) => [key, build(part.items[i]!)]))
      case 'value':
        return part.value
    }
  }
  return build(spec)
}
