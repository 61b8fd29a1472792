/** What the pictures with two axes share: titles, scales, tick formats, legends. */
import { domain, titleOf } from '../check.js'
import type { Axis } from '../picture.js'
import { cut, widthOf } from '../text.js'
import { colourOf, size } from '../theme.js'
import type { Spec } from '../vega.js'

/** A legend above the plot in as many columns as fit, or none for a single nameless series. */
export function legendAbove(names: readonly string[], width: number, shape: 'stroke' | 'square' | 'circle'): Spec | null {
  if (names.length < 2 && !names[0]) return null
  const entry = Math.max(...names.map((name) => widthOf(name, size.label))) + 34
  return {
    title: null,
    orient: 'top',
    direction: 'horizontal',
    columns: Math.max(1, Math.min(names.length, Math.floor((width - 60) / entry))),
    columnPadding: 14,
    rowPadding: 4,
    offset: 10,
    symbolType: shape,
    symbolOpacity: 1,
  }
}

/** Names fit to stand in a legend: cut to a line, and told apart where two are the same. */
export function legendNames(series: readonly { readonly name: string }[], width: number): string[] {
  const seen = new Map<string, number>()
  return series.map(({ name }) => {
    const fit = cut(name, width - 120, size.label)
    const n = (seen.get(fit) ?? 0) + 1
    seen.set(fit, n)
    return n > 1 ? `${fit} (${n})` : fit
  })
}

export const seriesColours = (names: readonly string[]): Spec => ({ domain: names, range: names.map((_, i) => colourOf(i)) })

/** Titles, ticks and scale of an axis for Vega-Lite. */
export function channel(
  axis: Axis,
  found: readonly [number, number] | undefined,
  options: { room?: number; nice?: boolean; grid?: boolean; width: number },
): Spec {
  const [low, high] = domain(axis, found, options.room ?? 0)
  const linear = !axis.log
  return {
    type: 'quantitative',
    title: cut(titleOf(axis), options.width - 60, size.label),
    scale: { type: linear ? 'linear' : 'log', domain: [low, high], nice: options.nice === true && !axis.range, zero: false },
    axis: {
      grid: options.grid ?? true,
      tickCount: linear ? Math.max(3, Math.min(8, Math.round(options.width / 75))) : 6,
      ...tickFormat(axis, low, high),
    },
  }
}

/** Powers of ten where plain numbers would be long. */
export function tickFormat(axis: Axis, low: number, high: number): Spec {
  const reach = Math.max(Math.abs(low), Math.abs(high))
  if (axis.log) return low < 1e-3 || high >= 1e5 ? { format: '~e' } : { format: '~g' }
  if (reach >= 1e9 || reach < 1e-3) return { format: '~e' }
  return reach >= 1e4 ? { format: '~s' } : {}
}
