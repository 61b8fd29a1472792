import { createHash, randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resumable } from './download.node.js'

const bytes = randomBytes(300_000)
let server: Server
let folder: string
let address: string
let asked: { range: string | undefined; condition: string | undefined }[]
let answer: (from: number, response: ServerResponse, request: IncomingMessage) => void
let tag: string | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nabla-download-'))
  asked = []
  tag = '"one"'
  server = createServer((request, response) => {
    const { range } = request.headers
    const condition = request.headers['if-range'] as string | undefined
    asked.push({ range, condition })
    if (tag) response.setHeader('etag', tag)
    answer(range && condition === tag ? Number(/bytes=(\d+)-/.exec(range)![1]) : 0, response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/f`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

const whole = (from: number, response: ServerResponse): void => {
  const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(from ? 206 : 200, { 'content-length': bytes.length - from, ...(from && range) })
  response.end(bytes.subarray(from))
}
/** Sends some, then breaks the connection off. */
const cut =
  (after: number) =>
  (from: number, response: ServerResponse): void => {
    response.writeHead(from ? 206 : 200, { 'content-length': bytes.length - from })
    response.write(bytes.subarray(from, from + after), () => setTimeout(() => response.destroy(), 20))
  }
const get = (options = {}): Promise<Uint8Array> =>
  resumable(folder, { silence: 1000, tries: 2, pause: 5, ...options })(address, () => {})
const equal = (got: Uint8Array): boolean => Buffer.from(got).equals(bytes)

describe('a connection that breaks', () => {
  test('is taken up again where it broke, as often as that brings more', async () => {
    answer = cut(70_000)
    const told: number[] = []
    const got = await resumable(folder, { tries: 2, pause: 5 })(address, (loaded, total) => {
      told.push(loaded)
      expect(total).toBe(bytes.length)
    })
    expect(equal(got)).toBe(true)
    expect(asked.length).toBeGreaterThan(3)
    expect(asked[1]).toEqual({ range: expect.stringMatching(/^bytes=[1-9]\d*-$/), condition: '"one"' })
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(await readdir(folder)).toEqual([])
  })

  test('is given up when nothing comes any more, and a later download goes on with the part', async () => {
    answer = (from, response) => (from ? response.destroy() : cut(100_000)(from, response))
    await expect(get()).rejects.toThrow()
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toHaveLength(1)
    asked = []
    answer = whole
    expect(equal(await get())).toBe(true)
    expect(asked).toEqual([{ range: expect.stringMatching(/^bytes=[1-9]\d*-$/), condition: '"one"' }])
    expect(await readdir(folder)).toEqual([])
  })

  test('starts anew when the file has changed meanwhile, or the server knows no ranges', async () => {
    answer = (from, response) => {
      tag = '"two"'
      if (asked.length > 1) return whole(from, response)
      tag = '"one"'
      cut(100_000)(from, response)
    }
    expect(equal(await get())).toBe(true)
    answer = (_, response) => (asked.length > 3 ? whole(0, response) : cut(100_000)(0, response))
    tag = '"three"'
    asked = []
    expect(equal(await get({ tries: 5 }))).toBe(true)
  })

  test('starts anew without a strong tag, for nobody knows whether the rest would fit', async () => {
    tag = undefined
    answer = (from, response) => {
      response.setHeader('etag', 'W/"weak"')
      return asked.length > 1 ? whole(from, response) : cut(100_000)(from, response)
    }
    expect(equal(await get())).toBe(true)
    expect(asked[1]).toEqual({ range: undefined, condition: undefined })
  })
})

test('answers that cannot be: another range, one that is not there, a length that is not kept', async () => {
  answer = (from, response) => {
    if (asked.length === 1) return cut(100_000)(from, response)
    if (asked.length > 2) return whole(0, response)
    response.writeHead(206, { 'content-range': `bytes 5-${bytes.length - 1}/${bytes.length}` })
    response.end(bytes.subarray(5))
  }
  expect(equal(await get())).toBe(true)
  asked = []
  answer = (from, response) => {
    if (asked.length === 1) return cut(100_000)(from, response)
    if (from) response.writeHead(416).end()
    else whole(0, response)
  }
  expect(equal(await get())).toBe(true)
  answer = (_, response) => void response.writeHead(404).end()
  await expect(get()).rejects.toThrowError(/answered 404/)
})

test('a server that falls silent counts as gone; one that is slow does not', async () => {
  answer = (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 1000))
  await expect(get({ silence: 100, tries: 1 })).rejects.toThrowError(/sent nothing for 0\.1 s/)
  answer = (from, response) => {
    response.writeHead(from ? 206 : 200, { 'content-length': bytes.length - from })
    let at = from
    const more = (): void => {
      if (at >= bytes.length) return void response.end()
      response.write(bytes.subarray(at, (at += 40_000)))
      setTimeout(more, 30)
    }
    more()
  }
  expect(equal(await get({ silence: 150 }))).toBe(true)
})

test('without a folder that can be written, or one that fills up, all is well but for the part', async () => {
  await writeFile(join(folder, 'file'), '')
  answer = cut(100_000)
  expect(equal(await resumable(join(folder, 'file'), { pause: 5 })(address, () => {}))).toBe(true)
})

test('what a process that was killed has loaded is gone on with by the next', async () => {
  answer = (from, response) => {
    response.writeHead(from ? 206 : 200, { 'content-length': bytes.length - from })
    if (!from) response.write(bytes.subarray(0, 150_000)) // and no more
  }
  const name = createHash('sha256').update(address).digest('hex').slice(0, 16)
  // A process that does what a download does, as far as files go: it is killed while its part lies there.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const part = join(folder, `${name}.${child.pid}.part`)
  await writeFile(part, bytes.subarray(0, 120_000))
  await writeFile(`${part}.tag`, '"one"')
  const stalled = get({ silence: 200, tries: 1 })
  await expect(stalled).rejects.toThrowError(/sent nothing/)
  expect(asked[0]!.range).toBeUndefined() // that process lives: its part is its own
  await rm(join(folder, `${name}.${process.pid}.part`))
  await new Promise((resolve) => child.once('exit', resolve).kill('SIGKILL'))
  asked = []
  answer = whole
  expect(equal(await get())).toBe(true)
  expect(asked[0]!.range).toBe('bytes=120000-')
})

test('two at once do not get into each other', async () => {
  answer = (from, response) => setTimeout(() => whole(from, response), 20)
  const sum = createHash('sha256').update(bytes).digest('hex')
  const all = await Promise.all([get(), get(), get()])
  expect(all.map((got) => createHash('sha256').update(got).digest('hex'))).toEqual([sum, sum, sum])
  expect(await readdir(folder)).toEqual([])
})
