/** A page that is left in the middle of a step, by closing it or for another page, leaves no worker behind. Needs a build. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inChromium } from './chromium.js'
import { mnistFiles } from './mnist.js'
import { isolation } from './server.js'
import { visit, workersIn } from './visit.js'

inChromium('a page that is left in mid-step', (browser) => {
  test.each(['closed', 'left for another'])('%s', async (how) => {
    await using visited = await visit(browser(), 'tests/browser/pages/training.html', {
      files: await mnistFiles(),
      headers: isolation,
    })
    const trained = visited.run('wasm', 60_000, 10_000).then(
      () => 'to its end',
      () => 'not to its end',
    )
    await sleep(3000)
    expect((await workersIn(browser())).length).toBeGreaterThan(0)
    await (how === 'closed' ? visited.page.close() : visited.page.goto('about:blank'))
    expect(await trained).toBe('not to its end')
    await expect.poll(() => workersIn(browser())).toEqual([])
  })
})
