/** Plain ways to cut a text into tokens, and the two normalisations of English that go with them in "Dive into Deep Learning". */

/** Every run of anything but the letters A to Z becomes one space, and letters lower case: what a small language model reads. */
export const normalizeLetters = (text: string): string => text.replace(/[^A-Za-z]+/g, ' ').toLowerCase()

/**
 * Lower case, plain spaces in place of no-break ones (U+00A0, U+202F), and a space before each `,` `.` `!` `?`, so that a split at
 * white space makes tokens of them: what a small translation model reads.
 */
export const normalizeSentence = (text: string): string =>
  text
    .replace(/[\u00a0\u202f]/g, ' ')
    .toLowerCase()
    .replace(/(?<=[^ ])(?=[,.!?])/g, ' ')

/** The runs of anything but white space, in order; none for an empty text. */
export const tokenizeWords = (text: string): string[] => text.match(/\S+/g) ?? []

/** The characters (code points: letters outside the basic plane are one token, an accent written apart is one of its own). */
export const tokenizeCharacters = (text: string): string[] => Array.from(text)
