/** This package's version, as its package.json has it. */
import { createRequire } from 'node:module'

export const version: string = (createRequire(import.meta.url)('../package.json') as { version: string }).version
