/**
 * A hundred thousand damaged and hostile files: small valid ones of every format, changed at random, with sums and lengths put right
 * again so that the change is looked at and not only the sum. Whatever happens is a NablaError, and takes little time and memory.
 * NABLA_FUZZ_SEED tries others than the usual ones.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NablaError } from '../core/errors.js'
import { writeModel } from './onnx/proto.js'
import { encodeNpy, encodeNpz } from './npy.js'
import { openTensors } from './open.js'
import { encodeSafetensors } from './safetensors.js'
import { everyType } from './testing.js'
import { readTorch } from './torch.js'
import { encodeTorch } from './torch-write.js'
import { openZip, writeZip, type ZipFile } from './zip.js'
import { openSource } from './source.js'

const golden = new Uint8Array(
  readFileSync(fileURLToPath(new URL('../../../../tests/golden/torch/state_dict.pt', import.meta.url))),
)

/** A small generator (mulberry32): the same files everywhere. */
let state = Number(process.env.NABLA_FUZZ_SEED ?? 5)
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
}
const pick = <T>(items: readonly T[]): T => items[random(items.length)]!

/** Numbers that lengths, offsets and counts trip over. */
const numbers = [
  0,
  1,
  2,
  7,
  8,
  9,
  127,
  128,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
]
/** Instructions of pickles, marks of JSON and Python, and names that matter. */
const words = [
  '(',
  ')',
  't',
  'R',
  '.',
  '0',
  '2',
  'e',
  'u',
  'b',
  'Q',
  'h\0',
  '}',
  ']',
  'N',
  '{',
  '[',
  ',',
  ':',
  '"',
  "'",
  '-',
  '1e9',
  '99999999999',
  'null',
  'True',
  'cos\nsystem\n',
  'ctorch\nLongStorage\n',
  'BOOL',
  'F64',
  '<f8',
  '>i4',
  '|O',
  '__proto__',
  '../',
  'PK\x01\x02',
  'PK\x03\x04',
  '\x8b\xff\xff\xff\x7f',
  'X\xff\xff\xff\x7f',
]

/** One to a few changes somewhere in the bytes. */
function damage(given: Uint8Array): Uint8Array {
  let bytes = given.slice()
  for (let times = 1 + random(random(4) ? 2 : 8); times > 0 && bytes.length > 0; times--) {
    const at = random(bytes.length)
    switch (random(8)) {
      case 0:
        bytes[at]! ^= 1 << random(8)
        break
      case 1:
        bytes[at] = random(256)
        break
      case 2: // a number, in one of the widths
        {
          const width = pick([1, 2, 4, 8] as const)
          const value = pick(numbers)
          for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Math.floor(value / 256 ** i) % 256
        }
        break
      case 3: // a word
        {
          const word = pick(words)
          for (let i = 0; i < word.length && at + i < bytes.length; i++) bytes[at + i] = word.charCodeAt(i)
        }
        break
      case 4: // cut off
        if (random(3) === 0) bytes = bytes.slice(0, at)
        break
      case 5: // a piece taken out
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.min(bytes.length, at + 1 + random(16)))])
        break
      case 6: // a piece twice
        {
          const end = Math.min(bytes.length, at + 1 + random(24))
          bytes = Uint8Array.from([...bytes.subarray(0, end), ...bytes.subarray(at, end), ...bytes.subarray(end)])
        }
        break
      default: // a piece from elsewhere
        bytes.copyWithin(at, random(bytes.length), random(bytes.length))
    }
  }
  return bytes
}

/** Damages the header and puts its length right. */
function damageHeader(bytes: Uint8Array, lengthAt: number, width: 2 | 8, start: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const length = width === 2 ? view.getUint16(lengthAt, true) : Number(view.getBigUint64(lengthAt, true))
  const header = damage(bytes.subarray(start, start + length))
  const out = new Uint8Array(start + header.length + bytes.length - start - length)
  out.set(bytes.subarray(0, start))
  out.set(header, start)
  out.set(bytes.subarray(start + length), start + header.length)
  const made = new DataView(out.buffer)
  if (width === 2) made.setUint16(lengthAt, header.length, true)
  else made.setBigUint64(lengthAt, BigInt(header.length), true)
  return out
}

const filesOf = async (bytes: Uint8Array): Promise<ZipFile[]> => {
  const files: ZipFile[] = []
  for (const { name, read } of (await openZip(await openSource(bytes), 'test')).values())
    files.push({ name, bytes: await read() })
  return files
}

/** An archive whose damaged entries have right sums. */
const damageEntry = (
  files: readonly ZipFile[],
  which: (name: string) => boolean,
  change: (bytes: Uint8Array) => Uint8Array = damage,
): Uint8Array =>
  writeZip(
    'test',
    files.map(({ name, bytes }) => ({ name, bytes: which(name) ? change(bytes) : bytes })),
    { compress: random(4) === 0 },
  )

