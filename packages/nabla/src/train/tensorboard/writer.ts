/** A TensorBoard log: scalars, images, histograms and texts of a run, for `tensorboard --logdir`. */
import { NablaError } from '../../core/errors.js'
import { encodePng } from '../../data/image-file.js'
import type { Raster } from '../../data/raster.js'
import type { Module } from '../../nn/module.js'
import { Tensor } from '../../tensor/tensor.js'
import type { Callback, Figures } from '../callback.js'
import { encodeEvent, type Value } from './events.js'
import { histogramOf } from './histogram.js'
import { frameRecord } from './records.js'

/** Where the bytes of an event file go: a file, or memory. */
export interface EventSink {
  /** Appends a record. Throws where it cannot. */
  append(record: Uint8Array): void
  /** Brings all to where it lasts. */
  flush(): void
  /** Ends the file. */
  close(): void
}

/** What a run tells TensorBoard. */
export interface TensorBoardOptions {
  /** Steps between scalars of single steps; 0 for none. Default 10. */
  readonly everySteps?: number
  /** Histograms of all weights after every epoch. Default false. */
  readonly histograms?: boolean
}

/**
 * Writes events; a Trainer's callback writes losses, metrics and learning rates by itself.
 *
 *     const board = await openTensorBoard('runs/digits')
 *     new Trainer({ ..., callbacks: [board.callback({ histograms: true })] })
 *     board.image('samples/first', raster, 0)
 *     board.close()
 */
export class TensorBoard {
  /** @param sink where records go; @param now seconds since 1970. */
  constructor(
    private readonly sink: EventSink,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    sink.append(frameRecord(encodeEvent({ time: now(), version: 'brain.Event:2' })))
  }

  private add(values: Readonly<Record<string, Value>>, step: number): void {
    if (!Number.isSafeInteger(step) || step < 0)
      throw new NablaError('argument', `[TensorBoard] step is ${step}; expected a whole number of 0 or more`, { step })
    this.sink.append(frameRecord(encodeEvent({ time: this.now(), step, values })))
  }

  /** A number, under a tag such as `loss` or `train/loss`. */
  scalar(tag: string, value: number, step: number): void {
    this.add({ [tag]: { scalar: value } }, step)
  }

  /** Several numbers of one step. */
  scalars(values: Figures, step: number): void {
    this.add(Object.fromEntries(Object.entries(values).map(([tag, scalar]) => [tag, { scalar }])), step)
  }

  /** A picture: grey, RGB or RGBA; floats are 0..1. */
  image(tag: string, raster: Raster<Uint8Array | Float32Array>, step: number): void {
    const { channels, height, width } = raster
    const data =
      raster.data instanceof Uint8Array
        ? raster.data
        : Uint8Array.from(raster.data, (v) => Math.max(0, Math.min(255, Math.round(255 * v))))
    this.add({ [tag]: { image: { height, width, channels, png: encodePng({ data, channels, height, width }) } } }, step)
  }

  /** How values are distributed, in `buckets` (default 30) of equal width; those that are not finite are left out. A tensor is waited for. */
  histogram(tag: string, values: ArrayLike<number> | Tensor, step: number, buckets = 30): void {
    this.add({ [tag]: { histogram: histogramOf(values instanceof Tensor ? values.dataSync() : values, buckets) } }, step)
  }

  /** A text in Markdown. */
  text(tag: string, text: string, step: number): void {
    this.add({ [tag]: { text } }, step)
  }

  /** Says that the run goes on after `step`: what older files of the folder hold of later steps is void. */
  resumed(step: number): void {
    this.sink.append(frameRecord(encodeEvent({ time: this.now(), step: step + 1, restart: true })))
  }

  /** A callback for a Trainer: `train/*` and `lr` of steps, `epoch/*`, `eval/*`, and `weights/*` where wanted. */
  callback({ everySteps = 10, histograms = false }: TensorBoardOptions = {}): Callback {
    const under = (group: string, figures: Figures): Figures =>
      Object.fromEntries(Object.entries(figures).map(([name, value]) => [`${group}/${name}`, value]))
    let model: Module | undefined
    return {
      onStart: (event) => {
        model = event.model
        if (event.resumed) this.resumed(event.step)
      },
      onStep: ({ step, values, lr }) => {
        if (everySteps > 0 && step % everySteps === 0) this.scalars({ ...under('train', values), lr }, step)
      },
      onEvaluate: ({ step, figures }) => this.scalars(under('eval', figures), step),
      onEpoch: async ({ step, train }) => {
        this.scalars(under('epoch', train), step)
        if (!histograms) return
        for (const [name, parameter] of model!.namedParameters())
          this.histogram(`weights/${name.replaceAll('.', '/')}`, await parameter.data(), step)
      },
      onSave: () => this.flush(),
      onEnd: () => this.flush(),
    }
  }

  /** Brings all events to disk. */
  flush(): void {
    this.sink.flush()
  }

  /** Ends the log. */
  close(): void {
    this.sink.close()
  }
}
