/** What is kept of a run that is worth keeping, and the file of all of them: `results.json`, an array of records. */
import { NablaError } from 'nabla'
import type { PresetName } from '../lab.js'
import type { OptionValue } from '../options.js'

/** What a run ran on. */
export interface MachineRecord {
  /** As its maker calls it. */
  readonly cpu: string
  readonly cores: number
}

/** A run's figures, and what is needed to repeat it. */
export interface ResultRecord {
  readonly lab: string
  readonly preset: PresetName
  /** All of the lab's settings that have a value, and the seed. */
  readonly options: Readonly<Record<string, OptionValue>>
  readonly device: string
  /** What repeats the run. */
  readonly command: string
  /** ISO 8601, when the run began. */
  readonly date: string
  readonly machine: MachineRecord
  /** Of the sources that ran, `+` at its end where they were changed since; null where that is not known. */
  readonly commit: string | null
  /** Of the whole run. */
  readonly seconds: number
  readonly summary: Readonly<Record<string, number | string | null>>
}

/** The records in a results file. Throws NablaError('io') with its name where it holds something else. */
export function parseResults(text: string, file: string): ResultRecord[] {
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    found = undefined
  }
  if (!Array.isArray(found) || !found.every(isRecord))
    throw new NablaError('io', `[results] ${file} is damaged: expected a JSON array of records with lab, command and summary`, {
      file,
    })
  return found as ResultRecord[]
}

const isRecord = (value: Partial<ResultRecord> | null): boolean =>
  typeof value === 'object' &&
  typeof value?.lab === 'string' &&
  typeof value.command === 'string' &&
  typeof value.date === 'string' &&
  typeof value.seconds === 'number' &&
  typeof value.options === 'object' &&
  value.options !== null &&
  typeof value.summary === 'object' &&
  value.summary !== null &&
  typeof value.machine?.cpu === 'string'

/** The text of a results file. */
export const resultsText = (records: readonly ResultRecord[]): string => `${JSON.stringify(records, null, 2)}\n`

/** The records with one more. It takes the place of an older one of the same command and the same machine. */
export function addResult(records: readonly ResultRecord[], record: ResultRecord): ResultRecord[] {
  const key = ({ command, device, machine }: ResultRecord): string => `${command} ${device} ${machine.cpu} ${machine.cores}`
  return [...records.filter((other) => key(other) !== key(record)), record]
}
