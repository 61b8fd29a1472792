/** `nabla/io`: weights in files that other tools read too. */
export {
  type DecodeOptions,
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsContent,
  type TensorData,
} from './safetensors.js'
export { loadSafetensors, readSafetensors, saveSafetensors, tensorData, tensorsFrom, writeFileAtomic } from './weights.js'
