/** UCM-Captions: pictures from the air with five captions each. */
import { CaptionedPictures, readable } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'
import { checkPart } from './parts.js'
import { named, openPictures, type PictureSetOptions, type PictureSplit, picturesOf } from './pictures.js'

/** The entry of UCM-Captions. */
export const ucmCaptionsEntry: DataSetEntry = {
  name: 'ucm-captions',
  title: 'UCM-Captions (Qu, Li, Tao, Lu) on the UC Merced Land Use Dataset (Yang, Newsam)',
  about:
    '2,100 pictures from the air, 96x96, 21 kinds of places, 5 captions each; 1,680 for training, 210 for validation, 210 for tests',
  licence: 'images public domain (USGS); captions published for research, no licence text; cite Qu and others (2016)',
  files: [
    { name: 'ucm-96.tar', bytes: 8_878_080, sha256: 'f3e0d8173f6f662814402b3e7cf3e9e4e777d14078001e761076285e5124bbde' },
    { name: 'captions.json', bytes: 776_756, sha256: '31b04a8522b40e8578e56323e12bcf19106245d9295710eeb0f91025b3ba7f39' },
  ],
  places: [],
  origin:
    'a prepared copy (the images of the UC Merced Land Use Dataset, reduced to 96x96, with the captions of GitHub project 201528014227051/RSICD_optimal)',
}

const parts = { train: 'train', val: 'val', test: 'test', all: 'all' } as const

/**
 * Pictures with captions, `{ id, image, captions }`; `classes` are the kinds of places, a hundred pictures each. From the cache or from `from`; without either,
 * NablaError('data') says what is needed and how it is imported.
 */
export async function ucmCaptions(split: PictureSplit = 'train', options: PictureSetOptions = {}): Promise<CaptionedPictures> {
  checkPart(ucmCaptionsEntry, split, parts)
  const { files, root } = await openPictures(ucmCaptionsEntry, options)
  const entries = picturesOf(root, split).map((picture) => ({ ...named(picture), captions: picture.field('captions').texts() }))
  return new CaptionedPictures(files, await readable(files, entries, options), root.field('classes').texts())
}
