import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zipSync } from 'fflate'
import { createTar } from 'nanotar'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodePng } from '../image-file.js'
import { DataLoader } from '../loader.js'
import { archiveFiles, memoryFiles, openFiles } from './files.js'
import { imageFolder } from './image-folder.js'
import { CaptionedPictures, DetectionPictures, LabelledPictures, SegmentedPictures } from './samples.js'

/** A picture of one colour: `grey` in all channels. */
const png = (grey: number, height = 2, width = 3, channels = 3): Uint8Array =>
  encodePng({ data: new Uint8Array(channels * height * width).fill(grey), channels, height, width })
const paths = { 'cats/1.png': png(10), 'cats/more/2.png': png(20), 'dogs/3.png': png(30), 'notes.txt': new Uint8Array(3) }

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-pictures-'))
  for (const [path, bytes] of Object.entries({ ...paths, '.hidden/4.png': png(40) })) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  const entries = Object.entries(paths).map(([name, data]) => ({ name, data }))
  await writeFile(join(folder, '..', 'pictures-test.tar.gz'), gzipSync(createTar(entries)))
  await writeFile(join(folder, '..', 'pictures-test.zip'), zipSync(paths))
})
afterAll(async () => {
  for (const path of [folder, join(folder, '..', 'pictures-test.tar.gz'), join(folder, '..', 'pictures-test.zip')])
    await rm(path, { recursive: true, force: true })
})

describe('a folder a class', () => {
  test('from a folder, an archive, memory: the same', async () => {
    for (const source of [
      folder,
      join(folder, '..', 'pictures-test.tar.gz'),
      join(folder, '..', 'pictures-test.zip'),
      memoryFiles(paths),
    ]) {
      const set = await imageFolder(source)
      expect(set.classes).toEqual(['cats', 'dogs'])
      expect(set.entries.map(({ id, label }) => [id, label])).toEqual([
        ['cats/1.png', 0],
        ['cats/more/2.png', 0],
        ['dogs/3.png', 1],
      ])
      const { image, label } = await set.get(2)
      expect([label, image.channels, image.height, image.width, image.data[0]]).toEqual([1, 3, 2, 3, 30])
    }
  })
  test('in batches, also made by workers', async () => {
    const set = await imageFolder(folder)
    for (const workers of [0, 2]) {
      const loader = new DataLoader(set, { batchSize: 3, workers })
      for await (const { image, label, id } of loader) {
        expect([image.shape, label.dtype, await label.toArray(), id]).toEqual([
          [3, 3, 2, 3],
          'int32',
          [0, 0, 1],
          ['cats/1.png', 'cats/more/2.png', 'dogs/3.png'],
        ])
        expect(Math.round(255 * (await image.data())[18]!) % 255).toBe(20)
      }
      await loader.close()
    }
  })
  test('the classes of another set', async () => {
    const set = await imageFolder(memoryFiles({ 'dogs/1.png': png(1), 'cats/1.png': png(1) }), { classes: ['dogs', 'cats'] })
    expect(set.entries.map(({ label }) => label)).toEqual([1, 0])
  })
  test.each<[string, Record<string, Uint8Array>, object, RegExp]>([
    ['nothing', { 'a.txt': new Uint8Array(1) }, {}, /has no pictures/],
    ['a picture outside', { 'a.png': png(1), 'x/b.png': png(1) }, {}, /has a\.png outside of the folders/],
    ['a folder that is no class', { 'x/a.png': png(1) }, { classes: ['y'] }, /has a folder x, which is none of the classes: y/],
    ['a class without pictures', { 'x/a.png': png(1) }, { classes: ['x', 'y'] }, /has no pictures of the class y/],
  ])('%s is told', async (_, files, options, message) => {
    await expect(imageFolder(memoryFiles(files, 'set'), options)).rejects.toThrowError(message)
  })
})

describe('pictures that cannot be read', () => {
  const files = memoryFiles({ ...paths, 'dogs/0.png': png(1).subarray(0, 40), 'dogs/9.jpg': new Uint8Array(0) }, 'set')
  test('stop: the sample is an error that names the file', async () => {
    const set = await imageFolder(files)
    await expect(set.get(2)).rejects.toThrowError(/set\/dogs\/0\.png is a damaged PNG/)
    await expect(set.get(4)).rejects.toThrowError(/set\/dogs\/9\.jpg .*it is empty/)
    expect((await set.get(3)).label).toBe(1)
  })
  test('skip: left out when the set is opened, and told', async () => {
    const told: string[] = []
    const set = await imageFolder(files, { unreadable: 'skip', skipped: (file) => told.push(file) })
    expect([set.length, told]).toEqual([3, ['set/dogs/0.png', 'set/dogs/9.jpg']])
  })
  test('skipping all leaves an empty set, which is an error', async () => {
    const none = memoryFiles({ 'x/a.png': new Uint8Array(4) }, 'set')
    await expect(imageFolder(none, { unreadable: 'skip', skipped: () => {} })).rejects.toThrowError(/set has no samples/)
    await expect(imageFolder(none, { unreadable: 'pass' as never })).rejects.toThrowError(/expected 'stop' or 'skip'/)
  })
})

