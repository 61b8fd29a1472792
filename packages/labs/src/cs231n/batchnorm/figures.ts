/** Figures of the labs on normalisation. */
import type { FigurePicture, Picture, Values } from '@nabla/pictures'
import { curvesOf, type Trial } from '../nets.js'

/** What each hidden layer of a network gives. */
export interface ActivationSet {
  readonly name: string
  readonly layers: readonly Values[]
}

/** Rows of histograms, one row a network, one panel a layer, without the zeros: those are said in words. */
export function activationsPicture(sets: readonly ActivationSet[]): FigurePicture {
  return {
    kind: 'figure',
    title: 'Activations of each hidden layer, where they are not 0',
    rows: sets.map(({ name, layers }) =>
      layers.map((values, i): Picture => {
        const alive = Float32Array.from(Array.from(values).filter((v) => v > 0))
        return {
          kind: 'histograms',
          title: i === 0 ? name : `layer ${i + 1}`,
          x: `${Math.round((100 * alive.length) / values.length)} % alive`,
          series: [{ name: `layer ${i + 1}`, values: alive }],
          bins: 30,
          width: 230,
          height: 180,
        }
      }),
    ),
  }
}

export interface ScaleFigures {
  readonly train: number
  readonly validation: number
  readonly loss: number
}

/** What came out for one scale of first weights. */
export interface ScalePoint {
  readonly scale: number
  readonly without: ScaleFigures
  readonly with: ScaleFigures
}

/** Three panels over the scale of first weights. */
export function scalesPicture(points: readonly ScalePoint[]): Picture {
  const x = points.map(({ scale }) => scale)
  const panels = [
    ['best validation accuracy', 'validation'],
    ['best training accuracy', 'train'],
    ['last training loss', 'loss'],
  ] as const
  return {
    kind: 'lines',
    title: 'How much depends on the scale of the first weights',
    x: { label: 'deviation of the first weights', log: true },
    y: '',
    height: 640,
    series: panels.flatMap(([panel, of]) =>
      (['without', 'with'] as const).map((which) => ({
        name: which === 'with' ? 'batch norm' : 'without',
        panel,
        x,
        y: points.map((point) => (of === 'loss' ? Math.min(point[which][of], 5) : point[which][of])),
        dots: true,
      })),
    ),
  }
}

/** Accuracies of runs with batches of several sizes. */
export const sizesPicture = (title: string, trials: readonly Trial[]): Picture => {
  const { series, ...rest } = curvesOf(title, trials)
  return { ...rest, height: 480, series: series.filter(({ panel }) => panel !== 'training loss') }
}
