/** One calm look for all pictures: a light ground, thin grid, colours that colour-blind readers can tell apart (Okabe and Ito 2008), dark text. */

/** Of series, in order: blue, vermilion, green, purple, amber, sky, grey, brown. */
export const palette = ['#0067a8', '#d1530a', '#00875f', '#a8508c', '#c98a00', '#3d9fd4', '#5f6670', '#7a4a21'] as const
export const colourOf = (i: number): string => palette[i % palette.length]!

export const ink = '#1f2933'
export const softInk = '#52606d'
export const gridLine = '#e6e9ed'
export const ground = '#ffffff'
/** Of cells that have no finite value. */
export const missing = '#d5d9de'
export const right = '#00875f'
export const wrong = '#c8321e'
export const family = "Inter, 'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif"
/** Sizes of text in CSS pixels. */
export const size = { title: 15, label: 12, tick: 11 } as const

export type Rgb = readonly [red: number, green: number, blue: number]

/** `#rrggbb` as three bytes; `#rgb` too. */
export function rgb(colour: string): Rgb {
  const hex = /^#[0-9a-f]{3}$/i.test(colour) ? [...colour.slice(1)].map((c) => c + c).join('') : colour.slice(1)
  const n = Number.parseInt(hex, 16)
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255]
}

export const hex = (c: Rgb): string => `#${c.map((v) => Math.round(v).toString(16).padStart(2, '0')).join('')}`
export const mix = (a: Rgb, b: Rgb, share: number): Rgb => [0, 1, 2].map((i) => a[i]! + (b[i]! - a[i]!) * share) as unknown as Rgb
/** Light enough for dark text on it. */
export const isLight = ([r, g, b]: Rgb): boolean => 0.299 * r + 0.587 * g + 0.114 * b > 150

/** Stops of the scales of colours, evenly spaced; `viridis` after van der Walt and Smith (2015). */
export const stops = {
  sequential: ['#ffffff', '#e1edf6', '#b5d3e9', '#7fb2d8', '#4a8fc2', '#216ca6', '#0b4a80', '#062f57'],
  viridis: ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'],
  diverging: ['#0b4a80', '#3f87bd', '#9cc5e0', '#ffffff', '#f5bd94', '#d97432', '#8f3d05'],
  /** Of surfaces: pale, so that lines over them stand out. */
  surface: ['#2f5f8a', '#4f83ab', '#7ba6c4', '#a9c6d8', '#d3e2e8', '#f1f1e6', '#f7e6c4'],
} as const

/** The colour at a share of a scale; shares outside 0..1 are its ends, none at all is the grey of missing values. */
export function colourAt(scale: keyof typeof stops, share: number): Rgb {
  if (Number.isNaN(share)) return rgb(missing)
  const list = stops[scale]
  const at = Math.min(1, Math.max(0, share)) * (list.length - 1)
  const i = Math.min(list.length - 2, Math.floor(at))
  return mix(rgb(list[i]!), rgb(list[i + 1]!), at - i)
}
