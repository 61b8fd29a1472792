/** Every recorded case of PyTorch and CS231n in a real page, with and without shared memory. Needs a build. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../blocks.js'
import { inChromium } from './chromium.js'
import type { Conformance } from './pages/results.js'
import { isolation } from './server.js'
import { visit } from './visit.js'

const folders = { '/golden/': join(root, 'tests/golden'), '/conformance/': join(root, 'tests/conformance') }

inChromium('conformance in a page', (browser) => {
  test.each([
    ['isolated', 'wasm', isolation],
    ['not isolated', 'wasm', {}],
  ])('%s, on %s', async (_, device, headers) => {
    await using page = await visit(browser(), 'tests/browser/pages/conformance.html', { folders, headers })
    const { cases, failures } = await page.run<Conformance>(device, '')
    expect(failures, `${failures.length} of ${cases} failed`).toEqual([])
    expect(cases).toBeGreaterThan(500)
  })
})
