/** `nabla predict IMAGE`: what a trained model takes pictures for. */
import { findLab, resolveOptions } from '@nabla/labs'
import { Command } from 'commander'
import { NablaError } from 'nabla'
import { chooseDevice } from '../device.js'
import { latestRun, readRecord, readWeights } from '../run-folder.js'

interface Options {
  readonly model?: string
  readonly top: string
  readonly device?: string
  readonly json?: boolean
}

export function predictCommand(): Command {
  return new Command('predict')
    .description('name what pictures show, with a model that was trained here')
    .argument('<image...>', 'PNG or JPEG files of any size; dark on light or light on dark')
    .option('--model <run>', "a run's folder (default: the one in runs/ that was written last)")
    .option('--top <n>', 'how many classes to show', '3')
    .option('--device <name>', 'auto, native, wasm or js')
    .option('--json', 'one JSON object a picture')
    .addHelpText(
      'after',
      `
A digit is found in its picture, made white on black, fitted into 20x20 pixels and centred by its mass, as MNIST's makers did;
clothes are fitted into the whole 28x28. So a photo of a digit on paper works as well as one of the data set's own images.`,
    )
    .action(predict)
}

async function predict(images: readonly string[], options: Options): Promise<void> {
  const { top } = resolveOptions({ top: { kind: 'number', whole: true, atLeast: 1, default: 3, help: '' } }, { top: options.top })
  await chooseDevice(options.device)
  const run = options.model ?? (await latestRun())
  if (run === undefined)
    throw new NablaError(
      'argument',
      'there is no trained model in runs/: train one with "nabla train lenet", or name a run with --model',
    )
  const record = await readRecord(run)
  const lab = findLab(record.lab)
  if (!lab.predictor) throw new NablaError('argument', `the lab ${lab.id} does not name pictures`)
  const { seed: _, ...settings } = record.options
  const classify = lab.predictor(resolveOptions(lab.options, settings), await readWeights(run))
  if (options.model === undefined) process.stderr.write(`model: ${run}\n`)

  const { readImage } = await import('../image.js')
  for (const path of images) {
    const classes = await classify(await readImage(path))
    if (options.json) process.stdout.write(`${JSON.stringify({ image: path, classes })}\n`)
    else {
      const best = classes.slice(0, top)
      const width = Math.max(...best.map(({ name }) => name.length))
      const lines = best.map(({ name, probability }) => `  ${name.padEnd(width)} ${(100 * probability).toFixed(1).padStart(5)} %`)
      process.stdout.write(`${images.length > 1 ? `${path}\n` : ''}${lines.join('\n')}\n`)
    }
  }
}
