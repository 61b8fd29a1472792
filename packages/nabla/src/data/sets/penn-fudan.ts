/** Penn-Fudan: pedestrians in streets, with boxes and masks. */
import { DetectionPictures, readable } from '../formats/samples.js'
import type { DataSetEntry } from './entry.js'
import { boxesOf, named, openPictures, type PictureSetOptions, picturesOf } from './pictures.js'

/** The entry of Penn-Fudan. */
export const pennFudanEntry: DataSetEntry = {
  name: 'penn-fudan',
  title: 'Penn-Fudan Database for Pedestrian Detection and Segmentation (Wang, Shi, Song, Shen)',
  about: '170 photographs, longest side 256, with boxes and masks of 423 pedestrians; no standard split',
  licence:
    'published for research, no licence text; cite Wang and others, "Object Detection Combining Recognition and Segmentation" (2007)',
  files: [
    { name: 'penn-fudan-256.tar', bytes: 3_563_520, sha256: '088371b16838c32ed43c7b22b07b5b598bdc9c817c13342aca629ac63a94e1c7' },
    { name: 'annotations.json', bytes: 40_898, sha256: 'd334a86d2d50eca2210ee4398c338f6f02a2f75a9c07206d29b283d9ef5f2faf' },
  ],
  places: [],
  origin:
    'a prepared copy (the photographs and masks of PennFudanPed.zip of the University of Pennsylvania, reduced to 256 pixels)',
}

/**
 * Photographs with a box and a mask for each pedestrian: `{ id, image, boxes, labels, masks }`; the classes are background 0 and pedestrian 1. From the cache or from
 * `from`; without either, NablaError('data') says what is needed and how it is imported.
 */
export async function pennFudan(options: PictureSetOptions = {}): Promise<DetectionPictures> {
  const { files, root } = await openPictures(pennFudanEntry, options)
  const entries = picturesOf(root, 'all').map((picture) => {
    const objects = picture.field('objects').list()
    objects.forEach(
      (object, i) => object.field('id').whole() === i + 1 || object.field('id').fail(`expected ${i + 1}, the number in the mask`),
    )
    return { ...named(picture), ...boxesOf(objects, () => 1), masks: picture.field('mask').text() }
  })
  return new DetectionPictures(files, await readable(files, entries, options), root.field('classes').texts())
}
