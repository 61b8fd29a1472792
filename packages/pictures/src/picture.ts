/**
 * What can be drawn: one plain description a kind, data first. A description knows nothing of how it is drawn; it can be kept as JSON
 * (typed arrays apart), and the same one gives an SVG, a PNG or a picture in a terminal.
 */
import type { Raster } from 'nabla/data'

/** Numbers in a row: an array or a typed array. Values that are not finite are left out, and the picture says how many. */
export type Values = ArrayLike<number>

/** An axis. A string is its label alone. */
export interface Axis {
  /** What is measured: `loss`. */
  readonly label: string
  /** In which unit, written in brackets behind the label. */
  readonly unit?: string
  /** Logarithmic; values of 0 and less are left out. Default false. */
  readonly log?: boolean
  /** From where to where. Default: what the values need. */
  readonly range?: readonly [from: number, to: number]
}

/** What all pictures have. */
export interface PictureOptions {
  /** Stands over the picture; long ones are broken into lines. */
  readonly title?: string
  /** Of the whole picture, in CSS pixels. Each kind has its default. */
  readonly width?: number
  /** Of the whole picture, in CSS pixels. Each kind has its default. */
  readonly height?: number
}

/** A curve. */
export interface Line {
  /** As the legend has it. */
  readonly name: string
  /** Default: 0, 1, 2, ... */
  readonly x?: Values
  /** As many as `x`. Values that are not finite leave a gap. */
  readonly y: Values
  /** Lower edge of a band around the curve (a deviation, a quantile); with `high`. */
  readonly low?: Values
  /** Upper edge of the band. */
  readonly high?: Values
  /** Draw a dot at each point as well; for curves of few points. */
  readonly dots?: boolean
  /** Draw thin and pale, as the ground of another curve. */
  readonly faint?: boolean
  /** Curves of the same panel share axes; panels stand under each other and share `x`. Default: one panel without a name. */
  readonly panel?: string
}

/** Curves: a loss over a run, learning rate schedules, activations. */
export interface LinesPicture extends PictureOptions {
  readonly kind: 'lines'
  readonly x: string | Axis
  readonly y: string | Axis
  readonly series: readonly Line[]
}

/** One bar for each label. */
export interface BarSeries {
  /** As the legend has it. */
  readonly name: string
  /** One a label. */
  readonly values: Values
  /** Half the length of each error bar, in units of the values. */
  readonly errors?: Values
}

/** Bars, grouped by label where there are several series. Long labels turn the bars sideways. */
export interface BarsPicture extends PictureOptions {
  readonly kind: 'bars'
  readonly labels: readonly string[]
  /** The axis of the values; `log` is not for bars. */
  readonly y: string | Axis
  /** What the labels are. */
  readonly x?: string
  readonly series: readonly BarSeries[]
}

/** Points of one colour. */
export interface PointSeries {
  /** As the legend has it. */
  readonly name: string
  readonly x: Values
  /** As many as `x`. */
  readonly y: Values
}

/** Points in the plane. Points of one series that fall on the same spot are drawn once, so that a million of them is a small file. */
export interface ScatterPicture extends PictureOptions {
  readonly kind: 'scatter'
  readonly x: string | Axis
  readonly y: string | Axis
  readonly series: readonly PointSeries[]
}

/** Values whose distribution is shown. */
export interface Sample {
  /** As the legend, or the panel, has it. */
  readonly name: string
  readonly values: Values
}

/** How values are distributed: weights, gradients, activations. All samples share their bins. */
export interface HistogramsPicture extends PictureOptions {
  readonly kind: 'histograms'
  readonly x: string | Axis
  readonly series: readonly Sample[]
  /** How many; default by the Freedman-Diaconis rule (1981), 5 to 80. */
  readonly bins?: number
  /** One panel for each sample instead of one over the other. Default false. */
  readonly panels?: boolean
}

/** `sequential`: white to blue; `viridis`: dark to light; `diverging`: blue over white, which is 0, to orange. */
export type ColourMap = 'sequential' | 'viridis' | 'diverging'

