/** The labs by name, and what a face needs to show and run them. */
import { unknownName } from 'nabla'
import type { Lab } from './lab.js'
import { imageFeatures } from './cs231n/image-features/index.js'
import { knn } from './cs231n/knn/index.js'
import { softmax } from './cs231n/softmax/index.js'
import { svm } from './cs231n/svm/index.js'
import { twoLayerNet } from './cs231n/two-layer-net/index.js'
import { batchnorm } from './cs231n/batchnorm/index.js'
import { convnet } from './cs231n/convnet/index.js'
import { dropout } from './cs231n/dropout/index.js'
import { fullyConnected } from './cs231n/fully-connected/index.js'
import { layernorm } from './cs231n/layernorm/index.js'
import { updateRulesLab } from './cs231n/update-rules/index.js'
import { activationsLab } from './foundations/activations/index.js'
import { linearRegression } from './foundations/linear-regression/index.js'
import { logisticRegression } from './foundations/logistic-regression/index.js'
import { mlp } from './foundations/mlp/index.js'
import { modelSelection } from './foundations/model-selection/index.js'
import { regularisation } from './foundations/regularisation/index.js'
import { softmaxRegression } from './foundations/softmax-regression/index.js'
import { distributionShift } from './foundations/distribution-shift/index.js'
import { housePricesLab } from './foundations/house-prices/index.js'
import { losses } from './foundations/losses/index.js'
import { modules } from './foundations/modules/index.js'
import { numericalStability } from './foundations/numerical-stability/index.js'
import { optimizers } from './foundations/optimizers/index.js'
import { preprocess } from './foundations/preprocess/index.js'
import { threeLevels } from './cs231n/three-levels/index.js'
import { alexnet } from './convolution/alexnet/index.js'
import { augmentation } from './convolution/augmentation/index.js'
import { convBasics } from './convolution/conv-basics/index.js'
import { fineTuning } from './convolution/fine-tuning/index.js'
import { batchnormLenet } from './convolution/batchnorm-lenet/index.js'
import { conv3d } from './convolution/conv3d/index.js'
import { densenet } from './convolution/densenet/index.js'
import { googlenet } from './convolution/googlenet/index.js'
import { lenet } from './convolution/lenet/index.js'
import { nin } from './convolution/nin/index.js'
import { pooling } from './convolution/pooling/index.js'
import { speedrun } from './convolution/speedrun/index.js'
import { resnet } from './convolution/resnet/index.js'
import { spatialTransformer } from './convolution/spatial-transformer/index.js'
import { vgg } from './convolution/vgg/index.js'

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
  preprocess,
  linearRegression,
  logisticRegression,
  softmaxRegression,
  mlp,
  activationsLab,
  modelSelection,
  regularisation,
  numericalStability,
  optimizers,
  losses,
  housePricesLab,
  distributionShift,
  modules,
  // CS231n, from scratch
  knn,
  svm,
  softmax,
  twoLayerNet,
  imageFeatures,
  fullyConnected,
  updateRulesLab,
  batchnorm,
  layernorm,
  dropout,
  convnet,
  threeLevels,
  // Convolutional networks
  convBasics,
  pooling,
  lenet,
  alexnet,
  vgg,
  nin,
  googlenet,
  batchnormLenet,
  resnet,
  densenet,
  spatialTransformer,
  conv3d,
  augmentation,
  fineTuning,
  speedrun,
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
