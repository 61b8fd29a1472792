/** `nabla lab`: what labs there are, their runs, their notes, and what was measured. */
import { chapters, findLab, type Lab, labs, resultChapters } from '@nabla/labs'
import { Command } from 'commander'
import { isCheckout, labsFolder, readResults, writePage } from '../lab/results-file.js'
import { notesLines } from '../lab/notes.js'
import { runLab, seedHelp } from '../lab/run.js'
import { resultsLines } from '../lab/results.js'
import { padTo, widthOf } from '../terminal/width.js'

interface Json {
  readonly json?: boolean
}

/** The `lab` command; `finish` is handed the exit code. */
export function labCommand(finish: (code: number) => void): Command {
  return new Command('lab')
    .description('chapters of deep learning that can be read and run')
    .addHelpText('after', help)
    .addCommand(
      new Command('list').description('the labs by chapter').option('--json', 'as JSON on standard output').action(list),
    )
    .addCommand(runCommand(finish))
    .addCommand(
      new Command('notes')
        .description('what a lab teaches, its settings, presets and the figures it is to reach')
        .argument('<id>', 'a lab, as "nabla lab list" shows them')
        .option('--lang <language>', 'en or zh', 'en')
        .option('--markdown', 'the notes as they are written')
        .action(notes),
    )
    .addCommand(
      new Command('results')
        .description("all recorded results beside the notes' figures; writes RESULTS.md of the labs anew")
        .option('--json', 'as JSON on standard output')
        .action(results),
    )
}

const help = `
Examples:
  nabla lab list
  nabla lab run knn --preset quick
  nabla lab run softmax --set lr=1e-7 --set strength=2.5e4
  nabla lab notes knn --lang zh
  nabla lab results

Interrupted by Ctrl-C a lab keeps what it has so far, marked as stopped in run.json; a second Ctrl-C ends it at once.`

function runCommand(finish: (code: number) => void): Command {
  const collect = (pair: string, pairs: readonly string[] = []): readonly string[] => [...pairs, pair]
  return new Command('run')
    .description('run a lab and keep metrics, tables, pictures and figures in a folder')
    .argument('<id>', 'a lab, as "nabla lab list" shows them')
    .option('--preset <name>', 'smoke: seconds, to see that all works; quick: minutes; full: as in the notes (default: quick)')
    .option('--set <key=value>', 'a setting of the lab, as "nabla lab notes" shows them; may be given several times', collect)
    .option('--device <name>', 'auto, native (compiled C), wasm or js (default: $NABLA_DEVICE, else auto)')
    .option('--seed <n>', seedHelp)
    .option('--out <folder>', "the run's folder (default: runs/<lab>-<date>)")
    .option('--json', 'end with one JSON object on standard output; all else goes to standard error')
    .option('--record', "add the figures to the labs' recorded results (in a checkout of the sources)")
    .option('--no-pictures', 'do not show the pictures in the terminal')
    .action(async (id: string, given) => finish(await runLab(findLab(id), given)))
}

const write = (text: string): void => void process.stdout.write(`${text}\n`)

function list({ json }: Json): void {
  if (json) return write(JSON.stringify(labs.map(described)))
  const width = Math.max(...labs.map((lab) => widthOf(lab.id)))
  for (const [chapter, title] of Object.entries(chapters)) {
    const own = labs.filter((lab) => lab.chapter === chapter)
    if (!own.length) continue
    write(`${title}`)
    for (const lab of own) write(`  ${padTo(lab.id, width)}  ${lab.title}`)
    write('')
  }
  write('"nabla lab notes <id>" to read one, "nabla lab run <id>" to run it.')
}

const described = ({ id, title, chapter, options, presets, targets = [], trains = false }: Lab) => ({
  id,
  title,
  chapter,
  options,
  presets,
  targets,
  trains,
})

function notes(id: string, { lang, markdown }: { readonly lang: string; readonly markdown?: boolean }): void {
  const { stdout } = process
  const columns = Math.max(40, Math.min(100, stdout.isTTY ? stdout.columns : 100))
  const colours = Boolean(stdout.isTTY) && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
  write(notesLines(findLab(id), lang, { raw: markdown === true, width: columns, colours }).join('\n'))
}

async function results({ json }: Json): Promise<void> {
  const folder = labsFolder()
  const records = await readResults(folder)
  if (json) write(JSON.stringify(records))
  else write(resultsLines(resultChapters(records, labs)).join('\n'))
  if (isCheckout(folder) && (await writePage(folder, records))) process.stderr.write(`written: ${folder}/RESULTS.md\n`)
}
