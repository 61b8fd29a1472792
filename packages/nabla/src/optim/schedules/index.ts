/** Schedules of learning rates. */
export { ChainedScheduler, SequentialLR } from './combined.js'
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, type CosineOptions, type RestartOptions } from './cosine.js'
export { type AnnealStrategy, CyclicLR, type CyclicOptions, OneCycleLR, type OneCycleOptions, type PerGroup } from './cycle.js'
export {
  type DecayOptions,
  ExponentialLR,
  LambdaLR,
  type LRLambda,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  type PolynomialOptions,
  StepLR,
} from './decay.js'
export { type PlateauOptions, ReduceLROnPlateau } from './plateau.js'
export {
  LRScheduler,
  type Moment,
  type Schedule,
  type Scheduled,
  type ScheduledGroup,
  type ScheduleOptions,
  type ScheduleRule,
  type ScheduleState,
} from './schedule.js'
export { SWALR, type SWAOptions } from './swa.js'
export { ConstantLR, type ConstantOptions, LinearLR, type LinearOptions, warmup, type WarmupOptions } from './warmup.js'
