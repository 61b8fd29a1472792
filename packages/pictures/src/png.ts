/** PNG from SVG, by resvg, with fonts of our own: the same pixels on every machine. */
import { fail } from './check.js'
import { toSvg } from './draw.js'
import type { Picture } from './picture.js'
import { ground } from './theme.js'

/** How large a PNG becomes. */
export interface PngOptions {
  /** Of the PNG, in pixels; in place of `scale`. */
  readonly width?: number
  /** Pixels a CSS pixel. Default 2. */
  readonly scale?: number
}

/** What drawing a PNG takes: resvg's WebAssembly (`index_bg.wasm` of @resvg/resvg-wasm) and font files. */
export interface PngAssets {
  readonly wasm: Uint8Array | ArrayBuffer
  /** TTF, OTF or WOFF2 files; the first is the one that text is measured by, Inter. */
  readonly fonts: readonly Uint8Array[]
}

type Loaded = { readonly resvg: typeof import('@resvg/resvg-wasm'); readonly fonts: Uint8Array[] }
let loaded: Promise<Loaded> | undefined

async function load(assets?: PngAssets): Promise<Loaded> {
  const [resvg, { wasm, fonts }] = await Promise.all([
    import('@resvg/resvg-wasm'),
    assets ?? import('./assets.node.js').then((own) => own.assets()),
  ])
  await resvg.initWasm(wasm as ArrayBuffer)
  return { resvg, fonts: [...fonts] }
}

/** Gives `toPng` its files where it cannot read them itself: in browsers, before the first PNG. Node needs no call. */
export async function usePngAssets(assets: PngAssets): Promise<void> {
  await (loaded ??= load(assets))
}

/**
 * The picture as a PNG file, with a white ground.
 * Throws NablaError('argument') for a width or scale that gives no picture, and as `toSvg` does.
 */
export async function toPng(picture: Picture, { width, scale = 2 }: PngOptions = {}): Promise<Uint8Array> {
  if (width !== undefined && !(Number.isInteger(width) && width > 0 && width <= 16_384))
    fail('png', `width is ${width}: expected a whole number of pixels from 1 to 16384`)
  if (!(scale > 0 && scale <= 16)) fail('png', `scale is ${scale}: expected a number above 0, at most 16`)
  return (
    await rasterise(await toSvg(picture), width === undefined ? { mode: 'zoom', value: scale } : { mode: 'width', value: width })
  ).png
}

/** A document's pixels as a PNG. */
async function rasterise(
  svg: string,
  fitTo: { mode: 'zoom' | 'width'; value: number },
): Promise<{ png: Uint8Array; width: number; height: number }> {
  const { resvg, fonts } = await (loaded ??= load())
  // resvg knows the older word only.
  const known = svg.replace(/image-rendering: ?pixelated/g, 'image-rendering:optimizeSpeed')
  const renderer = new resvg.Resvg(known, {
    fitTo,
    background: ground,
    font: { fontBuffers: fonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  })
  try {
    const image = renderer.render()
    const result = { png: image.asPng(), width: image.width, height: image.height }
    image.free()
    return result
  } finally {
    renderer.free()
  }
}
