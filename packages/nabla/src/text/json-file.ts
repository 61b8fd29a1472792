/** JSON in files: written whole or not at all, read with the file's name in every error. Needs Node when called. */
import { NablaError } from '../core/errors.js'

async function files(): Promise<typeof import('../core/files.node.js')> {
  if (typeof process === 'undefined' || !process.versions?.node)
    throw new NablaError('io', '[text] there are no files here: use toJSON and fromJSON')
  return import('../core/files.node.js')
}

export async function saveJson(path: string, value: unknown): Promise<void> {
  await (await files()).writeFileAtomic(path, `${JSON.stringify(value)}\n`)
}

export async function loadJson(path: string): Promise<unknown> {
  const bytes = await (await files()).readFileBytes(path)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new NablaError('io', `[text] ${path} is not JSON: ${error instanceof Error ? error.message : error}`, { path })
  }
}
