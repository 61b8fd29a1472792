/** Sentences from reviews of films, for or against. */
import { ListDataset } from '../dataset.js'
import { type FetchOptions, fetchFiles } from '../fetch.js'
import { decodeText } from '../../tables/decode.js'
import { textLines } from '../formats/text.js'
import type { DataSetEntry, Published } from './entry.js'
import type { LabelledText } from './imdb.js'

const utf8 = (from: string): Published => ({
  from: [`rt-polaritydata/${from}`],
  make: ([bytes]) => new TextEncoder().encode(decodeText(bytes!, from, 'windows-1252')),
})

/** The entry of the sentences. */
export const rtPolarityEntry: DataSetEntry = {
  name: 'rt-polarity',
  title: 'Sentence polarity dataset v1.0 (Pang, Lee; Cornell)',
  about: '5,331 sentences for and 5,331 against films, tokenised, in lower case; no standard split',
  licence: 'published for research, no licence text; cite Pang and Lee, "Seeing stars" (ACL 2005)',
  files: [
    { name: 'pos.txt', bytes: 621_032, sha256: '8701b500f20fcc58d06604127c6c20451536f49ea307c2def43b946ac346da98' },
    { name: 'neg.txt', bytes: 607_118, sha256: '56a3655de9b769c73d69933f4bf4f34e5356e2c568a1eee2f6308f13c264df42' },
  ],
  places: [
    {
      kind: 'address',
      address: 'https://www.cs.cornell.edu/people/pabo/movie-review-data',
      archive: 'rt-polaritydata.tar.gz',
      form: { 'pos.txt': utf8('rt-polarity.pos'), 'neg.txt': utf8('rt-polarity.neg') },
    },
  ],
  origin: `rt-polaritydata.tar.gz of Cornell's "Movie Review Data" page, converted from Windows-1252 to UTF-8`,
}

/**
 * 10,662 sentences `{ text, label }`, label 1 for and 0 against, one of each in turn. There is no standard split: `kFold` or `stratifiedSplit` make one.
 * Fetched and verified the first time, then read from the cache. Throws NablaError('data') that lists every source with its reason when none has it.
 */
export async function rtPolarity(options?: FetchOptions): Promise<ListDataset<LabelledText>> {
  const files = await fetchFiles(rtPolarityEntry, undefined, options)
  const sentences = (name: string): string[] => textLines(decodeText(files.get(name)!, name)).map((line) => line.trim())
  const [pos, neg] = [sentences('pos.txt'), sentences('neg.txt')]
  const both = pos.flatMap((text, i): LabelledText[] => [
    { text: neg[i]!, label: 0 },
    { text, label: 1 },
  ])
  return new ListDataset(both, { label: 'int32' })
}
