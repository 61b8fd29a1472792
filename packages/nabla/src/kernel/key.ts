/** The structure of a kernel as text: kernels of one key compute the same, whatever their variables and locals are called. */
import type { Expr } from './expr.js'
import type { Kernel, Stmt } from './loop.js'

/** Names of locals and loop variables, not of operations. */
const named = new Set(['name', 'into', 'from'])

export function kernelKey({ buffers, job, jobs, body }: Kernel): string {
  const lines: string[] = []
  const numbers = new Map<unknown, number>()
  const numberOf = (what: unknown): number => {
    let n = numbers.get(what)
    if (n === undefined) numbers.set(what, (n = numbers.size))
    return n
  }
  const write = (value: unknown, property: string): string => {
    if (Array.isArray(value)) return `[${value.map((v) => write(v, property)).join()}]`
    if (typeof value === 'object' && value !== null) return writeObject(value as Expr | Stmt)
    if (typeof value === 'string' && named.has(property)) return `$${numberOf(value)}`
    return Object.is(value, -0) ? '-0' : String(value)
  }
  /** An expression is written where it first occurs, and is a number from then on. */
  const writeObject = (object: Expr | Stmt): string => {
    const known = numbers.get(object)
    if (known !== undefined) return `#${known}`
    const entries = Object.entries(object).filter(
      ([property]) => property !== 'id' && !(object.kind === 'var' && property === 'name'),
    )
    const text = entries.map(([property, value]) => `${property}:${write(value, property)}`).join(' ')
    if (!('id' in object)) return `{${text}}`
    const number = numberOf(object)
    lines.push(`#${number} ${text}`)
    return `#${number}`
  }
  const header = `${buffers.map(({ dtype, written }) => `${dtype}${written ? '!' : ''}`).join()};${jobs};${writeObject(job)}`
  const statements = body.map(writeObject)
  return [header, ...lines, ...statements].join('\n')
}
