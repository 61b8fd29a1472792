/** The Large Movie Review Dataset: reviews of films, for or against. */
import { NablaError } from '../../core/errors.js'
import { decodeText } from '../../tables/decode.js'
import { ListDataset } from '../dataset.js'
import { type FetchOptions, fetchText } from '../fetch.js'
import { type FileSource, openFiles } from '../formats/files.js'
import { textLines } from '../formats/text.js'
import type { DataSetEntry, Split } from './entry.js'
import { checkPart } from './parts.js'

/** A text with its class. */
export interface LabelledText {
  /** As it was written. */
  readonly text: string
  /** Number of its class: 0 against, 1 for. */
  readonly label: number
}

/** A review of a film. */
export interface Review extends LabelledText {
  /** Stars: 1 to 4 against, 7 to 10 for. */
  readonly rating: number
}

/** The entry of IMDb's reviews. */
export const imdbEntry: DataSetEntry = {
  name: 'imdb',
  title: 'IMDb reviews: Large Movie Review Dataset v1.0 (Maas, Daly, Pham, Huang, Ng, Potts; Stanford)',
  about: '25,000 reviews for training and 25,000 held out, half of each for the film, half against it',
  licence:
    'published for research, no licence text; cite Maas and others, "Learning Word Vectors for Sentiment Analysis" (ACL 2011)',
  files: [
    { name: 'train.tsv', bytes: 33_261_848, sha256: '35864296915eadea299ab206b14ab97234c06dad4c3564e5f9f365095bc832d3' },
    { name: 'test.tsv', bytes: 32_479_912, sha256: '3a029a90650e9a2d1d54b4e44f3695e30aba203ac93e2d4fe764d23852f9c317' },
  ],
  places: [],
  origin:
    'a prepared copy (train.tsv and test.tsv, a review a line: label, rating, text; made of aclImdb_v1.tar.gz of ai.stanford.edu/~amaas/data/sentiment, which imdbFolder reads as it is)',
}

const parts = { train: 'train.tsv', test: 'test.tsv' } as const
const types = { label: 'int32', rating: 'int32' } as const

/**
 * Reviews `{ text, label, rating }` of a split, in turn against and for, so that any first part of them is balanced. The text has `<br />` in it. From the cache or from
 * `from`; without either, NablaError('data') says where the files are had and how they are imported.
 */
export async function imdb(split: Split, options?: FetchOptions): Promise<ListDataset<Review>> {
  const name = checkPart(imdbEntry, split, parts)
  const reviews = textLines(await fetchText(imdbEntry, name, options)).map((line, i): Review => {
    const [, label, rating, text] = /^([01])\t(\d+)\t(.*)$/.exec(line) ?? []
    if (text === undefined)
      throw new NablaError('data', `[imdb] ${name}, line ${i + 1}: expected label, rating and text`, { name, line: i + 1 })
    return { text, label: Number(label), rating: Number(rating) }
  })
  return new ListDataset(reviews, types)
}

/** The same reviews in the same order out of the original archive or its folder: `imdbFolder('aclImdb_v1.tar.gz', 'train')`. */
export async function imdbFolder(source: FileSource, split: Split): Promise<ListDataset<Review>> {
  checkPart(imdbEntry, split, parts)
  const files = await openFiles(source)
  const found = files.paths.flatMap((path) => {
    const [, part, kind, number, rating] = /(?:^|\/)(train|test)\/(pos|neg)\/(\d+)_(\d+)\.txt$/.exec(path) ?? []
    return part === split ? [{ path, label: kind === 'pos' ? 1 : 0, number: Number(number), rating: Number(rating) }] : []
  })
  if (!found.length)
    throw new NablaError('data', `[imdb] ${files.name} has no ${split}/pos/<number>_<rating>.txt`, { name: files.name })
  found.sort((a, b) => a.number - b.number || a.label - b.label)
  const reviews: Review[] = []
  for (const { path, label, rating } of found) {
    const text = decodeText(await files.read(path), path).replace(/[\t\n\v\f\r\x85\u2028\u2029]/g, ' ')
    reviews.push({ text, label, rating })
  }
  return new ListDataset(reviews, types)
}
