/**
 * Loader workers whose modules are TypeScript: in test runners, which translate modules for their own threads only. Where Node was told how to
 * load TypeScript (`--import tsx`), workers are told the same, and this is not used.
 */

/**
 * Module hooks as an address for `module.register`: imports of `./x.js` or `./x` find `x.ts`, and TypeScript is translated by what is installed beside
 * the module or its test runner (rolldown, esbuild), or by Node.
 */
export function typescriptHooks(): string | undefined {
  const told = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')]
  if (told.some((option) => /^(--import|--loader|--experimental-loader)\b/.test(option))) return undefined
  return `data:text/javascript,${encodeURIComponent(hooks)}`
}

const hooks = `
import { readFile } from 'node:fs/promises'
import * as nodeModule from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

export async function resolve(specifier, context, next) {
  const local = /^(\\.{0,2}\\/|file:)/.test(specifier)
  const others = !local ? [] : /\\.[cm]?js$/.test(specifier) ? [specifier.replace(/js$/, 'ts')] : [specifier + '.ts', specifier + '/index.ts']
  try {
    return await next(specifier, context)
  } catch (error) {
    for (const other of others)
      try {
        return await next(other, context)
      } catch {}
    throw error
  }
}

let translate

async function find(module, from) {
  for (const place of from)
    try {
      return await import(pathToFileURL(nodeModule.createRequire(place).resolve(module)).href)
    } catch {}
}

async function translator(url) {
  const places = [url]
  for (const host of ['vitest', 'vite'])
    for (const place of [...places])
      try {
        places.push(nodeModule.createRequire(place).resolve(host + '/package.json'))
      } catch {}
  const rolldown = await find('rolldown/utils', places)
  if (rolldown?.transformSync) return (path, source) => rolldown.transformSync(path, source, { lang: 'ts' }).code
  const esbuild = await find('esbuild', places)
  if (esbuild) return (path, source) => esbuild.transformSync(source, { loader: 'ts', format: 'esm', sourcefile: path }).code
  const strip = nodeModule.stripTypeScriptTypes
  if (strip) return (path, source) => strip(source, { mode: 'transform' })
}

export async function load(url, context, next) {
  if (!/^file:.*\\.m?tsx?$/.test(url)) return next(url, context)
  const code = await (translate ??= translator(url))
  if (!code) return next(url, context)
  const path = fileURLToPath(url)
  return { format: 'module', shortCircuit: true, source: code(path, await readFile(path, 'utf8')) }
}
`
