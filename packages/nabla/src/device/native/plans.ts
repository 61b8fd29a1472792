/**
 * Programs that are kept on disk beside the objects with their kernels: a graph that has been planned before, by the same code for the
 * same machine, needs neither planner nor renderer again. A file that is damaged, or whose objects are gone, is as good as none.
 */
import { createHash } from 'node:crypto'
import type { Reference } from '../loaded.js'
import type { ObjectCache } from './cache.js'

/** A launch of a kernel that lies in an object. */
export interface KeptStep {
  readonly name: string
  readonly flops: number
  readonly bytes: number
  readonly jobs: number
  readonly parallel: boolean
  readonly references: readonly Reference[]
  /** Digest of the kernel's text. */
  readonly kernel: string
  /** Position among the plan's objects, and what the kernel is called in there. */
  readonly object: number
  readonly symbol: string
}

/** A program as it is kept. */
export interface KeptPlan {
  readonly arenaBytes: number
  readonly lasting: { readonly steps: number; readonly bytes: number }
  readonly ms: number
  /** Keys of the objects. */
  readonly objects: readonly string[]
  readonly steps: readonly KeptStep[]
}

/** Plans of fewer kernels are made as fast as they are read. */
const fewest = 16

export class PlanCache {
  constructor(
    private readonly cache: ObjectCache,
    /** Names everything but the graph that a plan depends on. */
    private readonly identity: () => string,
  ) {}

  find(graph: string): KeptPlan | undefined {
    const text = this.cache.text(this.key(graph))
    return text === undefined ? undefined : (JSON.parse(text) as KeptPlan)
  }

  keep(graph: string, plan: KeptPlan): void {
    if (plan.steps.length >= fewest) this.cache.keepText(this.key(graph), JSON.stringify(plan))
  }

  private key(graph: string): string {
    return createHash('sha256').update(this.identity()).update('\0').update(graph).digest('hex')
  }
}
