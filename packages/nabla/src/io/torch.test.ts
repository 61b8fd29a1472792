/** Files that PyTorch wrote, files by hand that nobody should write, and our own. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { BatchNorm1d, Linear, Sequential } from '../nn/index.js'
import { decodeSafetensors } from './safetensors.js'
import { readTensors } from './tensor-file.js'
import { everyType } from './testing.js'
import { loadTorch, openTorch, readTorch } from './torch.js'
import { encodeTorch, saveTorch, type TorchWritable } from './torch-write.js'
import { writeZip } from './zip.js'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const golden = (name: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../../../tests/golden/torch/${name}`, import.meta.url)))
const text = (value: string): Uint8Array => Uint8Array.from(value, (c) => c.charCodeAt(0))
/** A PyTorch file around a pickle. */
const around = (
  pickle: string,
  storages: Readonly<Record<string, Uint8Array>> = {},
  extra: Readonly<Record<string, string>> = {},
): Uint8Array =>
  writeZip('torch', [
    { name: 'a/data.pkl', bytes: text(pickle) },
    ...Object.entries(storages).map(([key, bytes]) => ({ name: `a/data/${key}`, bytes })),
    ...Object.entries(extra).map(([name, value]) => ({ name: `a/${name}`, bytes: text(value) })),
  ])
