/** Schedules of learning rates. */
import * as library from 'nabla/optim'
import type { AnyOptimizer, Arguments, SchedulerTable } from '../call.js'
import { camelOptions } from '../names.js'

type Step = { step(value?: number): void }

/** A schedule class; the named keyword arguments are positional here. */
const schedule =
  (Class: new (optimizer: library.Scheduled, ...rest: never[]) => Step, ...positional: readonly string[]) =>
  (optimizer: AnyOptimizer, kwargs: Arguments): Step => {
    const options = Object.entries(kwargs).filter(
      ([name, value]) => !positional.includes(name) && name !== 'verbose' && value !== null,
    )
    const rest = [...positional.map((name) => kwargs[name]), camelOptions(Object.fromEntries(options))]
    return new Class(optimizer as unknown as library.Scheduled, ...(rest as never[]))
  }

const of: SchedulerTable = {
  StepLR: schedule(library.StepLR, 'step_size'),
  MultiStepLR: schedule(library.MultiStepLR, 'milestones'),
  ConstantLR: schedule(library.ConstantLR),
  LinearLR: schedule(library.LinearLR),
  ExponentialLR: schedule(library.ExponentialLR, 'gamma'),
  PolynomialLR: schedule(library.PolynomialLR),
  CosineAnnealingLR: schedule(library.CosineAnnealingLR, 'T_max'),
  CosineAnnealingWarmRestarts: (optimizer, { T_mult = 1, ...rest }) =>
    schedule(library.CosineAnnealingWarmRestarts, 'T_0')(optimizer, { ...rest, t_mult: T_mult }),
  OneCycleLR: schedule(library.OneCycleLR, 'max_lr'),
  CyclicLR: schedule(library.CyclicLR, 'base_lr', 'max_lr'),
  ReduceLROnPlateau: schedule(library.ReduceLROnPlateau as never),
}

export const sched: SchedulerTable = Object.fromEntries(
  Object.entries(of).map(([name, make]) => [`torch.optim.lr_scheduler.${name}`, make]),
)
