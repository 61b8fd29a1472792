/** `nabla lab run`: a lab's run in a folder, its figures beside those of the notes, its pictures in the terminal. */
import { figureText, groupOf, type Lab, type LabResult, type ResultRecord } from '@nabla/labs'
import { toTerminal } from '@nabla/pictures'
import { NablaError } from 'nabla'
import { asSetting, knownPreset, repeatCommand, settingsOf } from './words.js'
import { duration, progressView } from '../progress.js'
import { checkRecordable, commitOf, labsFolder, recordResult, thisMachine } from './results-file.js'
import { begin, type Performed, perform, seedSpec } from '../running.js'
import { alignedLines, tableLines } from '../terminal/table.js'

/** What the command line gives. */
export interface LabRunOptions {
  readonly preset?: string
  readonly set?: readonly string[]
  readonly device?: string
  readonly seed?: string
  readonly out?: string
  readonly json?: boolean
  readonly record?: boolean
  /** Show pictures where the terminal can. Default true. */
  readonly pictures?: boolean
}

export const seedHelp = `${seedSpec.help} (default: 0)`

/** Rows of a table that the terminal shows. */
const shownRows = 16

/** Lines of the tallest picture that the terminal shows in signs; of larger ones it shows where they are. */
const tallest = 50

/** Runs a lab and gives the exit code; `results` is the folder of the recorded results. */
export async function runLab(lab: Lab, given: LabRunOptions, results: string = labsFolder()): Promise<number> {
  const preset = knownPreset(lab, given.preset)
  const own = settingsOf(lab, given.set ?? [])
  if (given.record) {
    checkRecordable(results)
    if (preset === 'smoke')
      throw new NablaError('argument', '--record with --preset smoke: smoke only sees that all works, its figures mean nothing')
  }
  const about = { command: repeatCommand(lab, preset, given), machine: thisMachine(), commit: await commitOf(results) }
  const { seed, device, out } = given
  const { commit, ...rest } = about
  const prepared = await begin(lab, {
    preset,
    own,
    seed,
    device,
    out,
    about: { ...rest, ...(commit !== undefined && { commit }) },
    named: asSetting,
  })
  const { folder, record } = prepared
  let took = 0
  const describe = ({ stopped, summary }: LabResult, seconds: number) => {
    took = seconds
    return { lab: lab.id, preset, device: record.device, stopped, seconds, ...summary, run: folder.path }
  }
  const performed = await perform(lab, prepared, progressView(process.stderr), describe)
  const { result, json, code } = performed
  const kept: ResultRecord = {
    lab: lab.id,
    preset,
    options: record.options,
    device: record.device,
    command: about.command,
    date: record.started,
    machine: about.machine,
    commit: commit ?? null,
    seconds: Number(took.toPrecision(4)),
    summary: result.summary,
  }
  const say = given.json ? process.stderr : process.stdout
  if (!given.json && given.pictures !== false && process.stdout.isTTY)
    for (const [name, picture] of performed.pictures) {
      const text = await toTerminal(picture)
      say.write(text.split('\n').length > tallest ? `${name}: ${folder.path}/${name}.png\n\n` : `${text}\n`)
    }
  say.write(`${ending(lab, kept, performed, folder.path).join('\n')}\n`)
  if (given.record) {
    if (result.stopped) say.write('Not recorded: the run was stopped.\n')
    else {
      await recordResult(results, kept)
      say.write(`Recorded in ${results}: results.json and RESULTS.md\n`)
    }
  }
  if (given.json) process.stdout.write(`${JSON.stringify(json)}\n`)
  return code
}

/** Tables, figures beside what is asked for, and where everything lies. */
function ending(lab: Lab, record: ResultRecord, { result, tables, pictures }: Performed, path: string): string[] {
  const shown = [...tables].flatMap(([name, { columns, rows }]) => [
    `${name}`,
    ...tableLines(columns, rows.slice(0, shownRows)).map((line) => `  ${line}`),
    ...(rows.length > shownRows ? [`  ... ${rows.length - shownRows} more in ${name}.csv`] : []),
    '',
  ])
  const { rows, others } = groupOf(record, result.stopped ? [] : lab.targets)
  const judged = record.preset === 'smoke' ? () => '' : (reached: boolean) => (reached ? ', reached' : ', not reached')
  const figures = [
    ...rows.map(({ figure, here, asked, reached, source }) => [
      figure,
      figureText(here),
      `asked for: ${asked} (${source})${judged(reached)}`,
    ]),
    ...others.map(([name, value]) => [name, figureText(value)]),
    ['time', duration(record.seconds)],
  ]
  const files = [
    'run.json, log.txt',
    ...(pictures.size ? [`${pictures.size} picture${pictures.size > 1 ? 's' : ''} (.svg, .png)`] : []),
    ...(tables.size ? [`${tables.size} table${tables.size > 1 ? 's' : ''} (.csv)`] : []),
  ]
  const goOn = lab.trains ? ` To go on:  nabla train ${lab.id} --resume ${path}` : ''
  return [
    ...shown,
    ...alignedLines(figures, ['right', 'left', 'right']),
    ...(result.stopped ? [`Stopped: what was found until then is kept, and marked so.${goOn}`] : []),
    `run  ${path}: ${files.join(', ')}`,
  ]
}