/** A tensor's pickle, protocol 0 as far as can be: it can be read here. `type` is the storage's class. */
const tensor = (shape: string, strides: string, { offset = 0, count = 4, type = 'Float' } = {}): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\n${type}Storage\nS'0'\nS'cpu'\nI${count}\ntQI${offset}\n${shape}${strides}I00\n}tR.`
const pair = (a: number, b: number): string => `(I${a}\nI${b}\nt`
const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)

test("PyTorch's own file holds what its safetensors twin holds, bit by bit", async () => {
  const twin = decodeSafetensors(golden('state_dict.safetensors')).tensors
  const file = await openTorch(golden('state_dict.pt'))
  const found = await readTensors(file)
  expect(new Set(file.names)).toEqual(new Set(Object.keys(twin)))
  for (const [name, value] of Object.entries(found)) {
    expect(value.shape).toEqual(twin[name]!.shape)
    expect(value.dtype).toBe(twin[name]!.dtype)
    expect(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength)).toEqual(
      new Uint8Array(twin[name]!.data.buffer, twin[name]!.data.byteOffset, twin[name]!.data.byteLength),
    )
  }
})

/** The older format by hand: magic number, version, system, the object, the keys; then each storage with its count. */
function legacy(object: string, data: Uint8Array, count = data.length / 4): Uint8Array {
  const magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
  const length = new Uint8Array(new BigInt64Array([BigInt(count)]).buffer)
  return Uint8Array.from([
    ...magic,
    ...text("I1001\n.(S'little_endian'\nI01\nd."),
    ...text(object),
    ...text("(S'0'\nl."),
    ...length,
    ...data,
  ])
}

describe('views', () => {
  test('strides, offsets and repeats are laid out, in both formats', async () => {
    const cases: [string, number[]][] = [
      [tensor(pair(2, 2), pair(2, 1)), [1, 2, 3, 4]],
      [tensor(pair(2, 2), pair(1, 2)), [1, 3, 2, 4]],
      [tensor(pair(1, 2), pair(9, 2), { offset: 1 }), [2, 4]],
      [tensor(pair(2, 3), pair(1, 0), { offset: 2 }), [3, 3, 3, 4, 4, 4]],
      [tensor('(t', '(t', { offset: 3 }), [4]],
      [tensor(pair(0, 5), pair(5, 1)), []],
    ]
    for (const [pickle, expected] of cases)
      for (const bytes of [around(pickle, { 0: floats }), legacy(pickle, floats)]) {
        const file = await openTorch(bytes)
        expect(file.names).toEqual(['tensor'])
        expect(Array.from((await file.read('tensor')).data)).toEqual(expected)
      }
  })

  test('a file of a machine with the other byte order', async () => {
    const turned = floats.slice()
    for (let i = 0; i < 16; i += 4) turned.subarray(i, i + 4).reverse()
    const file = await openTorch(around(tensor('(I4\nt', '(I1\nt'), { 0: turned }, { byteorder: 'big' }))
    expect(Array.from((await file.read('tensor')).data)).toEqual([1, 2, 3, 4])
  })

  test.each([
    ['beyond the end', tensor(pair(2, 3), pair(3, 1)), /reaches beyond its storage of 16 bytes/],
    ['an offset beyond the end', tensor('(I4\nt', '(I1\nt', { offset: 1 }), /reaches beyond/],
    ['a billion elements', tensor(pair(100000, 100000), pair(100000, 1)), /reaches beyond/],
    ['a billion repeats', tensor(pair(100000, 100000), pair(0, 0)), /far more elements than its storage/],
    ['a negative stride', tensor('(I4\nt', '(I-1\nt'), /strides is a list/],
    ['more elements than bytes', tensor('(I4\nt', '(I1\nt', { count: 5 }), /16 bytes where 5 elements of 4 are said/],
    ['complex numbers', tensor('(I4\nt', '(I1\nt', { type: 'ComplexFloat' }), /torch\.ComplexFloatStorage, which is refused/],
  ])('%s', async (_, pickle, message) => {
    await expect(openTorch(around(pickle, { 0: floats }), {}).then((f) => readTensors(f))).rejects.toThrow(message)
  })
})

describe('pickles that are refused', () => {
  test.each([
    ['a call of the shell', "cos\nsystem\n(S'touch /tmp/x'\ntR.", /it needs os\.system, which is refused/],
    ['eval', "cbuiltins\neval\n(S'1'\ntR.", /builtins\.eval/],
    [
      'a name that looks like a known one',
      'ctorch._utils\n_rebuild_sparse_tensor\n(tR.',
      /torch\._utils\._rebuild_sparse_tensor/,
    ],
    ['a class by INST', "(S'x'\nisubprocess\nPopen\n.", /subprocess\.Popen/],
    ['a class by STACK_GLOBAL', '\x80\x04\x8c\x02os\x8c\x06system\x93.', /os\.system/],
    ['a call of what is no function', "(S'x'\nS'y'\nt(tR.", /calls a list/],
    ['an attribute of a module', 'c__main__\n__builtins__\n.', /__main__\.__builtins__/],
    ["a prototype's name", 'cconstructor\ntoString\n.', /constructor\.toString/],
    ['an extension', '\x82\x01.', /no instruction/],
    ['a whole module', '((S"module"\ntQ.', /whole module with its code/],
  ])('%s', async (_, pickle, message) => {
    await expect(openTorch(around(pickle))).rejects.toThrow(message)
  })

  test.each([
    ['an empty stack', '.', /nothing is left/],
    ['no mark', 't.', /a mark that is not there/],
    ['a memo that was never kept', 'g7\n.', /recalls 7/],
    ['no end', '(((((', /cut off/],
    ['a text longer than the file', 'X\xff\xff\xff\x7fx.', /cut off/],
    ['a number of a billion digits', `\x8b\xff\xff\xff\x7f.`, /a whole number of 2147483647 bytes/],
    ['a list that contains itself', '(lp0\ng0\na.', /contains itself/],
    ['deep nesting', `${'(l'.repeat(500)}${'a'.repeat(499)}.`, /nested more than 100 deep/],
    // Each list holds the one before ten times: 10^9 items in 200 bytes.
    [
      'endless sharing',
      `(lp0\n0${Array.from({ length: 40 }, (_, i) => `(${`g${i}\n`.repeat(10)}lp${i + 1}\n0`).join('')}g40\n.`,
      /hold each other too often/,
    ],
    ['a dict with a list for a key', '(dp0\n(lI1\ns.', /a dict with a list as a key/],
  ])('%s', async (_, pickle, message) => {
    await expect(openTorch(around(pickle))).rejects.toThrow(message)
    await expect(readTorch(around(pickle))).rejects.toThrow(message)
  })

  test.each([
    ['a TorchScript program', around('N.', {}, { 'constants.pkl': 'N.' }), /TorchScript/],
    ['an archive of other things', writeZip('x', [{ name: 'a/readme', bytes: text('x') }]), /no data\.pkl/],
    [
      'the tar format of 2016',
      (() => {
        const b = new Uint8Array(1024)
        b.set(text('ustar'), 257)
        return b
      })(),
      /tar format from before 0\.1\.10/,
    ],
    ['text', text('hello, this is no checkpoint at all'), /not a PyTorch file/],
    ['an older file that is cut off', legacy(tensor('(I4\nt', '(I1\nt'), floats.subarray(0, 8), 4), /cut off/],
    ['an older file with another count', legacy(tensor('(I4\nt', '(I1\nt'), floats, 2 ** 40), /1099511627776 elements where 4/],
  ])('%s', async (_, bytes, message) => {
    await expect(openTorch(bytes)).rejects.toThrow(message)
  })
})

describe('written', () => {
  test('every type comes back; values beside tensors too', async () => {
    const { bits, ...others } = everyType
    const file = await openTorch(encodeTorch(others))
    expect(await readTensors(file)).toEqual(others)
    expect(await (await openTorch(encodeTorch({ bits: { ...bits!, data: Uint32Array.of(7) } }))).read('bits')).toEqual({
      dtype: 'int32',
      shape: [1],
      data: Int32Array.of(7),
      stored: 'I64',
    })
    const value = new Map<string, TorchWritable>([
      ['epoch', 3],
      ['lr', 0.125],
      ['big', 2n ** 70n],
      ['minus', -(2n ** 63n)],
      ['name', 'naïve ∇'],
      ['none', null],
      ['list', [true, false, -1, 2 ** 40, [everyType.count!]]],
    ])
    expect(await readTorch(encodeTorch(value))).toEqual(value)
  })

  test('tensors of one array share a storage, each begins at a multiple of 64 bytes', async () => {
    const data = Float32Array.of(1, 2, 3, 4)
    const bytes = encodeTorch({ a: { dtype: 'float32', shape: [4], data }, b: { dtype: 'float32', shape: [2, 2], data } })
    const file = await openTorch(bytes)
    expect((await file.read('b')).data).toEqual(data)
    const name = new TextDecoder('latin1').decode(bytes)
    expect(name).not.toContain('archive/data/1')
    expect(name.indexOf(new TextDecoder('latin1').decode(new Uint8Array(data.buffer)), name.indexOf('archive/data/0')) % 64).toBe(
      0,
    )
  })

  test("a state dict is saved under PyTorch's names, and loads into a module again", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nabla-torch-'))
    try {
      const path = join(folder, 'net.pt')
      const [one, other] = [0, 1].map(() => new Sequential(new Linear(3, 4), new BatchNorm1d(4))) as [Sequential, Sequential]
      await saveTorch(path, one.stateDict())
      expect((await openTorch(path)).names).toContain('1.running_mean')
      other.loadStateDict(await loadTorch(path))
      expect(await other.stateDict()['0.weight']!.data()).toEqual(await one.stateDict()['0.weight']!.data())
      await saveTorch(path, one.stateDict(), { snakeCase: false })
      expect((await openTorch(path)).names).toContain('1.runningMean')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('a part of a file, without what is in front of its names; old norms get their counter', async () => {
    const weight = { dtype: 'float32', shape: [1], data: Float32Array.of(5) } as const
    const bytes = encodeTorch({ state_dict: { 'module.bn.running_mean': weight }, best: 91.7 })
    const state = await loadTorch(bytes, { at: 'state_dict', strip: 'module.' })
    expect(Object.keys(state)).toEqual(['bn.running_mean', 'bn.num_batches_tracked'])
    expect((await openTorch(bytes)).metadata).toEqual({ best: '91.7' })
    await expect(loadTorch(bytes, { at: 'model' })).rejects.toThrow(/nothing at "model"; at the top there are state_dict/)
  })
})
