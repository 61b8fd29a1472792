/** Vite with no configuration, as a user has it: the library installed, a page that imports it, the development server. Needs a build. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer } from 'vite'
import { root } from '../blocks.js'
import { inChromium } from './chromium.js'
import type { Devices } from './pages/results.js'

let project = ''

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'nabla-vite-'))
  const modules = join(project, 'node_modules')
  mkdirSync(modules)
  cpSync(join(root, 'packages/nabla/package.json'), join(modules, 'nabla/package.json'))
  cpSync(join(root, 'packages/nabla/dist'), join(modules, 'nabla/dist'), { recursive: true })
  for (const name of ['ml-matrix', 'nanotar']) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction')
  for (const name of ['devices.html', 'devices.ts', 'offer.ts'])
    cpSync(join(root, 'tests/browser/pages', name), join(project, name))
})
afterAll(() => rmSync(project, { recursive: true }))

inChromium("Vite's development server", (browser) => {
  test('serves a page that trains', async () => {
    const server = await createServer({ root: project, configFile: false, logLevel: 'warn', server: { port: 0 } })
    try {
      await server.listen()
      const page = await browser().newPage()
      const trained = page.waitForFunction('globalThis.run')
      await page.goto(`${server.resolvedUrls!.local[0]}devices.html`)
      await trained
      const { losses } = await page.evaluate<Devices>(`run('auto')`)
      expect(losses!.at(-1)).toBeLessThan(losses![0]!)
    } finally {
      await server.close()
    }
  })
})
