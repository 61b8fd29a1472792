/** Where a run is, and its sums: plain numbers, so that a checkpoint can hold them and a run go on as if it had never stopped. */
import { Means } from './figures.js'
import type { Figures } from './callback.js'
import type { Plain } from './plain.js'

export class Position {
  /** Updates whose result is known. */
  step = 0
  /** Epoch of the next batch, from 0. */
  epoch = 0
  /** Its number in the epoch. */
  batch = 0
  /** Rows over the whole run. */
  rows = 0
  /** Learning rate of the last step. */
  lr = Number.NaN
  /** Over the epoch of the last step. */
  means = new Means()
  /** The epoch that the means are of. */
  private meansOf = 0
  /** The last evaluation. */
  evaluated: { readonly step: number; readonly figures: Figures } | undefined
  /** Figures of the last epoch that has ended. */
  ended: Figures | undefined
  /** Epochs whose weights the average has taken in, where it does so by epoch. */
  averaged = 0
  /** Seconds of training, without evaluation. */
  private spent = 0
  private since: number | undefined
  /** Rows, steps and seconds when the first result of this process was there: what came before was mostly compilation. */
  private warm: { readonly rows: number; readonly steps: number; readonly seconds: number } | undefined

  /** Takes in the result of a step of `epoch`. */
  count(epoch: number, figures: Means, rows: number, lr: number): void {
    if (epoch !== this.meansOf) this.means = new Means()
    this.meansOf = epoch
    this.step++
    this.rows += rows
    this.lr = lr
    this.means.merge(figures)
    this.warm ??= { rows: this.rows, steps: this.step, seconds: this.seconds }
  }

  /** The clock runs while steps are made, and stands while the model is measured or saved. */
  start(): void {
    this.since = performance.now()
  }

  pause(): void {
    this.spent = this.seconds
    this.since = undefined
  }

  /** Runs `fn` with the clock at rest. */
  async paused<R>(fn: () => Promise<R>): Promise<R> {
    const running = this.since !== undefined
    this.pause()
    const result = await fn()
    if (running) this.start()
    return result
  }

  get seconds(): number {
    return this.spent + (this.since === undefined ? 0 : (performance.now() - this.since) / 1000)
  }

  /** Rows and steps in a second since the first result of this process, or over the whole run until there is more. */
  get rates(): { readonly rows: number; readonly steps: number } {
    const { warm, rows, step, seconds } = this
    const from = warm && step > warm.steps ? warm : { rows: 0, steps: 0, seconds: 0 }
    const time = seconds - from.seconds
    return { rows: (rows - from.rows) / time, steps: (step - from.steps) / time }
  }

  /** All but the time. */
  get state(): { readonly step: number; readonly [name: string]: Plain } {
    const { step, epoch, batch, rows, lr, meansOf, means, evaluated, ended, averaged } = this
    return { step, epoch, batch, rows, lr, meansOf, means: means.state, evaluated, ended, averaged }
  }

  /** Goes on at a saved state, after so many seconds. */
  restore(state: Readonly<Record<string, Plain>>, seconds: number): void {
    const number = (name: string): number => state[name] as number
    this.step = number('step')
    this.epoch = number('epoch')
    this.batch = number('batch')
    this.rows = number('rows')
    this.lr = number('lr')
    this.meansOf = number('meansOf')
    this.means = Means.of(state.means)
    this.evaluated = state.evaluated as Position['evaluated']
    this.ended = state.ended as Position['ended']
    this.averaged = number('averaged')
    this.spent = seconds
  }
}
