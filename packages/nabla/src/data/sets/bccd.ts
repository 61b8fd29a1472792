/** BCCD: blood cells under a microscope. */
import { DetectionPictures, readable } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'
import { checkPart } from './parts.js'
import { boxesOf, named, openPictures, type PictureSetOptions, type PictureSplit, picturesOf } from './pictures.js'

/** The entry of the blood cells. */
export const bccdEntry: DataSetEntry = {
  name: 'bccd',
  title: 'BCCD, blood cell count and detection (shenggan, cosmicad, akshaylamba)',
  about:
    '364 pictures of blood, 256x192, with boxes of 4,153 red cells, 372 white cells and 361 platelets; 205 for training, 87 for validation, 72 for tests',
  licence: 'MIT, Copyright (c) 2017 shenggan',
  files: [
    { name: 'bccd-256.tar', bytes: 3_235_840, sha256: '975ebbfc62865e6bd86e4c890814688498db5c43cfe9d320a059ed5854910f7b' },
    { name: 'annotations.json', bytes: 234_270, sha256: '65c8fde486dfe71bb9119857c5473c208b7ec6a2e6ac4777c6e0cc828e378931' },
  ],
  places: [],
  origin:
    'a prepared copy (the pictures and boxes of GitHub project Shenggan/BCCD_Dataset, reduced to 256x192; vocDetection reads its folder BCCD as it is)',
}

const parts = { train: 'train', val: 'val', test: 'test', all: 'all' } as const

/**
 * Pictures with boxes of red cells, white cells and platelets: `{ id, image, boxes, labels }`. Not every red cell has a box. From the cache or from `from`; without either,
 * NablaError('data') says what is needed and how it is imported.
 */
export async function bccd(split: PictureSplit = 'train', options: PictureSetOptions = {}): Promise<DetectionPictures> {
  checkPart(bccdEntry, split, parts)
  const { files, root } = await openPictures(bccdEntry, options)
  const entries = picturesOf(root, split).map((picture) => ({
    ...named(picture),
    ...boxesOf(picture.field('objects').list(), (object) => object.field('class').whole()),
  }))
  return new DetectionPictures(files, await readable(files, entries, options), root.field('classes').texts())
}
