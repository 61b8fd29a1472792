/** Pictures sorted into folders, a folder a class. */
import { NablaError } from '../../core/errors.js'
import { type FileSource, openFiles } from './files.js'
import { LabelledPictures, type PictureOptions, readable } from './samples.js'

/** How folders become a data set. */
export interface ImageFolderOptions extends PictureOptions {
  /** Names of the folders that are classes, in the order of their labels. Default: all, sorted. Pass those of the training set for others. */
  readonly classes?: readonly string[]
}

/**
 * A data set of PNG and JPEG files, labelled by the folder they lie in (at any depth); samples are `{ id, image, label }`.
 *
 *     cats/1.jpg  cats/2.jpg  dogs/a/1.png        two classes: cats 0, dogs 1
 *
 * Takes a folder (Node), a tar archive by path or address, or open files. Throws NablaError('data') when there are no pictures, a picture lies in no folder
 * or in one that is none of `classes`, or a class has none.
 */
export async function imageFolder(source: FileSource, options: ImageFolderOptions = {}): Promise<LabelledPictures> {
  const files = await openFiles(source)
  const paths = files.paths.filter((path) => /\.(?:png|jpe?g)$/i.test(path))
  const fail = (what: string): never => {
    throw new NablaError('data', `[imageFolder] ${files.name} ${what}`, { name: files.name })
  }
  if (!paths.length) fail('has no pictures: expected PNG and JPEG files in a folder for each class')
  const folderOf = (path: string): string => {
    const slash = path.indexOf('/')
    return slash > 0 ? path.slice(0, slash) : fail(`has ${path} outside of the folders of its classes`)
  }
  const folders = [...new Set(paths.map(folderOf))]
  const classes = options.classes ?? folders
  const stray = folders.find((name) => !classes.includes(name))
  if (stray !== undefined) fail(`has a folder ${stray}, which is none of the classes: ${classes.join(', ')}`)
  const empty = classes.find((name) => !folders.includes(name))
  if (empty !== undefined) fail(`has no pictures of the class ${empty}`)
  const entries = paths.map((file) => ({ id: file, file, label: classes.indexOf(folderOf(file)) }))
  return new LabelledPictures(files, await readable(files, entries, options), classes)
}
