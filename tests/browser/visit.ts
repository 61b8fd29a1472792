/** A visit to one page: served, opened, asked to `run`, and left. */
import { basename } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { serve, type Site } from './server.js'
import { pageFiles } from './site.js'

export interface Visit extends AsyncDisposable {
  readonly page: Page
  /** What the page said on its console, and errors that nobody caught. */
  readonly said: readonly string[]
  /** The page's `run` with these arguments. */
  run<Result>(...given: readonly unknown[]): Promise<Result>
}

/** Opens a page (`examples/browser/index.html`), served with `site`'s files, folders and headers beside its own; `before` runs in it first. */
export async function visit(browser: Browser, path: string, site: Site = {}, before?: () => void): Promise<Visit> {
  const files = new Map([...(await pageFiles(path)), ...(site.files ?? [])])
  const server = await serve({ ...site, files })
  const page = await browser.newPage()
  if (before) await page.addInitScript(before)
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  await page.goto(`${server.address}/${basename(path)}`)
  return {
    page,
    said,
    run: (...given) => page.evaluate(`run(...${JSON.stringify(given)})`),
    [Symbol.asyncDispose]: async () => {
      await page.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The workers of all pages. */
export async function workersIn(browser: Browser): Promise<string[]> {
  const session = await browser.newBrowserCDPSession()
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{ type: 'worker' }] })
  await session.detach()
  return targetInfos.map(({ url }) => url)
}
