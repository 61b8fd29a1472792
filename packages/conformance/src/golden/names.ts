/** PyTorch's names and ours: `weight_ih_l0` is `weightIhL0`. */
import type { Arguments } from './call.js'

export const camel = (path: string): string => path.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** What is given: PyTorch's None is as good as no argument. */
export const given = (kwargs: Arguments): Arguments =>
  Object.fromEntries(Object.entries(kwargs).filter(([, value]) => value !== null && value !== undefined))

/** Keyword arguments as an options object: `{ weight_decay: 0.1 }` is `{ weightDecay: 0.1 }`. */
// biome-ignore lint/suspicious/noExplicitAny: goes on to a call that checks its options itself
export const camelOptions = (kwargs: Arguments): any =>
  Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [camel(name), value]))
