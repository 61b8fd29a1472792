/**
 * All cases recorded with PyTorch, on native and js; tests/browser runs them on wasm, in Chromium. One group, or any regular expression over `group/name`, on one device:
 *
 *     GOLDEN=conv NABLA_DEVICE=js npx vitest run packages/conformance/src/golden
 */
import { fileURLToPath } from 'node:url'
import { fromDisk } from '../disk.node.js'
import { testCases } from '../testing.js'
import { goldenCases } from './index.js'

const folder = fileURLToPath(new URL('../../../../tests/golden', import.meta.url))
testCases('golden', await goldenCases(folder, fromDisk), process.env['GOLDEN'], ['native', 'js'])
