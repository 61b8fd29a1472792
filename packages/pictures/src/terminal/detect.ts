/**
 * What a terminal can show, from its environment alone. It is never asked: the answer would arrive among the user's key presses, and what does not know
 * the question prints it.
 */
import type { Colours } from './canvas.js'

/** Ways to send an image: kitty's graphics, and the inline images of iTerm2. */
export type ImageProtocol = 'kitty' | 'iterm2'

/** What the output goes to. */
export interface Terminal {
  /** Whether it is a terminal at all, not a file or a pipe. */
  readonly isTTY: boolean
  /** Width in characters. */
  readonly columns: number
  /** The environment's variables. */
  readonly env: Readonly<Record<string, string | undefined>>
}

interface ProcessLike {
  readonly stdout?: { readonly isTTY?: boolean; readonly columns?: number }
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process; what is no process has none. */
export function ownTerminal(): Terminal {
  const { stdout, env = {} } = (globalThis as { process?: ProcessLike }).process ?? {}
  return { isTTY: stdout?.isTTY === true, columns: stdout?.columns ?? 80, env }
}

/** Colours: none with NO_COLOR, TERM=dumb or where the output is no terminal, unless FORCE_COLOR asks for them. */
export function coloursOf({ isTTY, env }: Terminal): Colours {
  if (env.NO_COLOR) return 'none'
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  if (!forced && (!isTTY || env.TERM === 'dumb')) return 'none'
  return /truecolor|24bit/i.test(env.COLORTERM ?? '') || env.FORCE_COLOR === '3' || protocolOf({ isTTY, env, columns: 80 })
    ? 'all'
    : '256'
}

/** The way to send images that a terminal says it knows. Within tmux and screen there is none, for these would swallow it. */
export function protocolOf({ isTTY, env }: Terminal): ImageProtocol | undefined {
  if (!isTTY || env.NO_COLOR || env.TMUX || /^(screen|tmux|dumb)/.test(env.TERM ?? '')) return undefined
  if (env.KITTY_WINDOW_ID || env.TERM === 'xterm-kitty' || env.TERM === 'xterm-ghostty' || env.TERM_PROGRAM === 'ghostty')
    return 'kitty'
  return env.TERM_PROGRAM === 'iTerm.app' || env.TERM_PROGRAM === 'WezTerm' ? 'iterm2' : undefined
}
