/** The files that PNGs are drawn with, from the packages that hold them. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { PngAssets } from './png.js'

const files = {
  wasm: '@resvg/resvg-wasm/index_bg.wasm',
  fonts: [
    '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
    '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
    '@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2', // for signs that Inter lacks
  ],
}

/** Reads them all. */
export async function assets(): Promise<PngAssets> {
  const { resolve } = createRequire(import.meta.url)
  const read = (name: string): Promise<Uint8Array> => readFile(resolve(name))
  const [wasm, fonts] = await Promise.all([read(files.wasm), Promise.all(files.fonts.map(read))])
  return { wasm, fonts }
}
