/** Pictures from disk as labs take them. */
import { readFile } from 'node:fs/promises'
import type { RgbaImage } from '@nabla/labs'
import { NablaError } from 'nabla'
import { decodeImage, toInterleaved } from 'nabla/data'

/** Reads a picture of any size. Throws NablaError('data') when there is no file, or it is no PNG or JPEG, or it is damaged. */
export async function readImage(path: string): Promise<RgbaImage> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new NablaError('data', `[image] cannot read ${path}: ${(error as Error).message}`, { path })
  }
  const raster = await decodeImage(bytes, { name: path, mode: 'rgba' })
  return { width: raster.width, height: raster.height, data: toInterleaved(raster) }
}
