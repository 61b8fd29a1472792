/** Event files on disk, named as TensorBoard looks for them. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { NablaError } from '../../core/errors.js'
import { makeFolder } from '../../core/files.node.js'
import type { EventSink } from './writer.js'

let count = 0

/** A new event file in a folder, which is made where there is none. Throws NablaError('io') where it cannot be written. */
export function eventFile(folder: string): EventSink & { readonly path: string } {
  const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, '0')
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${count++}`)
  const failing = <R>(work: () => R): R => {
    try {
      return work()
    } catch (error) {
      throw new NablaError('io', `[TensorBoard] cannot write ${path}: ${(error as Error).message}`, { path })
    }
  }
  const file = failing(() => {
    makeFolder(folder)
    return openSync(path, 'wx')
  })
  return {
    path,
    append: (record) => {
      failing(() => {
        for (let at = 0; at < record.length; ) at += writeSync(file, record, at)
      })
    },
    flush: () => failing(() => fsyncSync(file)),
    close: () => failing(() => closeSync(file)),
  }
}
