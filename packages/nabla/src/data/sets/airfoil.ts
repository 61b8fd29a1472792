/** NASA's measurements of the noise of airfoils, on which Dive into Deep Learning compares optimizers. */
import type { Table } from '../../tables/table.js'
import { type FetchOptions, fetchFile } from '../fetch.js'
import { readCsv } from '../../tables/csv.js'
import type { DataSetEntry } from './entry.js'

const name = 'airfoil_self_noise.dat'

/** The entry of the airfoils' noise. */
export const airfoilEntry: DataSetEntry = {
  name: 'airfoil',
  title: 'Airfoil self-noise (Brooks, Pope, Marcolini; NASA; UCI repository)',
  about: '1,503 measurements in a wind tunnel: 5 features and a sound pressure level in decibels',
  licence: 'CC BY 4.0 (UCI repository); cite Brooks, Pope, Marcolini, "Airfoil Self-Noise and Prediction" (1989)',
  files: [{ name, bytes: 59_984, sha256: '74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3' }],
  places: [
    { kind: 'address', address: 'http://d2l-data.s3-accelerate.amazonaws.com' },
    { kind: 'address', address: 'https://archive.ics.uci.edu/ml/machine-learning-databases/00291' },
  ],
  origin: "Dive into Deep Learning's data (d2l.ai), or the UCI repository",
}

/**
 * The measurements as a table: `frequency` (Hz), `angle` of attack (degrees), `chord` length (m), `velocity` (m/s), `thickness` of the displaced air (m), and the target `pressure`
 * (dB). Fetched and verified the first time, then read from the cache. Throws NablaError('data') that lists every source with its reason when none has it.
 */
export async function airfoil(options?: FetchOptions): Promise<Table> {
  return readCsv(await fetchFile(airfoilEntry, name, options), {
    name,
    delimiter: '\t',
    names: ['frequency', 'angle', 'chord', 'velocity', 'thickness', 'pressure'],
  })
}
