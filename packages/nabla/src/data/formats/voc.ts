/** Annotations as Pascal VOC writes them (Everingham and others 2010): an XML file a picture, in the folders of its development kit. */
import { NablaError, unknownName } from '../../core/errors.js'
import { decodeText } from '../../tables/decode.js'
import { type Files, type FileSource, openFiles } from './files.js'
import { type DetectionEntry, DetectionPictures, type PictureOptions, readable, SegmentedPictures } from './samples.js'
import { textLines } from './text.js'
import { parseXml, type XmlElement } from './xml.js'

/** An object in a picture. */
export interface VocObject {
  /** Name of its class. */
  readonly name: string
  /** xmin, ymin, xmax, ymax in pixels. */
  readonly box: readonly [number, number, number, number]
  /** Hard to see: counts neither as found nor as missed. */
  readonly difficult: boolean
  /** Part of it lies outside of the picture. */
  readonly truncated: boolean
}

/** What a file says of its picture. */
export interface VocAnnotation {
  /** Name of the picture's file, if it is told. */
  readonly file: string | undefined
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** In the order of the file. */
  readonly objects: readonly VocObject[]
}

/** How boxes are counted. */
export interface VocOptions {
  /**
   * Number of the first pixel. 0 (default): boxes stay as they are written, which is what most tools write. 1: those of Pascal VOC itself, which count pixels from
   * 1 and include the last one; xmin and ymin become one less, so that boxes are edges, 0 at the left and at the top.
   */
  readonly origin?: 0 | 1
}

/** Reads one annotation file. Throws NablaError('data') that names the file for what is no such file, or a box that is none. */
export function readVoc(source: string | Uint8Array, name = 'annotation', { origin = 0 }: VocOptions = {}): VocAnnotation {
  const root = parseXml(typeof source === 'string' ? source : decodeText(source, name), name)
  const fail = (what: string): never => {
    throw new NablaError('data', `[voc] ${name}: ${what}`, { name })
  }
  if (root.name !== 'annotation') fail(`its root is <${root.name}>, expected <annotation>`)
  const child = (element: XmlElement, tag: string): XmlElement | undefined => element.children.find((one) => one.name === tag)
  const need = (element: XmlElement, tag: string): XmlElement => child(element, tag) ?? fail(`<${element.name}> has no <${tag}>`)
  const number = (element: XmlElement, tag: string): number => {
    const { text } = need(element, tag)
    const value = Number(text)
    return text && Number.isFinite(value) ? value : fail(`<${tag}> is ${JSON.stringify(text)}, expected a number`)
  }
  const size = need(root, 'size')
  const objects = root.children.filter(({ name: tag }) => tag === 'object')
  return {
    file: child(root, 'filename')?.text || undefined,
    width: number(size, 'width'),
    height: number(size, 'height'),
    objects: objects.map((object) => {
      const bounds = need(object, 'bndbox')
      const [xmin, ymin] = [number(bounds, 'xmin') - origin, number(bounds, 'ymin') - origin]
      const [xmax, ymax] = [number(bounds, 'xmax'), number(bounds, 'ymax')]
      if (xmax < xmin || ymax < ymin) fail(`a box [${xmin}, ${ymin}, ${xmax}, ${ymax}], expected xmin <= xmax and ymin <= ymax`)
      const flag = (tag: string): boolean => child(object, tag)?.text === '1'
      return {
        name: need(object, 'name').text,
        box: [xmin, ymin, xmax, ymax],
        difficult: flag('difficult'),
        truncated: flag('truncated'),
      }
    }),
  }
}

/** How a data set is made of a development kit. */
export interface VocSetOptions extends VocOptions, PictureOptions {
  /** Only the pictures that `ImageSets/Main/<split>.txt` (for segmentation `ImageSets/Segmentation/<split>.txt`) lists. Default all that are annotated. */
  readonly split?: string
  /** Names of the classes, in the order of their numbers. Default: the names in all annotations, sorted; for segmentation, VOC's 21. */
  readonly classes?: readonly string[]
  /** What to do with objects marked as difficult: keep them, marked in `crowd`, or leave them out. Default 'keep'. */
  readonly difficult?: 'keep' | 'drop'
}

/**
 * Pictures with boxes from a folder or archive that has `Annotations/*.xml` and `JPEGImages/` (anywhere in it, but once).
 *
 *     const set = await vocDetection('VOCdevkit/VOC2012', { split: 'train', origin: 1 })
 */
