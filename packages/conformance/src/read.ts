/** Where recorded cases are read from: whatever gives the bytes at a path. `disk.node.ts` has the one for files, `fetched` is for pages. */
import { BadInput } from './case.js'

/** The bytes at a path; rejects where there are none. */
export type Read = (path: string) => Promise<Uint8Array>

/** Below the page's address, or at any other. */
export const fetched: Read = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(`the server answers ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** The bytes at `path`; a BadInput that names it where there are none. */
export async function bytesAt(path: string, read: Read): Promise<Uint8Array> {
  try {
    return await read(path)
  } catch (error) {
    throw new BadInput(`${path} cannot be read: ${(error as { code?: string }).code ?? (error as Error).message}`)
  }
}

/** What is at `path` as JSON; a BadInput that names it where it is not there or is none. */
export async function jsonAt(path: string, read: Read): Promise<unknown> {
  const text = new TextDecoder().decode(await bytesAt(path, read))
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new BadInput(`${path} is not JSON: ${(error as Error).message}`)
  }
}
