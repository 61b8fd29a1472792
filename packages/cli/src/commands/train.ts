/** `nabla train LAB`: a lab's run with a folder, a progress bar and an end that can be read by people and by programs. */
import {
  confusionChart,
  findLab,
  flagOf,
  type GivenOptions,
  type Lab,
  type LabContext,
  labs,
  lineChart,
  type OptionSpec,
  type Plot,
  type PresetName,
  resolveOptions,
} from '@nabla/labs'
import { Command, Option } from 'commander'
import { manualSeed, NablaError } from 'nabla'
import { chooseDevice } from '../device.js'
import { exitCodes } from '../errors.js'
import { duration, progressView } from '../progress.js'
import { RunFolder, type RunRecord } from '../run-folder.js'
import { version } from '../version.js'

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

const seedSpec = {
  kind: 'number',
  whole: true,
  atLeast: 0,
  default: 0,
  help: 'of the first weights and the order of the data; the same seed gives the same bits',
} as const

/** The `train` command; `finish` is handed the exit code. */
export function trainCommand(finish: (code: number) => void): Command {
  const train = new Command('train')
    .description("train a lab's model on real data and keep everything in a folder")
    .usage('<lab> [options]')
    .argument('[lab]', `one of: ${labs.map((lab) => lab.id).join(', ')}`)
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      'after',
      `\nLabs:\n${labs.map((lab) => `  ${lab.id.padEnd(10)} ${lab.title}`).join('\n')}\n\n"nabla train <lab> --help" shows the settings of a lab.`,
    )
    .action((name: string | undefined) => {
      if (name === undefined)
        throw new NablaError('argument', `which lab? Known: ${labs.map((lab) => lab.id).join(', ')}, as in: nabla train lenet`)
      findLab(name) // throws, for known names are commands of their own
    })
  for (const lab of labs) train.addCommand(labCommand(lab, finish))
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
  const value = spec.kind === 'choice' ? spec.values.join('|') : spec.whole ? 'n' : 'x'
  const preset = spec.kind === 'number' ? (spec.default ?? spec.shown ?? 'chosen by the lab') : spec.default
  return new Option(`${flagOf(name)} <${value}>`, `${spec.help} (default: ${preset})`)
}

interface Prepared {
  readonly folder: RunFolder
  readonly record: RunRecord
  readonly resume: LabContext<unknown>['resume']
}

/** Gives the event loop a turn. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Runs a lab with options as the command line has them (texts), and gives the exit code. Exported for tests. */
export async function train(lab: Lab, given: Given): Promise<number> {
  const own = Object.fromEntries(
    Object.entries(given).filter(([name]) => !(commonNames as readonly string[]).includes(name)),
  ) as GivenOptions
  await breathe() // The modules have just been loaded, the device's runtime comes next.
  const { folder, record, resume } =
    given.resume === undefined ? await begin(lab, own, given) : await goOn(lab, own, given, given.resume)
  const options = resolveOptions(
    lab.options,
    Object.fromEntries(Object.entries(record.options).filter(([name]) => name !== 'seed')),
  )
  const say = given.json ? process.stderr : process.stdout
  const view = progressView(process.stderr)
  const stop = stopping((text) => view.line(text))

  view.line(
    `${lab.title} on ${record.device}: ${Object.entries(record.options)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  )
  manualSeed(Number(record.options.seed))
  try {
    const result = await lab.run({
      options,
      seed: Number(record.options.seed),
      signal: stop.signal,
      resume,
      report: view.report,
      progress: (progress) => view.show(progress),
      metrics: (row) => folder.metrics(row),
      history: () => folder.history,
      log: (text) => view.line(text),
      plot: (name, plot) => folder.picture(name, draw(plot)),
      save: (checkpoint) => folder.save(checkpoint),
    })
    view.end()
    const json = { lab: lab.id, device: record.device, ...result.summary, run: folder.path }
    await folder.record({ ...record, status: result.stopped ? 'stopped' : 'finished', result: json })
    say.write(result.stopped ? stoppedText(lab, folder.path) : finishedText(json, folder.path))
    if (given.json) process.stdout.write(`${JSON.stringify(json)}\n`)
    return result.stopped ? stop.code() : exitCodes.well
  } catch (error) {
    view.end()
    await folder.record({ ...record, status: 'failed', error: String((error as Error).message) }).catch(() => {})
    if (error instanceof NablaError && error.kind === 'training')
      view.line(`kept in ${folder.path}: the last good checkpoint, and metrics up to the step that failed`)
    throw error
  } finally {
    stop.forget()
    await folder.close()
  }
}

async function begin(lab: Lab, own: GivenOptions, given: Common): Promise<Prepared> {
  const preset = given.preset ?? 'quick'
  const options = resolveOptions(lab.options, { ...lab.presets[preset], ...defined(own) })
  const { seed } = resolveOptions({ seed: seedSpec }, { seed: given.seed })
  const device = await chooseDevice(given.device)
  const folder = await RunFolder.create(lab.id, given.out)
  const record: RunRecord = {
    lab: lab.id,
    preset,
    options: { ...defined(options), seed },
    device,
    version,
    started: new Date().toISOString(),
    status: 'running',
  }
  await folder.record(record)
  return { folder, record, resume: undefined }
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

const defined = (options: GivenOptions): Record<string, string | number> =>
  Object.fromEntries(Object.entries(options).filter((entry): entry is [string, string | number] => entry[1] !== undefined))

const draw = (plot: Plot): string => (plot.kind === 'lines' ? lineChart(plot) : confusionChart(plot))

/** Ctrl-C once: finish the step, save, end. Twice: end at once. */
function stopping(say: (text: string) => void): { signal: AbortSignal; code(): number; forget(): void } {
  const controller = new AbortController()
  let code: number = exitCodes.interrupted
  const on = (next: number) => (): void => {
    if (controller.signal.aborted) process.exit(next)
    code = next
    say('stopping: the step is finished and saved; once more ends at once')
    controller.abort()
  }
  const [interrupt, terminate] = [on(exitCodes.interrupted), on(exitCodes.terminated)]
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', terminate)
  return {
    signal: controller.signal,
    code: () => code,
    forget() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    },
  }
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
