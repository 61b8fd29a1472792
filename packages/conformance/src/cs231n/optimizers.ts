/** Assignment 2: one step of an optimizer, whose state is given and returned. */
import { tensor, type Tensor, zerosLike } from 'nabla'
import { Adam, type OptimizerState, RMSprop, SGD } from 'nabla/optim'
import { type FunctionTable, type Inputs, need } from './table.js'

/** What a step needs of an optimizer. */
interface Stepping {
  stateDict(): OptimizerState
  loadStateDict(state: OptimizerState): void
  step(): void
}

/** One step of the library's optimizer from the given weights, gradient and state. */
function step(
  inputs: Inputs,
  make: (params: Tensor[]) => Stepping,
  state: Readonly<Record<string, Tensor>> = {},
  gradient = need(inputs, 'dw'),
): { next: Tensor; state: Readonly<Record<string, Tensor>> } {
  const weight = need(inputs, 'w').clone().detach().requiresGrad_()
  const optimizer = make([weight])
  optimizer.loadStateDict({ ...optimizer.stateDict(), state: { 0: state } })
  weight.grad = gradient
  optimizer.step()
  return { next: weight.detach(), state: optimizer.stateDict().state[0] ?? {} }
}

export const optimizers: FunctionTable = {
  sgd: (inputs, { learning_rate = 0.01 }) => ({ next_w: step(inputs, (params) => new SGD(params, { lr: learning_rate })).next }),
  // Here the rate is inside of the velocity, and the velocity is added: the library's buffer is its negative, fed with rate times gradient.
  sgd_momentum: (inputs, { learning_rate = 0.01, momentum = 0.9 }) => {
    const velocity = inputs['velocity'] ?? zerosLike(need(inputs, 'w'))
    const { next, state } = step(
      inputs,
      (params) => new SGD(params, { lr: 1, momentum }),
      { momentumBuffer: velocity.neg() },
      need(inputs, 'dw').mul(learning_rate),
    )
    return { next_w: next, velocity: momentum === 0 ? next.sub(need(inputs, 'w')) : state['momentumBuffer']!.neg() }
  },
  rmsprop: (inputs, { learning_rate = 0.01, decay_rate = 0.99, epsilon = 1e-8 }) => {
    const { next, state } = step(
      inputs,
      (params) => new RMSprop(params, { lr: learning_rate, alpha: decay_rate, eps: epsilon }),
      { squareAvg: inputs['cache'] ?? zerosLike(need(inputs, 'w')) },
    )
    return { next_w: next, cache: state['squareAvg']! }
  },
  adam: (inputs, { learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, t = 0 }) => {
    const { next, state } = step(
      inputs,
      (params) => new Adam(params, { lr: learning_rate, betas: [beta1, beta2], eps: epsilon }),
      {
        expAvg: inputs['m'] ?? zerosLike(need(inputs, 'w')),
        expAvgSq: inputs['v'] ?? zerosLike(need(inputs, 'w')),
        step: tensor(t),
      },
    )
    return { next_w: next, m: state['expAvg']!, v: state['expAvgSq']!, t: t + 1 }
  },
}
