/** Learning rates over a run, and averages of a noisy row of numbers. */
import { zeros } from 'nabla'
import { SampleRandom } from 'nabla/data'
import {
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  OneCycleLR,
  type Schedule,
  SGD,
  StepLR,
} from 'nabla/optim'

const schedules: Readonly<Record<string, (optimizer: SGD, steps: number) => Schedule>> = {
  'step: halved every fifth': (optimizer, steps) => new StepLR(optimizer, Math.ceil(steps / 5), { gamma: 0.5 }),
  exponential: (optimizer, steps) => new ExponentialLR(optimizer, 0.01 ** (1 / steps)),
  cosine: (optimizer, steps) => new CosineAnnealingLR(optimizer, steps),
  'cosine, warm restarts': (optimizer, steps) => new CosineAnnealingWarmRestarts(optimizer, Math.ceil(steps / 7), { tMult: 2 }),
  'one cycle': (optimizer, steps) => new OneCycleLR(optimizer, 1, { totalSteps: steps }),
}

/** The learning rate at each of `steps` steps, by schedule; the highest is 1. */
export function ratesOver(steps: number): { name: string; rates: number[] }[] {
  return Object.entries(schedules).map(([name, make]) => {
    const weight = zeros([1])
    weight.requiresGrad = true
    const optimizer = new SGD([weight], { lr: 1, momentum: 0.9 })
    const schedule = make(optimizer, steps)
    const rates = Array.from({ length: steps }, (_, i) => {
      const { lr } = optimizer
      if (i + 1 < steps) schedule.step()
      return lr
    })
    return { name, rates }
  })
}

/** A noisy wave, its moving averages with decay `beta`, and the same corrected for their start at 0. */
export function averages(count: number, beta: number, seed: number): { noisy: number[]; plain: number[]; corrected: number[] } {
  const random = new SampleRandom(seed, 0, 0)
  const noisy = Array.from({ length: count }, (_, i) => 1 + 0.5 * Math.sin((2 * Math.PI * i) / count) + 0.3 * random.normal())
  let mean = 0
  const plain = noisy.map((value) => (mean = beta * mean + (1 - beta) * value))
  return { noisy, plain, corrected: plain.map((value, i) => value / (1 - beta ** (i + 1))) }
}
