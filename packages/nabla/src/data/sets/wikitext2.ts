/** WikiText-2: articles of Wikipedia as words, with blanks between them. */
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'
import { checkPart } from './parts.js'

/** The entry of WikiText-2. */
export const wikitext2Entry: DataSetEntry = {
  name: 'wikitext-2',
  title: 'WikiText-2, validation and test text (Merity, Xiong, Bradbury, Socher; Salesforce Research)',
  about:
    'articles of Wikipedia as words with blanks between them: 3,760 and 4,358 lines, 217,646 and 245,569 tokens counting ends of lines',
  licence: 'CC BY-SA 3.0 (text of Wikipedia); cite Merity and others, "Pointer Sentinel Mixture Models" (2016)',
  files: [
    { name: 'wiki.valid.tokens', bytes: 1_121_681, sha256: 'f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8' },
    { name: 'wiki.test.tokens', bytes: 1_256_449, sha256: 'd790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0' },
  ],
  places: [
    {
      kind: 'address',
      address: 'https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2',
      form: { 'wiki.valid.tokens': { from: ['valid.txt'] }, 'wiki.test.tokens': { from: ['test.txt'] } },
    },
    {
      kind: 'address',
      address: 'https://s3.amazonaws.com/research.metamind.io/wikitext',
      archive: 'wikitext-2-v1.zip',
      form: {
        'wiki.valid.tokens': { from: ['wikitext-2/wiki.valid.tokens'] },
        'wiki.test.tokens': { from: ['wikitext-2/wiki.test.tokens'] },
      },
    },
  ],
  origin: 'wikitext-2-v1.zip, or "WikiText-2" on the Hugging Face hub (Salesforce/wikitext)',
}

const parts = { val: 'wiki.valid.tokens', test: 'wiki.test.tokens' } as const

/**
 * A part of WikiText-2 as text: an article's title stands between ` = `, words have blanks between them, rare ones are `<unk>`. Of the three parts, these two are
 * known here by their sums; `textFile('wiki.train.tokens')` reads the third from wherever you have it. Errors as those of `timeMachine`.
 */
export async function wikitext2(split: 'val' | 'test', options?: FetchOptions): Promise<string> {
  return fetchText(wikitext2Entry, checkPart(wikitext2Entry, split, parts), options)
}
