/** The lab `numerical-stability`: what becomes of signals and gradients in deep nets, by how their weights are drawn. */
import type { Line } from '@nabla/pictures'
import type { Lab } from '../../lab.js'
import { notes } from './notes.js'
import { type Activation, activations, type Draw, draws, meanSignals, productNorms, type Signals } from './signals.js'

const options = {
  depth: { kind: 'number', help: 'layers', whole: true, atLeast: 2, default: 20 },
  width: { kind: 'number', help: 'units of every layer', whole: true, atLeast: 4, default: 256 },
  batch: { kind: 'number', help: 'random inputs', whole: true, atLeast: 2, default: 128 },
  products: { kind: 'number', help: 'random 4 x 4 matrices to multiply', whole: true, atLeast: 2, default: 100 },
  nets: { kind: 'number', help: 'nets over whose weights the mean is taken', whole: true, atLeast: 1, default: 10 },
} as const

/** What is drawn: each activation with the rules that say something about it. */
const pairs: readonly (readonly [Activation, readonly Draw[]])[] = [
  ['linear', ['normal 0.01', 'normal 1', 'Xavier']],
  ['sigmoid', ['normal 1', 'Xavier']],
  ['tanh', ['normal 0.01', 'normal 1', 'Xavier']],
  ['relu', ['normal 0.01', 'Xavier', 'Kaiming']],
]

const least = (values: ArrayLike<number>): number => Math.min(...Array.from(values))
const largest = (values: ArrayLike<number>): number => Math.max(...Array.from(values))

const key = (activation: Activation, draw: Draw): string => `${draw.toLowerCase()}_${activation}`
const near = (name: string) => ({ atLeast: 0.5, atMost: 2, source: `derivation: mean square of every layer is 1, ${name}` })

export const numericalStability: Lab<typeof options> = {
  id: 'numerical-stability',
  title: 'Numerical stability: vanishing and exploding signals, Xavier, Kaiming',
  chapter: 'foundations',
  notes,
  options,
  presets: {
    smoke: { depth: 3, width: 16, batch: 16, nets: 1, products: 8 },
    quick: {},
    full: { depth: 30, width: 512, nets: 20 },
  },
  targets: [
    { metric: 'xavier_linear_least', ...near('Xavier') },
    { metric: 'xavier_linear_largest', ...near('Xavier') },
    { metric: 'kaiming_relu_least', ...near('Kaiming') },
    { metric: 'kaiming_relu_largest', ...near('Kaiming') },
  ],

  async run({ options: { nets, products, ...size }, seed, signal, doing, log, plot, table }) {
    const found = new Map<string, Signals>()
    const rows: (string | number)[][] = []
    const seeds = Array.from({ length: nets }, (_, i) => seed + i)
    const total = pairs.reduce((sum, [, rules]) => sum + rules.length, 0)
    for (const [activation, rules] of pairs)
      for (const draw of rules) {
        doing(`${activation}, ${draw}`, found.size, total)
        if (signal.aborted) break
        const signals = await meanSignals({ activation, draw, ...size }, seeds)
        found.set(key(activation, draw), signals)
        const { forward, backward } = signals
        rows.push([activation, draw, least(forward), largest(forward), forward.at(-1)!, backward[0]!])
      }
    await table('mean-squares', {
      columns: ['activation', 'weights', 'least output', 'largest output', 'last output', 'first gradient'],
      rows,
    })
    for (const direction of ['forward', 'backward'] as const)
      for (const [activation, rules] of pairs) {
        const series: Line[] = rules
          .filter((draw) => found.has(key(activation, draw)))
          .map((draw) => {
            const values = found.get(key(activation, draw))![direction]
            return { name: draw, x: values.map((_, i) => i + 1), y: values, dots: true }
          })
        if (series.length > 0)
          await plot(`${direction}-${activation}`, {
            kind: 'lines',
            title: `${activation}: mean square of the ${direction === 'forward' ? 'outputs' : 'gradients of the outputs'}`,
            x: 'layer',
            y: { label: 'mean square', log: true },
            series,
          })
      }
    for (const [activation, draw] of [
      ['tanh', 'normal 1'],
      ['tanh', 'Xavier'],
      ['relu', 'Kaiming'],
    ] as const) {
      const signals = found.get(key(activation, draw))
      if (!signals) continue
      const layers = ['first layer', 'middle layer', 'last layer']
      await plot(`outputs-${activation}-${draw.toLowerCase().replace(' ', '-')}`, {
        kind: 'histograms',
        title: `${activation}, ${draw}: outputs`,
        x: 'output',
        series: signals.samples.map((values, i) => ({ name: layers[i]!, values })),
        panels: true,
      })
    }
    const norms = await productNorms(products, 4, seed)
    await plot('products', {
      kind: 'lines',
      title: 'Product of random 4 x 4 matrices',
      x: 'matrices',
      y: { label: 'norm', log: true },
      series: [{ name: 'norm', x: norms.map((_, i) => i + 1), y: norms }],
    })
    log(`product of ${products} random 4 x 4 matrices: norm ${norms.at(-1)!.toExponential(2)}`)

    const summary: Record<string, number> = { product_norm: norms.at(-1)! }
    for (const [activation, draw] of [
      ['linear', 'Xavier'],
      ['relu', 'Kaiming'],
    ] as const) {
      const signals = found.get(key(activation, draw))
      if (!signals) continue
      const both = [...signals.forward, ...signals.backward]
      summary[`${key(activation, draw)}_least`] = least(both)
      summary[`${key(activation, draw)}_largest`] = largest(both)
    }
    const sigmoid = found.get(key('sigmoid', 'Xavier'))
    if (sigmoid) summary.sigmoid_first_gradient = sigmoid.backward[0]!
    const relu = found.get(key('relu', 'Xavier'))
    if (relu) summary.xavier_relu_last = relu.forward.at(-1)!
    return {
      stopped: signal.aborted,
      summary: { layers: size.depth, activations: Object.keys(activations).length, rules: Object.keys(draws).length, ...summary },
    }
  },
}
