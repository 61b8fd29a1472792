/** The labs by name, and what a face needs to show and run them. */
import { unknownName } from 'nabla'
import type { Lab } from './lab.js'
import { lenet } from './lenet/index.js'

export {
  type Chapter,
  type Checkpoint,
  chapters,
  type ExportedModel,
  type Lab,
  type LabContext,
  type LabResult,
  type MetricsRow,
  type Prediction,
  type PresetName,
  type Progress,
  type Table,
  type Target,
} from './lab.js'
export {
  allowed,
  flagOf,
  type GivenOptions,
  type OptionSpec,
  type OptionSpecs,
  type OptionValue,
  type OptionValues,
  resolveOptions,
  shownDefault,
  showValue,
} from './options.js'
export { addResult, type MachineRecord, parseResults, type ResultRecord, resultsText } from './results/record.js'
export {
  askedText,
  figureText,
  groupOf,
  reaches,
  type ResultChapter,
  type ResultGroup,
  type ResultRow,
  resultChapters,
  resultsMarkdown,
} from './results/table.js'
export { type FitOptions, fitShape, type GreyImage, type RgbaImage, toGrey } from './grey.js'
export { type ClassifierRun, trainClassifier } from './training/classifier.js'
export { type Evaluation, evaluator } from './training/evaluate.js'
export { lenet }

/** All labs; `nabla lab list` shows them by chapter, in this order. */
export const labs: readonly Lab[] = [
  // Foundations
  // CS231n, from scratch
  // Convolutional networks
  lenet,
]

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
