import { afterEach, expect, test, vi } from 'vitest'

/** The devices where there is no compiler, and, if told, no vectors in WebAssembly. */
async function without({ vectors = true } = {}): Promise<typeof import('./devices.js')> {
  vi.resetModules()
  vi.doMock('../device/native/index.js', () => import('../device/native/absent.js'))
  if (!vectors)
    vi.spyOn(
      (globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } }).WebAssembly,
      'validate',
    ).mockReturnValue(false)
  return import('./devices.js')
}

afterEach(() => {
  vi.doUnmock('../device/native/index.js')
  vi.restoreAllMocks()
  vi.resetModules()
})

test('three devices, the best first, each with what it runs on', async () => {
  const { describeDevices } = await import('./devices.js')
  const devices = describeDevices()
  expect(devices.map(({ name }) => name)).toEqual(['native', 'wasm', 'js'])
  expect(devices[1]).toMatchObject({ available: true, reason: expect.stringMatching(/4 lanes of float32.*thread/) })
})

test('auto takes WebAssembly where there is no compiler, and says so', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const { defaultDevice, setDefaultDevice } = await without()
  setDefaultDevice('auto')
  expect(defaultDevice()).toBe('wasm')
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/no native device \(.*compiler\).*WebAssembly/))
})

test('without vectors there is no wasm device: auto takes js, and asking for wasm says what is missing', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const { defaultDevice, deviceByName, describeDevices, setDefaultDevice } = await without({ vectors: false })
  setDefaultDevice('auto')
  expect(defaultDevice()).toBe('js')
  expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/no vectors.*plain JavaScript/))
  expect(() => deviceByName('wasm')).toThrow(/no vectors/)
  expect(describeDevices()[1]).toMatchObject({ name: 'wasm', available: false, reason: expect.stringMatching(/no vectors/) })
})
