/** An optimizer's memory as named tensors, the form that checkpoints have. */
import type { Tensor } from 'nabla'
import type { OptimizerState } from 'nabla/optim'

/** What a training loop asks of an optimizer; those of `nabla/optim` all are such. */
export interface StepOptimizer {
  lr: number
  zeroGrad(): void
  step(): void
  stateDict(): OptimizerState
  loadStateDict(state: OptimizerState): void
}

/** `3.momentumBuffer`: the tensor of that name for the fourth parameter. */
export function optimizerTensors(optimizer: StepOptimizer): Record<string, Tensor> {
  const entries = Object.entries(optimizer.stateDict().state)
  return Object.fromEntries(
    entries.flatMap(([at, tensors]) => Object.entries(tensors).map(([name, tensor]) => [`${at}.${name}`, tensor])),
  )
}

/** Gives back what `optimizerTensors` took; settings stay the optimizer's own. */
export function loadOptimizerTensors(optimizer: StepOptimizer, tensors: Readonly<Record<string, Tensor>>): void {
  const state: Record<string, Record<string, Tensor>> = {}
  for (const [path, tensor] of Object.entries(tensors)) {
    const dot = path.indexOf('.')
    const at = path.slice(0, dot)
    state[at] ??= {}
    state[at][path.slice(dot + 1)] = tensor
  }
  optimizer.loadStateDict({ ...optimizer.stateDict(), state })
}
