/** What is known on a grid over a rectangle: surfaces with lines of equal height and paths, and which class is seen where. */
import { axisOf, extent, fail, fills, leftOut, sameLength, shows, titleOf } from '../check.js'
import { frame, nothing } from '../frame.js'
import type { BoundaryPicture, ContourPicture, Grid } from '../picture.js'
import { colourRaster, pngAddress } from '../pixels.js'
import type { Drawing } from '../svg.js'
import { colourAt, colourOf, ink, missing, mix, type Rgb, rgb } from '../theme.js'
import { drawVega, type Spec } from '../vega.js'
import { colourScale, gradientLegend } from './matrix.js'
import { legendAbove, legendNames } from './plot.js'

/** Checks a grid: its size, its ranges, its axes. */
export function checkGrid(kind: string, grid: Grid): void {
  fills(kind, grid.values, grid.shape)
  if (grid.shape.some((d) => d < 2)) fail(kind, `a grid of ${grid.shape.join(' x ')} has no extent: expected at least 2 x 2`)
  for (const [name, [from, to]] of [
    ['xRange', grid.xRange],
    ['yRange', grid.yRange],
  ] as const)
    if (!(Number.isFinite(from) && Number.isFinite(to) && from < to))
      fail(kind, `${name} goes from ${from} to ${to}: expected finite numbers, the first smaller`)
  for (const axis of [grid.x, grid.y]) if (axisOf(kind, axis).log) fail(kind, 'the grid is even: its axes cannot be logarithmic')
}

/** Heights of a surface, of which lines are drawn; logarithms where steps are ratios. */
export function heights({ values, log }: ContourPicture): { at: Float64Array; low: number; high: number } | undefined {
  const found = extent({ label: '', log: log === true }, values)
  if (!found) return undefined
  const f = (v: number): number => (shows({ label: '', log: log === true }, v) ? (log ? Math.log(v) : v) : Number.NaN)
  return { at: Float64Array.from(values, f), low: f(found[0]), high: f(found[1]) }
}

/** The grid between its points, bilinearly, at a share of its width and height (0, 0 is the lower left corner). */
export function between(at: ArrayLike<number>, [rows, columns]: readonly [number, number]): (x: number, y: number) => number {
  return (x, y) => {
    const [c, r] = [Math.min(Math.max(x, 0), 1) * (columns - 1), Math.min(Math.max(y, 0), 1) * (rows - 1)]
    const [c0, r0] = [Math.min(columns - 2, Math.floor(c)), Math.min(rows - 2, Math.floor(r))]
    const [u, v] = [c - c0, r - r0]
    const cell = r0 * columns + c0
    // A corner without weight does not count, so that a hole is no larger than it must be.
    const part = (i: number, w: number): number => (w === 0 ? 0 : w * at[i]!)
    return (
      part(cell, (1 - u) * (1 - v)) +
      part(cell + 1, u * (1 - v)) +
      part(cell + columns, (1 - u) * v) +
      part(cell + columns + 1, u * v)
    )
  }
}

