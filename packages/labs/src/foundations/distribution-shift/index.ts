/** The lab `distribution-shift`: the risk where a model is used, from labels of where it was made. */
import type { Picture } from '@nabla/pictures'
import { tensor } from 'nabla'
import type { Lab } from '../../lab.js'
import { type CovariateResult, covariateShift } from './covariate.js'
import { labelShift, shares } from './label.js'
import type { Classifier } from './linear.js'
import { notes } from './notes.js'

const options = {
  examples: { kind: 'number', help: 'examples of source and of target', whole: true, atLeast: 20, default: 4000 },
  shift: { kind: 'number', help: 'how far the inputs move, in deviations', atLeast: 0, default: 1.5 },
  steps: { kind: 'number', help: 'steps of gradient descent of each classifier', whole: true, atLeast: 1, default: 300 },
} as const

const source = 'the target is labelled here; distance of the corrected risk by that of the uncorrected one'

export const distributionShift: Lab<typeof options> = {
  id: 'distribution-shift',
  title: 'Distribution shift: covariates by density ratio, labels by confusion matrix',
  chapter: 'foundations',
  notes,
  options,
  presets: { smoke: { examples: 200, steps: 20 }, quick: {}, full: { examples: 20_000, steps: 1000 } },
  targets: [
    { metric: 'covariate_distance_left', atMost: 1, source },
    { metric: 'label_distance_left', atMost: 1, source },
  ],

  async run({ options: { examples, shift, steps }, seed, signal, doing, log, plot, table }) {
    doing('covariate shift', 0, 2)
    const covariate = await covariateShift(examples, shift, steps, seed)
    if (signal.aborted) return { stopped: true, summary: { covariate_risk_corrected: covariate.risks.corrected } }
    doing('label shift', 1, 2)
    const label = await labelShift(examples, steps, seed)
    const kinds = ['covariate', 'label'] as const
    const risks = { covariate: covariate.risks, label: label.risks }
    const distances = (kind: (typeof kinds)[number]) => {
      const { source, corrected, target } = risks[kind]
      return { before: Math.abs(source - target), after: Math.abs(corrected - target) }
    }
    await table('risks', {
      columns: ['shift', 'on the source', 'corrected', 'on the target', 'distance before', 'distance after'],
      rows: kinds.map((kind) => {
        const { source, corrected, target } = risks[kind]
        const { before, after } = distances(kind)
        return [kind, source, corrected, target, before, after]
      }),
    })
    await plot('risks', {
      kind: 'bars',
      title: 'Share of mistakes: measured, corrected, true',
      y: 'risk',
      labels: kinds.map((kind) => `${kind} shift`),
      series: (['source', 'corrected', 'target'] as const).map((name) => ({
        name: { source: 'on the source', corrected: 'source, weighted', target: 'on the target' }[name],
        values: kinds.map((kind) => risks[kind][name]),
      })),
    })
    for (const name of ['plain', 'weighted'] as const)
      await plot(`boundary-${name}`, await boundary(covariate, covariate[name], name, shift))
    await plot('ratios', {
      kind: 'scatter',
      title: 'Density ratio at the source points',
      x: { label: 'true ratio', log: true },
      y: { label: 'found ratio', log: true },
      series: [
        { name: 'by the classifier', x: covariate.ratios.true, y: covariate.ratios.found },
        { name: 'exactly right', x: covariate.ratios.true, y: covariate.ratios.true },
      ],
    })
    await plot('confusion', {
      kind: 'heatmap',
      title: 'What source examples are taken for',
      values: label.confusion,
      shape: [3, 3],
      y: 'taken for',
      x: 'class',
      rowLabels: ['0', '1', '2'],
      columnLabels: ['0', '1', '2'],
      numbers: true,
    })
    await plot('shares', {
      kind: 'bars',
      title: 'Shares of the classes on the target',
      y: 'share',
      labels: ['class 0', 'class 1', 'class 2'],
      series: [
        { name: 'on the source', values: shares.source },
        { name: 'found', values: label.found },
        { name: 'true', values: label.truth },
      ],
    })
    log(`effective number of source examples: ${covariate.effective.toFixed(0)} of ${examples}`)
    const left = (kind: (typeof kinds)[number]): number => {
      const { before, after } = distances(kind)
      return before > 0 ? after / before : after
    }
    return {
      stopped: signal.aborted,
      summary: {
        covariate_risk_source: covariate.risks.source,
        covariate_risk_corrected: covariate.risks.corrected,
        covariate_risk_target: covariate.risks.target,
        covariate_distance_left: left('covariate'),
        target_risk_of_plain_training: covariate.retrained.plain,
        target_risk_of_weighted_training: covariate.retrained.weighted,
        label_risk_source: label.risks.source,
        label_risk_corrected: label.risks.corrected,
        label_risk_target: label.risks.target,
        label_distance_left: left('label'),
        effective_examples: covariate.effective,
      },
    }
  },
}

/** What a model sees where, with some target examples. */
async function boundary({ target }: CovariateResult, classify: Classifier, name: string, shift: number): Promise<Picture> {
  const [rows, columns] = [60, 80] as const
  const xRange = [-3, 3 + shift] as const
  const yRange = [-3, 3.5] as const
  const points = new Float32Array(2 * rows * columns)
  for (let i = 0; i < rows * columns; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns]
    points[2 * i] = xRange[0] + ((xRange[1] - xRange[0]) * column) / (columns - 1)
    points[2 * i + 1] = yRange[0] + ((yRange[1] - yRange[0]) * row) / (rows - 1)
  }
  const values = await classify(tensor(points, { shape: [rows * columns, 2] }))
    .argmax(1)
    .data()
  const shown = Math.min(400, target.labels.shape[0]!)
  const [at, labels] = [await target.points.data(), await target.labels.data()]
  const coordinate = (which: 0 | 1) => Array.from({ length: shown }, (_, i) => at[2 * i + which]!)
  return {
    kind: 'boundary',
    title: name === 'plain' ? 'Learnt from the source, shown on the target' : 'Learnt with weights, shown on the target',
    x: 'x',
    y: 'y',
    values,
    shape: [rows, columns],
    xRange,
    yRange,
    classes: ['below', 'above'],
    points: { x: coordinate(0), y: coordinate(1), labels: Array.from({ length: shown }, (_, i) => labels[i]!) },
  }
}
