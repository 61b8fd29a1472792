/** LeNet-5 learns MNIST in a real page, with and without shared memory, and the page lives meanwhile. Needs a build. */
import { expect, test } from 'vitest'
import { inChromium } from './chromium.js'
import { mnistFiles } from './mnist.js'
import type { Training } from './pages/results.js'
import { isolation } from './server.js'
import { visit } from './visit.js'

inChromium('training in a page', (browser) => {
  test.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ])('LeNet-5 reaches 0.97 on MNIST, %s', async (_, headers) => {
    await using page = await visit(browser(), 'tests/browser/pages/training.html', { files: await mnistFiles(), headers })
    const { accuracy, frames, losses, seconds } = await page.run<Training>('wasm', 60_000, 10_000)
    console.log(accuracy, frames, seconds, losses.length, page.said)
    expect(accuracy).toBeGreaterThan(0.97)
    expect(frames.perSecond).toBeGreaterThan(20)
  })
})
