/**
 * Data sets of pictures whose files lie somewhere: a sample is read and decoded when it is asked for. Their fields have the names by which transforms move
 * what belongs to a picture: `boxes`, `mask`, `masks`.
 */
import { NablaError } from '../../core/errors.js'
import { BaseDataset, type FieldTypes } from '../dataset.js'
import { decodeImage } from '../image-file.js'
import { type Recipe, recipeKey } from '../portable.js'
import type { Raster } from '../raster.js'
import { bitmapOf, type Outline } from './coco-mask.js'
import type { Files } from './files.js'

/** A picture's file, and what it is called. */
export interface PictureEntry {
  /** Name of the sample, for people and results. */
  readonly id: string
  /** Path of the picture among the files. */
  readonly file: string
}

/** What every sample of a picture has. */
export interface PictureSample {
  /** Name of the sample. */
  readonly id: string
  /** The picture, 3 channels. */
  readonly image: Raster
}

/** A picture with its class. */
export interface LabelledEntry extends PictureEntry {
  /** Number of its class. */
  readonly label: number
}

/** A picture with its class. */
export interface LabelledSample extends PictureSample {
  /** Number of its class. */
  readonly label: number
}

/** A picture with its captions. */
export interface CaptionEntry extends PictureEntry {
  /** Sentences about it. */
  readonly captions: readonly string[]
}

/** A picture with its captions. */
export interface CaptionSample extends PictureSample {
  /** Sentences about it. */
  readonly captions: readonly string[]
}

/** A picture with a class for every pixel. */
export interface SegmentationEntry extends PictureEntry {
  /** Path of the mask: an image of one channel (or with a palette) whose numbers are classes. */
  readonly mask: string
}

/** A picture with a class for every pixel. */
export interface SegmentationSample extends PictureSample {
  /** Numbers of classes: one channel, as large as the picture. */
  readonly mask: Raster
}

/** A picture with its objects. */
export interface DetectionEntry extends PictureEntry {
  /** xmin, ymin, xmax, ymax of each object, in pixels of the picture: n x 4 numbers. */
  readonly boxes: Float32Array
  /** Class of each object. */
  readonly labels: Int32Array
  /** 1 for a box around a crowd, which counts neither as found nor as missed. Only where the data set knows of such. */
  readonly crowd?: Uint8Array
  /** Where the objects' masks come from: an image whose numbers are instances (1 the first object), or an outline each. */
  readonly masks?: string | readonly Outline[]
  /** Sentences about it, where there are some. */
  readonly captions?: readonly string[]
}

/** A picture with its objects. */
export interface DetectionSample extends PictureSample {
  /** xmin, ymin, xmax, ymax of each object, in pixels: n x 4 numbers. */
  readonly boxes: Float32Array
  /** Class of each object: n numbers. */
  readonly labels: Int32Array
  /** 1 for a crowd: n numbers. Only where the data set knows of such. */
  readonly crowd?: Uint8Array
  /** A mask of 0 and 1 for each object: n channels, as large as the picture. Only where the data set has masks. */
  readonly masks?: Raster
  /** Sentences about it, where there are some. */
  readonly captions?: readonly string[]
}

/** How pictures are opened. */
export interface PictureOptions {
  /**
   * What to do about pictures that cannot be read. 'stop' (default): asking for such a sample is an error that names the file. 'skip': every picture is
   * decoded once when the data set is opened, and those that cannot be are left out.
   */
  readonly unreadable?: 'stop' | 'skip'
  /** Told of every picture that is left out. Default: a line on the console's error stream. */
  readonly skipped?: (file: string, error: NablaError) => void
}

const rgb = async (files: Files, file: string): Promise<Raster> =>
  decodeImage(await files.read(file), { name: nameOf(files, file), mode: 'rgb' })

const made = (name: string, ...args: readonly unknown[]): Recipe => ({ module: import.meta.url, name, args, construct: true })

const nameOf = (files: Files, file: string): string => `${files.name}/${file}`

