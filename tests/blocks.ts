/** The TypeScript code blocks of a Markdown file: ```ts is type-checked, ```ts run is also run, ```ts excerpt is left alone. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface Block {
  /** `README.md:31`, the line of its first line of code. */
  readonly place: string
  readonly code: string
  readonly run: boolean
}

export function blocksOf(path: string): Block[] {
  const blocks: Block[] = []
  const lines = readFileSync(new URL(path, `file://${root}`), 'utf8').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = lines[i]!.match(/^```(?:ts|typescript)\b *(\w*)/)
    if (!fence) continue
    const start = i + 1
    while (i + 1 < lines.length && !lines[++i]!.startsWith('```'));
    if (fence[1] === 'excerpt') continue
    blocks.push({ place: `${path}:${start + 1}`, code: `${lines.slice(start, i).join('\n')}\n`, run: fence[1] === 'run' })
  }
  return blocks
}

/** What a careful user has in their tsconfig. */
export const strictOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  types: [],
}
