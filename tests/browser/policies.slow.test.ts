/** Pages that are not given all they could have: each says what is missing, uses what is left, and leaves no worker behind. Needs a build. */
import type { Browser } from 'playwright-core'
import { expect, test } from 'vitest'
import { inChromium } from './chromium.js'
import type { Devices } from './pages/results.js'
import { isolation, policy } from './server.js'
import { visit, workersIn } from './visit.js'

const page = 'tests/browser/pages/devices.html'
const reasonOf = ({ devices }: Devices, name: string): string => devices.find((one) => one.name === name)!.reason
const learns = ({ losses, error }: Devices): void => {
  expect(error).toBeUndefined()
  expect(losses!.at(-1)).toBeLessThan(losses![0]!)
}

/** Consoles and workers report on ways of their own: later than what a page's `run` gives, on a busy machine. */
const nobodyIsLeft = (browser: Browser) => expect.poll(() => workersIn(browser)).toEqual([])

inChromium('pages under a policy', (browser) => {
  test('an isolated page has several threads, and none when it is left', async () => {
    {
      await using visited = await visit(browser(), page, { headers: isolation })
      const found = await visited.run<Devices>('wasm')
      learns(found)
      expect(reasonOf(found, 'wasm')).toContain('threads')
      expect((await workersIn(browser())).length).toBeGreaterThan(0)
    }
    await nobodyIsLeft(browser())
  })

  test('a page that is not isolated has one thread', async () => {
    await using visited = await visit(browser(), page)
    const found = await visited.run<Devices>('wasm')
    learns(found)
    expect(reasonOf(found, 'wasm')).toMatch(/one thread.*cross-origin isolated/)
    await nobodyIsLeft(browser())
  })

  test('a page that may not start workers has one thread', async () => {
    await using visited = await visit(browser(), page, { headers: { ...isolation, ...policy("worker-src 'none'") } })
    const found = await visited.run<Devices>('wasm')
    learns(found)
    await expect.poll(() => visited.said.join('\n')).toMatch(/nabla: .*worker-src/)
    await nobodyIsLeft(browser())
  })

  test('a page whose workers break when they start has one thread', async () => {
    await using visited = await visit(browser(), page, { headers: isolation }, () => {
      const { Worker: Original } = globalThis as unknown as { Worker: new (url: string) => object }
      class Worker extends Original {
        constructor() {
          super('data:text/javascript,throw new Error("ill")')
        }
      }
      Object.assign(globalThis, { Worker })
    })
    learns(await visited.run<Devices>('wasm'))
    await expect.poll(() => visited.said.join('\n')).toContain('ill')
    await nobodyIsLeft(browser())
  })

  test('a page that may compile neither WebAssembly nor JavaScript is told what to allow', async () => {
    await using visited = await visit(browser(), page, { headers: policy("script-src 'self'") })
    const found = await visited.run<Devices>('auto')
    expect(found.error).toContain("allow 'unsafe-eval' in its script-src")
    expect(reasonOf(found, 'wasm')).toContain("'wasm-unsafe-eval'")
    expect(found.devices.filter(({ available }) => available)).toEqual([])
  })

  test('a page that may compile WebAssembly alone needs no more', async () => {
    await using visited = await visit(browser(), page, { headers: policy("script-src 'self' 'wasm-unsafe-eval'") })
    const found = await visited.run<Devices>('auto')
    learns(found)
    expect(found.devices.filter(({ available }) => available).map(({ name }) => name)).toEqual(['wasm'])
  })

  test.each([
    ['WebAssembly', /no WebAssembly/, () => void Reflect.deleteProperty(globalThis, 'WebAssembly')],
    [
      'vectors',
      /no vectors/,
      () => void Object.assign((globalThis as unknown as { WebAssembly: object }).WebAssembly, { validate: () => false }),
    ],
  ])('a browser without %s computes in JavaScript', async (_, reason, before) => {
    await using visited = await visit(browser(), page, {}, before)
    const found = await visited.run<Devices>('auto')
    learns(found)
    expect(reasonOf(found, 'wasm')).toMatch(reason)
    await expect.poll(() => visited.said.join('\n')).toMatch(reason)
  })
})