/** Entries and files: what the data sets of pictures have in common. Samples are read and decoded one by one, when they are asked for. */
export abstract class Pictures<Entry extends PictureEntry, Sample> extends BaseDataset<Sample> {
  readonly length: number

  constructor(
    /** Where the pictures lie. */
    readonly files: Files,
    /** What is known of each sample without reading its picture. */
    readonly entries: readonly Entry[],
    /** Names of the classes, in the order of their numbers. */
    readonly classes: readonly string[],
  ) {
    super()
    this.length = entries.length
    if (!entries.length)
      throw new NablaError('data', `[data] ${files.name} has no samples: expected at least one`, { name: files.name })
  }

  /** The sample of this number: reads and decodes its picture. Rejects with NablaError('data') that names a file which cannot be read. */
  async get(index: number): Promise<Sample> {
    const entry = this.entries[index]
    if (!entry)
      throw new NablaError('index', `[data] there is no sample ${index}: ${this.files.name} has ${this.length}`, {
        index,
        length: this.length,
      })
    return this.sample(entry, await rgb(this.files, entry.file))
  }

  /** A sample of its entry and its picture. */
  protected abstract sample(entry: Entry, image: Raster): Sample | Promise<Sample>

  /** How a loader's worker makes this data set again. */
  abstract get [recipeKey](): Recipe

  protected check(index: number, label: number): void {
    const { classes, entries } = this
    if (Number.isInteger(label) && label >= 0 && label < classes.length) return
    const { file } = entries[index]!
    throw new NablaError('data', `[data] ${file}: label ${label} has no class, there are ${classes.length}`, {
      file,
      label,
      classes: classes.length,
    })
  }
}

/** Pictures with a class each; samples are `{ id, image, label }`. */
export class LabelledPictures extends Pictures<LabelledEntry, LabelledSample> {
  constructor(files: Files, entries: readonly LabelledEntry[], classes: readonly string[]) {
    super(files, entries, classes)
    entries.forEach(({ label }, i) => this.check(i, label))
  }
  protected sample({ id, label }: LabelledEntry, image: Raster): LabelledSample {
    return { id, image, label }
  }
  /** Labels become int32. */
  override get dtypes(): FieldTypes {
    return { label: 'int32' }
  }
  get [recipeKey](): Recipe {
    return made('LabelledPictures', this.files, this.entries, this.classes)
  }
}

/** Pictures with captions; samples are `{ id, image, captions }`. */
export class CaptionedPictures extends Pictures<CaptionEntry, CaptionSample> {
  constructor(files: Files, entries: readonly CaptionEntry[], classes: readonly string[] = []) {
    super(files, entries, classes)
  }
  protected sample({ id, captions }: CaptionEntry, image: Raster): CaptionSample {
    return { id, image, captions }
  }
  get [recipeKey](): Recipe {
    return made('CaptionedPictures', this.files, this.entries, this.classes)
  }
}

/** Pictures with a class for every pixel; samples are `{ id, image, mask }`. */
export class SegmentedPictures extends Pictures<SegmentationEntry, SegmentationSample> {
  constructor(
    files: Files,
    entries: readonly SegmentationEntry[],
    classes: readonly string[],
    /** The number that stands for no class, such as 255 in Pascal VOC's masks; allowed beside the classes. */
    readonly ignoreIndex?: number,
  ) {
    super(files, entries, classes)
  }
  protected async sample({ id, file, mask: path }: SegmentationEntry, image: Raster): Promise<SegmentationSample> {
    const name = nameOf(this.files, path)
    const mask = await decodeImage(await this.files.read(path), { name, mode: 'numbers' })
    sameSize(image, mask, file, path)
    const bad = mask.data.find((label) => label >= this.classes.length && label !== this.ignoreIndex)
    if (bad !== undefined)
      throw new NablaError(
        'data',
        `[data] ${name}: a pixel has label ${bad}, which has no class: there are ${this.classes.length}`,
        {
          file: name,
          label: bad,
        },
      )
    return { id, image, mask }
  }
  get [recipeKey](): Recipe {
    return made('SegmentedPictures', this.files, this.entries, this.classes, this.ignoreIndex)
  }
}

