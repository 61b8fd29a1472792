/**
 * A real browser: Debian's Chromium, driven by Playwright. `NABLA_CHROMIUM` names its executable; without the variable it is looked for
 * where Debian puts it. Tests that need it are skipped, with the reason, where it is missing and nobody asked for it; where the variable is
 * set (as in CI) what is missing is a failure.
 */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'

const named = process.env['NABLA_CHROMIUM']
const places = named ? [named] : ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executable = places.find((path) => existsSync(path))

/** Whether what is missing is a failure. */
export const required = named !== undefined

/** Tests in a browser, which is started before and closed after them. */
export function inChromium(title: string, tests: (browser: () => Browser) => void): void {
  const reason = named
    ? `there is no ${named}, which NABLA_CHROMIUM names`
    : 'no Chromium (apt install chromium, or set NABLA_CHROMIUM)'
  let browser: Browser | undefined
  const started = (): Browser => browser ?? missing('the browser has not started')
  if (executable)
    describe(title, () => {
      beforeAll(async () => {
        browser = await chromium.launch({ executablePath: executable })
      })
      afterAll(() => browser?.close())
      tests(started)
    })
  else if (required) test(title, () => missing(reason))
  else {
    console.warn(`skipped: ${title}: ${reason}`)
    describe.skip(`${title}: ${reason}`, () => tests(started))
  }
}

function missing(what: string): never {
  throw new Error(what)
}
