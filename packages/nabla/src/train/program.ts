/**
 * The compiled part of a run: a training step is one call into the device, and so is a batch of an evaluation. With accumulation a step
 * is several calls, all but the last of which only add to the sums of gradients.
 */
import { NablaError } from '../core/errors.js'
import { compile } from '../tensor/compile.js'
import { noGrad } from '../tensor/differentiate.js'
import { tensor, zeros } from '../tensor/create.js'
import { Tensor } from '../tensor/tensor.js'
import { clipGradNorm_, clipGradValue_ } from '../nn/utils.js'
import { type Packed, pack } from './figures.js'
import type { Clipping, EvaluatorOptions, StepOutput, StreamingMetric, TrainerOptions, TrainMetric } from './options.js'

/** What comes back of one batch. */
export interface BatchResult {
  readonly packed: Packed
  /** For streaming metrics, where there are any. */
  readonly compared: { readonly output: Tensor; readonly target: Tensor } | undefined
  readonly rows: number
}

type Raw = Omit<BatchResult, 'rows'>

/** Rows in a batch: the first dimension of its first tensor that has one. */
export function rowsOf(batch: unknown): number {
  if (batch instanceof Tensor) return batch.shape[0] ?? 0
  if (typeof batch !== 'object' || batch === null || ArrayBuffer.isView(batch)) return 0
  for (const part of Object.values(batch)) {
    const rows = rowsOf(part)
    if (rows > 0) return rows
  }
  return 0
}

const isFunction = (metric: TrainMetric): metric is (output: Tensor, target: Tensor) => Tensor => typeof metric === 'function'

/** The metrics that run on the host, by name. */
export const streamingOf = (metrics: Readonly<Record<string, TrainMetric>> = {}): Readonly<Record<string, StreamingMetric>> =>
  Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, StreamingMetric] => !isFunction(entry[1])))

/** The output of the model and its loss, from what the options say. */
export function forwardOf<Batch>({
  model,
  loss,
  step,
}: Pick<TrainerOptions<Batch>, 'model' | 'loss' | 'step'>): (batch: Batch) => StepOutput {
  if (step)
    return (batch) => {
      const result = step(batch)
      return result instanceof Tensor ? { loss: result } : result
    }
  const compare = typeof loss === 'function' ? loss : (output: Tensor, target: Tensor): Tensor => loss!.forward(output, target)
  return (batch) => {
    if (!Array.isArray(batch) || !(batch[0] instanceof Tensor) || !(batch[1] instanceof Tensor))
      throw new NablaError('argument', '[Trainer] loss needs batches [input, target]; for others give step(batch)')
    const output = model.forward(...([batch[0]] as never[])) as Tensor
    const target: Tensor = batch[1]
    return { loss: compare(output, target), output, target }
  }
}

/** The figures of a batch, and what streaming metrics want of it. */
function measured(
  { loss, output, target, figures = {} }: StepOutput,
  metrics: Readonly<Record<string, TrainMetric>>,
  streams: boolean,
  more: Readonly<Record<string, Tensor>> = {},
): Raw {
  const functions = Object.entries(metrics).filter((entry): entry is [string, (o: Tensor, t: Tensor) => Tensor] =>
    isFunction(entry[1]),
  )
  if ((functions.length || streams) && !(output && target))
    throw new NablaError('argument', '[Trainer] metrics compare output with target: let step(batch) return both beside its loss')
  const own = noGrad(() => Object.fromEntries(functions.map(([name, metric]) => [name, metric(output!.detach(), target!)])))
  return {
    packed: pack({ loss, ...own, ...figures, ...more }),
    compared: streams ? { output: output!.detach(), target: target! } : undefined,
  }
}

function checkLoss(loss: Tensor): void {
  if (loss.numel !== 1)
    throw new NablaError(
      'shape',
      `[Trainer] the loss has shape [${loss.shape.join(', ')}]; expected one number: take its mean()`,
      {
        shape: loss.shape,
      },
    )
}

/** Clips all gradients of an optimizer; the norm before, where that is limited. */
function clipped(params: readonly Tensor[], { norm, normType = 2, value }: Clipping): Readonly<Record<string, Tensor>> {
  if (value !== undefined) clipGradValue_(params, value)
  return norm === undefined ? {} : { gradient_norm: clipGradNorm_(params, norm, { normType }) }
}

