/** `nabla/train`: the training loop, what watches it, and where it keeps its checkpoints. */
export type { Callback, EpochEvent, EvaluationEvent, Figures, Progress, StartEvent, StepEvent, TrainResult } from './callback.js'
export {
  type BestInfo,
  type Checkpoint,
  type CheckpointState,
  type CheckpointStore,
  decodeCheckpoint,
  encodeCheckpoint,
  type Tensors,
} from './checkpoint.js'
export { type CrossValidateOptions, type CrossValidation, crossValidate, type FoldRun } from './kfold.js'
export { type Evaluation, evaluator } from './evaluation.js'
export type {
  Clipping,
  EarlyStopping,
  EvaluatorOptions,
  Every,
  Loader,
  StepOptimizer,
  StepOutput,
  StreamingMetric,
  TrainerOptions,
  TrainMetric,
} from './options.js'
export type { Plain } from './plain.js'
export { metricsRows, type MetricsRow, type RowsOptions } from './rows.js'
export { openRun } from './run.js'
export type { RunFolder, RunNotes } from './run-folder.node.js'
export { type EventSink, openTensorBoard, type TensorBoard, type TensorBoardOptions } from './tensorboard/index.js'
export { type FitOptions, Trainer } from './trainer.js'
export {
  gridSearch,
  type RandomSearchOptions,
  randomSearch,
  type SearchOptions,
  type SearchResult,
  type Trial,
  type TrialRun,
} from './search.js'
export { choice, type Domain, integer, logUniform, type SearchSpace, type SettingsOf, uniform } from './search-space.js'
