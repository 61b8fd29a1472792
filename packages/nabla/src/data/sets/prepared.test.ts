/** The sets that continuous integration cannot fetch: what their functions make of tiny files of the same formats. */
import { createTar } from 'nanotar'
import { expect, test, vi } from 'vitest'
import { dataSets } from '../catalog.js'
import { encodePng } from '../image-file.js'
import { memoryFiles } from '../formats/files.js'
import { airfoil } from './airfoil.js'
import { bccd } from './bccd.js'
import { camvid } from './camvid.js'
import { cocoMini } from './coco-mini.js'
import { fraEng } from './fra-eng.js'
import { housePrices } from './house-prices.js'
import { imdb, imdbFolder } from './imdb.js'
import { pennFudan } from './penn-fudan.js'
import { rtPolarity } from './rt-polarity.js'
import { timeMachine } from './time-machine.js'
import { ucmCaptions } from './ucm-captions.js'
import { wikitext2 } from './wikitext2.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const json = (value: unknown): Uint8Array => bytes(JSON.stringify(value))
const png = (channels: number, fill: readonly number[]): Uint8Array =>
  encodePng({ data: Uint8Array.from({ length: channels * 4 }, (_, i) => fill[i % fill.length]!), channels, height: 2, width: 2 })
const tar = (files: Record<string, Uint8Array>): Uint8Array =>
  createTar(Object.entries(files).map(([name, data]) => ({ name, data })))

const kept: Record<string, Uint8Array> = {
  'timemachine.txt': bytes('The Time Machine\n'),
  'wiki.valid.tokens': bytes(' = A = \n'),
  'fra-40k.txt': bytes('Go.\tVa\u202f!\n'),
  'train.tsv': bytes('0\t3\tbad<br />film\n1\t10\tgood\n'),
  'pos.txt': bytes('fine \nwell\n'),
  'neg.txt': bytes('dull\npoor\n'),
  'kaggle_house_pred_train.csv': bytes('Id,Alley,SalePrice\n1,NA,208500\n'),
  'airfoil_self_noise.dat': bytes('800\t0\t0.3048\t71.3\t0.00266337\t126.201\r\n'),
  'ucm-96.tar': tar({ 'images/0001.jpg': png(3, [7]), 'images/0002.jpg': png(3, [8]) }),
  'captions.json': json({
    classes: ['beach'],
    images: [
      { file: 'images/0001.jpg', split: 'val', class: 0, captions: ['a beach .', 'sand .'] },
      { file: 'images/0002.jpg', split: 'train', class: 0, captions: [] },
    ],
  }),
  'camvid-240x180.tar': tar({ 'val/images/a.jpg': png(3, [1]), 'val/masks/a.png': png(1, [0, 1, 2, 1]) }),
  'splits.json': json({ classes: ['Sky', 'Road', 'Unlabelled'], ignore_index: 2, splits: { train: [], val: ['a'], test: [] } }),
}
const detection = (images: object[], classes: string[]): Record<string, Uint8Array> => ({
  'annotations.json': json({ classes, images: images.map((image) => ({ file: 'images/a.jpg', split: 'val', ...image })) }),
})
const archive = tar({ 'images/a.jpg': png(3, [1]), 'masks/a.png': png(1, [0, 1, 0, 2]) })
const sets: Record<string, Record<string, Uint8Array>> = {
  'coco-mini': {
    'coco-mini-256.tar': archive,
    ...detection([{ captions: ['x'], objects: [{ class: 1, bbox: [0, 0, 1, 2], crowd: 1 }] }], ['cat', 'dog']),
  },
  bccd: { 'bccd-256.tar': archive, ...detection([{ objects: [{ class: 2, bbox: [0, 0, 1, 2] }] }], ['RBC', 'WBC', 'Platelets']) },
  'penn-fudan': {
    'penn-fudan-256.tar': archive,
    ...detection(
      [{ mask: 'masks/a.png', objects: [1, 2].map((id) => ({ id, bbox: [0, 0, 2, 2] })) }],
      ['background', 'pedestrian'],
    ),
  },
}

