#!/usr/bin/env node
import { main } from '../dist/main.js'

// Whoever reads what we write may have had enough of it (`| head`).
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

// A turn of the event loop between loading the modules and using them.
await new Promise((resolve) => setImmediate(resolve))
process.exitCode = await main(process.argv.slice(2))
