/** The lab `preprocess`: a table with gaps and words becomes tensors. */
import { dropMissing, fillMissing, oneHot, readCsv, scale, type Table } from 'nabla/tables'
import type { Lab, Table as ShownTable } from '../../lab.js'
import { notes } from './notes.js'

/** The table of the notes. */
const houseTiny = `NumRooms,Alley,Price
NA,Pave,127500
2,NA,106000
4,NA,178100
NA,NA,140000
`

const options = {
  missing: {
    kind: 'choice',
    help: 'what becomes of missing numbers: the mean or median of the column, or the row goes',
    values: ['mean', 'median', 'delete'],
    default: 'mean',
  },
  scaling: {
    kind: 'choice',
    help: 'scale the prices',
    values: ['none', 'minMax', 'mean', 'zScore'],
    default: 'none',
  },
} as const

const shown = (table: Table): ShownTable => ({
  columns: table.names,
  rows: Array.from({ length: table.length }, (_, row) => table.names.map((name) => cell(table.row(row)[name]))),
})

const cell = (value: number | string | undefined): number | string | null =>
  value === undefined || Number.isNaN(value) ? null : value

const source = 'Dive into Deep Learning 2.2'

export const preprocess: Lab<typeof options> = {
  id: 'preprocess',
  title: 'From a table with gaps and words to tensors',
  chapter: 'foundations',
  notes,
  options,
  presets: { smoke: {}, quick: {}, full: {} },
  targets: [
    { metric: 'columns', atLeast: 3, atMost: 3, source },
    { metric: 'rooms_filled_in', atLeast: 3, atMost: 3, source },
  ],

  async run({ options: { missing, scaling }, signal, plot, table, log }) {
    const raw = readCsv(houseTiny, { name: 'house_tiny.csv' })
    await table('read', shown(raw))
    const gaps = raw.missing()
    log(
      `missing: ${Object.entries(gaps)
        .map(([name, count]) => `${name} ${count}`)
        .join(', ')}`,
    )

    const whole = missing === 'delete' ? dropMissing(raw, ['NumRooms']) : fillMissing(raw, missing, ['NumRooms'])
    await table('filled', shown(whole))

    const inputs = oneHot(whole.select('NumRooms', 'Alley'), { missing: true })
    const prices = scaling === 'none' ? whole.select('Price') : scale(whole.select('Price'), scaling)
    await table('inputs', shown(inputs))
    await table('targets', shown(prices))

    const [x, y] = [inputs.toTensor(), prices.tensor('Price')] // [rows, columns], [rows]
    await plot('inputs', {
      kind: 'heatmap',
      title: 'The inputs as a matrix',
      values: await x.data(),
      shape: [inputs.length, inputs.names.length],
      rowLabels: Array.from({ length: inputs.length }, (_, row) => `row ${row}`),
      columnLabels: inputs.names,
      numbers: true,
      height: 320,
    })
    const filled = raw.numbers('NumRooms').findIndex(Number.isNaN)
    return {
      stopped: signal.aborted,
      summary: {
        rows: x.shape[0]!,
        columns: x.shape[1]!,
        rooms_filled_in: missing === 'delete' ? null : inputs.numbers('NumRooms')[filled]!,
        mean_of_targets: await y.mean().item(),
      },
    }
  },
}
