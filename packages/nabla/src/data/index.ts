/** `nabla/data`: data sets by name, and loaders over them. */
export { dataSetNames, type ImageSetEntry, imageSetEntry, type Split } from './catalog.js'
export { type Dataset, ImageDataset, type ImageDatasetInit, TensorDataset } from './dataset.js'
export { encodeIdx, type IdxFile, parseIdx } from './idx.js'
export { fashionMnist, imageSet, type ImageSetOptions, mnist } from './images.js'
export { DataLoader, type DataLoaderOptions } from './loader.js'
export { permutation } from './permutation.js'
export type { DataEvent, Report } from './sources/source.js'
