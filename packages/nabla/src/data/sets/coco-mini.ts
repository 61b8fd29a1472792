/** A hundred and one photographs of COCO with boxes and captions: too few to learn from, enough to try things on. */
import { DetectionPictures, readable } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'
import { checkPart } from './parts.js'
import { boxesOf, named, openPictures, type PictureSetOptions, type PictureSplit, picturesOf } from './pictures.js'

/** The entry of COCO mini. */
export const cocoMiniEntry: DataSetEntry = {
  name: 'coco-mini',
  title: 'COCO mini: photographs of COCO 2017 (Lin and others)',
  about:
    '101 photographs, longest side 256, with 5 captions each and 1,000 boxes of 80 classes; 50 for training, 51 for validation',
  licence:
    'annotations CC BY 4.0 (COCO Consortium); photographs under Creative Commons licences, named one by one, some non-commercial',
  files: [
    { name: 'coco-mini-256.tar', bytes: 1_423_360, sha256: '7005a1eb6aec52a0116c32d33b49161b64730f8fcc75f61a1d547c0b10d255e2' },
    { name: 'annotations.json', bytes: 108_360, sha256: '0bcc31749e43f3e64514c043a56355de635def3ab4103ae98654fd8ae16bf61a' },
  ],
  places: [],
  origin:
    'a prepared copy (photographs of GitHub project Obmutescence/COCO-MINI, reduced to 256 pixels; COCO itself is at cocodataset.org, and cocoDetection and cocoCaptions read that)',
}

const parts = { train: 'train', val: 'val', all: 'all' } as const

/**
 * Photographs with boxes, classes, captions, and marks of crowds: `{ id, image, boxes, labels, crowd, captions }`. From the cache or from `from`; without either,
 * NablaError('data') says what is needed and how it is imported.
 */
export async function cocoMini(
  split: Exclude<PictureSplit, 'test'> = 'train',
  options: PictureSetOptions = {},
): Promise<DetectionPictures> {
  checkPart(cocoMiniEntry, split, parts)
  const { files, root } = await openPictures(cocoMiniEntry, options)
  const entries = picturesOf(root, split).map((picture) => {
    const objects = picture.field('objects').list()
    return {
      ...named(picture),
      ...boxesOf(objects, (object) => object.field('class').whole()),
      crowd: Uint8Array.from(objects, (object) => object.field('crowd').whole()),
      captions: picture.field('captions').texts(),
    }
  })
  return new DetectionPictures(files, await readable(files, entries, options), root.field('classes').texts())
}