describe('samples', () => {
  const files = memoryFiles(
    {
      'a.png': png(9),
      'm.png': encodePng({ data: Uint8Array.of(0, 1, 1, 2, 0, 255), channels: 1, height: 2, width: 3 }),
      'big.png': png(0, 4, 4, 1),
    },
    'set',
  )
  const entry = { id: 'a', file: 'a.png' }
  test('a class for every pixel; labels outside of the classes, and masks of another size, are told', async () => {
    const set = (classes: number, mask = 'm.png'): SegmentedPictures =>
      new SegmentedPictures(files, [{ ...entry, mask }], Array(classes).fill('x'), 255)
    expect((await set(3).get(0)).mask).toEqual({ data: Uint8Array.of(0, 1, 1, 2, 0, 255), channels: 1, height: 2, width: 3 })
    await expect(set(2).get(0)).rejects.toThrowError(/set\/m\.png: a pixel has label 2, which has no class: there are 2/)
    await expect(set(3, 'big.png').get(0)).rejects.toThrowError(/mask big\.png is 4x4, its picture a\.png 3x2/)
  })
  test('boxes with masks out of an image of numbers, or of outlines', async () => {
    const files2 = memoryFiles(
      { 'a.png': png(9), 'm.png': encodePng({ data: Uint8Array.of(0, 1, 1, 2, 0, 0), channels: 1, height: 2, width: 3 }) },
      'set',
    )
    const of = (masks: string | number[][][], labels = [0, 1]): DetectionPictures =>
      new DetectionPictures(
        files2,
        [{ ...entry, boxes: Float32Array.of(1, 0, 3, 1, 0, 1, 1, 2), labels: Int32Array.from(labels), masks }],
        ['x', 'y'],
      )
    const wanted = { data: Uint8Array.of(0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0), channels: 2, height: 2, width: 3 }
    expect((await of('m.png').get(0)).masks).toEqual(wanted)
    expect((await of([[[1, 0, 3, 0, 3, 1, 1, 1]], [[0, 1, 1, 1, 1, 2, 0, 2]]]).get(0)).masks).toEqual(wanted)
    expect(() => of('m.png', [0, 2])).toThrowError(/a\.png: label 2 has no class, there are 2/)
    expect(() => of('m.png', [0])).toThrowError(/8 numbers are not 1 boxes/)
  })
  test('what makes no data set is told', async () => {
    expect(() => new LabelledPictures(files, [{ ...entry, label: 1 }], ['x'])).toThrowError(
      /a\.png: label 1 has no class, there are 1/,
    )
    expect(() => new CaptionedPictures(files, [])).toThrowError(/set has no samples/)
    const reversed = { ...entry, boxes: Float32Array.of(2, 0, 1, 1), labels: Int32Array.of(0) }
    expect(() => new DetectionPictures(files, [reversed], ['x'])).toThrowError(/box 0 is \[2, 0, 1, 1\], expected xmin <= xmax/)
    await expect(new CaptionedPictures(files, [{ ...entry, captions: [] }]).get(1)).rejects.toThrowError(/no sample 1: set has 1/)
    await expect(new CaptionedPictures(files, [{ id: 'b', file: 'b.png', captions: [] }]).get(0)).rejects.toThrowError(
      /set has no file b\.png; did you mean a\.png\?/,
    )
  })
})

describe('files', () => {
  test('nothing outside of a folder can be reached', async () => {
    const files = await openFiles(folder)
    await expect(files.read('../pictures-test.zip')).rejects.toThrowError(/has no file/)
    expect(files.paths).toEqual(Object.keys(paths).sort())
  })
  test('what cannot be opened is told', async () => {
    await expect(openFiles(join(folder, 'absent'))).rejects.toThrowError(/cannot list .*absent/)
    await expect(openFiles(join(folder, 'absent.tar'))).rejects.toThrowError(/cannot read .*absent\.tar/)
    for (const bytes of [
      new Uint8Array(600).fill(65),
      gzipSync(new Uint8Array(600).fill(65)),
      zipSync(paths).subarray(0, 90),
      gzipSync(new Uint8Array(9)).subarray(0, 12),
    ])
      await expect(archiveFiles(bytes, 'bad.tar')).rejects.toThrowError(/bad\.tar/)
  })
})
