/** Measuring a model on a loader's data: one compiled program, used again at every call. */
import { NablaError } from '../core/errors.js'
import type { Module } from '../nn/module.js'
import type { Tensor } from '../tensor/tensor.js'
import type { Figures } from './callback.js'
import { flatten, Means } from './figures.js'
import type { EvaluatorOptions, StreamingMetric } from './options.js'
import { type BatchResult, evaluationProgram, streamingOf } from './program.js'

/** What an evaluation found. */
export interface Evaluation {
  /** Everything that is a number. */
  readonly figures: Figures
  /** Results of the metrics as they gave them. */
  readonly results: Readonly<Record<string, unknown>>
}

/** Takes a batch into streaming metrics. */
export async function updateMetrics(
  metrics: Readonly<Record<string, StreamingMetric>>,
  compared: BatchResult['compared'],
): Promise<void> {
  if (!compared) return
  for (const metric of Object.values(metrics))
    await (metric.update as (output: Tensor, target: Tensor) => Promise<void>).call(metric, compared.output, compared.target)
}

/** The results of streaming metrics, and those of them that are numbers. */
export function resultsOf(metrics: Readonly<Record<string, StreamingMetric>>): Evaluation {
  const results = Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.compute()]))
  return { results, figures: Object.assign({}, ...Object.entries(results).map(([name, result]) => flatten(name, result))) }
}

/** Runs `fn` in evaluation mode and puts every module's own mode back. */
export async function inEvaluation<R>(model: Module, fn: () => Promise<R>): Promise<R> {
  const modes = model.modules().map((module) => [module, module.training] as const)
  model.eval()
  try {
    return await fn()
  } finally {
    // Outer before inner: what an inner module had, it gets last.
    for (const [module, mode] of modes) if (module.training !== mode) module.train(mode)
  }
}

/**
 * A function that measures a model as it is when called, without a Trainer: one compiled program, used again at every call. It gives
 * undefined only when `signal` was aborted on the way.
 */
export function evaluator<Batch>(
  options: EvaluatorOptions<Batch>,
): (signal?: { readonly aborted: boolean }) => Promise<Evaluation | undefined> {
  const { model, evaluation, metrics } = options
  const program = evaluationProgram(options)
  const streaming = streamingOf(metrics)
  return (signal) =>
    inEvaluation(model, async () => {
      const means = new Means()
      for (const metric of Object.values(streaming)) metric.reset()
      const count = async ({ packed, compared, rows, values }: BatchResult & { values: Promise<ArrayLike<number>> }) => {
        means.add(await values, packed, rows)
        await updateMetrics(streaming, compared)
      }
      // A batch is counted while the device works on the next.
      let before: Parameters<typeof count>[0] | undefined
      for await (const batch of evaluation!.batches(0)) {
        if (signal?.aborted) return undefined
        const result = program(batch)
        const values = result.packed.values.data()
        values.catch(() => {}) // it is awaited in its turn
        if (before) await count(before)
        before = { ...result, values }
      }
      if (!before) throw new NablaError('data', '[Trainer] the evaluation loader gave no batch: is its data set empty?')
      await count(before)
      const found = resultsOf(streaming)
      return { results: found.results, figures: { ...means.figures, ...found.figures } }
    })
}
