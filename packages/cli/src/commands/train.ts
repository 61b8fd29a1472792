/** `nabla train LAB`: a lab's run with a folder, a progress bar and an end that can be read by people and by programs. */
import {
  findLab,
  flagOf,
  type GivenOptions,
  type Lab,
  type LabResult,
  labs,
  type OptionSpec,
  type PresetName,
  resolveOptions,
  shownDefault,
} from '@nabla/labs'
import { Command, Option } from 'commander'
import { NablaError } from 'nabla'
import { chooseDevice } from '../device.js'
import { duration, progressView } from '../progress.js'
import { RunFolder, type RunRecord } from '../run-folder.js'
import { begin, defined, type Prepared, perform, seedSpec } from '../running.js'

/** The labs that this command runs; `nabla lab run` runs them all. */
const trained = labs.filter((lab) => lab.trains)

interface Common {
  readonly preset?: PresetName
  readonly device?: string
  readonly seed?: string
  readonly out?: string
  readonly json?: boolean
  readonly resume?: string
}
/** What the command line gives: texts by option, the lab's own and the common ones. */
type Given = Common & { readonly [option: string]: string | boolean | undefined }
const commonNames = ['preset', 'device', 'seed', 'out', 'json', 'resume'] as const

/** The `train` command; `finish` is handed the exit code. */
export function trainCommand(finish: (code: number) => void): Command {
  const train = new Command('train')
    .description("train a lab's model on real data and keep everything in a folder")
    .usage('<lab> [options]')
    .argument('[lab]', `one of: ${trained.map((lab) => lab.id).join(', ')}`)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      `\nLabs:\n${trained.map((lab) => `  ${lab.id.padEnd(10)} ${lab.title}`).join('\n')}\n\n"nabla train <lab> --help" shows the settings of a lab.`,
    )
    .action((name: string | undefined) => {
      if (name === undefined)
        throw new NablaError('argument', `which lab? Known: ${trained.map((lab) => lab.id).join(', ')}, as in: nabla train lenet`)
      const lab = findLab(name)
      throw new NablaError('argument', `the lab ${lab.id} trains no model that could be gone on with: nabla lab run ${lab.id}`)
    })
  for (const lab of trained) train.addCommand(labCommand(lab, finish))
  return train
}

function labCommand(lab: Lab, finish: (code: number) => void): Command {
  const command = new Command(lab.id).description(lab.title)
  for (const [name, spec] of Object.entries(lab.options)) command.addOption(flag(name, spec))
  return command
    .addOption(
      new Option('--preset <name>', 'smoke: seconds, to see that all works; quick: minutes; full: as in the notes').choices([
        'smoke',
        'quick',
        'full',
      ]),
    )
    .option('--device <name>', 'auto, native (compiled C), wasm or js (default: $NABLA_DEVICE, else auto)')
    .option('--seed <n>', `${seedSpec.help} (default: 0)`)
    .option('--out <dir>', `the run's folder (default: runs/${lab.id}-<date>)`)
    .option('--resume <run>', 'go on with a run that was stopped: its folder')
    .option('--json', 'end with one JSON object on standard output; all else goes to standard error')
    .action(async (given: Given) => {
      finish(await train(lab, given))
    })
}

function flag(name: string, spec: OptionSpec): Option {
  const many = spec.kind === 'numbers' ? ',...' : ''
  const value = spec.kind === 'choice' ? spec.values.join('|') : spec.kind === 'boolean' ? 'true|false' : spec.whole ? 'n' : 'x'
  return new Option(`${flagOf(name)} <${value}${many}>`, `${spec.help} (default: ${shownDefault(spec)})`)
}

/** Gives the event loop a turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs a lab with options as the command line has them (texts), and gives the exit code. Exported for tests. */
export async function train(lab: Lab, given: Given): Promise<number> {
  const own = Object.fromEntries(
    Object.entries(given).filter(([name]) => !(commonNames as readonly string[]).includes(name)),
  ) as GivenOptions
  await breathe() // The modules have just been loaded, the device's runtime comes next.
  const { preset = 'quick', seed, device, out } = given
  const prepared =
    given.resume === undefined ? await begin(lab, { preset, own, seed, device, out }) : await goOn(lab, own, given, given.resume)
  const { folder, record } = prepared
  const describe = ({ summary }: LabResult) => ({ lab: lab.id, device: record.device, ...summary, run: folder.path })
  const { result, json, code } = await perform(lab, prepared, progressView(process.stderr), describe)
  const say = given.json ? process.stderr : process.stdout
  say.write(result.stopped ? stoppedText(lab, folder.path) : finishedText(json, folder.path))
  if (given.json) process.stdout.write(`${JSON.stringify(json)}\n`)
  return code
}

/** Settings that may change when a run goes on. */
const changeable = ['epochs']

async function goOn(lab: Lab, own: GivenOptions, given: Common, path: string): Promise<Prepared> {
  const changed = Object.keys(defined(own)).filter((name) => !changeable.includes(name))
  for (const name of ['preset', 'seed', 'out'] as const) if (given[name] !== undefined) changed.push(name)
  if (changed.length)
    throw new NablaError(
      'argument',
      `${changed.map(flagOf).join(', ')} cannot be given with --resume: a run goes on with its own settings; ${changeable.map(flagOf).join(', ')} and --device may change`,
    )
  const device = await chooseDevice(given.device)
  const { folder, record, checkpoint } = await RunFolder.resume(path)
  if (record.lab !== lab.id) {
    await folder.close()
    throw new NablaError('argument', `${path} is a run of the lab ${record.lab}: nabla train ${record.lab} --resume ${path}`)
  }
  const { seed, ...before } = record.options
  const options = resolveOptions(lab.options, { ...before, ...defined(own) })
  const next: RunRecord = { ...record, device, options: { ...defined(options), seed: seed ?? 0 }, status: 'running' }
  await folder.record(next)
  return { folder, record: next, resume: checkpoint }
}

const stoppedText = (lab: Lab, path: string): string => `Stopped and saved. To go on:  nabla train ${lab.id} --resume ${path}\n`

function finishedText(json: Readonly<Record<string, unknown>>, path: string): string {
  const share = (name: string): string => (typeof json[name] === 'number' ? `${(100 * json[name]).toFixed(2)} %` : '')
  const lines = [
    ['test accuracy', share('test_accuracy')],
    ['train accuracy', share('train_accuracy')],
    ['train loss', typeof json.train_loss === 'number' ? json.train_loss.toFixed(4) : ''],
    [
      'time',
      typeof json.seconds === 'number' ? `${duration(json.seconds)}, ${Math.round(Number(json.images_per_second))} images/s` : '',
    ],
    ['run', `${path} (loss.svg, accuracy.svg, confusion.svg, metrics.jsonl, model.safetensors)`],
  ]
  return `${lines
    .filter(([, value]) => value)
    .map(([name, value]) => `${name!.padEnd(15)} ${value}`)
    .join('\n')}\n`
}
