/** The devices by name. In a browser bundle the native device is replaced by one that says why it is not there (package.json). */
import { unknownName } from '../core/errors.js'
import type { Device } from '../device/device.js'
import { jsDevice } from '../device/js.js'
import { NativeDevice, nativeStatus, prepareRuntime } from '../device/native/index.js'

const makers: Readonly<Record<string, () => Device>> = { native: () => new NativeDevice(), js: jsDevice }
const made = new Map<string, Device>()

/** A device, and whether it can be used here. */
export interface DeviceDescription {
  /** What it is asked for by: 'native' or 'js'. */
  readonly name: string
  /** Whether it works on this machine. */
  readonly available: boolean
  /** What the device runs on, or what is missing. */
  readonly reason: string
}

/** All devices that there are, with what they run on, or why they cannot. */
export function describeDevices(): DeviceDescription[] {
  const native = nativeStatus()
  return [
    { name: 'native', available: native.available, reason: native.detail },
    { name: 'js', available: true, reason: 'scalar JavaScript, everywhere: the reference, and the last resort' },
  ]
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

/** NABLA_DEVICE, or what `setDefaultDevice` was given, or the best that is here; falling back to `js` is said once. */
export function defaultDevice(): string {
  if (!chosen) setDefaultDevice((typeof process === 'undefined' ? undefined : process.env['NABLA_DEVICE']) ?? 'auto')
  return chosen!
}

/** 'auto' takes native code where there is a compiler, else `js`. */
export function setDefaultDevice(name: string): void {
  if (name !== 'auto') {
    deviceByName(name)
    chosen = name
    return
  }
  const native = nativeStatus()
  chosen = native.available ? 'native' : 'js'
  if (!native.available) console.warn(`nabla: no native device (${native.detail}); running on plain JavaScript, which is slow`)
}
