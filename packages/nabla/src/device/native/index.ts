/** The native device, as the rest of the library sees it. Browser bundles get `absent.ts` in its place. */
export { NativeDevice, nativeStatus } from './device.js'
export { prepareRuntime } from './library.js'
