import { describe, expect, test } from 'vitest'
import { NablaError } from '../../core/errors.js'
import { encodePng } from '../image-file.js'
import { SampleRandom } from '../random.js'
import { readFlickrCaptions } from './captions.js'
import { cocoMask, readCoco } from './coco.js'
import type { Outline } from './coco-mask.js'
import { memoryFiles } from './files.js'
import { readPairs, textLines } from './text.js'
import { readVoc, vocDetection, vocSegmentation } from './voc.js'
import { parseXml } from './xml.js'

const png = (height: number, width: number, channels = 3): Uint8Array =>
  encodePng({ data: new Uint8Array(channels * height * width), channels, height, width })
const voc = (objects: string, file = 'a.png'): Uint8Array =>
  new TextEncoder().encode(
    `<?xml version="1.0"?>\n<annotation verified="yes">\n<!-- by hand -->\n<filename>${file}</filename><size><width>8</width><height>6</height><depth>3</depth></size>${objects}</annotation>\n`,
  )
const object = (name: string, box: readonly number[], more = ''): string =>
  `<object><name>${name}</name>${more}<bndbox>${['xmin', 'ymin', 'xmax', 'ymax'].map((tag, i) => `<${tag}>${box[i]}</${tag}>`).join('')}</bndbox></object>`

/** Every mutation of a text is read, or refused by an error of ours. */
function fuzz(text: string, read: (text: string) => unknown, times: number): void {
  const random = new SampleRandom(1, 0, 0)
  for (let i = 0; i < times; i++) {
    const [at, length] = [random.integer(text.length), random.integer(4)]
    const put = Array.from({ length: random.integer(3) }, () => '<>/&"[]{},:-0915e\u0000ü'[random.integer(20)]!).join('')
    const broken = text.slice(0, at) + put + text.slice(at + length)
    try {
      read(broken)
    } catch (error) {
      expect(error, broken).toBeInstanceOf(NablaError)
    }
  }
}

