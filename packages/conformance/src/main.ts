/** `npm run conformance`: runs recorded cases, a line for every failure, a count at the end. */
import { Command, CommanderError, Option } from 'commander'
import { describeDevices, NablaError, setDefaultDevice } from 'nabla'
import { BadInput, type Case, labelOf } from './case.js'
import { casesAt } from './disk.node.js'
import { progressOf } from './progress.js'
import { runCases } from './run.js'

interface Options {
  readonly device: string
  readonly target: string
  readonly filter?: string
  readonly batch: string
}

export interface Out {
  write(text: string): unknown
}

/** Runs with these arguments; the exit code: 0 if all passed, 1 if any failed, 2 if there was nothing to run or the arguments are wrong. */
export async function main(args: readonly string[], out: Out = process.stdout, errors: Out = process.stderr): Promise<number> {
  const command = new Command('conformance')
    .description('Runs cases recorded with PyTorch, or checks of CS231n, against the library.')
    .argument('<paths...>', 'folders with a manifest.json (golden format), JSON files in the CS231n format, or folders of such')
    .option('--device <name>', `where to compute: ${['auto', ...describeDevices().map(({ name }) => name)].join(', ')}`, 'auto')
    .addOption(
      new Option(
        '--target <what>',
        "what is checked: the library, or the labs' layers from scratch (CS231n, assignments 1 and 2)",
      )
        .choices(['library', 'scratch'])
        .default('library'),
    )
    .option('--filter <regex>', 'only cases whose group/name matches')
    .option('--batch <n>', 'cases that are computed together', '50')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => errors.write(text) })
  try {
    command.parse(args, { from: 'user' })
    const { device, target, filter, batch } = command.opts<Options>()
    setDefaultDevice(device === 'auto' ? (process.env['NABLA_DEVICE'] ?? 'auto') : device)
    const { cases, outside } = await chosen(command.args, target, filter)
    return await run(cases, outside, wholeNumber('--batch', batch), out)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof BadInput || error instanceof NablaError)) throw error
    errors.write(`${error.message.replaceAll('\n', ' ')}\n`)
    return 2
  }
}

function wholeNumber(option: string, given: string): number {
  const value = Number(given)
  if (!Number.isInteger(value) || value < 1) throw new BadInput(`${option} is ${given}; expected a whole number of 1 or more`)
  return value
}

/** The cases to run, and how many of those that were asked for do not belong to the target. */
async function chosen(
  paths: readonly string[],
  target: string,
  filter: string | undefined,
): Promise<{ cases: readonly Case[]; outside: number }> {
  const pattern = filter === undefined ? undefined : patternOf(filter)
  const scratch = target === 'scratch' ? await import('./cs231n/scratch.js') : undefined
  const cases = (await Promise.all(paths.map((path) => casesAt(path, scratch?.scratchFunctions)))).flat()
  if (cases.length === 0) throw new BadInput(`${paths.join(', ')}: there are no cases`)
  const matching = pattern ? cases.filter((one) => pattern.test(labelOf(one))) : cases
  if (matching.length === 0) throw new BadInput(`none of the ${cases.length} cases matches ${filter}`)
  const belonging = scratch ? matching.filter(({ assignment }) => scratch.isFromScratch(assignment)) : matching
  if (belonging.length === 0) throw new BadInput(`none of the ${matching.length} cases is of CS231n's assignments 1 and 2`)
  return { cases: belonging, outside: matching.length - belonging.length }
}

function patternOf(filter: string): RegExp {
  try {
    return new RegExp(filter)
  } catch (error) {
    throw new BadInput(`--filter: ${(error as Error).message}`)
  }
}

async function run(cases: readonly Case[], outside: number, batch: number, out: Out): Promise<number> {
  const progress = progressOf(cases.length)
  const outcomes = await runCases(cases, {
    batch,
    onOutcome: ({ case: one, failure }) => {
      if (failure !== undefined) {
        progress.hide()
        out.write(`FAILED ${labelOf(one)} (${one.call}): ${failure.replaceAll('\n', ' ')}\n`)
      }
      progress.advance(failure !== undefined)
    },
  })
  progress.hide()
  const left = outside ? `; ${outside} not run: not of CS231n's assignments 1 and 2` : ''
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length
  out.write(`${outcomes.length - failed} passed, ${failed} failed${left}\n`)
  return failed ? 1 : 0
}
