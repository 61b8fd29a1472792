/**
 * Runs cases. Many are computed together, since every separate program costs compiler calls; where one of them throws, those of its batch
 * are tried one by one, so that none spoils the others.
 */
import { realize, type TypedArray } from 'nabla'
import type { Case, Check, Mismatch, Outcome } from './case.js'

export interface RunOptions {
  /** Cases that are computed together. Default 50. */
  readonly batch?: number
  /** Told of every outcome as soon as it is known, in order. */
  readonly onOutcome?: (outcome: Outcome) => void
}

export async function runCases(cases: readonly Case[], { batch = 50, onOutcome }: RunOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let at = 0; at < cases.length; at += batch) {
    for (const outcome of await runTogether(cases.slice(at, at + batch))) {
      outcomes.push(outcome)
      onOutcome?.(outcome)
    }
    await new Promise((resolve) => setTimeout(resolve, 0)) // a turn for the event loop
  }
  return outcomes
}

const failed = (which: Case, error: unknown): Outcome => ({
  case: which,
  failure: error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error),
})

async function runTogether(cases: readonly Case[]): Promise<Outcome[]> {
  const prepared = cases.map((one) => {
    try {
      return { case: one, checks: one.prepare() }
    } catch (error) {
      return failed(one, error)
    }
  })
  const ready = prepared.filter((p): p is { case: Case; checks: readonly Check[] } => 'checks' in p)
  let values: TypedArray[][][]
  try {
    realize(...ready.flatMap(({ checks }) => checks.flatMap((check) => check.tensors)))
    values = []
    for (const { checks } of ready) {
      const read: TypedArray[][] = []
      for (const { tensors } of checks) read.push(await Promise.all(tensors.map((tensor) => tensor.data())))
      values.push(read)
    }
  } catch (error) {
    if (cases.length === 1) return [failed(cases[0]!, error)]
    const outcomes: Outcome[] = []
    for (const one of cases) outcomes.push(...(await runTogether([one])))
    return outcomes
  }
  return prepared.map((p) => {
    if (!('checks' in p)) return p
    const read = values[ready.indexOf(p)]!
    const mismatches = p.checks.flatMap((check, i) => check.judge(read[i]!) ?? [])
    return mismatches.length ? { case: p.case, failure: describe(mismatches) } : { case: p.case }
  })
}

/** The largest of several, and how many there are beside it. */
function describe(mismatches: readonly Mismatch[]): string {
  const [worst] = [...mismatches].sort((a, b) => b.error - a.error)
  const others = mismatches.length - 1
  return worst!.text + (others ? `; ${others} more ${others === 1 ? 'value differs' : 'values differ'}` : '')
}
