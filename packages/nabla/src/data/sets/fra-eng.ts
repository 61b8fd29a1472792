/** Short English sentences and their French translations, those of Dive into Deep Learning. */
import { ListDataset } from '../dataset.js'
import { type FetchOptions, fetchText } from '../fetch.js'
import { readPairs, type SentencePair } from '../formats/text.js'
import type { DataSetEntry } from './entry.js'

const lines = 40_000

/** The first lines of a file, byte by byte. */
function head(bytes: Uint8Array): Uint8Array {
  let at = 0
  for (let line = 0; line < lines && at >= 0; line++) at = bytes.indexOf(10, at) + 1 || bytes.length
  return bytes.subarray(0, at)
}

/** The entry of the English-French pairs. */
export const fraEngEntry: DataSetEntry = {
  name: 'fra-eng',
  title: 'English-French sentence pairs (Tatoeba Project by way of manythings.org/anki)',
  about: '40,000 English sentences of 1 to 7 words with a French translation each, in the order of their length',
  licence: 'CC BY 2.0 (France); attribution: tatoeba.org and www.manythings.org/anki',
  files: [{ name: 'fra-40k.txt', bytes: 1_715_413, sha256: '3bd3d3fa475e4e0aff07b89f304bb5cff7d7bcdea5d1f4d1796cfce30227e788' }],
  places: [
    {
      kind: 'address',
      address: 'http://d2l-data.s3-accelerate.amazonaws.com',
      archive: 'fra-eng.zip',
      form: { 'fra-40k.txt': { from: ['fra-eng/fra.txt'], make: ([all]) => head(all!) } },
    },
  ],
  origin: "fra-eng.zip of Dive into Deep Learning's data (d2l.ai), its first 40,000 lines",
}

/**
 * 40,000 pairs `{ source, target }`: English, French. No-break spaces before French punctuation are plain blanks, as in the book. Fetched and verified the first time,
 * then read from the cache. Throws NablaError('data') that lists every source with its reason when none has it.
 */
export async function fraEng(options?: FetchOptions): Promise<ListDataset<SentencePair>> {
  const text = await fetchText(fraEngEntry, 'fra-40k.txt', options)
  return new ListDataset(readPairs(text.replace(/[\u00a0\u202f]/g, ' '), { name: 'fra-40k.txt' }))
}
