/** The example page: a button is pressed, a bar and a chart grow. Needs a build. */
import { expect, test } from 'vitest'
import { inChromium } from './chromium.js'
import { mnistFiles } from './mnist.js'
import { visit } from './visit.js'

inChromium('the example', (browser) => {
  test('trains at the press of a button', async () => {
    await using visited = await visit(browser(), 'examples/browser/index.html', { files: await mnistFiles() })
    const { page, said } = visited
    await page.click('#train')
    await page.waitForFunction(`document.querySelector('#progress').value >= 10 && document.querySelector('#chart svg')`)
    expect(await page.textContent('#status')).toMatch(/^step \d+ of 468, loss \d/)
    expect(said.filter((line) => /error/i.test(line))).toEqual([])
  })
})
