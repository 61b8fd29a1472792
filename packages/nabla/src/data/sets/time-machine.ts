/** The Time Machine, the text of the language models in Dive into Deep Learning. */
import { type FetchOptions, fetchText } from '../fetch.js'
import type { DataSetEntry } from './entry.js'

/** The entry of The Time Machine. */
export const timeMachineEntry: DataSetEntry = {
  name: 'timemachine',
  title: 'The Time Machine (H. G. Wells, 1895; Project Gutenberg book 35)',
  about: 'a novel as plain text: 3,221 lines, 178,979 characters',
  licence: 'public domain',
  files: [
    { name: 'timemachine.txt', bytes: 178_979, sha256: '8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516' },
  ],
  places: [{ kind: 'address', address: 'http://d2l-data.s3-accelerate.amazonaws.com' }],
  origin: "timemachine.txt of Dive into Deep Learning's data (d2l.ai)",
}

/**
 * The text of The Time Machine, as it is: 178,979 characters. Fetched and verified the first time, then read from the cache. Throws NablaError('data') that lists every
 * source with its reason when none has it.
 */
export const timeMachine = (options?: FetchOptions): Promise<string> => fetchText(timeMachineEntry, 'timemachine.txt', options)
