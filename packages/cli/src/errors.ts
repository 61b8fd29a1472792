/** What the command says when something goes wrong, and the code it ends with. */
import { NablaError } from 'nabla'

/** 0 well, 1 something failed, 2 the command was not understood, 130 stopped by Ctrl-C (143 by a request to terminate). */
export const exitCodes = { well: 0, failed: 1, misused: 2, interrupted: 130, terminated: 143 } as const

export interface Complaint {
  readonly text: string
  readonly code: number
}

/** A NablaError says what to do by itself; anything else is a fault of ours and comes with its stack when NABLA_DEBUG is set. */
export function complaint(error: unknown, debug = Boolean(process.env.NABLA_DEBUG)): Complaint {
  if (error instanceof NablaError)
    return {
      text: debug ? (error.stack ?? error.message) : error.message,
      code: error.kind === 'argument' ? exitCodes.misused : exitCodes.failed,
    }
  if (!(error instanceof Error)) return { text: String(error), code: exitCodes.failed }
  return {
    text: debug ? (error.stack ?? error.message) : `${error.name}: ${error.message} (NABLA_DEBUG=1 shows where)`,
    code: exitCodes.failed,
  }
}