describe('Pascal VOC', () => {
  const objects =
    object('dog', [1, 2, 8, 6], '<difficult>1</difficult><truncated>0</truncated>') + object('cat &amp; mouse', [2.5, 1, 4, 3])
  test('reads a file; boxes as they are written, or counted from 1', () => {
    const read = readVoc(voc(objects))
    expect(read).toMatchObject({ file: 'a.png', width: 8, height: 6 })
    expect(read.objects).toEqual([
      { name: 'dog', box: [1, 2, 8, 6], difficult: true, truncated: false },
      { name: 'cat & mouse', box: [2.5, 1, 4, 3], difficult: false, truncated: false },
    ])
    expect(readVoc(voc(objects), 'x', { origin: 1 }).objects[0]!.box).toEqual([0, 1, 8, 6])
  })
  test('a development kit, with and without a split', async () => {
    const files = memoryFiles(
      {
        'VOC/Annotations/a.xml': voc(objects),
        'VOC/Annotations/b.xml': voc(object('bird', [0, 0, 1, 1]), 'other-name.jpg'),
        'VOC/JPEGImages/a.png': png(6, 8),
        'VOC/JPEGImages/b.png': png(6, 8),
        'VOC/ImageSets/Main/train.txt': new TextEncoder().encode('a  1\n\n'),
        'VOC/SegmentationClass/b.png': encodePng({ data: new Uint8Array(48).fill(255), channels: 1, height: 6, width: 8 }),
      },
      'kit',
    )
    const all = await vocDetection(files)
    expect(all.classes).toEqual(['bird', 'cat & mouse', 'dog'])
    expect(all.entries.map(({ file }) => file)).toEqual(['VOC/JPEGImages/a.png', 'VOC/JPEGImages/b.png'])
    const train = await vocDetection(files, { split: 'train', difficult: 'drop' })
    expect([train.length, train.classes.length]).toEqual([1, 3])
    const { boxes, labels, crowd } = await train.get(0)
    expect([boxes, labels, crowd]).toEqual([Float32Array.of(2.5, 1, 4, 3), Int32Array.of(1), Uint8Array.of(0)])
    expect((await (await vocSegmentation(files)).get(0)).mask.data[0]).toBe(255)
    await expect(vocDetection(files, { classes: ['dog', 'cat'] })).rejects.toThrowError(/unknown class in a\.xml: "cat & mouse"/)
    await expect(vocDetection(files, { split: 'val' })).rejects.toThrowError(/kit has no file VOC\/ImageSets\/Main\/val\.txt/)
    await expect(vocDetection(memoryFiles({}, 'kit'))).rejects.toThrowError(/kit has no Annotations/)
  })
  test.each([
    ['another root', '<a></a>', /f: its root is <a>/],
    ['no size', '<annotation></annotation>', /<annotation> has no <size>/],
    ['a box that is none', new TextDecoder().decode(voc(object('x', [5, 0, 4, 1]))), /a box \[5, 0, 4, 1\]/],
    [
      'a number that is none',
      new TextDecoder().decode(voc(object('x', [Number.NaN, 0, 4, 1]))),
      /<xmin> is "NaN", expected a number/,
    ],
    ['an element left open', '<annotation>\n<size>\n', /line 2: <size> is not closed/],
    ['another closed', '<annotation>\n<size></sise></annotation>', /line 2: <\/sise> closes <size>/],
    ['entities of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /line 1: a document type or CDATA section/],
    ['an unknown character', '<annotation>&nbsp;</annotation>', /&nbsp; stands for nothing/],
    ['text behind', '<a/>b', /something follows the root/],
    ['nothing', ' \n', /it is empty/],
    ['depth', '<a>'.repeat(100), /more than 64 deep/],
  ])('%s is told', (_, text, message) => expect(() => readVoc(text, 'f')).toThrowError(message))
  test('characters by number', () => expect(parseXml('<a>&#65;&#x1F600;&lt;</a>').text).toBe('A😀<'))
  test('mutated files are read or refused', () => fuzz(new TextDecoder().decode(voc(objects)), (text) => readVoc(text), 5_000))
})

describe('COCO', () => {
  const json = {
    images: [
      { id: 7, file_name: 'b.png', width: 8, height: 6 },
      { id: 3, file_name: 'a.png', width: 4, height: 4 },
    ],
    categories: [
      { id: 90, name: 'brush' },
      { id: 1, name: 'person' },
    ],
    annotations: [
      { image_id: 7, category_id: 90, bbox: [1, 2, 3.5, 4], iscrowd: 0, segmentation: [[1, 2, 4, 2, 4, 6]] },
      { image_id: 7, category_id: 1, bbox: [0, 0, 8, 6], iscrowd: 1, segmentation: { size: [6, 8], counts: [0, 48] } },
      { image_id: 3, caption: 'a thing' },
    ],
  }
  test('boxes as corners, classes without gaps, captions', () => {
    const { classes, images } = readCoco(JSON.stringify(json))
    expect(classes).toEqual(['person', 'brush'])
    expect(images.map(({ id, captions }) => [id, captions])).toEqual([
      [7, []],
      [3, ['a thing']],
    ])
    expect(images[0]!.objects.map(({ label, box, crowd }) => [label, box, crowd])).toEqual([
      [1, [1, 2, 4.5, 6], false],
      [0, [0, 0, 8, 6], true],
    ])
    expect(cocoMask(images[0]!.objects[1]!.outline!, 6, 8)).toEqual(new Uint8Array(48).fill(1))
  })
  test.each<[string, unknown, RegExp]>([
    ['no JSON', '{', /f: not JSON/],
    ['no annotations', { images: [] }, /annotations: expected an array, got nothing/],
    [
      'a picture that is not there',
      { ...json, annotations: [{ image_id: 8, caption: '' }] },
      /annotations\[0\]\.image_id: there is no image with this id/,
    ],
    [
      'a category that is not there',
      { ...json, annotations: [{ image_id: 7, category_id: 2, bbox: [0, 0, 1, 1] }] },
      /annotations\[0\]\.category_id: there is no category/,
    ],
    [
      'a box that is none',
      { ...json, annotations: [{ image_id: 7, category_id: 1, bbox: [0, 0, 1] }] },
      /annotations\[0\]\.bbox: expected 4 numbers, got \[0,0,1\]/,
    ],
    [
      'a negative width',
      { ...json, annotations: [{ image_id: 7, category_id: 1, bbox: [0, 0, -1, 1] }] },
      /a box of -1 x 1 pixels/,
    ],
  ])('%s is told', (_, file, message) =>
    expect(() => readCoco(typeof file === 'string' ? file : JSON.stringify(file), 'f')).toThrowError(message),
  )

  /** Runs down the columns of a bitmap. */
  const runsOf = (bitmap: Uint8Array, height: number, width: number): number[] => {
    const runs = [0]
    for (let x = 0, before = 0; x < width; x++)
      for (let y = 0; y < height; y++) {
        if (bitmap[y * width + x] !== before) runs.push(0)
        before = bitmap[y * width + x]!
        runs[runs.length - 1]!++
      }
    return runs
  }
  test.each<[number, number, number[], number[]]>([
    // What COCO's own tools (maskApi, version 2.0) give.
    [8, 7, [1.5, 0.5, 6.2, 2.1, 5, 6.9, 0.4, 4], [9, 4, 4, 4, 4, 5, 4, 5, 3, 3, 11]],
    [6, 6, [0, 0, 5, 0, 0, 5], [0, 4, 2, 3, 3, 2, 4, 1, 17]],
    [9, 9, [1, 1, 8, 1, 8, 8, 4.5, 3, 1, 8], [10, 6, 3, 5, 4, 3, 6, 2, 7, 3, 6, 5, 4, 6, 11]],
    [5, 5, [-2, -2, 9, -2, 9, 9, -2, 9], [0, 25]],
  ])('polygons on %i x %i pixels fill the pixels that COCO says', (height, width, polygon, runs) => {
    const bitmap = cocoMask([polygon], height, width)
    expect(bitmap).toEqual(cocoMask({ size: [height, width], counts: runs }, height, width))
    expect(runsOf(bitmap, height, width)).toEqual(runs)
  })
  test('several polygons are one object; an object without any is nowhere', () => {
    const two = cocoMask(
      [
        [0, 0, 2, 0, 2, 2, 0, 2],
        [3, 3, 5, 3, 5, 5, 3, 5],
      ],
      6,
      6,
    )
    expect(two.reduce((a, b) => a + b, 0)).toBe(8)
    expect(cocoMask([], 2, 2)).toEqual(new Uint8Array(4))
  })
  test('packed runs, with differences below zero and of several characters', () => {
    const pack = (runs: readonly number[]): string =>
      runs
        .map((run, i) => {
          let [x, text, more] = [i > 2 ? run - runs[i - 2]! : run, '', true]
          while (more) {
            const low = x & 31
            x >>= 5
            more = low & 16 ? x !== -1 : x !== 0
            text += String.fromCharCode(48 + (low | (more ? 32 : 0)))
          }
          return text
        })
        .join('')
    const runs = [3, 700, 2, 5, 1000, 1, 40, 649]
    expect(cocoMask({ size: [60, 40], counts: pack(runs) }, 60, 40)).toEqual(cocoMask({ size: [60, 40], counts: runs }, 60, 40))
  })
  test.each<[string, Outline, RegExp]>([
    ['another size', { size: [5, 5], counts: [25] }, /a mask of 5x5 pixels does not fit a picture of 4x4/],
    ['runs that are too short', { size: [4, 4], counts: [3, 4] }, /sum to 7, expected the 16 pixels/],
    ['a negative run', { size: [4, 4], counts: [20, -4] }, /the runs of a mask/],
    ['a string that is none', { size: [4, 4], counts: 'P' + 'o'.repeat(20) }, /no packed numbers/],
    ['two points', [[0, 0, 1, 1]], /a polygon of 4 numbers/],
    ['a point at infinity', [[0, 0, 1, 1, 1e300, 2]], /all finite and below a million/],
  ])('a mask of %s is told', (_, outline, message) => expect(() => cocoMask(outline, 4, 4)).toThrowError(message))
  test('mutated files are read or refused', () =>
    fuzz(
      JSON.stringify(json),
      (text) => readCoco(text).images.map((image) => image.objects.map(({ outline }) => outline && cocoMask(outline, 6, 8))),
      5_000,
    ))
})

describe('captions', () => {
  test("Flickr8k's own file, and its table", () => {
    const own = readFlickrCaptions('b.jpg#0\tA dog , running .\r\nb.jpg#1\tDogs #1\n\na.jpg#0\tX\n')
    expect([...own]).toEqual([
      ['b.jpg', ['A dog , running .', 'Dogs #1']],
      ['a.jpg', ['X']],
    ])
    const table = readFlickrCaptions('image,caption\na.jpg,"One, two ."\na.jpg,NA\n')
    expect([...table]).toEqual([['a.jpg', ['One, two .', 'NA']]])
  })
  test('a line of neither kind is told', () =>
    expect(() => readFlickrCaptions('a.jpg#0\tx\na.jpg\ty\n', 'f')).toThrowError(/f, line 2: expected name\.jpg#0/))
})

describe('text', () => {
  test('lines', () => {
    expect(textLines('a\r\nb\n\nc\n')).toEqual(['a', 'b', '', 'c'])
    expect([textLines(''), textLines('\n'), textLines('a\u2028b')]).toEqual([[], [''], ['a\u2028b']])
  })
  test('pairs, and lines that are none', () => {
    expect(readPairs('Go.\tVa !\n\nHi.\tSalut.\n')).toEqual([
      { source: 'Go.', target: 'Va !' },
      { source: 'Hi.', target: 'Salut.' },
    ])
    expect(readPairs('a\tb\tCC BY', { extra: 'ignore' })).toEqual([{ source: 'a', target: 'b' }])
    expect(() => readPairs('a\tb\nc', { name: 'f' })).toThrowError(/f, line 2: 1 field, expected 2/)
    expect(() => readPairs('a\tb\tc')).toThrowError(/line 1: 3 fields, expected 2 \(pass \{ extra: 'ignore' \}/)
  })
})
