/** Assignment 3: the forward process of a diffusion model (Ho et al. 2020), x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) noise. */
import { linspace, type Tensor } from 'nabla'
import type { Arguments } from '../golden/call.js'
import { type FunctionTable, need } from './table.js'

const float64 = { dtype: 'float64' } as const

/** betas [timesteps] from a curve that abar falls along, sampled at timesteps + 1 points and scaled to begin at 1. */
function along(abar: Tensor, betaMax: number): Tensor {
  const steps = abar.shape[0]! - 1
  return abar
    .slice(0, 1)
    .div(abar.slice(0, 0, steps))
    .neg()
    .add(1)
    .clamp(0, betaMax)
}

const schedules: Readonly<Record<string, (steps: number, options: Arguments) => Tensor>> = {
  linear: (steps, { beta_start = 1e-4, beta_end = 0.02 }) =>
    linspace((beta_start * 1000) / steps, (beta_end * 1000) / steps, steps, float64),
  // Nichol and Dhariwal 2021
  cosine: (steps, { s = 0.008, beta_max = 0.999 }) => {
    const u = linspace(0, 1, steps + 1, float64)
    return along(
      u
        .add(s)
        .mul(Math.PI / 2 / (1 + s))
        .cos()
        .square(),
      beta_max,
    )
  },
  // Jabri, Fleet and Chen 2022
  sigmoid: (steps, { start = -3, end = 3, tau = 1, beta_max = 0.999 }) => {
    const curve = linspace(0, 1, steps + 1, float64)
      .mul(end - start)
      .add(start)
      .div(tau)
      .sigmoid()
    const [first, last] = [curve.slice(0, 0, 1), curve.slice(0, steps)]
    return along(curve.sub(last).div(first.sub(last)), beta_max)
  },
}

export const diffusion: FunctionTable = {
  q_sample: (inputs, params) => {
    const { timesteps, beta_schedule = 'sigmoid', ...options } = params
    const betas = schedules[beta_schedule]?.(timesteps, options)
    if (!betas) throw new Error(`no such schedule: ${beta_schedule}; there are ${Object.keys(schedules).join(', ')}`)
    const x = need(inputs, 'x_start')
    const abar = betas
      .neg()
      .add(1)
      .cumprod(0)
      .indexSelect(0, need(inputs, 't'))
      .reshape([-1, ...x.shape.slice(1).fill(1)])
    const [kept, added] = [abar.sqrt(), abar.neg().add(1).sqrt()].map((scale) => scale.type(x.dtype)) as [Tensor, Tensor]
    return { x_t: kept.mul(x).add(added.mul(need(inputs, 'noise'))) }
  },
}
