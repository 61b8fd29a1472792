import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode as decodePng } from 'fast-png'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setDefaultDevice } from '../../compiler/devices.js'
import { functional as F } from '../../nn/index.js'
import { SGD } from '../../optim/index.js'
import { tensor } from '../../tensor/create.js'
import { loaderOf, network, type Pair } from '../testing.js'
import { Trainer } from '../trainer.js'
import { histogramOf } from './histogram.js'
import { openTensorBoard } from './index.js'

/** TensorFlow's own definitions, as far as these files go: event.proto, summary.proto, tensor.proto, tensor_shape.proto. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Event {
    double wall_time = 1; int64 step = 2;
    oneof what { string file_version = 3; bytes graph_def = 4; Summary summary = 5; SessionLog session_log = 7; }
  }
  message SessionLog {
    enum SessionStatus { STATUS_UNSPECIFIED = 0; START = 1; STOP = 2; CHECKPOINT = 3; }
    SessionStatus status = 1; string checkpoint_path = 2; string msg = 3;
  }
  message SummaryMetadata {
    message PluginData { string plugin_name = 1; bytes content = 2; }
    PluginData plugin_data = 1; string display_name = 2; string summary_description = 3;
  }
  message HistogramProto {
    double min = 1; double max = 2; double num = 3; double sum = 4; double sum_squares = 5;
    repeated double bucket_limit = 6; repeated double bucket = 7;
  }
  message TensorShapeProto {
    message Dim { int64 size = 1; string name = 2; }
    repeated Dim dim = 2; bool unknown_rank = 3;
  }
  message TensorProto {
    int32 dtype = 1; TensorShapeProto tensor_shape = 2; int32 version_number = 3; bytes tensor_content = 4;
    repeated float float_val = 5; repeated bytes string_val = 8;
  }
  message Summary {
    message Image { int32 height = 1; int32 width = 2; int32 colorspace = 3; bytes encoded_image_string = 4; }
    message Value {
      string tag = 1; string node_name = 7; SummaryMetadata metadata = 9;
      oneof value { float simple_value = 2; bytes obsolete_old_style_histogram = 3; Image image = 4; HistogramProto histo = 5; TensorProto tensor = 8; }
    }
    repeated Value value = 1;
  }
`)
const EventType = root.lookupType('Event')

/** CRC-32C bit by bit, from its polynomial: Castagnoli, reflected. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
const masked = (bytes: Uint8Array): number => {
  const crc = BigInt(crc32c(bytes))
  return Number(((((crc >> 15n) | (crc << 17n)) & 0xffffffffn) + 0xa282ead8n) & 0xffffffffn)
}

interface Value {
  tag: string
  simpleValue?: number
  image?: { height: number; width: number; colorspace: number; encodedImageString: Uint8Array }
  histo?: { min: number; max: number; num: number; sum: number; sumSquares: number; bucketLimit: number[]; bucket: number[] }
  tensor?: { dtype: number; tensorShape: { dim: { size: number }[] }; stringVal: Uint8Array[] }
  metadata?: { pluginData: { pluginName: string } }
}
interface Read {
  wallTime: number
  step: number
  fileVersion?: string
  sessionLog?: { status: string }
  summary?: { value: Value[] }
}

/** The events of a file, every checksum compared. */
function eventsOf(bytes: Buffer): Read[] {
  const events: Read[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at))
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)))
    const data = bytes.subarray(at + 12, at + 12 + length)
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(data))
    events.push(EventType.toObject(EventType.decode(data), { longs: Number, enums: String }) as Read)
    at += 16 + length
  }
  return events
}

