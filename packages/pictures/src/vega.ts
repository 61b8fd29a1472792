/** Vega and Vega-Lite without a page: a specification in, a drawing out. Loaded when the first picture is drawn. */
import type { Config, TopLevelSpec } from 'vega-lite'
import { type Drawing, named } from './svg.js'
import { widthOf } from './text.js'
import { family, gridLine, ink, palette, size, softInk } from './theme.js'

/** A specification, as JSON. */
export type Spec = Readonly<Record<string, unknown>>

const fonts = { labelFont: family, titleFont: family }
const config = {
  background: null,
  aria: false,
  axis: {
    ...fonts,
    labelColor: softInk,
    labelFontSize: size.tick,
    labelLimit: 0,
    labelSeparation: 6,
    titleColor: ink,
    titleFontSize: size.label,
    titleFontWeight: 'normal',
    titleLimit: 0,
    titlePadding: 8,
    gridColor: gridLine,
    gridWidth: 1,
    domainColor: '#9aa5b1',
    tickColor: '#9aa5b1',
    tickSize: 4,
  },
  legend: {
    ...fonts,
    labelColor: ink,
    labelFontSize: size.label,
    labelLimit: 0,
    titleColor: ink,
    titleFontSize: size.label,
    titleFontWeight: 'normal',
    titleLimit: 0,
    symbolStrokeWidth: 2.5,
    symbolSize: 120,
    gradientStrokeColor: null,
  },
}
const liteConfig = {
  ...config,
  font: family,
  view: { stroke: null },
  mark: { invalid: 'break-paths-filter-domains' },
  range: { category: [...palette] },
}

const load = async () => {
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')])
  // Without a canvas Vega guesses 0.8 em a letter; this is how it lets others measure.
  const metrics = (
    vega as unknown as {
      textMetrics?: { width: (item: { fontSize?: number; fontWeight?: string | number }, text: unknown) => number }
    }
  ).textMetrics
  const measure = (item: { fontSize?: number; fontWeight?: string | number }, text: unknown): number =>
    widthOf(String(text ?? ''), item.fontSize ?? 11, item.fontWeight === 'bold' || Number(item.fontWeight) >= 600)
  if (metrics && !('document' in globalThis)) metrics.width = measure
  return { vega, lite }
}
let loaded: ReturnType<typeof load> | undefined

/** Draws a specification of Vega. */
export async function drawVega(spec: Spec): Promise<Drawing> {
  const { vega } = await (loaded ??= load())
  const silent = { level: () => silent, error: () => silent, warn: () => silent, info: () => silent, debug: () => silent }
  const runtime = vega.parse({ config, ...spec } as Parameters<typeof vega.parse>[0])
  const view = new vega.View(runtime, { renderer: 'none', logger: silent as never })
  try {
    return drawingOf(await view.toSVG())
  } finally {
    view.finalize()
  }
}

/** Draws a specification of Vega-Lite, filling a size with everything it has: axes, legends, marks. */
export async function drawLite(spec: Spec, width: number, height: number): Promise<Drawing> {
  const { lite } = await (loaded ??= load())
  const quiet = { level: () => quiet, error: () => quiet, warn: () => quiet, info: () => quiet, debug: () => quiet }
  const full = { width, height, autosize: { type: 'fit', contains: 'padding' }, padding: 0, ...spec }
  const { spec: compiled } = lite.compile(full as unknown as TopLevelSpec, {
    config: liteConfig as unknown as Config,
    logger: quiet as never,
  })
  return drawVega(compiled as unknown as Spec)
}

/** What is inside of Vega's document, and its size. */
function drawingOf(svg: string): Drawing {
  const [head, width, height] = /^<svg[^>]* width="([\d.]+)" height="([\d.]+)"[^>]*>/.exec(svg) ?? ['', '0', '0']
  const body = svg
    .slice(head.length, svg.lastIndexOf('</svg>'))
    .replace(/ (role|aria-[a-z]+)="[^"]*"/g, '')
    .replace(/ d="[^"]*"| transform="[^"]*"/g, (path) =>
      path.replace(/-?\d+\.\d{3,}(?:e-?\d+)?/g, (n) => String(Math.round(Number(n) * 100) / 100)),
    )
  return { width: Number(width), height: Number(height), body: named(body, 'v') }
}
