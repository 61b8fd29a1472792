/** The log of a hyper-parameter search: a line of JSON for each finished trial. Node only. */
import { existsSync } from 'node:fs'
import { NablaError } from '../core/errors.js'
import { readFileBytes, writeFileAtomic } from '../core/files.node.js'
import { type Plain, plainFromJson, plainToJson } from './plain.js'

/** The trials of a log; none where there is no file. Throws NablaError('data') naming the line that is none. */
export async function readLog<T extends { readonly number: number }>(path: string): Promise<T[]> {
  if (!existsSync(path)) return []
  const lines = new TextDecoder().decode(await readFileBytes(path)).split('\n')
  return lines.filter(Boolean).map((line, i) => {
    try {
      const trial = plainFromJson(line) as {
        readonly number?: unknown
        readonly settings?: unknown
        readonly figures?: unknown
      } | null
      if (Number.isInteger(trial?.number) && trial?.settings && trial.figures) return trial as T
    } catch {} // The message below says it.
    throw new NablaError('data', `[search] ${path}, line ${i + 1}: this is not a trial`, { path, line: i + 1 })
  })
}

/** Writes the log anew, whole or not at all: a search that is killed loses no finished trial. */
export async function writeLog(path: string, trials: readonly { readonly number: number }[]): Promise<void> {
  const sorted = [...trials].sort((a, b) => a.number - b.number)
  await writeFileAtomic(path, sorted.map((trial) => `${plainToJson(trial as unknown as Plain)}\n`).join(''))
}
