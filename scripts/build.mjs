/** `npm run build`: all packages, with declarations and source maps. */
import { ensureBuilt, ensureInstalled } from './setup.mjs'

ensureInstalled()
ensureBuilt()
