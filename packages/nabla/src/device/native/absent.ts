/** Stands for the native device where there is no Node: it says so. */
import { NablaError } from '../../core/errors.js'
import type { Device } from '../device.js'

const detail = 'native code needs Node and a C compiler'

export const nativeStatus = (): { readonly available: boolean; readonly detail: string } => ({ available: false, detail })

export const NativeDevice = class {
  constructor() {
    throw new NablaError('device', `[native] ${detail}`)
  }
} as unknown as new () => Device

export const prepareRuntime = async (): Promise<void> => {}
