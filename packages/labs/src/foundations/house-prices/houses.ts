/** Tables of houses, made ready: numbers scaled, gaps filled, one column a category, the logarithm of the price as target. */
import { NablaError, type Tensor } from 'nabla'
import { bostonHousePrices, dataSetStatus, housePrices, type Report, SampleRandom } from 'nabla/data'
import { fillMissing, oneHot, scale, Table } from 'nabla/tables'

export interface Houses {
  readonly name: string
  /** [N, features]. */
  readonly x: Tensor
  /** log of the price: [N]. */
  readonly y: Tensor
  readonly features: readonly string[]
}

/** A z-score for numbers, 0 (the mean) where one is missing, one column a category and one for "missing". */
function prepared(name: string, inputs: Table, prices: Table, price: string): Houses {
  const features = oneHot(fillMissing(scale(inputs, 'zScore'), { constant: 0 }, numbersOf(inputs)), { missing: true })
  return { name, x: features.toTensor(), y: prices.tensor(price).log(), features: features.names }
}

const numbersOf = (table: Table): string[] => table.names.filter((name) => table.column(name).kind === 'number')

/** Kaggle's houses in Ames. Absent and not to be fetched: an error that says how to import them. */
async function ames(report: Report | false | undefined): Promise<Houses> {
  try {
    const table = await housePrices('train', report === undefined ? {} : { report })
    return prepared('house-prices', table.drop('Id', 'SalePrice'), table, 'SalePrice')
  } catch (error) {
    const { state } = await dataSetStatus('house-prices')
    if (!(error instanceof NablaError) || state === 'here') throw error
    throw new NablaError(
      'data',
      'the house prices of Ames are not here and could not be fetched. Get train.csv and test.csv of Kaggle\'s competition "House Prices" as Dive into Deep Learning has them ' +
        '(kaggle_house_pred_train.csv, kaggle_house_pred_test.csv) and run `nabla data import house-prices FOLDER`; or take --set data=boston, or --set data=made-up, which needs no files',
      { dataSet: 'house-prices', reason: error.message },
    )
  }
}

/** Districts of Boston, without the column that counts people by race. */
async function boston(report: Report | false | undefined): Promise<Houses> {
  const table = await bostonHousePrices(report === undefined ? {} : { report })
  return prepared('boston-house-prices', table.drop('medv', 'b'), table, 'medv')
}

/** Houses that nobody built: areas, years, qualities, quarters, with gaps; the price multiplies what they are worth. */
export function madeUp(count: number, seed: number): Houses {
  const quarters = ['harbour', 'hill', 'mill', 'station'] as const
  const rows = Array.from({ length: count }, (_, i) => {
    const random = new SampleRandom(seed, 0, i)
    const area = 60 + 240 * random.uniform()
    const year = 1900 + random.integer(120)
    const quality = 1 + random.integer(10)
    const quarter = random.integer(quarters.length)
    const garage = random.chance(0.7) ? 10 + random.integer(50) : undefined
    const worth = 0.7 * Math.log(area) + 0.004 * (year - 1900) + 0.06 * quality + [0.3, 0.5, 0, 0.1][quarter]!
    const extra = (garage === undefined ? 0 : 0.08) + 0.25 * Number(quality > 7 && year > 1980)
    const price = Math.round(1000 * Math.exp(worth + extra + 0.08 * random.normal()))
    return { area, year: random.chance(0.05) ? undefined : year, quality, quarter: quarters[quarter]!, garage, price }
  })
  const column = <K extends keyof (typeof rows)[number]>(key: K) => rows.map((row) => row[key])
  const table = Table.of({
    area: column('area'),
    year: column('year'),
    quality: column('quality'),
    garage: column('garage'),
    quarter: column('quarter'),
    price: column('price'),
  })
  return prepared('made up', table.drop('price'), table, 'price')
}

export async function houses(
  data: 'ames' | 'boston' | 'made-up',
  rows: number,
  seed: number,
  report: Report | false | undefined,
): Promise<Houses> {
  if (data === 'made-up') return madeUp(rows, seed)
  return data === 'ames' ? ames(report) : boston(report)
}
