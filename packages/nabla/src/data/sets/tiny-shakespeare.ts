/** A part of Shakespeare's plays, the text of many small character models. */
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'

/** The entry of Tiny Shakespeare. */
export const tinyShakespeareEntry: DataSetEntry = {
  name: 'tiny-shakespeare',
  title: "Tiny Shakespeare (the text of Karpathy's char-rnn)",
  about: 'a part of the plays as plain text: 40,000 lines, 1,115,394 characters, 65 of them different',
  licence: 'public domain',
  files: [{ name: 'input.txt', bytes: 1_115_394, sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed' }],
  places: [{ kind: 'address', address: 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare' }],
  origin: 'data/tinyshakespeare/input.txt of the GitHub project karpathy/char-rnn',
}

/**
 * The text of Tiny Shakespeare: 1,115,394 characters. Fetched and verified the first time, then read from the cache. Throws NablaError('data') that lists every source
 * with its reason when none has it.
 */
export const tinyShakespeare = (options?: FetchOptions): Promise<string> => fetchText(tinyShakespeareEntry, 'input.txt', options)