export async function drawContour(picture: ContourPicture): Promise<Drawing> {
  checkGrid('contour', picture)
  const { shape, levels = 12, log = false, paths = [] } = picture
  if (!(Number.isInteger(levels) && levels > 0 && levels <= 200))
    fail('contour', `levels is ${levels}: expected a whole number from 1 to 200`)
  for (const path of paths) sameLength('contour', `y of "${path.name}"`, path.y, 'x', path.x.length)
  const surface = heights(picture)
  const absent = surface ? surface.at.reduce((n, v) => n + (Number.isNaN(v) ? 1 : 0), 0) : 0
  const width = picture.width ?? 560
  const outer = frame(picture, width, leftOut(absent, picture.values.length, log))
  if (!surface) return outer.put(nothing(outer.room, 160, 'no value of the grid is finite'))

  const { low, high } = surface
  const flat = high - low <= 1e-12 * Math.max(1, Math.abs(low))
  const size = plotSize(picture, outer, paths.length > 0, true)
  const height = between(surface.at, shape)
  const [w, h] = [Math.round(size.width / 2), Math.round(size.height / 2)]
  const fine = Float64Array.from({ length: w * h }, (_, i) => height(((i % w) + 0.5) / w, 1 - (Math.floor(i / w) + 0.5) / h))
  const [lw, lh] = [Math.round(size.width / 4), Math.round(size.height / 4)] // of the lines, which are smoothed
  const coarse = Float64Array.from({ length: lw * lh }, (_, i) =>
    height(((i % lw) + 0.5) / lw, 1 - (Math.floor(i / lw) + 0.5) / lh),
  )
  const step = (high - low) / (levels + 1)
  const url = pngAddress(
    colourRaster(h, w, (i) =>
      Number.isNaN(fine[i]!)
        ? rgb(missing)
        : colourAt('surface', flat ? 0.5 : (Math.floor((fine[i]! - low) / step) + 0.5) / (levels + 1)),
    ),
  )
  const lines = Array.from({ length: flat ? 0 : levels }, (_, i) => low + step * (i + 1))
  const legend = legendNames(paths, outer.room)
  const real = (v: number): number => (log ? Math.exp(v) : v)
  const marks = paths.flatMap((path, p) => pathMarks(p, path.x.length))
  return outer.put(
    await drawVega({
      ...plane(picture, size),
      data: [
        {
          name: 'grid',
          values: [{ grid: { width: lw, height: lh, values: Array.from(coarse, (v) => (Number.isNaN(v) ? low - step : v)) } }],
        },
        {
          name: 'lines',
          source: 'grid',
          transform: [
            { type: 'isocontour', field: 'grid', thresholds: lines, smooth: true, scale: size.width / lw, as: 'contour' },
          ],
        },
        ...paths.flatMap((path, p) => {
          const values = Array.from(path.x, (x, i) => ({ x, y: path.y[i]! })).filter(({ x, y }) => Number.isFinite(x + y))
          return [
            { name: `path${p}`, values },
            { name: `first${p}`, values: values.slice(0, 1) },
            { name: `last${p}`, values: values.slice(-1) },
          ]
        }),
      ],
      scales: [
        ...scales(picture),
        flat ? colourScale('surface', [real(low) - 0.5, real(low) + 0.5]) : colourScale('surface', [real(low), real(high)], log),
        ...(paths.length ? [{ name: 'paths', type: 'ordinal', domain: legend, range: legend.map((_, i) => pathColour(i)) }] : []),
      ],
      legends: [
        gradientLegend(picture.value ?? '', size.height),
        ...(paths.length
          ? [
              {
                ...legendAbove(legend.length > 1 ? legend : [legend[0]!, ''], outer.room, 'stroke'),
                stroke: 'paths',
                columns: Math.max(1, Math.min(legend.length, 4)),
              },
            ]
          : []),
      ],
      marks: [
        {
          type: 'image',
          encode: {
            enter: {
              url: { value: url },
              width: { value: size.width },
              height: { value: size.height },
              aspect: { value: false },
            },
          },
        },
        {
          type: 'group',
          encode: { enter: { width: { value: size.width }, height: { value: size.height }, clip: { value: true } } },
          marks: [
            {
              type: 'path',
              clip: true,
              from: { data: 'lines' },
              encode: { enter: { stroke: { value: '#ffffff' }, strokeOpacity: { value: 0.75 }, strokeWidth: { value: 0.8 } } },
              transform: [{ type: 'geopath', field: 'datum.contour' }],
            },
            ...marks,
          ],
        },
      ],
    }),
  )
}

/** On a surface of blues, in order: vermilion, black, green, purple. */
const onSurface = ['#d1530a', '#1f2933', '#00734f', '#9a2f86', '#8a5a00']
export const pathColour = (i: number): string => onSurface[i % onSurface.length]!

/** A way: a line with a pale rim, its steps, a ring where it begins and a diamond where it ends. */
function pathMarks(p: number, steps: number): Spec[] {
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } }
  const colour = { value: pathColour(p) }
  const line = (stroke: Spec, strokeWidth: number): Spec => ({
    type: 'line',
    from: { data: `path${p}` },
    encode: { enter: { ...place, stroke, strokeWidth: { value: strokeWidth }, strokeJoin: { value: 'round' } } },
  })
  const end = (which: string, shape: string, fill: Spec): Spec => ({
    type: 'symbol',
    from: { data: `${which}${p}` },
    encode: {
      enter: {
        ...place,
        shape: { value: shape },
        size: { value: 90 },
        fill,
        stroke: shape === 'circle' ? colour : { value: '#ffffff' },
        strokeWidth: { value: shape === 'circle' ? 2 : 1 },
      },
    },
  })
  return [
    line({ value: '#ffffff' }, 4),
    line(colour, 2),
    ...(steps <= 60
      ? [{ type: 'symbol', from: { data: `path${p}` }, encode: { enter: { ...place, size: { value: 12 }, fill: colour } } }]
      : []),
    end('first', 'circle', { value: '#ffffff' }),
    end('last', 'diamond', colour),
  ]
}

/** Colour of each cell of a grid of class numbers: pale, for points lie on it. */
export const regionColour = (label: number): Rgb =>
  Number.isInteger(label) && label >= 0 ? mix([255, 255, 255], rgb(colourOf(label)), 0.28) : rgb(missing)