/** A matrix as colours: attention, correlations, similarities. */
export interface HeatMapPicture extends PictureOptions {
  readonly kind: 'heatmap'
  /** Row by row; the first row is on top. */
  readonly values: Values
  readonly shape: readonly [rows: number, columns: number]
  /** What the rows are. */
  readonly y?: string
  /** What the columns are. */
  readonly x?: string
  readonly rowLabels?: readonly string[]
  readonly columnLabels?: readonly string[]
  /** What the values are, over the scale of colours. */
  readonly value?: string
  /** Default `sequential`, or `diverging` where values lie on both sides of 0. */
  readonly colours?: ColourMap
  /** Values of the first and the last colour. Default: least and largest; around 0 for `diverging`. */
  readonly range?: readonly [from: number, to: number]
  /** Write the values into the cells. Default: where they have room and the matrix is small. */
  readonly numbers?: boolean
}

/** What examples are, and what a model takes them for. */
export interface ConfusionPicture extends PictureOptions {
  readonly kind: 'confusion'
  readonly classes: readonly string[]
  /** Row-major [truth, prediction] counts. */
  readonly counts: Values
}

/** The way of something over a surface: an optimizer's steps. */
export interface Path {
  /** As the legend has it. */
  readonly name: string
  readonly x: Values
  readonly y: Values
}

/** Values on an even grid over a rectangle. */
export interface Grid {
  readonly x: string | Axis
  readonly y: string | Axis
  /** Row by row; the first row lies at the lower end of `yRange`. */
  readonly values: Values
  readonly shape: readonly [rows: number, columns: number]
  /** Where the first and the last column lie. */
  readonly xRange: readonly [from: number, to: number]
  /** Where the first and the last row lie. */
  readonly yRange: readonly [from: number, to: number]
}

/** A surface seen from above, with lines of equal height and paths over it. */
export interface ContourPicture extends PictureOptions, Grid {
  readonly kind: 'contour'
  /** How many lines of equal height. Default 12. */
  readonly levels?: number
  /** Heights in equal ratios instead of equal steps; needs values above 0. Default false. */
  readonly log?: boolean
  /** What the heights are, over the scale of colours. */
  readonly value?: string
  readonly paths?: readonly Path[]
}

/** Which class a model sees where, and the examples it learnt from. The values of the grid are class numbers. */
export interface BoundaryPicture extends PictureOptions, Grid {
  readonly kind: 'boundary'
  readonly classes: readonly string[]
  readonly points?: {
    readonly x: Values
    readonly y: Values
    /** The class of each. */
    readonly labels: Values
  }
}

/** A box on an image, in the image's pixels. */
export interface ImageBox {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Stands at the box's upper edge. */
  readonly label?: string
  /** CSS `#rrggbb`. Default: the next of the palette. */
  readonly colour?: string
}

/** A part of an image to be tinted. */
export interface ImageMask {
  /** One number a pixel, row by row: above 0 is inside; numbers up to 1 are shares. */
  readonly data: Values
  /** CSS `#rrggbb`. Default: the next of the palette. */
  readonly colour?: string
}

/** An image with what is drawn on and under it. */
export interface GridImage {
  /** Bytes 0..255 or floats 0..1 (others are cut off there); 1, 3 or 4 channels, or 2: grey and alpha. */
  readonly image: Raster<Uint8Array | Float32Array>
  /** Under the image. */
  readonly caption?: string
  /** Colour of a frame around the image, CSS `#rrggbb`; `right` is green, `wrong` red. */
  readonly border?: string
  readonly boxes?: readonly ImageBox[]
  readonly masks?: readonly ImageMask[]
}

/** Images in rows. Small ones are enlarged pixel by pixel. */
export interface ImagesPicture extends PictureOptions {
  readonly kind: 'images'
  readonly images: readonly GridImage[]
  /** In a row. Default: as many as fit well. */
  readonly columns?: number
}

/** The filters of a layer as tiles, each from black (least) to white (largest); three channels are shown as colours, others one by one. */
export interface WeightsPicture extends PictureOptions {
  readonly kind: 'weights'
  readonly values: Values
  /** [filters, channels, height, width], or without channels; a matrix [outputs, inputs] gives square tiles where inputs is a square. */
  readonly shape: readonly number[]
  /** In a row. */
  readonly columns?: number
  /** Normalise all filters together instead of each by itself. Default false. */
  readonly together?: boolean
}

/** Several pictures in rows, under one title. */
export interface FigurePicture extends PictureOptions {
  readonly kind: 'figure'
  readonly rows: readonly (readonly Picture[])[]
}

/** Everything that can be drawn. */
export type Picture =
  | LinesPicture
  | BarsPicture
  | ScatterPicture
  | HistogramsPicture
  | HeatMapPicture
  | ConfusionPicture
  | ContourPicture
  | BoundaryPicture
  | ImagesPicture
  | WeightsPicture
  | FigurePicture
