#!/usr/bin/env node
import { main } from '../dist/main.js'

// A turn of the event loop between loading the modules and using them.
await new Promise((resolve) => setImmediate(resolve))
process.exitCode = await main(process.argv.slice(2))
