/** `nabla/io`: tensors in files that other tools read too, models for other engines. */
export { type ModelCard, modelCard } from './model-card.js'
export { decodeNpy, encodeNpy, encodeNpz, type NpzOptions, openNpy, openNpz } from './npy.js'
export { type Exportable, exportOnnx, type OnnxOptions } from './onnx/export.js'
export { openOnnx } from './onnx/read.js'
export { type OpenOptions, openTensors } from './open.js'
export {
  decodeSafetensors,
  encodeSafetensors,
  openSafetensors,
  type SafetensorsContent,
} from './safetensors.js'
export type { ByteSource, Readable } from './source.js'
export { statisticsOf, type TensorStatistics } from './statistics.js'
export type { DecodeOptions, EncodeOptions, TensorData } from './stored.js'
export { type FileFormat, readTensors, type TensorFile, type TensorInfo } from './tensor-file.js'
export { type LoadTorchOptions, loadTorch, openTorch, readTorch, type TorchOptions } from './torch.js'
export type { TorchValue } from './torch-values.js'
export { encodeTorch, type SaveTorchOptions, saveTorch, type TorchWritable } from './torch-write.js'
export {
  loadSafetensors,
  readSafetensors,
  saveSafetensors,
  tensorData,
  tensorFrom,
  tensorsFrom,
  writeFileAtomic,
} from './weights.js'
export type { ZipOptions } from './zip.js'
