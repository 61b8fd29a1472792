/**
 * Python's pickles, read without running anything. A pickle is a program for a small stack machine; its only dangerous instructions are
 * those that fetch a name from a module and call it. Here a name means what the caller's table says, and one that is not in the table is
 * refused by name: no code can run, because there is none to be run.
 *
 *     null, boolean, number, bigint, string, Uint8Array     as they are
 *     list, tuple                                           arrays
 *     dict                                                  Map, in order; set: Set
 *
 * Values may be shared and may contain themselves: who walks through them must look out (see torch-values.ts).
 * Source: the comments of Python's pickletools, protocols 0 to 5.
 */
import { NablaError } from '../core/errors.js'

/** What a pickled name stands for. */
export interface Callable {
  /** `torch._utils._rebuild_tensor_v2` */
  readonly name: string
  /** The object that a call makes; absent where it is a value that cannot be called. */
  readonly call?: (args: readonly unknown[]) => unknown
}

/** An object that takes its state after it has been made (`__setstate__`). */
export interface Stateful {
  setState(state: unknown): void
}

/** How names and outside references are resolved; both throw what they refuse. */
export interface Resolver {
  /** A name of a module; undefined where it is not known. */
  readonly find: (module: string, name: string) => unknown
  /** What a persistent id stands for. */
  readonly persistent: (id: unknown) => unknown
}

/** A pickle's value, and where the next one begins. */
export interface Unpickled {
  readonly value: unknown
  readonly end: number
}

/** Thrown where the bytes end before the pickle does: there may be more of them. */
export class CutOff extends NablaError {}

const isStateful = (value: unknown): value is Stateful => typeof value === 'object' && value !== null && 'setState' in value
/** Longer numbers are nothing that a file of tensors needs. */
const digitLimit = 400

