/** What is claimed and what is found: the form of everything this lab shows. */
import type { Tensor } from 'nabla'

export interface Check {
  /** Day of the notes. */
  readonly day: 8 | 9 | 10
  readonly topic: string
  /** The snippet, in one line of ours. */
  readonly code: string
  /** What was found, as text, and whether it is what the notes have. */
  readonly found: string
  readonly right: boolean
}

/** Collects checks of one day and topic. */
export class Checks {
  readonly all: Check[] = []

  constructor(
    readonly day: Check['day'],
    readonly topic: string,
  ) {}

  add(code: string, found: string | number | boolean, right: boolean): void {
    this.all.push({ day: this.day, topic: this.topic, code, found: String(found), right })
  }

  /** A claim whose truth is all there is to see. */
  claim(code: string, right: boolean): void {
    this.add(code, right, right)
  }
}

export const numbers = async (tensor: Tensor): Promise<number[]> => Array.from(await tensor.detach().flatten().data())

/** The same numbers, bit by bit. */
export async function same(a: Tensor, b: Tensor): Promise<boolean> {
  const [x, y] = [await numbers(a), await numbers(b)]
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]))
}

/** The error of a call that is to fail; undefined when it does not. */
export function errorOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
