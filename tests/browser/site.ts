/** Pages, built as their author would build them: by Vite, with no configuration. */
import { basename, dirname, join } from 'node:path'
import { build } from 'vite'
import { root } from '../blocks.js'

/** The files of one page (`examples/browser/index.html`) by their addresses: `/index.html` and what it loads. */
export async function pageFiles(page: string): Promise<Map<string, string | Uint8Array>> {
  const path = join(root, page)
  const built = await build({
    root: dirname(path),
    configFile: false,
    logLevel: 'warn',
    build: { write: false, rolldownOptions: { input: path } },
  })
  if (!('output' in built)) throw new Error(`Vite gave no single build of ${basename(path)}`)
  return new Map(built.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source]))
}
