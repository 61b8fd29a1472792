/** What the pages' functions give to the tests. */
import type { DeviceDescription } from 'nabla'

/** Of `conformance.ts`. */
export interface Conformance {
  readonly cases: number
  readonly failures: readonly string[]
}

/** Whether a page lives: the frames that it shows while something goes on. */
export interface Frames {
  readonly perSecond: number
  /** Milliseconds between two frames, at most. */
  readonly longest: number
}

/** Of `training.ts`. */
export interface Training {
  /** Of every step. */
  readonly losses: readonly number[]
  /** On the test images. */
  readonly accuracy: number
  readonly seconds: number
  readonly frames: Frames
}

/** Of `devices.ts`. */
export interface Devices {
  readonly devices: readonly DeviceDescription[]
  /** What a device's use ended with: the losses of some steps, or an error. */
  readonly losses?: readonly number[]
  readonly error?: string
}