let folder: string
beforeAll(async () => {
  setDefaultDevice('js')
  folder = await mkdtemp(join(tmpdir(), 'nabla-board-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function read(name: string): Promise<Read[][]> {
  const names = (await readdir(join(folder, name))).sort()
  for (const file of names) expect(file).toMatch(/^events\.out\.tfevents\.\d{10}\..+/)
  return Promise.all(names.map(async (file) => eventsOf(await readFile(join(folder, name, file)))))
}

test('the checksum is the one of the specification', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
})

test('scalars, images, histograms and texts come back through a reader of another make', async () => {
  const board = await openTensorBoard(join(folder, 'all'))
  board.scalar('loss', 0.25, 1)
  board.scalars({ a: -1.5, 'b/c': Number.NaN }, 2 ** 40)
  const pixels = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => 10 * i)
  board.image('picture', { data: pixels, channels: 3, height: 2, width: 4 }, 3)
  board.image('grey', { data: Float32Array.of(0, 0.5, 1, 2), channels: 1, height: 2, width: 2 }, 3)
  board.histogram('weights', tensor([0, 1, 2, 3, 4, Number.NaN]), 4, 4)
  board.text('note', 'Grüße, *∇*', 5)
  board.close()
  const [events] = await read('all')
  expect(events![0]).toMatchObject({ fileVersion: 'brain.Event:2' })
  expect(Math.abs(events![0]!.wallTime - Date.now() / 1000)).toBeLessThan(60)
  const [loss, two, picture, grey, weights, note] = events!.slice(1)
  expect(loss).toMatchObject({ step: 1, summary: { value: [{ tag: 'loss', simpleValue: 0.25 }] } })
  expect(two).toMatchObject({
    step: 2 ** 40,
    summary: {
      value: [
        { tag: 'a', simpleValue: -1.5 },
        { tag: 'b/c', simpleValue: Number.NaN },
      ],
    },
  })
  const { image } = picture!.summary!.value[0]!
  expect(image).toMatchObject({ height: 2, width: 4, colorspace: 3 })
  const png = decodePng(image!.encodedImageString)
  expect([png.width, png.height, png.channels]).toEqual([4, 2, 3])
  for (let i = 0; i < 8; i++) for (let c = 0; c < 3; c++) expect(png.data[3 * i + c]).toBe(pixels[8 * c + i])
  expect([...decodePng(grey!.summary!.value[0]!.image!.encodedImageString).data]).toEqual([0, 128, 255, 255])
  expect(weights!.summary!.value[0]!.histo).toEqual({
    min: 0,
    max: 4,
    num: 5,
    sum: 10,
    sumSquares: 30,
    bucketLimit: [1, 2, 3, 4],
    bucket: [2, 1, 1, 1],
  })
  const { tensor: text, metadata } = note!.summary!.value[0]!
  expect(text).toMatchObject({ dtype: 7, tensorShape: { dim: [{ size: 1 }] } })
  expect(new TextDecoder().decode(text!.stringVal[0])).toBe('Grüße, *∇*')
  expect(metadata!.pluginData.pluginName).toBe('text')
})

describe('histograms', () => {
  test('of nothing, of one value, of any values: every value counted once', () => {
    expect(histogramOf([])).toMatchObject({ num: 0, counts: [0] })
    expect(histogramOf([3, 3])).toMatchObject({ min: 3, max: 3, edges: [3], counts: [2] })
    const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i) ** 3)
    const { edges, counts, num } = histogramOf(values)
    expect(num).toBe(1000)
    expect(counts.reduce((a, b) => a + b)).toBe(1000)
    expect(edges).toEqual([...edges].sort((a, b) => a - b))
    edges.forEach((edge, i) => {
      const below = values.filter((v) => v <= edge).length
      expect(Math.abs(below - counts.slice(0, i + 1).reduce((a, b) => a + b))).toBeLessThanOrEqual(1)
    })
  })
})

test('a run writes its figures, and one that goes on says so', async () => {
  const train = async (name: string, resumed: boolean): Promise<void> => {
    const board = await openTensorBoard(join(folder, name))
    const model = network()
    const callback = board.callback({ everySteps: 5, histograms: true })
    if (resumed) board.resumed(14)
    await new Trainer<Pair>({
      model,
      optimizer: new SGD(model.parameters(), { lr: 0.1 }),
      loss: F.crossEntropy,
      train: loaderOf(52),
      evaluation: loaderOf(20),
      epochs: 2,
      callbacks: [callback],
    }).fit()
    board.close()
  }
  await train('run', false)
  await train('run', true)
  const [first, second] = await read('run')
  const tags = first!.flatMap((event) => event.summary?.value.map(({ tag }) => `${event.step} ${tag}`) ?? [])
  expect(tags).toEqual(
    expect.arrayContaining(['5 train/loss', '5 lr', '10 train/loss', '7 eval/loss', '14 epoch/loss', '14 weights/0/weight']),
  )
  expect(tags).not.toContain('6 train/loss')
  expect(second![1]).toMatchObject({ step: 15, sessionLog: { status: 'START' } })
})

test('a folder that cannot be written is named', async () => {
  await expect(openTensorBoard('/proc/none/at/all')).rejects.toMatchObject({
    kind: 'io',
    message: expect.stringContaining('/proc/none') as string,
  })
})
