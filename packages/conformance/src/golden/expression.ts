/**
 * Evaluates the expressions of cases that combine calls: the part of Python they are written in.
 *
 *     where(input > 0, input, 0.1 * input)
 *     matmul(input[:, ::2], other[1:, 1:])
 *     second(first(input))                       with first and second methods among the arguments: ["transpose", 0, 1]
 *
 * A function is looked up in `nn.functional`, then in the library, then as a method of its first argument; keywords other than `dim` become
 * an options object. Names are PyTorch's.
 */
import * as nabla from 'nabla'
import { Tensor } from 'nabla'
import { functional } from 'nabla/nn'
import type { Arguments, Result } from './call.js'
import { camel } from './names.js'
import { lookUp, tables } from './tables.js'

type Item = Tensor | number | boolean | string | null | Fn | readonly Item[]
type Keywords = Record<string, Item>
type Fn = (positional: readonly Item[], keywords: Keywords) => Item
type Callable = (...args: unknown[]) => Item

const tokenPattern = /\s*(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|[A-Za-z_]\w*|'[^']*'|"[^"]*"|\*\*|[<>=!]=|\.\.\.|[-+*/@<>()[\],.:=])/y

function tokensOf(text: string): string[] {
  const tokens: string[] = []
  tokenPattern.lastIndex = 0
  const end = text.trimEnd().length
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(text)
    if (!match) throw new Error(`the expression ${text} cannot be read from "${text.slice(at)}"`)
    tokens.push(match[1]!)
  }
  return tokens
}

const comparisons: Readonly<Record<string, string>> = { '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge', '==': 'eq', '!=': 'ne' }
const sums: Readonly<Record<string, string>> = { '+': 'add', '-': 'sub' }
const products: Readonly<Record<string, string>> = { '*': 'mul', '/': 'div', '@': 'matmul' }
const constants: Readonly<Record<string, Item>> = { True: true, False: false, None: null }

export function evaluate(expression: string, args: Arguments): Result {
  const tokens = tokensOf(expression)
  let at = 0
  const peek = (): string | undefined => tokens[at]
  const take = (): string => tokens[at++] ?? fail('more')
  const fail = (wanted: string): never => {
    throw new Error(`the expression ${expression} cannot be read: expected ${wanted} at "${tokens.slice(at).join(' ')}"`)
  }
  const accept = (token: string): boolean => peek() === token && Boolean(++at)
  const expect = (token: string): void => {
    if (!accept(token)) fail(token)
  }

  /** `next (op next)*` for the operators of one level. */
  const level =
    (methods: Readonly<Record<string, string>>, next: () => Item): (() => Item) =>
    () => {
      let left = next()
      for (let op = peek(); op !== undefined && Object.hasOwn(methods, op); op = peek()) {
        at++
        left = binary(methods[op]!, left, next())
      }
      return left
    }

  /** What stands between brackets, up to `close`. */
  const listed = <T>(close: string, item: () => T): T[] => {
    const items: T[] = []
    while (!accept(close)) {
      items.push(item())
      if (peek() !== close) expect(',')
    }
    return items
  }

  const primary = (): Item => {
    const token = take()
    if (token === '(') {
      const items = listed(')', comparison)
      return items.length === 1 && tokens[at - 2] !== ',' ? items[0]! : items
    }
    if (token === '[') return listed(']', comparison)
    if (/^[\d.]/.test(token)) return Number(token)
    if (/^['"]/.test(token)) return token.slice(1, -1)
    if (Object.hasOwn(constants, token)) return constants[token]!
    return /^\w/.test(token) ? resolve(token, args) : fail('a value')
  }

  const argument = (): { readonly name?: string; readonly value: Item } => {
    if (tokens[at + 1] !== '=') return { value: comparison() }
    const name = take()
    at++
    return { name, value: comparison() }
  }

  const bound = (): Item => (peek() === ':' || peek() === ',' || peek() === ']' ? null : comparison())
  const subscript = (): unknown => {
    if (accept('...')) return { ellipsis: true }
    const start = bound()
    if (!accept(':')) return start
    const stop = bound()
    return { slice: [start, stop, accept(':') ? bound() : null] }
  }

  const postfix = (): Item => {
    let value = primary()
    for (;;) {
      if (accept('.')) value = attribute(value, take())
      else if (accept('[')) {
        const input = value
        const index = listed(']', subscript)
        value = Array.isArray(input)
          ? (input.at(index[0] as number) as Item)
          : (lookUp(tables.call, 'torch.Tensor.__getitem__')({ input, index }) as Tensor)
      } else if (accept('(')) {
        const given = listed(')', argument)
        if (typeof value !== 'function') return fail('a function before "("')
        value = value(
          given.filter(({ name }) => name === undefined).map((one) => one.value),
          Object.fromEntries(given.flatMap((one) => (one.name === undefined ? [] : [[camel(one.name), one.value]]))),
        )
      } else return value
    }
  }

  const power = (): Item => {
    const base = postfix()
    return accept('**') ? binary('pow', base, unary()) : base
  }
  const unary = (): Item => {
    if (!accept('-')) return power()
    const value = unary()
    return typeof value === 'number' ? -value : (value as Tensor).neg()
  }
  const comparison: () => Item = level(comparisons, level(sums, level(products, unary)))

  const value = comparison()
  if (at < tokens.length) fail('the end')
  return value as Result
}

const method = (tensor: Item, name: string): Callable => {
  const found = tensor instanceof Tensor ? (tensor as unknown as Record<string, unknown>)[camel(name)] : undefined
  if (typeof found !== 'function') throw new Error(`no such call: ${name}`)
  return found.bind(tensor) as Callable
}

/** Arguments as the library takes them: positions, `dim` among them, then options. */
function given(positional: readonly Item[], { dim, ...options }: Keywords): readonly unknown[] {
  return [...positional, ...(dim === undefined ? [] : [dim]), ...(Object.keys(options).length ? [options] : [])]
}

function resolve(name: string, args: Arguments): Item {
  if (name === 'torch' || name === 'F') return name
  const value = args[name] as Item | undefined
  if (Array.isArray(value) && typeof value[0] === 'string') {
    const [called, ...rest] = value
    return ([self]) => method(self!, called as string)(...rest)
  }
  if (value !== undefined) return value
  return (positional, keywords) => {
    const found = [functional, nabla].map((module) => (module as Readonly<Record<string, unknown>>)[camel(name)])
    const fn = found.find((one) => typeof one === 'function') as Callable | undefined
    return fn ? fn(...given(positional, keywords)) : method(positional[0]!, name)(...given(positional.slice(1), keywords))
  }
}

function attribute(value: Item, name: string): Item {
  if (value === 'torch' || value === 'F') return name === 'nn' || name === 'functional' ? value : resolve(name, {})
  if (!(value instanceof Tensor)) throw new Error(`.${name} is asked of something that is not a tensor`)
  if (name === 'mT') return value.transpose(-2, -1)
  if (name === 'T') return value.t()
  if (name === 'shape') return [...value.shape]
  return (positional, keywords) => method(value, name)(...given(positional, keywords))
}

function binary(name: string, left: Item, right: Item): Item {
  if (left instanceof Tensor) return method(left, name)(right)
  if (right instanceof Tensor) return method(nabla.fullLike(right, left as number), name)(right)
  const scalar = nabla.tensor(left as number, { dtype: 'float64' })
  return (method(scalar, name)(right) as Tensor).itemSync()
}