vi.mock('../fetch.js', () => {
  const get = (entry: { name: string }, file: string): Uint8Array => sets[entry.name]?.[file] ?? kept[file]!
  return {
    fetchFile: async (entry: { name: string }, file: string) => get(entry, file),
    fetchText: async (entry: { name: string }, file: string) => new TextDecoder().decode(get(entry, file)),
    fetchFiles: async (entry: { name: string; files: { name: string }[] }) =>
      new Map(entry.files.map(({ name }) => [name, get(entry, name)])),
  }
})

test('texts', async () => {
  expect(await timeMachine()).toBe('The Time Machine\n')
  expect(await wikitext2('val')).toBe(' = A = \n')
  expect((await fraEng()).samples).toEqual([{ source: 'Go.', target: 'Va !' }])
  expect((await rtPolarity()).samples.map(({ text, label }) => [text, label])).toEqual([
    ['dull', 0],
    ['fine', 1],
    ['poor', 0],
    ['well', 1],
  ])
  await expect(wikitext2('train' as never)).rejects.toThrowError(/\[wikitext-2\] unknown split "train": expected "val" or "test"/)
})

test('reviews, also out of the original folders', async () => {
  const reviews = [
    { text: 'bad<br />film', label: 0, rating: 3 },
    { text: 'good', label: 1, rating: 10 },
  ]
  expect((await imdb('train')).samples).toEqual(reviews)
  const original = memoryFiles({
    'aclImdb/train/pos/0_10.txt': bytes('good'),
    'aclImdb/train/neg/0_3.txt': bytes('bad<br />film'),
    'aclImdb/train/unsup/0_0.txt': bytes('?'),
    'aclImdb/test/pos/1_7.txt': bytes('tab\there'),
  })
  expect((await imdbFolder(original, 'train')).samples).toEqual(reviews)
  expect((await imdbFolder(original, 'test')).samples).toEqual([{ text: 'tab here', label: 1, rating: 7 }])
})

test('tables', async () => {
  expect((await housePrices('train')).row(0)).toEqual({ Id: 1, Alley: undefined, SalePrice: 208500 })
  expect((await airfoil()).row(0)).toMatchObject({ frequency: 800, pressure: 126.201 })
})

test('pictures', async () => {
  const captions = await ucmCaptions('val')
  expect([captions.length, (await ucmCaptions('all')).length, captions.classes]).toEqual([1, 2, ['beach']])
  expect(await captions.get(0)).toEqual({
    id: '0001',
    image: { data: new Uint8Array(12).fill(7), channels: 3, height: 2, width: 2 },
    captions: ['a beach .', 'sand .'],
  })
  const road = await camvid('val')
  expect([road.ignoreIndex, [...(await road.get(0)).mask.data]]).toEqual([2, [0, 1, 2, 1]])
  await expect(camvid('train')).rejects.toThrowError(/has no samples/)
  expect(await (await cocoMini('val')).get(0)).toMatchObject({
    labels: Int32Array.of(1),
    boxes: Float32Array.of(0, 0, 1, 2),
    crowd: Uint8Array.of(1),
    captions: ['x'],
  })
  expect((await (await bccd('val')).get(0)).labels).toEqual(Int32Array.of(2))
  const { masks, labels } = await (await pennFudan()).get(0)
  expect([[...masks!.data], [...labels]]).toEqual([
    [0, 1, 0, 0, 0, 0, 0, 1],
    [1, 1],
  ])
})

test('every set that has no source says where it comes from', () => {
  for (const { name, places, origin, licence, about } of dataSets) {
    expect([name, places.length > 0 || Boolean(origin)]).toEqual([name, true])
    expect(licence.length * about.length).toBeGreaterThan(0)
  }
  expect(new Set(dataSets.map(({ name }) => name)).size).toBe(dataSets.length)
})