/** Checks class numbers of a grid and of points. */
export function checkBoundary(picture: BoundaryPicture): void {
  checkGrid('boundary', picture)
  const { classes, values, points } = picture
  const known = (label: number): boolean => Number.isInteger(label) && label >= 0 && label < classes.length
  if (!classes.length) fail('boundary', 'no classes: expected at least one name')
  for (const [what, labels] of [
    ['the grid', values],
    ['labels of points', points?.labels ?? []],
  ] as const) {
    const bad = Array.from(labels).find((label) => !known(label))
    if (bad !== undefined)
      fail('boundary', `${what}: ${bad} is no class number; expected 0 to ${classes.length - 1}`, { value: bad })
  }
  if (points) {
    sameLength('boundary', 'y of points', points.y, 'x', points.x.length)
    sameLength('boundary', 'labels of points', points.labels, 'x', points.x.length)
  }
}

export async function drawBoundary(picture: BoundaryPicture): Promise<Drawing> {
  checkBoundary(picture)
  const { values, shape, points, classes } = picture
  const [rows, columns] = shape
  const spots = points ? Array.from(points.x, (x, i) => ({ x, y: points.y[i]!, label: points.labels[i]! })) : []
  const finite = spots.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  const outer = frame(picture, picture.width ?? 520, leftOut(spots.length - finite.length, spots.length))
  const size = plotSize(picture, outer, true, false)
  // Every pixel shows the class of the grid point that is nearest; enlarged here, so that all viewers show the same edges.
  const [w, h] = [Math.round(size.width), Math.round(size.height)]
  const nearest = (i: number): number => {
    const c = Math.round((((i % w) + 0.5) / w) * (columns - 1))
    const r = Math.round((1 - (Math.floor(i / w) + 0.5) / h) * (rows - 1))
    return values[r * columns + c]!
  }
  const url = pngAddress(colourRaster(h, w, (i) => regionColour(nearest(i))))
  const names = legendNames(
    classes.map((name) => ({ name })),
    outer.room,
  )
  const many = finite.length > 400
  return outer.put(
    await drawVega({
      ...plane(picture, size),
      data: [{ name: 'points', values: finite.map(({ x, y, label }) => ({ x, y, name: names[label] })) }],
      scales: [...scales(picture), { name: 'class', type: 'ordinal', domain: names, range: names.map((_, i) => colourOf(i)) }],
      legends: [{ ...legendAbove(names.length > 1 ? names : [names[0]!, ''], outer.room, 'circle'), fill: 'class' }],
      marks: [
        {
          type: 'image',
          encode: {
            enter: {
              url: { value: url },
              width: { value: size.width },
              height: { value: size.height },
              aspect: { value: false },
              smooth: { value: false },
            },
          },
        },
        {
          type: 'symbol',
          clip: true,
          from: { data: 'points' },
          encode: {
            enter: {
              x: { scale: 'x', field: 'x' },
              y: { scale: 'y', field: 'y' },
              size: { value: many ? 16 : 44 },
              fill: { scale: 'class', field: 'name' },
              stroke: { value: '#ffffff' },
              strokeWidth: { value: many ? 0.4 : 0.8 },
            },
          },
        },
      ],
    }),
  )
}

/** The plot's own size: in proportion to the ranges where those are alike, else 4 by 3. */
function plotSize(
  picture: ContourPicture | BoundaryPicture,
  outer: { room: number; around: number },
  legend: boolean,
  scale: boolean,
): { width: number; height: number } {
  const width = Math.max(60, outer.room - 62 - (scale ? 78 : 0))
  const ratio = (picture.yRange[1] - picture.yRange[0]) / (picture.xRange[1] - picture.xRange[0])
  const natural = ratio > 0.4 && ratio < 1.4 ? width * ratio : width * 0.75
  return { width, height: picture.height ? Math.max(60, picture.height - outer.around - 46 - (legend ? 30 : 0)) : natural }
}

const scales = ({ xRange, yRange }: Grid): Spec[] => [
  { name: 'x', type: 'linear', domain: xRange, range: 'width', zero: false, nice: false },
  { name: 'y', type: 'linear', domain: yRange, range: 'height', zero: false, nice: false },
]

/** Size and axes of a plot over a rectangle. */
function plane(grid: Grid, { width, height }: { width: number; height: number }): Spec {
  const axis = (orient: string, scale: string, title: string, ticks: number): Spec => ({
    orient,
    scale,
    title,
    tickCount: ticks,
    labelOverlap: true,
    domainColor: ink,
    zindex: 1,
  })
  return {
    width,
    height,
    padding: 0,
    axes: [axis('bottom', 'x', titleOf(axisOf('grid', grid.x)), 7), axis('left', 'y', titleOf(axisOf('grid', grid.y)), 6)],
  }
}
