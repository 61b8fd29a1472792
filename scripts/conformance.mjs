/** `npm run conformance -- PATH... [--device D] [--filter RE]`: recorded cases of PyTorch and CS231n; `--help` says more. */
import { ensureBuilt, ensureInstalled } from './setup.mjs'

ensureInstalled()
ensureBuilt('packages/conformance')
const { main } = await import('../packages/conformance/dist/main.js')
process.exitCode = await main(process.argv.slice(2))
