/** `npm run bench`: options go on to bench/main.mjs, `npm run bench -- --help` lists them. */
import { ensureBuilt, ensureInstalled, run } from './setup.mjs'

ensureInstalled()
ensureBuilt()
process.exitCode = run(process.execPath, ['bench/main.mjs', ...process.argv.slice(2)])