/** Reads the pickle that begins at `start`; `what` is named in messages. Throws NablaError('io'). */
export function unpickle(bytes: Uint8Array, { find, persistent }: Resolver, what: string, start = 0): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fail = (reason: string): never => {
    throw new NablaError('io', `${what}: ${reason}`, { position: at })
  }
  let at = start
  let stack: unknown[] = []
  const marked: unknown[][] = []
  const memo = new Map<number, unknown>()

  const take = (count: number): number => {
    const from = at
    if (count > bytes.length - at)
      throw new CutOff('io', `${what}: the pickle is cut off at byte ${bytes.length}`, { position: bytes.length })
    at += count
    return from
  }
  const u8 = (): number => bytes[take(1)]!
  const u16 = (): number => view.getUint16(take(2), true)
  const u32 = (): number => view.getUint32(take(4), true)
  const u64 = (): number => Number(view.getBigUint64(take(8), true))
  const piece = (count: number): Uint8Array => {
    const from = take(count)
    return bytes.subarray(from, from + count)
  }
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) take(bytes.length - at + 1)
    const text = latin1(bytes.subarray(at, end))
    at = end + 1
    return text
  }
  const text = (count: number): string => utf8(piece(count))
  const pop = (): unknown => (stack.length ? stack.pop() : fail('the pickle is damaged: nothing is left on its stack'))
  const top = (): unknown => (stack.length ? stack[stack.length - 1] : fail('the pickle is damaged: nothing is on its stack'))
  /** Everything since the last mark. */
  const popMark = (): unknown[] => {
    const items = stack
    stack = marked.pop() ?? fail('the pickle is damaged: it goes back to a mark that is not there')
    return items
  }
  const popMany = (count: number): unknown[] => {
    if (stack.length < count) fail('the pickle is damaged: too little is on its stack')
    return stack.splice(stack.length - count)
  }
  const integer = (digits: string): unknown => {
    if (digits === '00' || digits === '01') return digits === '01'
    if (!/^[+-]?\d+L?$/.test(digits) || digits.length > digitLimit) return fail(`${shorten(digits)} is not a whole number`)
    return narrow(BigInt(digits.replace(/^\+|L$/g, '')))
  }
  const long = (count: number): unknown => {
    if (count > digitLimit) return fail(`a whole number of ${count} bytes`)
    let value = 0n
    const digits = piece(count)
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!)
    return narrow(count ? BigInt.asIntN(8 * count, value) : 0n)
  }
  const list = (): unknown[] => {
    const target = top()
    return Array.isArray(target) ? target : fail(`the pickle appends to ${describe(target)}`)
  }
  const setItems = (items: readonly unknown[]): void => {
    const target = top()
    if (!(target instanceof Map)) return fail(`the pickle sets items of ${describe(target)}`)
    if (items.length % 2) return fail('the pickle is damaged: a key has no value')
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if (typeof key === 'object' && key !== null)
        return fail(`a dict with ${describe(key)} as a key; texts and numbers are read`)
      target.set(key, items[i + 1])
    }
  }
  const recall = (index: number): unknown =>
    memo.has(index) ? memo.get(index) : fail(`the pickle is damaged: it recalls ${index}, which it has not kept`)
  const global = (module: string, name: string): unknown => {
    const found = find(module, name)
    if (found === undefined)
      throw new NablaError(
        'io',
        `${what}: it needs ${shorten(`${module}.${name}`)}, which is refused: only tensors, numbers, texts and containers of them are read, and no code is run${module.startsWith('torch.nn.modules') ? ' (a whole module? save its state_dict())' : ''}`,
        { refused: `${module}.${name}` },
      )
    return found
  }
  const call = (callee: unknown, args: unknown): unknown => {
    const { call, name } = (callee ?? {}) as Partial<Callable>
    if (typeof call !== 'function' || typeof name !== 'string') return fail(`the pickle calls ${describe(callee)}`)
    return Array.isArray(args) ? call(args) : fail(`the pickle calls ${name} with ${describe(args)}`)
  }
  const build = (state: unknown): void => {
    const target = top()
    if (isStateful(target)) target.setState(state)
    else if (!(target instanceof Map)) fail(`the pickle sets the state of ${describe(target)}`)
    // An OrderedDict's attributes (a state dict's _metadata) say nothing about tensors.
  }

  for (;;) {
    const position = at
    const code = u8()
    switch (code) {
      case 0x80: // PROTO
        if (u8() > 5) fail(`protocol ${bytes[at - 1]} of pickling; 0 to 5 are known`)
        break
      case 0x95: // FRAME
        take(8)
        break
      case 0x2e: // STOP
        return { value: pop(), end: at }
      case 0x28: // MARK
        marked.push(stack)
        stack = []
        break
      case 0x30: // POP
        if (stack.length) stack.pop()
        else popMark()
        break
      case 0x31: // POP_MARK
        popMark()
        break
      case 0x32: // DUP
        stack.push(top())
        break

      case 0x4e: // NONE
        stack.push(null)
        break
      case 0x88: // NEWTRUE
        stack.push(true)
        break
      case 0x89: // NEWFALSE
        stack.push(false)
        break
      case 0x49: // INT
      case 0x4c: // LONG
        stack.push(integer(line()))
        break
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true))
        break
      case 0x4b: // BININT1
        stack.push(u8())
        break
      case 0x4d: // BININT2
        stack.push(u16())
        break
      case 0x8a: // LONG1
        stack.push(long(u8()))
        break
      case 0x8b: // LONG4
        stack.push(long(u32()))
        break
      case 0x46: // FLOAT
        stack.push(Number(line()))
        break
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false))
        break

      case 0x53: {
        // STRING
        const quoted = line()
        if (quoted.length < 2 || quoted[0] !== quoted.at(-1) || !'\'"'.includes(quoted[0]!)) fail('a text without its quotes')
        stack.push(quoted.slice(1, -1).replace(/\\(['"\\])/g, '$1'))
        break
      }
      case 0x54: // BINSTRING
        stack.push(latin1(piece(u32())))
        break
      case 0x55: // SHORT_BINSTRING
        stack.push(latin1(piece(u8())))
        break
      case 0x56: // UNICODE
        stack.push(line())
        break
      case 0x58: // BINUNICODE
        stack.push(text(u32()))
        break
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(u8()))
        break
      case 0x8d: // BINUNICODE8
        stack.push(text(u64()))
        break
      case 0x42: // BINBYTES
        stack.push(piece(u32()))
        break
      case 0x43: // SHORT_BINBYTES
        stack.push(piece(u8()))
        break
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        stack.push(piece(u64()))
        break

      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        stack.push([])
        break
      case 0x6c: // LIST
      case 0x74: {
        // TUPLE
        const items = popMark()
        stack.push(items)
        break
      }
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        stack.push(popMany(code - 0x84))
        break
      case 0x61: {
        // APPEND
        const item = pop()
        list().push(item)
        break
      }
      case 0x65: {
        // APPENDS
        const items = popMark()
        const target = list()
        for (const item of items) target.push(item)
        break
      }
      case 0x7d: // EMPTY_DICT
        stack.push(new Map())
        break
      case 0x64: {
        // DICT
        const items = popMark()
        stack.push(new Map())
        setItems(items)
        break
      }
      case 0x73: // SETITEM
        setItems(popMany(2))
        break
      case 0x75: // SETITEMS
        setItems(popMark())
        break
      case 0x8f: // EMPTY_SET
        stack.push(new Set())
        break
      case 0x90: {
        // ADDITEMS
        const items = popMark()
        const target = top()
        if (!(target instanceof Set)) fail(`the pickle adds to ${describe(target)}`)
        for (const item of items) (target as Set<unknown>).add(item)
        break
      }
      case 0x91: {
        // FROZENSET
        const items = popMark()
        stack.push(new Set(items))
        break
      }

      case 0x67: // GET
        stack.push(recall(Number(line())))
        break
      case 0x68: // BINGET
        stack.push(recall(u8()))
        break
      case 0x6a: // LONG_BINGET
        stack.push(recall(u32()))
        break
      case 0x70: // PUT
        memo.set(Number(line()), top())
        break
      case 0x71: // BINPUT
        memo.set(u8(), top())
        break
      case 0x72: // LONG_BINPUT
        memo.set(u32(), top())
        break
      case 0x94: // MEMOIZE
        memo.set(memo.size, top())
        break

      case 0x63: {
        // GLOBAL
        const module = line()
        stack.push(global(module, line()))
        break
      }
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = popMany(2)
        if (typeof module !== 'string' || typeof name !== 'string') fail('a name that is not a text')
        stack.push(global(module as string, name as string))
        break
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callee, args] = popMany(2)
        stack.push(call(callee, args))
        break
      }
      case 0x69: {
        // INST
        const module = line()
        const callee = global(module, line())
        const args = popMark()
        stack.push(call(callee, args))
        break
      }
      case 0x6f: {
        // OBJ
        const [callee, ...args] = popMark()
        stack.push(call(callee, args))
        break
      }
      case 0x62: // BUILD
        build(pop())
        break
      case 0x50: // PERSID
        stack.push(persistent(line()))
        break
      case 0x51: // BINPERSID
        stack.push(persistent(pop()))
        break

      default:
        at = position
        fail(`byte ${position} is no instruction of a pickle that is read here (0x${code.toString(16)})`)
    }
  }
}

/** A whole number as a `number` where that is exact. */
const narrow = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

const decoder = /* @__PURE__ */ new TextDecoder()
const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes)

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096))
  return text
}

/** Names come from the file: what is shown of one is short and can be seen. */
const shorten = (text: string): string => {
  const seen = text.replace(/[^\x20-\x7e]/g, '?')
  return seen.length > 120 ? `${seen.slice(0, 120)}...` : seen
}

/** What a value is, in words. */
export function describe(value: unknown): string {
  if (value === null) return 'None'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Map) return 'a dict'
  if (value instanceof Set) return 'a set'
  if (value instanceof Uint8Array) return 'bytes'
  if (typeof value === 'object')
    return typeof (value as Partial<Callable>).name === 'string' ? (value as Callable).name : 'an object'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
