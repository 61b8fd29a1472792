/** A run's state taken and put back: everything that the next step depends on. */
import { defaultDevice } from '../compiler/devices.js'
import { NablaError } from '../core/errors.js'
import type { OptimizerState } from '../optim/optimizer.js'
import { randomPosition, setRandomPosition } from '../tensor/random.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Checkpoint, Tensors } from './checkpoint.js'
import type { Monitor } from './monitor.js'
import type { StepOptimizer, TrainerOptions } from './options.js'
import type { Plain } from './plain.js'
import type { Position } from './position.js'
import type { Rates } from './rates.js'

/** What a snapshot is taken of. */
export interface Parts<Batch> {
  readonly options: TrainerOptions<Batch>
  readonly position: Position
  readonly rates: Rates
  readonly monitor: Monitor
}

/** `3.momentumBuffer`: the tensor of that name for the fourth parameter. */
const optimizerTensors = (state: OptimizerState): Tensors =>
  Object.fromEntries(
    Object.entries(state.state).flatMap(([at, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [`${at}.${name}`, tensor]),
    ),
  )

function loadOptimizer(optimizer: StepOptimizer, tensors: Tensors, groups: Plain): void {
  const state: Record<string, Record<string, Tensor>> = {}
  for (const [path, tensor] of Object.entries(tensors)) {
    const dot = path.indexOf('.')
    const own = (state[path.slice(0, dot)] ??= {})
    own[path.slice(dot + 1)] = tensor
  }
  const { paramGroups } = optimizer.stateDict()
  optimizer.loadStateDict({ paramGroups: (groups as unknown as typeof paramGroups | undefined) ?? paramGroups, state })
}

/** Where the random streams of all devices that the run draws on stand. */
export function randomPositions({ model }: { readonly model: { parameters(): Tensor[] } }): Record<string, Plain> {
  const devices = new Set([defaultDevice(), 'js', ...model.parameters().map(({ device }) => device)])
  return Object.fromEntries([...devices].map((device) => [device, randomPosition(device)]))
}

/** Puts random streams where `randomPositions` found them. */
export function setRandomPositions(positions: Plain): void {
  for (const [device, position] of Object.entries((positions ?? {}) as Record<string, ReturnType<typeof randomPosition>>))
    setRandomPosition(device, position)
}

/** The run as it stands. Its tensors are the run's own. */
export function takeSnapshot<Batch>({ options, position, rates, monitor }: Parts<Batch>): Checkpoint {
  const { model, optimizer, average, trainMetrics = {} } = options
  const remembered = optimizer.stateDict()
  return {
    model: model.stateDict(),
    optimizer: optimizerTensors(remembered),
    ...(average && { average: average.stateDict() }),
    state: {
      ...position.state,
      optimizer: remembered.paramGroups as unknown as Plain,
      batches: Number.isFinite(options.train.length) ? options.train.length : undefined,
      schedule: rates.state,
      monitor: monitor.state,
      random: randomPositions(options),
      metrics: Object.fromEntries(Object.entries(trainMetrics).map(([name, metric]) => [name, metric.stateDict() as Plain])),
    },
    seconds: position.seconds,
  }
}

/** Goes on where a snapshot was taken. Throws NablaError('data') where it does not fit the run's parts. */
export function putBack<Batch>({ options, position, rates, monitor }: Parts<Batch>, checkpoint: Checkpoint): void {
  const { model, optimizer, average, trainMetrics = {} } = options
  const { state } = checkpoint
  for (const name of ['step', 'epoch', 'batch'] as const)
    if (typeof state[name] !== 'number')
      throw new NablaError('data', `[Trainer] the checkpoint does not say at which ${name} the run stopped`, { name })
  if (average && !checkpoint.average)
    throw new NablaError('data', '[Trainer] the checkpoint holds no average of the weights: the run was begun without one')
  const { length } = options.train
  if (state.batch !== 0 && state.batches !== undefined && Number.isFinite(length) && length !== state.batches)
    throw new NablaError(
      'data',
      `[Trainer] the checkpoint was made within an epoch of ${state.batches} batches, the loader has ${length}: the rest of that epoch would not be the same`,
      { expected: state.batches, given: length },
    )
  model.loadStateDict(checkpoint.model)
  loadOptimizer(optimizer, checkpoint.optimizer, state.optimizer)
  if (average) average.loadStateDict(checkpoint.average!)
  position.restore(state, checkpoint.seconds)
  if (state.schedule !== undefined) rates.state = state.schedule
  if (state.monitor !== undefined) monitor.state = state.monitor
  const metrics = (state.metrics ?? {}) as Readonly<Record<string, Plain>>
  for (const [name, metric] of Object.entries(trainMetrics))
    if (metrics[name] !== undefined) metric.loadStateDict(metrics[name] as never)
  setRandomPositions(state.random)
}
