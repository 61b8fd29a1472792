/** The labs by name, and what a face needs to show and run them. */
import { unknownName } from 'nabla'
import type { Lab } from './lab.js'
import { lenet } from './lenet/index.js'

export type { Checkpoint, Lab, LabContext, LabResult, MetricsRow, Plot, Prediction, PresetName, Progress } from './lab.js'
export { flagOf, type GivenOptions, type OptionSpec, type OptionSpecs, type OptionValues, resolveOptions } from './options.js'
export { type ConfusionChart, confusionChart } from './pictures/confusion.js'
export { type FitOptions, fitShape, type GreyImage, type RgbaImage, toGrey } from './pictures/grey.js'
export { type LineChart, lineChart, type Series } from './pictures/lines.js'
export { type ClassifierRun, trainClassifier } from './training/classifier.js'
export { type Evaluation, evaluator } from './training/evaluate.js'
export { lenet }

export const labs: readonly Lab[] = [lenet as unknown as Lab]

/** The lab of that name; NablaError('argument') with the nearest one when there is none. */
export function findLab(id: string): Lab {
  const lab = labs.find((known) => known.id === id)
  if (!lab)
    throw unknownName(
      'argument',
      'lab',
      id,
      labs.map((known) => known.id),
    )
  return lab
}
