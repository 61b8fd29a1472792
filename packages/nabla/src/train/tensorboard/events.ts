/**
 * TensorBoard's events as protocol buffers. Source: tensorflow/core/util/event.proto, framework/summary.proto and framework/tensor.proto;
 * of these messages only the fields that are written here are listed.
 *
 *     Event           1 wall_time double   2 step int64   3 file_version string   5 summary Summary   7 session_log SessionLog
 *     SessionLog      1 status (START = 1)
 *     Summary         1 repeated Value
 *     Summary.Value   1 tag   2 simple_value float   4 image   5 histo   8 tensor   9 metadata
 */
import { PbfWriter } from 'pbf'
import type { Histogram } from './histogram.js'

/** An image as a file's bytes. */
export interface EncodedImage {
  readonly height: number
  readonly width: number
  /** 1 grey, 3 RGB, 4 RGBA. */
  readonly channels: number
  /** A PNG file. */
  readonly png: Uint8Array
}

/** What is shown under a tag at a step. */
export type Value =
  | { readonly scalar: number }
  | { readonly image: EncodedImage }
  | { readonly histogram: Histogram }
  | { readonly text: string }

/** What one record says. */
export interface Event {
  /** Seconds since 1970. */
  readonly time: number
  readonly step?: number
  /** The first record of every file says which version of the format follows. */
  readonly version?: string
  /** What a run that goes on says first: events of this step and later ones, in older files, are void. */
  readonly restart?: boolean
  readonly values?: Readonly<Record<string, Value>>
}

const stringType = 7 // DT_STRING in types.proto

function writeImage({ height, width, channels, png }: EncodedImage, pbf: PbfWriter): void {
  for (const [i, size] of [height, width, channels].entries()) {
    pbf.writeTag(i + 1, 0)
    pbf.writeVarint(size)
  }
  pbf.writeTag(4, 2)
  pbf.writeBytes(png)
}

function writeDoubles(tag: number, values: readonly number[], pbf: PbfWriter): void {
  if (values.length) pbf.writePackedDouble(tag, [...values])
}

function writeHistogram({ min, max, num, sum, sumSquares, edges, counts }: Histogram, pbf: PbfWriter): void {
  for (const [i, value] of [min, max, num, sum, sumSquares].entries()) {
    pbf.writeTag(i + 1, 1)
    pbf.writeDouble(value)
  }
  writeDoubles(6, edges, pbf)
  writeDoubles(7, counts, pbf)
}

/** A string tensor [1]. */
function writeText(text: string, pbf: PbfWriter): void {
  pbf.writeTag(1, 0)
  pbf.writeVarint(stringType)
  pbf.writeMessage(
    2,
    (size: number, shape) => {
      shape.writeMessage(
        2,
        (n: number, dimension) => {
          dimension.writeTag(1, 0)
          dimension.writeVarint(n)
        },
        size,
      )
    },
    1,
  )
  pbf.writeTag(8, 2)
  pbf.writeBytes(new TextEncoder().encode(text))
}

/** The plugin that shows a value. */
function writePlugin(name: string, pbf: PbfWriter): void {
  pbf.writeMessage(
    1,
    (plugin: string, data) => {
      data.writeTag(1, 2)
      data.writeString(plugin)
    },
    name,
  )
}

function writeValue([tag, value]: readonly [string, Value], pbf: PbfWriter): void {
  pbf.writeTag(1, 2)
  pbf.writeString(tag)
  if ('scalar' in value) {
    pbf.writeTag(2, 5)
    pbf.writeFloat(value.scalar)
  } else if ('image' in value) pbf.writeMessage(4, writeImage, value.image)
  else if ('histogram' in value) pbf.writeMessage(5, writeHistogram, value.histogram)
  else {
    pbf.writeMessage(8, writeText, value.text)
    pbf.writeMessage(9, writePlugin, 'text')
  }
}

/** An event as bytes. */
export function encodeEvent({ time, step = 0, version, restart, values }: Event): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeTag(1, 1)
  pbf.writeDouble(time)
  if (step) {
    pbf.writeTag(2, 0)
    pbf.writeVarint(step)
  }
  if (version !== undefined) {
    pbf.writeTag(3, 2)
    pbf.writeString(version)
  }
  if (values)
    pbf.writeMessage(
      5,
      (all: typeof values, summary) => {
        for (const entry of Object.entries(all)) summary.writeMessage(1, writeValue, entry)
      },
      values,
    )
  if (restart)
    pbf.writeMessage(
      7,
      (_: null, log) => {
        log.writeTag(1, 0)
        log.writeVarint(1)
      },
      null,
    )
  return pbf.finish()
}
