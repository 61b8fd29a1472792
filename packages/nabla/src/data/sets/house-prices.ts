/** House prices in Ames, Iowa, as Kaggle's competition and Dive into Deep Learning have them. */
import type { Table } from '../../tables/table.js'
import { type FetchOptions, fetchFile } from '../fetch.js'
import type { DataSetEntry, Split } from './entry.js'
import { readCsv } from '../../tables/csv.js'
import { checkPart } from './parts.js'

/** The entry of the house prices. */
export const housePricesEntry: DataSetEntry = {
  name: 'house-prices',
  title: 'House prices in Ames, Iowa (De Cock; Kaggle "House Prices"; as Dive into Deep Learning has them)',
  about: '1,460 houses with 79 features and a price, 1,459 without the price',
  licence: 'for teaching; cite De Cock, "Ames, Iowa: Alternative to the Boston Housing Data" (2011)',
  files: [
    {
      name: 'kaggle_house_pred_train.csv',
      bytes: 460_676,
      sha256: '1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41',
    },
    {
      name: 'kaggle_house_pred_test.csv',
      bytes: 451_405,
      sha256: '8fdd3d829d4d986b58f845c9553b225e67dd8383624d90fb6ca1d4bed5798c1e',
    },
  ],
  places: [{ kind: 'address', address: 'http://d2l-data.s3-accelerate.amazonaws.com' }],
  origin: 'Dive into Deep Learning\'s data (d2l.ai), or Kaggle\'s competition "House Prices"',
}

const parts = { train: 'kaggle_house_pred_train.csv', test: 'kaggle_house_pred_test.csv' } as const

/**
 * The houses as a table of 81 columns (`Id`, 79 features, `SalePrice`); 'test' lacks `SalePrice`. `NA` reads as missing. Fetched and verified the first time, then read
 * from the cache. Throws NablaError('data') that lists every source with its reason when none has it.
 */
export async function housePrices(split: Split = 'train', options?: FetchOptions): Promise<Table> {
  const name = checkPart(housePricesEntry, split, parts)
  return readCsv(await fetchFile(housePricesEntry, name, options), { name })
}
