/** `nabla export onnx RUN FILE`: a trained model for other engines. */
import { findLab, resolveOptions } from '@nabla/labs'
import { Command } from 'commander'
import { NablaError } from 'nabla'
import { exportOnnx, writeFileAtomic } from 'nabla/io'
import { chooseDevice } from '../device.js'
import { readRecord, readWeights } from '../run-folder.js'

interface Options {
  readonly batch?: string
  readonly opset: string
}

export function exportCommand(): Command {
  const onnx = new Command('onnx')
    .description('the model of a run as an ONNX file, which onnxruntime and others run')
    .argument('<run>', "a run's folder, as nabla train leaves it")
    .argument('<file>', 'the ONNX file')
    .option('--batch <n>', 'a fixed number of inputs in a batch (default: any number)')
    .option('--opset <n>', 'the set of operators, 13 to 21', '17')
    .action(exportRun)
  return new Command('export').description('trained models for other engines').addCommand(onnx)
}

const count = (text: string, option: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new NablaError('argument', `${option} must be a whole number of 1 or more, not ${text}`, { [option]: text })
  return value
}

async function exportRun(run: string, file: string, { batch, opset }: Options): Promise<void> {
  const record = await readRecord(run)
  const lab = findLab(record.lab)
  if (!lab.exported) throw new NablaError('argument', `the lab ${lab.id} has no model to export`)
  await chooseDevice(undefined)
  const { seed: _, ...settings } = record.options
  const { model, input, metadata } = lab.exported(resolveOptions(lab.options, settings), await readWeights(run))
  const fixed = batch === undefined ? undefined : count(batch, '--batch')
  const example = fixed === undefined ? input : input.expand(fixed, ...input.shape.slice(1))
  const bytes = await exportOnnx(model, example, {
    dynamicBatch: fixed === undefined,
    opset: count(opset, '--opset'),
    metadata: { lab: lab.id, ...metadata },
  })
  await writeFileAtomic(file, bytes)
  const shape = [fixed ?? 'any', ...input.shape.slice(1)]
  process.stdout.write(`${file}: ${lab.id}, input [${shape.join(', ')}], ${bytes.length.toLocaleString('en')} bytes\n`)
}
