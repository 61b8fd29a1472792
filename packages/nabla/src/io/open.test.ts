/** Files are known by their content; what the tensors look like; cards. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { modelCard } from './model-card.js'
import { encodeNpy, encodeNpz } from './npy.js'
import { openTensors } from './open.js'
import { encodeSafetensors } from './safetensors.js'
import { statisticsOf } from './statistics.js'
import { readTensors } from './tensor-file.js'
import { everyType } from './testing.js'
import { encodeTorch } from './torch-write.js'

const folder = mkdtempSync(join(tmpdir(), 'nabla-open-'))
afterAll(() => rmSync(folder, { recursive: true }))

const { bits: _, ...types } = everyType
const formats = {
  safetensors: encodeSafetensors(types),
  npz: encodeNpz(types),
  torch: encodeTorch(types),
  npy: encodeNpy(types.count!),
} as const

describe('a file under any name', () => {
  test.each(Object.entries(formats))('%s', async (format, bytes) => {
    const path = join(folder, `${format}.bin`)
    writeFileSync(path, bytes)
    const file = await openTensors(path)
    expect(file.format).toBe(format)
    const found = await readTensors(file)
    await file.close()
    expect(found).toEqual(format === 'npy' ? { array: types.count } : types)
  })

  test('what is missing, a folder, something else, or shorter than it was', async () => {
    await expect(openTensors(join(folder, 'nothing'))).rejects.toThrow(/cannot read .*nothing: ENOENT/)
    await expect(openTensors(folder)).rejects.toThrow(/it is not a file/)
    await expect(openTensors(new TextEncoder().encode('hello'))).rejects.toThrow(/no file of tensors/)
    await expect(openTensors(3 as unknown as string)).rejects.toThrow(/expected a path, bytes/)
    const path = join(folder, 'short.safetensors')
    writeFileSync(path, formats.safetensors)
    const file = await openTensors(path)
    truncateSync(path, formats.safetensors.length - 4)
    await expect(readTensors(file)).rejects.toThrow(/it ends at byte/)
    await file.close()
    await expect(openTensors(path)).rejects.toThrow(/cut off/)
  })
})

test('statistics are of the finite values, and count the others', () => {
  const data = Float32Array.of(1, 2, 3, 4, Number.NaN, Infinity, -Infinity)
  expect(statisticsOf({ dtype: 'float32', shape: [7], data })).toEqual({
    count: 7,
    min: 1,
    max: 4,
    mean: 2.5,
    std: Math.sqrt(1.25),
    nan: 1,
    infinite: 2,
  })
  expect(statisticsOf(everyType.half!)).toMatchObject({ min: 1, max: 1, std: 0 })
  expect(statisticsOf(everyType.nothing!)).toMatchObject({ count: 0, min: null, mean: null })
})

test('a card says what is known and leaves out the rest', () => {
  const card = modelCard({
    name: 'LeNet-5',
    summary: 'Reads digits.',
    license: 'MIT',
    tags: ['vision', '28x28: digits'],
    parameters: 61706,
    data: 'MNIST',
    settings: { lr: 0.02, epochs: 8 },
    figures: { accuracy: 0.99123456, 'a|b': [1, 2] },
    pictures: { 'loss curve.svg': 'Loss' },
  })
  expect(card).toBe(`---
library_name: nabla
license: MIT
tags:
  - vision
  - "28x28: digits"
---

# LeNet-5

Reads digits.

61,706 parameters.

## Data

MNIST

## Training

| setting | value |
| --- | --- |
| lr | 0.02 |
| epochs | 8 |

## Results

| figure | value |
| --- | --- |
| accuracy | 0.991235 |
| a\\|b | [1,2] |

![Loss](loss%20curve.svg)
`)
  expect(modelCard({ name: 'x' })).toBe('---\nlibrary_name: nabla\n---\n\n# x\n')
})
