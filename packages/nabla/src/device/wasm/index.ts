/** The wasm device, as the rest of the library sees it. */
export { WasmDevice, wasmStatus } from './device.js'
