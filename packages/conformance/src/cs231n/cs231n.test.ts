/** CS231n's numeric checks, on every device: `CS231N=attention npx vitest run packages/conformance/src/cs231n` for some. Then those of assignments 1 and 2 from scratch. */
import { fileURLToPath } from 'node:url'
import { fromDisk } from '../disk.node.js'
import { testCases } from '../testing.js'
import { cs231nCases } from './index.js'
import { isFromScratch, scratchFunctions } from './scratch.js'

const file = fileURLToPath(new URL('../../../../tests/conformance/cs231n.json', import.meta.url))
testCases('CS231n', await cs231nCases(file, fromDisk), process.env['CS231N'])

const scratch = await cs231nCases(file, fromDisk, scratchFunctions)
testCases(
  'CS231n from scratch',
  scratch.filter(({ assignment }) => isFromScratch(assignment)),
  process.env['CS231N'],
)
