/**
 * Annotations as COCO writes them (Lin and others 2014): one JSON file of images, annotations and categories, tied together by numbers.
 * Boxes [x, y, width, height] become [xmin, ymin, xmax, ymax]; category numbers, which have gaps, become 0, 1, 2, ... in their order.
 */
import { bitmapOf, type Outline } from './coco-mask.js'
import { type FileSource, openFiles, readBytes } from './files.js'
import { type JsonValue, readJson } from './json.js'
import { CaptionedPictures, type DetectionEntry, DetectionPictures, type PictureOptions, readable } from './samples.js'

/** An object in a picture. */
export interface CocoObject {
  /** Number of its class: its category's place among all. */
  readonly label: number
  /** xmin, ymin, xmax, ymax in pixels. */
  readonly box: readonly [number, number, number, number]
  /** A box around a crowd. */
  readonly crowd: boolean
  /** Where its mask comes from, if the file has one: `cocoMask` makes a bitmap of it. */
  readonly outline?: Outline
}

/** A picture with what the file says of it. */
export interface CocoImage {
  /** COCO's number. */
  readonly id: number
  /** Name of its file. */
  readonly file: string
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** In the order of the file. */
  readonly objects: readonly CocoObject[]
  /** In the order of the file. */
  readonly captions: readonly string[]
}

/** What a file of annotations says. */
export interface CocoAnnotations {
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[]
  /** All pictures, also those without annotations. */
  readonly images: readonly CocoImage[]
}

/** Reads a file of instances (boxes, polygons, run lengths) or captions. Throws NablaError('data') that names the place in the file: a picture or category that is not there, a box that is none. */
export function readCoco(source: string | Uint8Array, name = 'annotations'): CocoAnnotations {
  const root = readJson(source, name)
  const byId = (field: string): [id: number, entry: JsonValue][] => {
    const list = root.field(field)
    return list.absent ? [] : list.list().map((entry) => [entry.field('id').whole(), entry])
  }
  const categories = byId('categories').sort(([a], [b]) => a - b)
  const places = new Map(categories.map(([id], place) => [id, place]))
  const images = new Map(
    byId('images').map(([id, entry]) => [
      id,
      {
        id,
        file: entry.field('file_name').text(),
        width: entry.field('width').whole(),
        height: entry.field('height').whole(),
        objects: [] as CocoObject[],
        captions: [] as string[],
      },
    ]),
  )
  for (const annotation of root.field('annotations').list()) {
    const image =
      images.get(annotation.field('image_id').whole()) ?? annotation.field('image_id').fail('there is no image with this id')
    if (!annotation.field('caption').absent) image.captions.push(annotation.field('caption').text())
    if (annotation.field('bbox').absent) continue
    const category = annotation.field('category_id')
    const label = places.get(category.whole()) ?? category.fail(`there is no category with this id among the ${places.size}`)
    const [x, y, w, h] = annotation.field('bbox').numbers(4) as [number, number, number, number]
    if (w < 0 || h < 0) annotation.field('bbox').fail(`a box of ${w} x ${h} pixels`)
    const crowd = !annotation.field('iscrowd').absent && annotation.field('iscrowd').whole() === 1
    const outline = outlineOf(annotation.field('segmentation'))
    image.objects.push({ label, box: [x, y, x + w, y + h], crowd, ...(outline && { outline }) })
  }
  return { classes: categories.map(([, entry]) => entry.field('name').text()), images: [...images.values()] }
}

function outlineOf(value: JsonValue): Outline | undefined {
  if (value.absent) return undefined
  if (value.isList) return value.list().map((polygon) => polygon.numbers())
  const counts = value.field('counts')
  return { size: value.field('size').numbers(2), counts: counts.isText ? counts.text() : counts.numbers() }
}

/**
 * The mask of an object as rows of 0 and 1, [height, width], by the rules of COCO's own tools. Polygons, run lengths, and run lengths packed into
 * a string are taken. Throws NablaError('data') for one that does not fit a picture of this size.
 */
export const cocoMask = (outline: Outline, height: number, width: number): Uint8Array => bitmapOf(outline, height, width)

/** How a data set is made of COCO's annotations. */
export interface CocoOptions extends PictureOptions {
  /** Samples have `masks`. Default false. Objects without an outline have an empty one. */
  readonly masks?: boolean
  /** What to do with boxes around crowds: keep them, marked in `crowd`, or leave them out. Default 'keep'. */
  readonly crowd?: 'keep' | 'drop'
  /** Leave out pictures without objects. Default false. */
  readonly withObjects?: boolean
}

/**
 * Pictures with boxes from a folder (or archive) of images and a file of COCO instances, by its path or address.
 *
 *     const set = await cocoDetection('coco/val2017', 'coco/annotations/instances_val2017.json', { masks: true })
 *     const { image, boxes, labels, masks } = await set.get(0)
 */
export async function cocoDetection(
  images: FileSource,
  annotations: string,
  options: CocoOptions = {},
): Promise<DetectionPictures> {
  const { masks = false, crowd = 'keep', withObjects = false } = options
  const [files, read] = await Promise.all([openFiles(images), annotationsOf(annotations)])
  const entries = read.images.flatMap((image): DetectionEntry[] => {
    const objects = image.objects.filter((object) => crowd === 'keep' || !object.crowd)
    if (withObjects && !objects.length) return []
    return [
      {
        id: String(image.id),
        file: image.file,
        boxes: Float32Array.from(objects.flatMap(({ box }) => box)),
        labels: Int32Array.from(objects, ({ label }) => label),
        crowd: Uint8Array.from(objects, (object) => Number(object.crowd)),
        ...(masks && { masks: objects.map(({ outline }) => outline ?? []) }),
      },
    ]
  })
  return new DetectionPictures(files, await readable(files, entries, options), read.classes)
}

/** Pictures with captions from a folder (or archive) of images and a file of COCO captions, by its path or address. Pictures without captions are left out. */
export async function cocoCaptions(
  images: FileSource,
  annotations: string,
  options: PictureOptions = {},
): Promise<CaptionedPictures> {
  const [files, read] = await Promise.all([openFiles(images), annotationsOf(annotations)])
  const captioned = read.images.filter(({ captions }) => captions.length)
  const entries = captioned.map(({ id, file, captions }) => ({ id: String(id), file, captions }))
  return new CaptionedPictures(files, await readable(files, entries, options))
}

const annotationsOf = async (place: string): Promise<CocoAnnotations> => readCoco(await readBytes(place), place)
