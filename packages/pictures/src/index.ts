/** Pictures of training and of models: a description in, SVG, PNG or a terminal's text out. */
export { toSvg } from './draw.js'
export type {
  Axis,
  BarSeries,
  BarsPicture,
  BoundaryPicture,
  ColourMap,
  ConfusionPicture,
  ContourPicture,
  FigurePicture,
  Grid,
  GridImage,
  HeatMapPicture,
  HistogramsPicture,
  ImageBox,
  ImageMask,
  ImagesPicture,
  Line,
  LinesPicture,
  Path,
  Picture,
  PictureOptions,
  PointSeries,
  Sample,
  ScatterPicture,
  Values,
  WeightsPicture,
} from './picture.js'
export { type PngAssets, type PngOptions, toPng, usePngAssets } from './png.js'
export type { ImageProtocol, Terminal } from './terminal/detect.js'
export { type TerminalOptions, toTerminal } from './terminal/index.js'