/** Reads everything that can be read; what is thrown must be ours. */
async function readAll(bytes: Uint8Array): Promise<boolean> {
  try {
    const file = await openTensors(bytes)
    for (const name of file.names) await file.read(name)
    if (file.format === 'torch' && random(4) === 0) await readTorch(bytes)
    return true
  } catch (error) {
    if (error instanceof NablaError) return false
    throw Object.assign(new Error(`seed state ${state}: ${String(error)}`, { cause: error }), {
      bytes: Buffer.from(bytes).toString('base64'),
    })
  }
}

const small = { a: everyType.count!, 'b.c': everyType['layer.weight']!, flag: everyType.flag! }
const value = { epoch: 3, model: small, list: [1, 2.5, true, null, 'x'] }
const safetensors = encodeSafetensors(everyType, { format: 'pt' })
const npy = encodeNpy(small['b.c'])
const model = writeModel({
  name: 'm',
  opset: 17,
  producer: 'nabla',
  metadata: { a: 'b' },
  nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'], attributes: { axis: { int: 1 }, all: { ints: [1, 2] } } }],
  initializers: [
    { name: 'w', type: 1, shape: [2, 2], bytes: new Uint8Array(16) },
    { name: 'i', type: 7, shape: [1], bytes: new Uint8Array(8) },
  ],
  inputs: [{ name: 'x', type: 1, shape: ['batch', 2] }],
  outputs: [{ name: 'y', type: 1, shape: ['batch', 2] }],
})

/** PyTorch's older format around the pickle of a file in the newer one. */
function older(pickle: Uint8Array, storages: readonly ZipFile[]): Uint8Array {
  const text = (value: string): number[] => Array.from(value, (c) => c.charCodeAt(0))
  const keys = storages.map(({ name }) => `X${String.fromCharCode(1)}\0\0\0${name.at(-1)}`).join('')
  return Uint8Array.from([
    ...[0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
    ...text('M\xe9\x03.}.'),
    ...pickle,
    ...text(`(${keys}l.`),
    ...storages.flatMap(({ bytes }) => [...new Uint8Array(new BigInt64Array([BigInt(bytes.length / 4)]).buffer), ...bytes]),
  ])
}

let heap = 0
beforeAll(() => void (heap = process.memoryUsage().rss))
afterAll(() => expect(process.memoryUsage().rss - heap).toBeLessThan(1.5 * 2 ** 30))

async function run(count: number, make: () => Uint8Array): Promise<void> {
  let [read, slowest] = [0, 0]
  for (let i = 0; i < count; i++) {
    const bytes = make()
    const start = performance.now()
    if (await readAll(bytes)) read++
    slowest = Math.max(slowest, performance.now() - start)
  }
  expect(slowest).toBeLessThan(5000)
  expect(read).toBeLessThan(count) // some must have been hurt
}

test('the files are valid before they are damaged', async () => {
  const parts = await filesOf(encodeTorch({ w: small['b.c'], v: small.a }))
  const old = older(
    parts[0]!.bytes,
    parts.filter(({ name }) => name.includes('/data/')),
  )
  for (const bytes of [
    safetensors,
    npy,
    encodeNpz(small),
    encodeNpz(small, { compress: true }),
    encodeTorch(value),
    golden,
    model,
    old,
  ])
    expect(await readAll(bytes)).toBe(true)
})

test('safetensors', () => run(30_000, () => (random(2) ? damageHeader(safetensors, 0, 8, 8) : damage(safetensors))))

test('npy', () => {
  const seeds = Object.values(everyType).map((tensor) => encodeNpy(tensor))
  return run(20_000, () => {
    const seed = pick(seeds)
    return random(3) ? damageHeader(seed, 8, 2, 10) : damage(seed)
  })
})

test('npz', async () => {
  const archives = [encodeNpz(small), encodeNpz(small, { compress: true })]
  const files = await filesOf(archives[0]!)
  await run(12_000, () =>
    random(2)
      ? damage(pick(archives))
      : damageEntry(
          files,
          () => random(2) === 0,
          (bytes) => damageHeader(bytes, 8, 2, 10),
        ),
  )
})

test('PyTorch, archives', async () => {
  const archives = [encodeTorch(value), golden]
  const files = await Promise.all(archives.map(filesOf))
  await run(14_000, () => (random(4) ? damageEntry(pick(files), (name) => name.endsWith('.pkl')) : damage(pick(archives))))
})

test('PyTorch, the older format', async () => {
  const parts = await filesOf(encodeTorch({ w: small['b.c'], v: small.a }))
  const storages = parts.filter(({ name }) => name.includes('/data/'))
  const whole = older(parts[0]!.bytes, storages)
  await run(16_000, () => (random(3) ? older(damage(parts[0]!.bytes), storages) : damage(whole)))
})

test('ONNX', () => run(12_000, () => damage(model)))
