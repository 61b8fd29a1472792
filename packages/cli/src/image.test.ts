import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePng } from 'nabla/data'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readImage } from './image.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-image-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('pictures are pixels with four channels side by side, whatever the file has and is called', async () => {
  const path = join(folder, 'grey.jpg')
  await writeFile(path, encodePng({ data: Uint8Array.of(0, 200), channels: 1, height: 1, width: 2 }))
  const image = await readImage(path)
  expect([image.width, image.height, Array.from(image.data)]).toEqual([2, 1, [0, 0, 0, 255, 200, 200, 200, 255]])
})

test('a file that is not there, and one that is no picture, are named', async () => {
  await expect(readImage('/nowhere/x.png')).rejects.toThrowError(/cannot read \/nowhere\/x\.png/)
  const path = join(folder, 'a.png')
  await writeFile(path, '<svg/>')
  await expect(readImage(path)).rejects.toThrowError(/a\.png is no image that can be read/)
})
