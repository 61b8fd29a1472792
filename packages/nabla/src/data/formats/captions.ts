/** Captions of pictures as text: Flickr8k's own file (`name.jpg#0<TAB>caption`), and the table that goes round with its images (`image,caption`). */
import { NablaError } from '../../core/errors.js'
import { readCsv } from '../../tables/csv.js'
import { type FileSource, openFiles } from './files.js'
import { CaptionedPictures, type PictureOptions, readable } from './samples.js'
import { textFile, textLines } from './text.js'

/** Captions by file, in the order of the text. Throws NablaError('data') with the line for one that is of neither kind. */
export function readFlickrCaptions(text: string, name = 'captions'): Map<string, string[]> {
  const byFile = new Map<string, string[]>()
  const note = (file: string, caption: string): void => void (byFile.get(file) ?? byFile.set(file, []).get(file)!).push(caption)
  if (/^\ufeff?image,caption\r?\n/.test(text)) {
    const table = readCsv(text, { name, missing: [], types: { image: 'text', caption: 'text' } })
    const captions = table.strings('caption')
    table.strings('image').forEach((file, row) => note(file!, captions[row]!.trim()))
    return byFile
  }
  textLines(text).forEach((line, i) => {
    if (!line.trim()) return
    const [, file, caption] = /^([^\t#]+)#\d+\t(.*)$/.exec(line) ?? []
    if (file === undefined || caption === undefined)
      throw new NablaError(
        'data',
        `[captions] ${name}, line ${i + 1}: expected name.jpg#0, a tab and a caption (or a first line "image,caption" and a table), got ${JSON.stringify(line.slice(0, 60))}`,
        { name, line: i + 1 },
      )
    note(file, caption.trim())
  })
  return byFile
}

/** How a data set is made of Flickr8k's files. */
export interface FlickrOptions extends PictureOptions {
  /** Only these pictures, as `Flickr_8k.trainImages.txt` lists them: the path or address of such a list, or names of files. Default all with captions. */
  readonly only?: string | readonly string[]
}

/**
 * Pictures with captions from a folder (or archive) of images and a file of captions in one of Flickr8k's layouts.
 *
 *     const train = await flickrCaptions('Flicker8k_Dataset', 'Flickr8k.token.txt', { only: 'Flickr_8k.trainImages.txt' })
 *
 * Throws NablaError('data') for a listed picture without captions. Flickr8k has captions of one picture that is not there: pass `{ unreadable: 'skip' }`.
 */
export async function flickrCaptions(
  images: FileSource,
  captions: string,
  options: FlickrOptions = {},
): Promise<CaptionedPictures> {
  const { only } = options
  const [files, text, list] = await Promise.all([
    openFiles(images),
    textFile(captions),
    typeof only === 'string' ? textFile(only).then((names) => textLines(names).flatMap((line) => line.trim() || [])) : only,
  ])
  const byFile = readFlickrCaptions(text, captions)
  const entries = (list ?? [...byFile.keys()]).map((file) => {
    const found = byFile.get(file)
    if (!found) throw new NablaError('data', `[captions] ${captions} has no captions of ${file}`, { file })
    return { id: file.replace(/\.\w+$/, ''), file, captions: found }
  })
  return new CaptionedPictures(files, await readable(files, entries, options))
}