export async function vocDetection(source: FileSource, options: VocSetOptions = {}): Promise<DetectionPictures> {
  const files = await openFiles(source)
  const kit = kitIn(files, /^(.*\/)?Annotations\/([^/]+)\.xml$/, 'Annotations/*.xml')
  const listed = options.split === undefined ? kit.stems : await listOf(files, `${kit.root}ImageSets/Main/${options.split}.txt`)
  const read = async (stem: string): Promise<VocAnnotation> => {
    const path = `${kit.root}Annotations/${stem}.xml`
    return readVoc(await files.read(path), `${files.name}/${path}`, options)
  }
  const annotations = new Map<string, VocAnnotation>()
  for (const stem of options.classes ? listed : new Set([...kit.stems, ...listed])) annotations.set(stem, await read(stem))
  const names = [...annotations.values()].flatMap(({ objects }) => objects.map(({ name }) => name))
  const classes = options.classes ?? [...new Set(names)].sort((a, b) => (a < b ? -1 : 1))
  const pictureOf = pictures(files, kit.root)
  const entries = listed.map((stem): DetectionEntry => {
    const { file, objects } = annotations.get(stem)!
    const kept = objects.filter(({ difficult }) => !difficult || options.difficult !== 'drop')
    return {
      id: stem,
      file: pictureOf(stem, file),
      boxes: Float32Array.from(kept.flatMap(({ box }) => box)),
      labels: Int32Array.from(kept, ({ name }) => {
        const label = classes.indexOf(name)
        if (label < 0) throw unknownName('data', `class in ${stem}.xml:`, name, classes)
        return label
      }),
      crowd: Uint8Array.from(kept, ({ difficult }) => Number(difficult)),
    }
  })
  return new DetectionPictures(files, await readable(files, entries, options), classes)
}

/** VOC's classes as its masks number them; 255 is the border between objects, which belongs to none. */
export const vocClasses: readonly string[] = [
  'background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor',
].flatMap((names) => names.split(' '))

/** Pictures with a class for every pixel from a folder or archive that has `SegmentationClass/*.png` and `JPEGImages/`. Pixels of 255 belong to no class. */
export async function vocSegmentation(source: FileSource, options: VocSetOptions = {}): Promise<SegmentedPictures> {
  const files = await openFiles(source)
  const kit = kitIn(files, /^(.*\/)?SegmentationClass\/([^/]+)\.png$/, 'SegmentationClass/*.png')
  const stems =
    options.split === undefined ? kit.stems : await listOf(files, `${kit.root}ImageSets/Segmentation/${options.split}.txt`)
  const pictureOf = pictures(files, kit.root)
  const entries = stems.map((id) => ({ id, file: pictureOf(id, undefined), mask: `${kit.root}SegmentationClass/${id}.png` }))
  return new SegmentedPictures(files, await readable(files, entries, options), options.classes ?? vocClasses, 255)
}

/** The folder above those of a kit, and the names of the files that match, without folder and ending. */
function kitIn(files: Files, pattern: RegExp, what: string): { root: string; stems: string[] } {
  const matches = files.paths.flatMap((path) => {
    const match = pattern.exec(path)
    return match ? [{ root: match[1] ?? '', stem: match[2]! }] : []
  })
  const roots = [...new Set(matches.map(({ root }) => root))]
  if (roots.length === 1) return { root: roots[0]!, stems: matches.map(({ stem }) => stem) }
  const several = roots.length
    ? `has several: ${roots.map((root) => root || './').join(', ')}; pass the path of one`
    : `has no ${what}`
  throw new NablaError('data', `[voc] ${files.name} ${several}`, { name: files.name, roots })
}

/** Names in a list of a split: the first word of each line. */
async function listOf(files: Files, path: string): Promise<string[]> {
  const lines = textLines(decodeText(await files.read(path), path))
  return lines.flatMap((line) => line.trim().split(/\s+/)[0] || [])
}

/** The path of a picture by its stem: the file that its annotation names, or the one of that stem with any ending. */
function pictures(files: Files, root: string): (stem: string, file: string | undefined) => string {
  const folder = `${root}JPEGImages/`
  const inFolder = files.paths.filter((path) => path.startsWith(folder))
  const known = new Set(inFolder)
  const byStem = new Map(inFolder.map((path) => [path.slice(folder.length).replace(/\.\w+$/, ''), path]))
  return (stem, file) =>
    file !== undefined && known.has(folder + file) ? folder + file : (byStem.get(stem) ?? `${folder}${stem}.jpg`)
}
