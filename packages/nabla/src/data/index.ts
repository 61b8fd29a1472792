/** `nabla/data`: data sets by name, and loaders over them. */
export { dataSetEntry, dataSetNames, dataSets, imageSetEntry } from './catalog.js'
export { collate, type Collated } from './collate.js'
export type { CollateOptions } from './collate-host.js'
export type { ShapedArray } from './column-rows.js'
export {
  BaseDataset,
  ConcatDataset,
  type Dataset,
  type FieldOf,
  type FieldTypes,
  type FieldValue,
  ListDataset,
  MapDataset,
  type MapStyleDataset,
  type SampleTransform,
  Subset,
  type WithField,
} from './dataset.js'
export { ImageDataset, type ImageDatasetInit } from './dataset-images.js'
export { TensorDataset } from './dataset-tensors.js'
export type { LabelledImage } from './image-rows.js'
export { encodeIdx, type IdxFile, parseIdx } from './idx.js'
export { type FetchOptions, fetchFile, fetchFiles, fetchText } from './fetch.js'
export {
  type DataFilesOptions,
  dataFiles,
  dataPath,
  dataSetStatus,
  importDataSet,
  removeDataSet,
  verifyDataSet,
} from './files.js'
export { imageSet } from './images.js'
export { type DecodeOptions, decodeImage, encodePng } from './image-file.js'
export { DataLoader } from './loader.js'
export type { BatchOf, CollatingOptions, DataLoaderOptions, LoaderSource, LoaderState, SampleOf } from './loader-options.js'
export { permutation } from './permutation.js'
export { portable, type Recipe, recipeKey } from './portable.js'
export { SampleRandom } from './random.js'
export {
  BatchSampler,
  type BatchSource,
  LengthSampler,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  SubsetSampler,
  WeightedSampler,
  type WeightedSamplerOptions,
} from './sampler.js'
export type { DataEvent, Report } from './sources/source.js'
export { fromInterleaved, type Raster, rasterOf, toInterleaved, toTensor } from './raster.js'
export { cifar10 } from './sets/cifar10.js'
export type { DataFile, DataSetEntry, Form, ImageSetEntry, Place, Published, Split } from './sets/entry.js'
export type { ImageSetOptions } from './sets/image-set.js'
export { fashionMnist, mnist } from './sets/mnist.js'
export { mobyDick } from './sets/moby-dick.js'
export { imagenetLabels } from './sets/pretrained.js'
export { stylePictures } from './sets/style.js'
export { bostonHousePrices, iris } from './sets/tables.js'
export type { DataSetStatus, FileStatus, ImportedFiles } from './sources/manage.node.js'
export { type TarMember, tarMembers } from './tar.js'
export { flickrCaptions, type FlickrOptions, readFlickrCaptions } from './formats/captions.js'
export {
  type CocoAnnotations,
  cocoCaptions,
  cocoDetection,
  type CocoImage,
  cocoMask,
  type CocoObject,
  type CocoOptions,
  readCoco,
} from './formats/coco.js'
export type { Outline } from './formats/coco-mask.js'
export { archiveFiles, type Files, type FileSource, memoryFiles, openFiles, readBytes } from './formats/files.js'
export { imageFolder, type ImageFolderOptions } from './formats/image-folder.js'
export {
  CaptionedPictures,
  type CaptionEntry,
  type CaptionSample,
  type DetectionEntry,
  DetectionPictures,
  type DetectionSample,
  type LabelledEntry,
  LabelledPictures,
  type LabelledSample,
  type PictureEntry,
  type PictureOptions,
  Pictures,
  type PictureSample,
  SegmentedPictures,
  type SegmentationEntry,
  type SegmentationSample,
} from './formats/samples.js'
export { type PairOptions, readPairs, type SentencePair, textFile, textLines, type TextOptions } from './formats/text.js'
export {
  readVoc,
  type VocAnnotation,
  vocClasses,
  vocDetection,
  type VocObject,
  type VocOptions,
  vocSegmentation,
  type VocSetOptions,
} from './formats/voc.js'
export { airfoil } from './sets/airfoil.js'
export { bccd } from './sets/bccd.js'
export { camvid } from './sets/camvid.js'
export { cocoMini } from './sets/coco-mini.js'
export { fraEng } from './sets/fra-eng.js'
export { housePrices } from './sets/house-prices.js'
export { imdb, imdbFolder, type LabelledText, type Review } from './sets/imdb.js'
export { pennFudan } from './sets/penn-fudan.js'
export type { PictureSetOptions, PictureSplit } from './sets/pictures.js'
export { rtPolarity } from './sets/rt-polarity.js'
export { sequences, SequencesDataset, type SequenceSample, type SequencesOptions, type SequenceTask } from './sets/sequences.js'
export { shapes, ShapesDataset, type ShapesOptions, type ShapesSample } from './sets/shapes.js'
export { timeMachine } from './sets/time-machine.js'
export { tinyShakespeare } from './sets/tiny-shakespeare.js'
export { ucmCaptions } from './sets/ucm-captions.js'
export { wikitext2 } from './sets/wikitext2.js'
export { type Fold, type FoldOptions, kFold, randomSplit, type SplitOptions, stratifiedKFold, stratifiedSplit } from './split.js'
export { ChainDataset, type IterableDataset, MapStream, StreamDataset } from './stream.js'
