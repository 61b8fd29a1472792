/** The command `nabla`: what it can do, and how it ends. */
import { Command, CommanderError } from 'commander'
import { convertCommand } from './commands/convert.js'
import { dataCommand } from './commands/data.js'
import { devicesCommand } from './commands/devices.js'
import { exportCommand } from './commands/export.js'
import { inspectCommand } from './commands/inspect.js'
import { labCommand } from './commands/lab.js'
import { predictCommand } from './commands/predict.js'
import { trainCommand } from './commands/train.js'
import { complaint, exitCodes } from './errors.js'
import { version } from './version.js'

const more = `
Examples:
  nabla train lenet                                     LeNet-5 on MNIST, about 20 seconds
  nabla train lenet --data fashion-mnist --epochs 20    on pictures of clothes
  nabla train lenet --activation sigmoid --json         as in 1998, with a last line for programs
  nabla train lenet --resume runs/lenet-2026-01-31-...  go on after Ctrl-C
  nabla lab list                                        chapters of deep learning, each with notes and an experiment
  nabla lab run lenet --preset smoke                    one of them, in seconds
  nabla predict digit.png                               what the model of the last run sees
  nabla devices                                         what this machine offers
  nabla inspect model.safetensors                       names, shapes and statistics of the tensors in a file
  nabla convert model.pt model.safetensors              from one format to another
  nabla export onnx runs/lenet-... lenet.onnx           a trained model for other engines
  nabla data list                                       data sets, and which of them are here

A run's folder holds metrics.jsonl, pictures as SVG and PNG, tables as CSV, the weights as model.safetensors
(PyTorch's names: other tools can load them), and run.json with all settings and results.

Environment:
  NABLA_DEVICE   the device when --device is not given: auto, native, wasm or js
  NABLA_THREADS  threads of the native device (default: one a core); the results are the same, bit for bit
  NABLA_CC       the C compiler of the native device (default: cc, then others)
  NABLA_CACHE    the folder for data sets and compiled kernels (default: nabla in the user's cache folder)
  NABLA_OFFLINE  1 opens no connection for data sets: what is not here is an error that says how to bring it
  NABLA_DEBUG    1 shows the time of every kernel and errors with their stacks, 2 to 5 the compiler at work as well

Exit codes: 0 well, 1 failed, 2 not understood, 130 stopped by Ctrl-C (saved, can be gone on with).`

/** Runs the command line and gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.well
  const program = new Command('nabla')
    .description('Deep learning for TypeScript: train, look, predict.')
    .version(version, '-V, --version', 'the version')
    .helpOption('-h, --help', 'this text; after a command, its own')
    .addCommand(trainCommand((next) => (code = next)))
    .addCommand(labCommand((next) => (code = next)))
    .addCommand(predictCommand())
    .addCommand(devicesCommand())
    .addCommand(inspectCommand())
    .addCommand(convertCommand())
    .addCommand(exportCommand())
    .addCommand(dataCommand((next) => (code = next)))
    .addHelpText('after', more)
  everyCommand(program, (command) => command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) }))
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.well : exitCodes.misused // it has said so itself
    const { text, code } = complaint(error)
    process.stderr.write(`nabla: ${text}\n`)
    return code
  }
}

function everyCommand(command: Command, change: (command: Command) => void): void {
  change(command)
  for (const child of command.commands) everyCommand(child, change)
}
