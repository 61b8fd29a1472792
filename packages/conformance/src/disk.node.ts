/** Recorded cases on this machine: what a path on the command line holds, a folder or a file in one of the two formats. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BadInput, type Case } from './case.js'
import { cs231nCases } from './cs231n/index.js'
import type { FunctionTable } from './cs231n/table.js'
import { goldenCases } from './golden/index.js'
import type { Read } from './read.js'

export const fromDisk: Read = (path) => readFile(path)

/**
 * The cases at `path`: a folder with a `manifest.json` or that file (golden), a JSON file (CS231n), or a folder with such files.
 * CS231n's are computed by `table`: default the library. Throws BadInput where there is nothing to run.
 */
export async function casesAt(path: string, table?: FunctionTable): Promise<Case[]> {
  let folder: boolean
  try {
    folder = (await stat(path)).isDirectory()
  } catch {
    throw new BadInput(`${path}: no such file or directory`)
  }
  if (!folder)
    return basename(path) === 'manifest.json' ? goldenCases(dirname(path), fromDisk) : cs231nCases(path, fromDisk, table)
  const files = (await readdir(path)).filter((name) => name.endsWith('.json')).sort()
  if (files.length === 0) throw new BadInput(`${path}: there is no manifest.json and no other JSON file in this folder`)
  if (files.includes('manifest.json')) return goldenCases(path, fromDisk)
  return (await Promise.all(files.map((name) => cs231nCases(join(path, name), fromDisk, table)))).flat()
}