/** One update of the weights, from one batch or several: a result for each. */
export type TrainProgram<Batch> = (batches: readonly Batch[], averages: boolean) => BatchResult[]

/** The training step of these options. */
export function trainProgram<Batch>(options: TrainerOptions<Batch>): TrainProgram<Batch> {
  const { optimizer, metrics = {}, trainMetrics = {}, clip, average } = options
  const forward = forwardOf(options)
  const streams = Object.keys(trainMetrics).length > 0
  const params = (): Tensor[] => optimizer.paramGroups.flatMap((group) => group.params)
  const made: typeof compile = options.compile === false ? (((fn: unknown) => fn) as never) : compile

  const gradients = (batch: Batch, share?: Tensor): StepOutput => {
    optimizer.zeroGrad()
    const given = forward(batch)
    checkLoss(given.loss)
    ;(share ? given.loss.mul(share.to(given.loss.dtype)) : given.loss).backward()
    return given
  }
  const update = (given: StepOutput, averages: boolean): Raw => {
    const more = clip ? clipped(params(), clip) : {}
    const raw = measured(given, metrics, streams, more)
    optimizer.step()
    if (averages) average!.update()
    return raw
  }
  const whole = made((batch: Batch, averages: boolean) => update(gradients(batch), averages))

  const sums = new GradientSums(params())
  const first = made((batch: Batch, share: Tensor) => {
    const given = gradients(batch, share)
    sums.take(true)
    return measured(given, metrics, streams)
  })
  const next = made((batch: Batch, share: Tensor) => {
    const given = gradients(batch, share)
    sums.take(false)
    return measured(given, metrics, streams)
  })
  const last = made((batch: Batch, share: Tensor, averages: boolean) => {
    const given = gradients(batch, share)
    sums.give()
    return update(given, averages)
  })

  return (batches, averages) => {
    const rows = batches.map(rowsOf)
    if (batches.length === 1) return [{ ...whole(batches[0]!, averages), rows: rows[0]! }]
    const all = rows.reduce((a, b) => a + b, 0)
    sums.ready()
    return batches.map((batch, i) => {
      const share = tensor(rows[i]! / all)
      const run = i === 0 ? first : i < batches.length - 1 ? next : (b: Batch, s: Tensor) => last(b, s, averages)
      return { ...run(batch, share), rows: rows[i]! }
    })
  }
}

/**
 * Gradients on their way to one update, in tensors that stay the same from step to step: a compiled function knows a tensor from outside by
 * itself, and \`grad\` is another one after every step.
 */
class GradientSums {
  private readonly sums = new Map<Tensor, Tensor>()
  /** Parameters that have had a gradient: the others get none of zeros either. */
  private readonly met = new Set<Tensor>()

  constructor(private readonly params: readonly Tensor[]) {}

  /** Makes the sums, outside of any trace. */
  ready(): void {
    if (this.sums.size > 0) return
    for (const param of this.params)
      this.sums.set(param, zeros(param.shape, { dtype: param.dtype, device: param.device }).realize())
  }

  /** Adds the gradients to the sums, or begins anew, and takes them off the parameters. */
  take(anew: boolean): void {
    noGrad(() => {
      for (const [param, sum] of this.sums) {
        const { grad } = param
        if (grad) this.met.add(param)
        if (anew) sum.assign(grad ?? sum.mul(0))
        else if (grad) sum.add_(grad)
        param.grad = null
      }
    })
  }

  /** Gives the parameters the sums of all gradients, their own added. */
  give(): void {
    noGrad(() => {
      for (const [param, sum] of this.sums) {
        const { grad } = param
        if (grad) param.grad = grad.add(sum)
        else if (this.met.has(param)) param.grad = sum.clone()
      }
    })
  }
}

/** The model's answer to one batch of an evaluation. */
export function evaluationProgram<Batch>(options: EvaluatorOptions<Batch>): (batch: Batch) => BatchResult {
  const { metrics = {}, evaluateStep } = options
  const forward = forwardOf(evaluateStep ? { ...options, step: evaluateStep } : options)
  const streams = Object.keys(streamingOf(metrics)).length > 0
  const run = (batch: Batch): Raw => noGrad(() => measured(forward(batch), metrics, streams))
  const program = options.compile === false ? run : compile(run)
  return (batch) => ({ ...program(batch), rows: rowsOf(batch) })
}
