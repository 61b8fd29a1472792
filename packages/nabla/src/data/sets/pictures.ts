/** Sets of pictures that are kept as one archive and one file of annotations. */
import { type FetchOptions, fetchFiles } from '../fetch.js'
import { archiveFiles, type Files } from '../formats/files.js'
import { type JsonValue, readJson } from '../formats/json.js'
import type { PictureOptions } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'

/** How a set of pictures is fetched and opened. */
export interface PictureSetOptions extends FetchOptions, PictureOptions {}

/** The part of a set that is asked for: its authors' split, or everything. */
export type PictureSplit = 'train' | 'val' | 'test' | 'all'

/** The opened archive of a set (the entry's first file) and the root of its annotations (the second). */
export async function openPictures(entry: DataSetEntry, options: FetchOptions): Promise<{ files: Files; root: JsonValue }> {
  const [archive, annotations] = entry.files.map(({ name }) => name) as [string, string]
  const got = await fetchFiles(entry, undefined, options)
  return {
    files: await archiveFiles(got.get(archive)!, archive),
    root: readJson(got.get(annotations)!, annotations),
  }
}

/** The pictures that the annotations list, of one split. */
export const picturesOf = (root: JsonValue, split: PictureSplit): JsonValue[] =>
  root
    .field('images')
    .list()
    .filter((picture) => split === 'all' || picture.field('split').text() === split)

/** `images/0001.jpg`: path and name of a picture. */
export function named(picture: JsonValue): { readonly id: string; readonly file: string } {
  const file = picture.field('file').text()
  return { id: file.replace(/^.*\//, '').replace(/\.\w+$/, ''), file }
}

/** Boxes and labels out of a list of objects; `label` says which number an object has. */
export function boxesOf(
  objects: readonly JsonValue[],
  label: (object: JsonValue) => number,
): { boxes: Float32Array; labels: Int32Array } {
  return {
    boxes: Float32Array.from(objects.flatMap((object) => object.field('bbox').numbers(4))),
    labels: Int32Array.from(objects, label),
  }
}
