/** The devices by name. In a browser bundle the native device is replaced by one that says why it is not there (package.json). */
import { unknownName } from '../core/errors.js'
import type { Device } from '../device/device.js'
import { jsDevice, jsStatus } from '../device/js.js'
import { NativeDevice, nativeStatus, prepareRuntime } from '../device/native/index.js'
import { WasmDevice, wasmStatus } from '../device/wasm/index.js'

/** The best first. */
const makers: Readonly<Record<string, () => Device>> = {
  native: () => new NativeDevice(),
  wasm: () => new WasmDevice(),
  js: jsDevice,
}
const made = new Map<string, Device>()

/** A device, and whether it can be used here. */
export interface DeviceDescription {
  /** What it is asked for by: 'native', 'wasm' or 'js'. */
  readonly name: string
  /** Whether it works on this machine. */
  readonly available: boolean
  /** What the device runs on, or what is missing. */
  readonly reason: string
}

/** All devices that there are, with what they run on, or why they cannot. */
export function describeDevices(): DeviceDescription[] {
  const status = { native: nativeStatus(), wasm: wasmStatus(), js: jsStatus() }
  return Object.entries(status).map(([name, { available, detail }]) => ({ name, available, reason: detail }))
}

/** The device of that name; throws a NablaError that says what is missing where it cannot be had. */
export function deviceByName(name: string): Device {
  let device = made.get(name)
  if (!device) {
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined
    if (!make) throw unknownName('device', 'device', name, ['auto', ...Object.keys(makers)])
    made.set(name, (device = make()))
  }
  return device
}

/**
 * Does what takes a moment at the first use of a device ever (a small C file is compiled for `native`), without holding up the
 * event loop. Nobody has to call it; a server or a page with a progress bar may want to.
 */
export async function prepareDevice(name = 'auto'): Promise<void> {
  if (name === 'auto' || name === 'native') await prepareRuntime()
}

let chosen: string | undefined

/** NABLA_DEVICE, or what `setDefaultDevice` was given, or the best that is here; what is not the best that there is, is said once. */
export function defaultDevice(): string {
  if (!chosen) setDefaultDevice((typeof process === 'undefined' ? undefined : process.env['NABLA_DEVICE']) ?? 'auto')
  return chosen!
}

/** 'auto' takes native code where there is a compiler, else WebAssembly, else `js`. */
export function setDefaultDevice(name: string): void {
  if (name !== 'auto') {
    deviceByName(name)
    chosen = name
    return
  }
  const [native, wasm] = [nativeStatus(), wasmStatus()]
  chosen = native.available ? 'native' : wasm.available ? 'wasm' : 'js'
  // In a page nobody expects native code.
  if (chosen === 'wasm' && inNode) console.warn(`nabla: no native device (${native.detail}); running on WebAssembly`)
  if (chosen === 'js')
    console.warn(
      `nabla: no native device (${native.detail}), no wasm device (${wasm.detail}); running on plain JavaScript, which is slow`,
    )
}

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined
