/** `sched`: learning rates (and momentum) of an optimizer's groups, on construction and after every step. */
import { zeros } from 'nabla'
import type { Check } from '../../case.js'
import { compareValues, within } from '../../compare.js'
import { nameIn } from '../arguments.js'
import type { Recorded } from '../manifest.js'
import { lookUp, tables } from '../tables.js'

export function scheduler(entry: Recorded): Check[] {
  const make = lookUp(tables.scheduler, entry.call)
  const { call, lr: rates, ...options } = entry.optimizer as { call: string; lr: readonly number[]; momentum?: number }
  const optimizer = lookUp(tables.optimizer, call)(
    rates.map((lr) => ({ params: [zeros([1], { requiresGrad: true })], options: { lr } })),
    { lr: rates[0], ...options },
  )
  const schedule = make(optimizer, entry.kwargs)
  const metrics = entry.inputs.find((key) => nameIn(entry, 'in', key) === 'metrics')
  const arguments_ = metrics === undefined ? entry.epochs : entry.data(metrics).data

  const rows: Record<string, number[]> = {}
  const record = (): void => {
    for (const group of optimizer.paramGroups) {
      ;(rows['lr'] ??= []).push(group.lr)
      ;(rows['momentum'] ??= []).push(Number(group.options['momentum'] ?? NaN))
    }
  }
  record()
  for (let step = 0; step < entry.steps!; step++) {
    schedule.step(arguments_?.[step])
    record()
  }
  return entry.outputs.map((key) => {
    const name = nameIn(entry, 'out', key)
    const expected = entry.data(key)
    const got = rows[name]
    return {
      tensors: [],
      judge: () =>
        got
          ? compareValues(name, got, expected.data, expected.shape, within(entry.rtol, entry.atol))
          : { text: `there is no ${name} to compare`, error: Infinity },
    }
  })
}
