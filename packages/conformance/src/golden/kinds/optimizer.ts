/**
 * `optim`: a trajectory on a small regression, loss = mean((tanh(x w1' + b1) w2' + b2 - y)^2), or one clipping of gradients.
 */
import { stack, type Tensor, zeros } from 'nabla'
import type { Check } from '../../case.js'
import { checkValue, within } from '../../compare.js'
import { checkOutputs, load, loadInputs, nameIn } from '../arguments.js'
import type { RecordedGroup, Value } from '../call.js'
import type { Recorded } from '../manifest.js'
import { lookUp, tables } from '../tables.js'

export const optimizer = (entry: Recorded): Check[] =>
  tables.clip.has(entry.call) || !entry.steps ? clipping(entry) : trajectory(entry)

function trajectory(entry: Recorded): Check[] {
  const make = lookUp(tables.optimizer, entry.call)
  const { x, y } = Object.fromEntries(loadInputs(entry))
  const params = Object.fromEntries(Object.entries(entry.params).map(([name, key]) => [name, load(entry, key).requiresGrad_()]))
  const { w1, b1, w2, b2 } = params
  if (!x || !y || !w1 || !b1 || !w2 || !b2) throw new Error('the case has not the inputs x, y and the parameters w1, b1, w2, b2')
  const optimizer = make(groupsOf(entry, params), entry.kwargs)
  const all = Object.values(params)

  const losses: Tensor[] = []
  const path: Record<string, Tensor[]> = {}
  const gradients: Record<string, Tensor[]> = {}
  for (let step = 0; step < entry.steps!; step++) {
    optimizer.zeroGrad()
    const hidden = x.matmul(w1.t()).add(b1).tanh()
    const loss = hidden.matmul(w2.t()).add(b2).sub(y).square().mean()
    loss.backward()
    if (entry.clip_grad_norm_) lookUp(tables.clip, 'torch.nn.utils.clip_grad_norm_')(all, entry.clip_grad_norm_)
    losses.push(loss.detach())
    for (const [name, p] of Object.entries(params)) (gradients[name] ??= []).push(gradientOf(p, name).detach())
    optimizer.step()
    for (const [name, p] of Object.entries(params)) (path[name] ??= []).push(p.detach())
  }
  const outputs = new Map<string, Value>([['loss', stack(losses)]])
  for (const [name, values] of Object.entries(path)) outputs.set(name, stack(values))
  return [
    ...checkOutputs(entry, outputs),
    ...Object.entries(entry.grads).map(([key, gradient]) => {
      const name = nameIn(entry, 'param', key)
      return checkValue(`gradient of ${name}`, stack(gradients[name]!), entry.data(gradient), within(entry.rtol, entry.atol))
    }),
  ]
}

function groupsOf(entry: Recorded, params: Readonly<Record<string, Tensor>>): RecordedGroup[] {
  if (!entry.groups) return [{ params: Object.values(params), options: {} }]
  return entry.groups.map(({ params: names, ...options }) => ({
    params: (names as string[]).map((name) => params[name]!),
    options,
  }))
}

function gradientOf(tensor: Tensor, name: string): Tensor {
  if (!tensor.grad) throw new Error(`${name} has no gradient`)
  return tensor.grad
}

/** Inputs are gradients, outputs what is left of them, and the norm. */
function clipping(entry: Recorded): Check[] {
  const clip = lookUp(tables.clip, entry.call)
  const params = new Map(
    [...loadInputs(entry)].map(([name, gradient]) => {
      const parameter = zeros(gradient.shape, { dtype: gradient.dtype, requiresGrad: true })
      parameter.grad = gradient
      return [name, parameter]
    }),
  )
  const norm = clip([...params.values()], entry.kwargs)
  const outputs = new Map<string, Value>([...params].map(([name, p]) => [name, gradientOf(p, name).detach()]))
  if (norm !== undefined) outputs.set('total_norm', norm)
  for (const key of entry.outputs) {
    const name = nameIn(entry, 'out', key)
    if (!outputs.has(name)) throw new Error(`the call gives no ${name}`)
  }
  return checkOutputs(entry, outputs)
}