/** Pictures with boxes, and masks where there are some; samples are `{ id, image, boxes, labels, ... }`. */
export class DetectionPictures extends Pictures<DetectionEntry, DetectionSample> {
  constructor(files: Files, entries: readonly DetectionEntry[], classes: readonly string[]) {
    super(files, entries, classes)
    entries.forEach(({ file, boxes, labels }, i) => {
      for (const label of labels) this.check(i, label)
      const odd = labels.findIndex((_, n) => !(boxes[4 * n]! <= boxes[4 * n + 2]! && boxes[4 * n + 1]! <= boxes[4 * n + 3]!))
      if (odd < 0 && boxes.length === 4 * labels.length) return
      const what =
        odd < 0
          ? `${boxes.length} numbers are not ${labels.length} boxes`
          : `box ${odd} is [${boxes.slice(4 * odd, 4 * odd + 4).join(', ')}], expected xmin <= xmax and ymin <= ymax`
      throw new NablaError('data', `[data] ${file}: ${what}`, { file, box: odd })
    })
  }
  protected async sample(entry: DetectionEntry, image: Raster): Promise<DetectionSample> {
    const { id, boxes, labels, crowd, captions } = entry
    const masks = await this.masks(entry, image)
    return { id, image, boxes, labels, ...(crowd && { crowd }), ...(masks && { masks }), ...(captions && { captions }) }
  }
  private async masks({ file, masks, labels }: DetectionEntry, image: Raster): Promise<Raster | undefined> {
    if (masks === undefined) return undefined
    const { height, width } = image
    const size = height * width
    const data = new Uint8Array(labels.length * size)
    if (typeof masks === 'string') {
      const numbers = await decodeImage(await this.files.read(masks), { name: nameOf(this.files, masks), mode: 'numbers' })
      sameSize(image, numbers, file, masks)
      const stray = numbers.data.find((instance) => instance > labels.length)
      if (stray !== undefined)
        throw new NablaError(
          'data',
          `[data] ${nameOf(this.files, masks)} has an instance ${stray}, its picture ${labels.length} objects`,
          {
            file: masks,
            instance: stray,
          },
        )
      numbers.data.forEach((instance, i) => {
        if (instance > 0) data[(instance - 1) * size + i] = 1
      })
    } else masks.forEach((outline, n) => data.set(bitmapOf(outline, height, width, file), n * size))
    return { data, channels: labels.length, height, width }
  }
  get [recipeKey](): Recipe {
    return made('DetectionPictures', this.files, this.entries, this.classes)
  }
}

function sameSize(image: Raster, mask: Raster, file: string, path: string): void {
  if (image.height === mask.height && image.width === mask.width) return
  throw new NablaError(
    'data',
    `[data] mask ${path} is ${mask.width}x${mask.height}, its picture ${file} ${image.width}x${image.height}`,
    { file, mask: path },
  )
}

/** The entries whose pictures can be read, by what the options say about those that cannot. */
export async function readable<Entry extends PictureEntry>(
  files: Files,
  entries: readonly Entry[],
  { unreadable = 'stop', skipped = (file, error) => console.error(`${file} is left out: ${error.message}`) }: PictureOptions,
): Promise<readonly Entry[]> {
  if (unreadable === 'stop') return entries
  if (unreadable !== 'skip')
    throw new NablaError('argument', `[data] unreadable ${JSON.stringify(unreadable)}: expected 'stop' or 'skip'`, { unreadable })
  const kept: Entry[] = []
  for (const entry of entries)
    try {
      await rgb(files, entry.file)
      kept.push(entry)
    } catch (error) {
      if (!(error instanceof NablaError)) throw error
      skipped(nameOf(files, entry.file), error)
    }
  return kept
}
